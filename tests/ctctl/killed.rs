// SPDX-License-Identifier: Apache-2.0
//! `kill -9` at any moment of any verb leaves something that the next one handles.

use integration_tests::{Systems, needs, wait_until};
use std::process::{Command, Stdio};
use std::time::Duration;

fn kill(pid: i32) {
    // It may have ended by itself.
    let _gone = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
}

#[test]
fn a_system_runs_on_without_its_monitor() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let monitors = systems.monitors(&name);
    assert_eq!(monitors.len(), 1);
    kill(monitors[0]);
    assert!(wait_until(|| systems.monitors(&name).is_empty()));
    assert_eq!(systems.status(&name)["status"], "running");
    systems.run(&["stop", &name]).ok();
    assert_eq!(systems.status(&name)["last_exit"], "unknown");
    systems.run(&["start", &name]).ok();
    assert_eq!(systems.monitors(&name).len(), 1);
}

#[test]
fn an_end_that_nobody_saw_is_cleared_by_the_next_start() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let init =
        systems.status(&name)["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("it runs");
    systems.monitors(&name).into_iter().for_each(kill);
    kill(init);
    systems.wait_for(&name, "stopped");
    systems.run(&["start", &name]).ok();
    systems.run(&["exec", &name, "--", "true"]).ok();
}

#[test]
fn another_monitor_takes_the_place_of_a_dead_one() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.monitors(&name).into_iter().for_each(kill);
    assert!(wait_until(|| systems.monitors(&name).is_empty()));
    systems.run(&["exec", &name, "--", "true"]).ok();
    assert_eq!(systems.monitors(&name).len(), 1);
    // One is enough.
    systems.run(&["start", &name]).exits(5).fails_with("it runs already");
    assert_eq!(systems.monitors(&name).len(), 1);
    // It removes what is left when the system ends by itself.
    systems.run(&["exec", &name, "--", "poweroff", "-f"]);
    let cleared = wait_until(|| integration_tests::cgroup_folders(&name).is_empty());
    assert!(cleared, "{:?}", systems.left_behind());
    // The note comes after the clearing.
    assert!(wait_until(|| systems.status(&name)["last_exit"] == "unknown"));
}

/// Starts a verb, lets it work for a while, and kills whom `of` says.
fn cut(systems: &Systems, args: &[&str], after: Duration, of: impl Fn(i32) -> Vec<i32>) {
    let mut command = systems.command(args);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    std::thread::sleep(after);
    let pid = i32::try_from(child.id()).expect("a pid fits");
    of(pid).into_iter().for_each(kill);
    child.wait().expect("our own child can be waited for");
}

#[test]
fn start_may_be_killed_at_any_moment() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.name("web");
    systems.run(&["create", &name, "--template", "busybox"]).ok();
    for step in 0..24 {
        let after = Duration::from_millis(step);
        cut(&systems, &["start", &name], after, |ctctl| match step % 3 {
            0 => vec![ctctl],
            1 => systems.monitors(&name),
            _ => [vec![ctctl], systems.monitors(&name)].concat(),
        });
        systems.run(&["list"]).ok();
        let again = systems.run(&["start", &name]);
        assert!(again.code == 0 || again.stderr.contains("it runs already"), "after {after:?}: {again:#?}");
        systems.run(&["exec", &name, "--", "true"]).ok();
        systems.run(&["stop", "--kill", &name]).ok();
    }
}

/// Less than what `ctctl` gives a monitor to end.
const AT_ONCE: Duration = Duration::from_secs(10);

// The monitor of a killed start is nobody's to wait for: it does not end.
#[test]
fn a_start_beside_the_monitor_of_a_killed_one_returns_when_the_system_runs() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.name("web");
    systems.run(&["create", &name, "--template", "busybox"]).ok();
    for _ in 0..12 {
        let mut first = systems.command(&["start", &name]);
        let mut first = first.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        assert!(wait_until(|| !systems.monitors(&name).is_empty()));
        first.kill().expect("our own child can be killed");
        first.wait().expect("our own child can be waited for");
        let began = std::time::Instant::now();
        let again = systems.run(&["start", &name]);
        assert!(began.elapsed() < AT_ONCE, "it waited {:?}: {again:#?}", began.elapsed());
        assert!(again.code == 0 || again.stderr.contains("it runs already"), "{again:#?}");
        systems.run(&["stop", "--kill", &name]).ok();
    }
}

#[test]
fn create_and_destroy_may_be_killed_at_any_moment() {
    needs!(Root);
    let systems = Systems::new();
    for step in 0..12 {
        let after = Duration::from_micros(step * 400);
        cut(&systems, &["create", "@web", "--template", "busybox"], after, |ctctl| vec![ctctl]);
        let made = systems.run(&["create", "@web", "--template", "busybox"]);
        assert!(made.code == 0 || made.stderr.contains("there is a system"), "after {after:?}: {made:#?}");
        systems.run(&["start", "@web"]).ok();
        cut(&systems, &["destroy", "--force", "@web"], after, |ctctl| vec![ctctl]);
        let gone = systems.run(&["destroy", "--force", "@web"]);
        assert!(gone.code == 0 || gone.code == 3, "after {after:?}: {gone:#?}");
    }
    // What a killed create left without a name goes with the next one.
    systems.run(&["create", "@other", "--template", "busybox"]).ok();
    systems.run(&["destroy", "@other"]).ok();
    assert_eq!(systems.left_behind(), Vec::<String>::new());
}

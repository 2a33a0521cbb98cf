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
    systems.run(&["start", &name]).exits(11).fails_with("it runs already");
    assert_eq!(systems.monitors(&name).len(), 1);
    // It removes what is left when the system ends by itself.
    systems.run(&["exec", &name, "--", "poweroff", "-f"]);
    let cleared = wait_until(|| integration_tests::cgroup_folders(&name).is_empty());
    assert!(cleared, "{:?}", systems.left_behind());
    // It is written down after that.
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

/// Calls that change something, at each of which a verb may end.
const CALLS: &[&str] = &["openat", "write", "rename", "unlink", "mkdir", "flock", "fsync", "socket", "chmod"];

/// strace(1) in front of a program: what befalls it at the `at`th of these calls.
fn strace(call: &str, at: usize, what: &str) -> Vec<String> {
    let words = ["strace", "-qq", "-o", "/dev/null", "-e"].map(str::to_owned);
    [&words[..], &[format!("trace={call}"), "-e".to_owned(), format!("inject={call}:{what}:when={at}")]]
        .concat()
}

/// Runs a verb to which this happens; -1 is a death by a signal.
fn befallen(systems: &Systems, strace: &[String], args: &[&str]) -> i32 {
    let plain = systems.command(args);
    let mut command = Command::new(&strace[0]);
    command.args(&strace[1..]).arg(plain.get_program()).args(plain.get_args());
    for (variable, value) in plain.get_envs() {
        command.env(variable, value.expect("a place is set"));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("the test declared that it needs strace").code().unwrap_or(-1)
}

/// 1, 2, 3, 5, 8 … to the last at which `verb` says that something befell it.
fn at_each(mut verb: impl FnMut(&str, usize) -> bool) {
    for call in CALLS {
        let (mut at, mut next) = (1, 2);
        while verb(call, at) {
            (at, next) = (next, at + next);
        }
    }
}

#[test]
fn ctctl_may_be_killed_at_any_step() {
    needs!(Root, Strace);
    let systems = Systems::new();
    at_each(|call, at| {
        let kill = strace(call, at, "signal=KILL");
        let created = befallen(&systems, &kill, &["create", "@web", "--template", "busybox"]);
        systems.run(&["list"]).ok();
        let again = systems.run(&["create", "@web", "--template", "busybox"]);
        assert!(again.code == 0 || again.code == 4, "{call} {at}: {again:#?}");
        let started = befallen(&systems, &kill, &["start", "@web"]);
        systems.run(&["list"]).ok();
        let again = systems.run(&["start", "@web"]);
        assert!(again.code == 0 || again.code == 11, "{call} {at}: {again:#?}");
        let stopped = befallen(&systems, &kill, &["stop", "--kill", "@web"]);
        systems.run(&["list"]).ok();
        let again = systems.run(&["stop", "--kill", "@web"]);
        assert!(again.code == 0 || again.code == 5, "{call} {at}: {again:#?}");
        let destroyed = befallen(&systems, &kill, &["destroy", "@web"]);
        let again = systems.run(&["destroy", "--force", "@web"]);
        assert!(again.code == 0 || again.code == 3, "{call} {at}: {again:#?}");
        [created, started, stopped, destroyed].iter().any(|code| *code != 0)
    });
    // What a killed create left without a name goes with the next one.
    systems.run(&["create", "@other", "--template", "busybox"]).ok();
    systems.run(&["destroy", "@other"]).ok();
    assert_eq!(systems.left_behind(), Vec::<String>::new());
}

/// Puts strace before the monitors of these systems.
fn monitor_behind(systems: &Systems, strace: &[String]) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let folder = systems.folder.join("libexec");
    std::fs::create_dir_all(&folder).expect("the folder is ours");
    let program = folder.join("ctctl-monitor");
    let real = integration_tests::dist().join("libexec/ctctl/ctctl-monitor");
    let line = format!("#!/bin/sh\nPATH=/usr/bin:/bin exec {} {} \"$@\"\n", strace.join(" "), real.display());
    std::fs::write(&program, line).expect("the folder is ours");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    folder
}

#[test]
fn a_monitor_may_be_killed_at_any_step() {
    needs!(Root, Strace);
    let systems = Systems::new();
    let web = systems.name("web");
    systems.run(&["create", &web, "--template", "busybox"]).ok();
    at_each(|call, at| {
        let folder = monitor_behind(&systems, &strace(call, at, "signal=KILL"));
        let started = run_with_libexec(&systems, &folder, &["start", &web]);
        systems.run(&["list"]).ok();
        if started {
            systems.run(&["stop", "--kill", &web]).ok();
        }
        systems.run(&["start", &web]).ok();
        systems.run(&["exec", &web, "--", "true"]).ok();
        let stopped = systems.run(&["stop", "--kill", &web]).ok();
        assert!(stopped.stderr.is_empty(), "{stopped:#?}");
        !started
    });
}

fn run_with_libexec(systems: &Systems, folder: &std::path::Path, args: &[&str]) -> bool {
    let mut command = systems.command(args);
    command.env("CTCTL_LIBEXEC", folder).stdin(Stdio::null()).stderr(Stdio::null());
    command.status().expect("ctctl can be run").success()
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    needs!(Root, Strace);
    let systems = Systems::new();
    let web = systems.name("web");
    systems.run(&["create", &web, "--template", "busybox"]).ok();
    for call in ["write", "mkdir", "fsync", "rename"] {
        for at in 1..6 {
            let full = strace(call, at, "error=ENOSPC")
                .join(" ")
                .replace(&format!("when={at}"), &format!("when={at}+"));
            let full: Vec<String> = full.split(' ').map(str::to_owned).collect();
            let created = befallen(&systems, &full, &["create", "@new", "--template", "busybox"]);
            let status = systems.run(&["status", "@new"]);
            assert_eq!(
                status.code == 0,
                created == 0 || call == "write" && status.code == 0,
                "{call} {at}: {status:#?}"
            );
            let removed = systems.run(&["destroy", "@new"]);
            assert!(removed.code == 0 || removed.code == 3, "{call} {at}: {removed:#?}");
            let before = systems.run(&["config", "show", &web]).ok().stdout;
            befallen(&systems, &full, &["set", &web, "pids=77"]);
            let after = systems.run(&["config", "validate", &web]).ok();
            systems.run(&["set", &web, "pids="]).ok();
            assert_eq!(systems.run(&["config", "show", &web]).ok().stdout, before, "{call} {at}: {after:#?}");
            let folder = monitor_behind(&systems, &full);
            let started = run_with_libexec(&systems, &folder, &["start", &web]);
            if started {
                systems.run(&["stop", "--kill", &web]).ok();
            }
            systems.run(&["start", &web]).ok();
            systems.run(&["stop", "--kill", &web]).ok();
        }
    }
}

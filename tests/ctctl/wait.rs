// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs, wait_until};
use std::io::Read;
use std::process::Stdio;

#[test]
fn kill_and_wait_tell_how_it_ended() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "trap 'exit 7' HUP; echo up; while :; do sleep 0.1; done");
    assert_eq!(systems.run(&["wait", &web]).ok().stdout, "never started\n");
    systems.run(&["start", &web]).ok();
    assert!(wait_until(|| systems.run(&["logs", &web]).ok().stdout.contains("up")));
    systems.run(&["wait", &web, "--timeout", "1"]).exits(1).fails_with("it still runs");
    systems.run(&["kill", &web, "NOSUCH"]).exits(7).fails_with("NOSUCH");
    let mut waiting = systems.command(&["wait", &web]).stdout(Stdio::piped()).spawn().expect("ctctl runs");
    systems.run(&["kill", &web, "SIGHUP"]).ok();
    let mut said = String::new();
    waiting.stdout.take().expect("it is piped").read_to_string(&mut said).expect("it ends");
    assert!(waiting.wait().expect("it is ours").success());
    assert_eq!(said, "exited with 7\n");
    systems.run(&["kill", &web]).exits(5).fails_with("it does not run");
    systems.run(&["start", &web]).ok();
    systems.run(&["kill", &web]).ok();
    assert_eq!(systems.run(&["wait", &web]).ok().stdout, "killed by signal 9\n");
}

/// Waits in the background, and gives the number of the process that does.
fn waiting(systems: &Systems, args: &[&str]) -> std::process::Child {
    let mut command = systems.command(&[&["wait"], args].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("ctctl runs")
}

/// Whether a process sleeps in poll(2): it has looked, and found that it has to wait.
fn sleeps(pid: u32) -> bool {
    let stack = std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
    stack.contains("poll")
}

fn said(child: std::process::Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("it is our child");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

// LX-18
#[test]
fn a_state_is_waited_for() {
    needs!(Root, Overlay, Freezer);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    systems.run(&["wait", "@web", "--state", "stopped"]).ok();
    systems
        .run(&["wait", "@web", "--state", "running", "--timeout", "0"])
        .exits(1)
        .fails_with("it is stopped");
    let steps: [(&str, &[&str], &str); 4] = [
        ("running", &["start", "@web"], "running\n"),
        ("frozen", &["pause", "@web"], "paused\n"),
        ("running,stopped", &["unpause", "@web"], "running\n"),
        ("stopped,paused", &["stop", "--kill", "@web"], "stopped\n"),
    ];
    for (state, step, word) in steps {
        let waits = waiting(&systems, &["@web", "--state", state]);
        assert!(wait_until(|| sleeps(waits.id())), "it waits for {state}");
        systems.run(step).ok();
        assert_eq!(said(waits), (Some(0), word.to_owned()), "{state}");
    }
    let waits = waiting(&systems, &["@web", "--state", "running"]);
    assert!(wait_until(|| sleeps(waits.id())));
    systems.run(&["destroy", "@web"]).ok();
    assert_eq!(said(waits).0, Some(3));
}

// An end that no monitor tells of is seen too.
#[test]
fn an_end_without_a_monitor_is_waited_for() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let web = systems.running("web");
    let init = systems.status(&web)["pid"].to_string();
    let monitors = systems.monitors(&web);
    let waits = waiting(&systems, &[&web, "--state", "stopped", "--json"]);
    assert!(wait_until(|| sleeps(waits.id())));
    for pid in monitors.iter().map(ToString::to_string).chain([init]) {
        std::process::Command::new("kill").args(["-9", &pid]).status().expect("kill runs");
    }
    let (code, text) = said(waits);
    assert_eq!(code, Some(0));
    let ends: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(ends[0]["status"], "stopped");
}

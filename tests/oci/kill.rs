// SPDX-License-Identifier: Apache-2.0
//! `ctrun kill` (OC-07).

use integration_tests::{Bundle, needs, remove_namespace, wait_until};

fn sleeping(ct: Bundle) -> Bundle {
    ct.create().ok();
    ct.start().ok();
    ct
}

// OC-07: names with and without SIG, numbers.
#[test]
fn kill_takes_names_and_numbers() {
    needs!(Root);
    for signal in ["KILL", "SIGKILL", "9", "kill"] {
        let ct = sleeping(Bundle::running(["sleep", "1000"]));
        ct.kill(signal).ok();
        ct.wait_for("stopped");
        ct.delete().ok();
    }
}

// OC-07
#[test]
fn kill_sends_term_by_default() {
    needs!(Root);
    let ct = sleeping(Bundle::sh("trap 'echo got; exit' TERM; echo ready; while :; do sleep 0.05; done"));
    assert!(wait_until(|| ct.stdout() == "ready\n"));
    ct.ctrun(["kill", &ct.id]).ok();
    ct.wait_for("stopped");
    assert_eq!(ct.stdout(), "ready\ngot\n");
    ct.delete().ok();
}

// OC-07, OC-01: without a pid namespace others are killed by the cgroup; where there is none, the first process is
// killed all the same.
#[test]
fn kill_without_a_cgroup_and_a_pid_namespace() {
    needs!(Root);
    for all in [&[][..], &["--all"]] {
        let mut ct = Bundle::running(["sleep", "1000"]).with(|c| remove_namespace(c, "pid"));
        ct.global = ["--cgroup-manager", "disabled"].map(str::to_owned).into();
        let ct = sleeping(ct);
        ct.ctrun([&["kill"], all, &[ct.id.as_str(), "KILL"]].concat()).ok();
        ct.wait_for("stopped");
        ct.delete().ok();
    }
}

// OC-07: real-time signals, as systemd's halt signal.
#[test]
fn kill_knows_real_time_signals() {
    needs!(Root);
    let ct = sleeping(Bundle::sh("trap 'echo rt; exit' 37; echo ready; while :; do sleep 0.05; done"));
    assert!(wait_until(|| ct.stdout() == "ready\n"));
    ct.kill("SIGRTMIN+3").ok();
    ct.wait_for("stopped");
    assert_eq!(ct.stdout(), "ready\nrt\n");
    ct.delete().ok();
}

// OC-07
#[test]
fn kill_ends_a_created_container() {
    needs!(Root);
    let ct = Bundle::new();
    ct.create().ok();
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    ct.delete().ok();
}

// OC-07, SP-40
#[test]
fn kill_refuses_a_stopped_container_and_an_unknown_signal() {
    needs!(Root);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    ct.kill("NOSUCH").fails_with("NOSUCH");
    ct.kill("0x9").fails();
    ct.kill("4711").fails();
    assert_eq!(ct.status(), "running");
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    // Callers match on this text.
    ct.kill("KILL").fails_with("container not running");
    ct.delete().ok();
}

// OC-07: without a PID namespace of its own, the death of init leaves the others: --all ends them.
#[test]
fn kill_all_reaches_every_process() {
    needs!(Root);
    let ct = Bundle::sh("sleep 1000 & sleep 1001 & wait").with(|c| remove_namespace(c, "pid"));
    let ct = sleeping(ct);
    let pids = || ct.ctrun(["ps", "--format", "json", &ct.id]).ok().json().as_array().map_or(0, Vec::len);
    assert!(wait_until(|| pids() == 3));
    ct.ctrun(["kill", "--all", &ct.id, "KILL"]).ok();
    ct.wait_for("stopped");
    assert!(wait_until(|| pids() == 0));
    ct.delete().ok();
}

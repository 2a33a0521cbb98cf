// SPDX-License-Identifier: Apache-2.0
//! `ctrun run` (OC-05).

use integration_tests::{Bundle, needs, wait_until};

// OC-05
#[test]
fn run_prints_what_the_program_prints_and_leaves_nothing() {
    needs!(Root);
    let ran = Bundle::sh("echo 42; echo bad >&2").run().ok();
    assert_eq!(ran.stdout, "42\n");
    assert_eq!(ran.stderr, "bad\n");
}

// OC-05
#[test]
fn run_exits_with_the_programs_code() {
    needs!(Root);
    Bundle::sh("exit 7").run().exits(7);
    Bundle::sh("exit 255").run().exits(255);
}

// OC-05
#[test]
fn run_exits_with_128_and_the_signal() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    let mut run = ct.command(["run", &ct.id]).spawn().unwrap();
    assert!(wait_until(|| ct.ctrun(["state", &ct.id]).stdout.contains("running")));
    ct.kill("KILL").ok();
    assert_eq!(run.wait().unwrap().code(), Some(128 + 9));
}

// OC-05: signals sent to a foreground run reach the program.
#[test]
fn run_passes_signals_on() {
    needs!(Root);
    let ct = Bundle::sh("trap 'exit 3' TERM; while :; do sleep 0.1; done");
    let mut run = ct.command(["run", &ct.id]).spawn().unwrap();
    assert!(wait_until(|| ct.ctrun(["state", &ct.id]).stdout.contains("running")));
    // The shell sets its trap a moment after it runs.
    let pid = run.id().to_string();
    let mut ended = None;
    assert!(wait_until(|| {
        std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        ended = run.try_wait().unwrap();
        ended.is_some()
    }));
    assert_eq!(ended.and_then(|s| s.code()), Some(3));
}

// OC-05: a signal that comes when the program has ended does not take the place of its exit code.
#[test]
fn a_late_signal_does_not_change_the_exit_code() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    let mut run = ct.command(["run", &ct.id]).spawn().unwrap();
    assert!(wait_until(|| ct.ctrun(["state", &ct.id]).stdout.contains("running")));
    let send = |signal: &str, pid: &str| {
        assert!(std::process::Command::new("kill").args([signal, pid]).status().unwrap().success());
    };
    let (runtime, payload) = (run.id().to_string(), ct.pid().to_string());
    // Both are there when it goes on; the kernel gives out SIGCHLD first, which has the lower number.
    send("-STOP", &runtime);
    send("-KILL", &payload);
    ct.wait_for("stopped");
    send("-PWR", &runtime);
    send("-CONT", &runtime);
    assert_eq!(run.wait().unwrap().code(), Some(128 + 9));
}

// OC-05
#[test]
fn run_detached_returns_while_the_program_runs() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    ct.ctrun(["run", "--detach", "--pid-file", "pid", &ct.id]).ok();
    assert_eq!(ct.status(), "running");
    let pid = std::fs::read_to_string(ct.folder.join("pid")).unwrap();
    assert_eq!(pid.trim(), ct.pid().to_string());
    ct.delete_force().ok();
}

// OC-05
#[test]
fn run_with_keep_leaves_the_stopped_container() {
    needs!(Root);
    let ct = Bundle::sh("exit 4");
    ct.ctrun(["run", "--keep", &ct.id]).exits(4);
    assert_eq!(ct.status(), "stopped");
    ct.delete().ok();
}

// OC-05
#[test]
fn run_without_a_subreaper_is_accepted() {
    needs!(Root);
    let ct = Bundle::sh("echo 1");
    assert_eq!(ct.ctrun(["run", "--no-subreaper", &ct.id]).ok().stdout, "1\n");
}

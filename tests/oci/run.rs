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

fn in_a_shell(ct: &Bundle, before: &str, args: &[&str], after: &str) -> integration_tests::Ran {
    let ctrun = ct.command(args);
    let words = std::iter::once(ctrun.get_program()).chain(ctrun.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
    let script = format!("exec {before} {} {after}", words.join(" "));
    ct.finish(std::process::Command::new("sh").args(["-c", &script]).current_dir(&ct.folder))
}

// OC-05, OC-06: a caller that has the ends of its children thrown away passes that on; ours are waited for all the same.
#[test]
fn a_caller_that_ignores_sigchld_gets_the_exit_code() {
    needs!(Root);
    let ct = Bundle::sh("exit 7");
    in_a_shell(&ct, "env --ignore-signal=CHLD", &["run", &ct.id], "").exits(7);
    let ct = Bundle::running(["sleep", "1000"]);
    in_a_shell(&ct, "env --ignore-signal=CHLD", &["run", "--detach", &ct.id], "< /dev/null > /dev/null 2>&1")
        .ok();
    in_a_shell(&ct, "env --ignore-signal=CHLD", &["exec", &ct.id, "sh", "-c", "exit 8"], "").exits(8);
    ct.delete_force().ok();
}

// OC-05, SEC-06: a descriptor 0, 1 or 2 that the caller closed is /dev/null inside, and none of the runtime's own files.
#[test]
fn closed_standard_descriptors_are_not_taken_by_files_of_ours() {
    needs!(Root);
    let ct = Bundle::sh("ls -l /proc/self/fd > /tmp/fds; cat /tmp/fds >&2; echo end >&2").with(|c| {
        c["mounts"].as_array_mut().unwrap().push(serde_json::json!(
            { "destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"] }
        ));
    });
    let ran = in_a_shell(&ct, "", &["run", &ct.id], "<&- >&-").ok();
    for fd in ["0", "1"] {
        let line = ran.stderr.lines().find(|line| line.contains(&format!(" {fd} -> ")));
        assert!(line.is_some_and(|line| line.ends_with("/dev/null")) || fd == "1", "{ran:?}");
    }
    assert!(!ran.stderr.contains("state"), "{ran:?}");
}

// OC-05: somebody else deletes the container; its hooks ran then, and its name may be another's already.
#[test]
fn run_leaves_alone_what_somebody_else_has_deleted() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    let script = format!("echo ran >> {}/poststop", ct.folder.display());
    ct.change(|c| {
        c["hooks"]["poststop"] = serde_json::json!([{ "path": "/bin/sh", "args": ["sh", "-c", script] }]);
    });
    let mut run = ct.command(["run", &ct.id]).spawn().unwrap();
    assert!(wait_until(|| ct.ctrun(["state", &ct.id]).stdout.contains("running")));
    // Whatever it wants to do at the end, it does when the name is taken again.
    let stop = |signal: &str| {
        let pid = run.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
    };
    stop("-STOP");
    ct.delete_force().ok();
    ct.create().ok();
    stop("-CONT");
    assert_eq!(run.wait().unwrap().code(), Some(128 + 9));
    assert_eq!(ct.status(), "created");
    assert_eq!(std::fs::read_to_string(ct.folder.join("poststop")).unwrap(), "ran\n");
    ct.delete().ok();
}

// OC-05: what is to be preserved must be there; a descriptor of the runtime's own does not count.
#[test]
fn preserved_descriptors_must_be_the_callers() {
    needs!(Root);
    let mut ct = Bundle::new();
    ct.global = ["--log", "log"].map(str::to_owned).into();
    let command = ct.command(["run", "--preserve-fds", "2", &ct.id]);
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let words: Vec<_> = words.iter().map(|word| format!("'{}'", word.to_str().unwrap())).collect();
    let script = format!("exec {} 3>&- 4>&-", words.join(" "));
    let ran = ct.finish(std::process::Command::new("sh").args(["-c", &script]).current_dir(&ct.folder));
    ran.fails_with("descriptor 3 is not open");
}

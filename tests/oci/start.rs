// SPDX-License-Identifier: Apache-2.0
//! `ctrun start` (OC-04).

use integration_tests::{Bundle, build_program, needs};
use serde_json::json;
use std::process::Stdio;

// OC-04
#[test]
fn start_runs_the_program() {
    needs!(Root);
    let ct = Bundle::sh("echo 42; exec sleep 100");
    ct.create().ok();
    ct.start().ok();
    assert_eq!(ct.status(), "running");
    assert!(integration_tests::wait_until(|| ct.stdout() == "42\n"));
    ct.delete_force().ok();
}

// OC-04, SP-40
#[test]
fn start_needs_a_created_container() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    ct.start().fails_with("does not exist");
    ct.create().ok();
    ct.start().ok();
    ct.start().fails();
    assert_eq!(ct.status(), "running");
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    ct.start().fails();
    ct.delete().ok();
}

// OC-04: the failing execve of the program is heard by whoever starts it, or by create before.
#[test]
fn a_missing_program_is_an_error_that_names_it() {
    needs!(Root);
    let ct = Bundle::running(["/bin/absent"]);
    let created = ct.create();
    let failed = if created.code == 0 { ct.start() } else { created };
    failed.fails_with("/bin/absent");
    ct.delete_force().ok();
}

// OC-04, OC-12: as with runc a container that was paused before its start is not started, and can be after its resume.
#[test]
fn start_of_a_paused_container_is_refused() {
    needs!(Root, Freezer);
    let ct = Bundle::sh("echo 42; exec sleep 100");
    ct.create().ok();
    ct.ctrun(["pause", &ct.id]).ok();
    ct.start().fails_with("paused state");
    assert_eq!(ct.status(), "created");
    ct.ctrun(["resume", &ct.id]).ok();
    ct.start().ok();
    assert!(integration_tests::wait_until(|| ct.stdout() == "42\n"));
    ct.delete_force().ok();
}

// OC-04, OC-05: a first process that is killed before its program runs is no success.
#[test]
fn a_start_whose_process_is_killed_before_its_program_is_an_error() {
    needs!(Root);
    for verb in [&["start"][..], &["run", "--detach"]] {
        let ct = Bundle::running(["sleep", "1000"]).with(|c| {
            // Inside, and with the payload's rights.
            let hook = json!({ "path": "/bin/sh", "args": ["sh", "-c", "sleep 1000"], "env": ["PATH=/bin"] });
            c["hooks"]["startContainer"] = json!([hook]);
        });
        if verb[0] == "start" {
            ct.create().ok();
        }
        let mut command = ct.command(verb);
        let start = command.arg(&ct.id).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let start = start.spawn().unwrap();
        let is_in_hook = || ct.ctrun(["ps", &ct.id]).stdout.contains("sleep 1000");
        assert!(integration_tests::wait_until(is_in_hook));
        ct.kill("KILL").ok();
        let ended = start.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && said.contains("before its program ran"), "{verb:?}: {said}");
        ct.delete_force().ok();
    }
}

// OC-04: the word that the program is about to run is said before a filter that would not allow it.
#[test]
fn a_filter_that_allows_little_lets_a_container_start() {
    needs!(Root);
    for action in ["SCMP_ACT_KILL_PROCESS", "SCMP_ACT_ERRNO"] {
        let few =
            ["execve", "exit_group", "brk", "arch_prctl", "set_tid_address", "prlimit64", "capset", "prctl"];
        let ct = Bundle::running(["true"]).with(|c| {
            c["linux"]["seccomp"] = json!({ "defaultAction": action, "syscalls": [
                { "names": few, "action": "SCMP_ACT_ALLOW" },
            ]});
        });
        ct.create().ok();
        ct.start().ok();
        ct.wait_for("stopped");
        ct.delete().ok();
    }
}

/// A supervisor's socket, and what comes there as lines.
fn supervisor(ct: &Bundle) -> (std::os::unix::net::UnixDatagram, String) {
    let path = ct.folder.join("supervisor");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    (socket, path.to_str().unwrap().to_owned())
}

fn heard(socket: &std::os::unix::net::UnixDatagram) -> String {
    let mut buffer = [0; 256];
    let length = socket.recv(&mut buffer).expect("the supervisor is told");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

// OC-04: the payload says that it is ready on a socket of its own; the supervisor hears it with the payload's number.
#[test]
fn a_payload_that_is_ready_is_told_to_the_supervisor() {
    needs!(Root, Gcc);
    for mapped in [false, true] {
        let ct = Bundle::running(["/bin/notifier"]).with(|c| {
            c["process"]["env"].as_array_mut().unwrap().push(serde_json::json!("STAY=1"));
            if mapped {
                integration_tests::map_users(c, 100_000);
                c["root"]["readonly"] = serde_json::json!(false);
            }
        });
        std::fs::create_dir_all(ct.rootfs().join("run/notify")).unwrap();
        build_program("oci/notifier", &ct.rootfs().join("bin/notifier"));
        let (socket, path) = supervisor(&ct);
        let notified = |args: &[&str]| ct.finish(ct.command(args).env("NOTIFY_SOCKET", &path));
        notified(&["create", &ct.id]).ok();
        let before = std::time::Instant::now();
        notified(&["start", &ct.id]).ok();
        assert!(before.elapsed().as_millis() >= 300, "start returned before the payload was ready");
        assert_eq!(heard(&socket), format!("MAINPID={}\nREADY=1\n", ct.pid()));
        ct.delete_force().ok();
        notified(&["run", "--detach", &ct.id]).ok();
        assert_eq!(heard(&socket), format!("MAINPID={}\nREADY=1\n", ct.pid()));
        ct.delete_force().ok();
    }
}

// OC-04, OC-05: in the foreground, too; and a payload that never says so holds nobody up once it has ended.
#[test]
fn a_supervisor_does_not_change_how_a_run_ends() {
    needs!(Root, Gcc);
    let ct = Bundle::running(["/bin/notifier"]);
    std::fs::create_dir_all(ct.rootfs().join("run/notify")).unwrap();
    build_program("oci/notifier", &ct.rootfs().join("bin/notifier"));
    let (socket, path) = supervisor(&ct);
    let notified = |args: &[&str]| ct.finish(ct.command(args).env("NOTIFY_SOCKET", &path));
    notified(&["run", &ct.id]).exits(5);
    assert!(heard(&socket).ends_with("READY=1\n"));
    ct.change(|c| c["process"]["args"] = serde_json::json!(["sh", "-c", "echo $NOTIFY_SOCKET; exit 6"]));
    assert_eq!(notified(&["run", &ct.id]).exits(6).stdout, "/run/notify/notify.sock\n");
    ct.change(|c| c["process"]["args"] = serde_json::json!(["sh", "-c", "sleep 0.2"]));
    notified(&["create", &ct.id]).ok();
    notified(&["start", &ct.id]).ok();
    ct.wait_for("stopped");
    ct.delete().ok();
    // Without a supervisor nothing of it is inside.
    ct.change(|c| c["process"]["args"] = serde_json::json!(["sh", "-c", "echo [$NOTIFY_SOCKET]"]));
    assert_eq!(ct.run().ok().stdout, "[]\n");
}

// SPDX-License-Identifier: Apache-2.0
//! `ctrun exec` (OC-06).

use std::fs;

use integration_tests::{Bundle, Ran, needs, wait_until};
use serde_json::json;

/// A container that sleeps. Its tests end it.
fn sleeping() -> Bundle {
    started(Bundle::running(["sleep", "1000"]))
}

fn started(ct: Bundle) -> Bundle {
    ct.create().ok();
    ct.start().ok();
    ct
}

fn sh(ct: &Bundle, script: &str) -> Ran {
    ct.exec(["sh", "-c", script])
}

// OC-06
#[test]
fn exec_runs_inside_and_exits_with_the_commands_code() {
    needs!(Root);
    let ct = sleeping();
    let ran = sh(&ct, "hostname; cat /proc/1/comm; exit 5").exits(5);
    assert_eq!(ran.stdout, "test\nsleep\n");
    assert_eq!(sh(&ct, "kill -KILL $$").code, 128 + 9);
    ct.delete_force().ok();
}

// OC-06: every namespace of the container, and its cgroup.
#[test]
fn exec_joins_all_namespaces_and_the_cgroup() {
    needs!(Root);
    let ct = sleeping();
    let script = "cd /proc; for n in cgroup ipc mnt net pid uts; do [ $(readlink 1/ns/$n) = $(readlink self/ns/$n) ] || echo $n; done";
    assert_eq!(sh(&ct, script).ok().stdout, "");
    assert_eq!(sh(&ct, "cmp /proc/1/cgroup /proc/self/cgroup 2>/dev/null || [ \"$(cat /proc/1/cgroup)\" = \"$(cat /proc/self/cgroup)\" ] && echo same").ok().stdout, "same\n");
    ct.delete_force().ok();
}

// OC-06
#[test]
fn exec_without_the_program_says_so() {
    needs!(Root);
    let ct = sleeping();
    let ran = ct.exec(["no-such-program"]).fails_with("no-such-program");
    assert_eq!(ran.code, 255, "{ran:?}");
    ct.delete_force().ok();
}

// OC-06
#[test]
fn exec_takes_cwd_env_and_user() {
    needs!(Root);
    let ct = sleeping();
    let run = |words: &[&str]| {
        let mut all = vec!["exec"];
        all.extend(words);
        ct.ctrun(all).ok().stdout
    };
    // Options stand before the id.
    assert_eq!(
        run(&["--cwd", "/tmp", "--env", "A=1", "-e", "B=2", &ct.id, "sh", "-c", "pwd; echo $A$B$TERM"]),
        "/tmp\n12xterm\n"
    );
    assert_eq!(run(&["--user", "1000:1001", &ct.id, "sh", "-c", "id -u; id -g"]), "1000\n1001\n");
    assert_eq!(
        run(&[
            "-u",
            "7",
            "-g",
            "8",
            "-g",
            "9",
            &ct.id,
            "sh",
            "-c",
            "id -u; id -G | tr ' ' '\\n' | sort | tr '\\n' ' '"
        ]),
        "7\n0 8 9 "
    );
    ct.delete_force().ok();
}

// OC-06, SEC-18: the table of user strings that another runtime read as root.
#[test]
fn exec_never_reads_a_user_as_root() {
    needs!(Root);
    let ct = sleeping();
    for (user, expected) in [("1", "1\n"), ("1:2", "1\n"), ("2147483647", "2147483647\n")] {
        let ran = ct.ctrun(["exec", "--user", user, &ct.id, "id", "-u"]);
        assert_eq!(ran.ok().stdout, expected, "{user}");
    }
    for user in ["-1", "4294967296", "1:-2", "99999999999999999999", "1:4294967296", "", ":"] {
        ct.ctrun(["exec", "--user", user, &ct.id, "id", "-u"]).fails();
    }
    ct.delete_force().ok();
}

// OC-06
#[test]
fn exec_takes_a_process_from_a_file() {
    needs!(Root);
    let ct = sleeping();
    let process = json!({ "args": ["sh", "-c", "pwd; id -u; echo $X"], "cwd": "/etc", "env": ["PATH=/bin", "X=from-file"], "user": { "uid": 5, "gid": 6 } });
    fs::write(ct.folder.join("process.json"), process.to_string()).unwrap();
    let ran = ct.ctrun(["exec", "--process", "process.json", &ct.id]).ok();
    assert_eq!(ran.stdout, "/etc\n5\nfrom-file\n");
    ct.delete_force().ok();
}

// OC-06, SP-11: a file that says nothing of capabilities means those of the container's own process.
#[test]
fn exec_from_a_file_is_confined_like_the_container() {
    needs!(Root);
    let ct = sleeping();
    let args = ["grep", "^Cap[PEB]", "/proc/self/status"];
    let mut process = json!({ "args": args, "cwd": "/", "env": ["PATH=/bin"] });
    let printed = |process: &serde_json::Value| {
        fs::write(ct.folder.join("process.json"), process.to_string()).unwrap();
        ct.ctrun(["exec", "--process", "process.json", &ct.id]).ok().stdout
    };
    let sets = |value: &str| format!("CapPrm:\t{value}\nCapEff:\t{value}\nCapBnd:\t{value}\n");
    assert_eq!(printed(&process), sets("0000000020000420"));
    let kill = json!(["CAP_KILL"]);
    process["capabilities"] = json!({ "bounding": kill, "effective": kill, "permitted": kill });
    assert_eq!(printed(&process), sets("0000000000000020"));
    ct.delete_force().ok();
}

// OC-06
#[test]
fn exec_detached_writes_its_pid() {
    needs!(Root);
    let ct = sleeping();
    ct.ctrun(["exec", "--detach", "--pid-file", "pid", &ct.id, "sleep", "500"]).ok();
    let pid = fs::read_to_string(ct.folder.join("pid")).unwrap();
    assert_eq!(fs::read_to_string(format!("/proc/{}/comm", pid.trim())).unwrap(), "sleep\n");
    ct.delete_force().ok();
}

// OC-06
#[test]
fn exec_needs_a_running_container() {
    needs!(Root);
    let ct = Bundle::running(["true"]);
    ct.exec(["true"]).fails_with("does not exist");
    ct.create().ok();
    ct.start().ok();
    ct.wait_for("stopped");
    ct.exec(["true"]).fails();
    ct.delete().ok();
}

// OC-06
#[test]
fn exec_is_refused_while_paused_unless_told() {
    needs!(Root, Freezer);
    let ct = sleeping();
    ct.ctrun(["pause", &ct.id]).ok();
    ct.exec(["true"]).fails_with("paused");
    let mut waiting = ct.command(["exec", "--ignore-paused", &ct.id, "true"]).spawn().unwrap();
    ct.ctrun(["resume", &ct.id]).ok();
    let mut status = None;
    assert!(wait_until(|| {
        status = waiting.try_wait().unwrap();
        status.is_some()
    }));
    assert!(status.unwrap().success());
    ct.delete_force().ok();
}

// OC-06, SEC-08: capabilities of exec: those of the process, and none inheritable.
#[test]
fn exec_has_the_containers_capabilities_and_no_inheritable_ones() {
    needs!(Root);
    let ct = sleeping();
    let caps = |words: &[&str]| {
        let mut all = vec!["exec"];
        all.extend(words);
        all.extend([ct.id.as_str(), "grep", "^Cap[IPEB]", "/proc/self/status"]);
        ct.ctrun(all).ok().stdout
    };
    let base = caps(&[]);
    // KILL (5), NET_BIND_SERVICE (10), AUDIT_WRITE (29).
    assert_eq!(
        base,
        "CapInh:\t0000000000000000\nCapPrm:\t0000000020000420\nCapEff:\t0000000020000420\nCapBnd:\t0000000020000420\n"
    );
    let more = caps(&["--cap", "CAP_SYS_CHROOT"]);
    assert!(
        more.contains("CapInh:\t0000000000000000\n") && more.contains("CapEff:\t0000000020040420\n"),
        "{more}"
    );
    ct.delete_force().ok();
}

// OC-06: a cgroup below the container's own.
#[test]
fn exec_joins_a_cgroup_below() {
    needs!(Root, CgroupV2);
    let ct = started(
        Bundle::running(["sleep", "1000"]).with(|c| integration_tests::add_namespace(c, "cgroup", None)),
    );
    let pid = ct.pid();
    let own = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let own = own.trim().trim_start_matches("0::");
    let below = format!("/sys/fs/cgroup{own}/below");
    fs::create_dir(&below).unwrap();
    let ran = ct.ctrun(["exec", "--cgroup", "below", &ct.id, "cat", "/proc/self/cgroup"]).ok();
    assert_eq!(ran.stdout, "0::/below\n");
    ct.ctrun(["exec", "--cgroup", "../..", &ct.id, "true"]).fails();
    fs::remove_dir(&below).unwrap();
    ct.delete_force().ok();
}

// OC-06: 255, and the words that engines turn into 126 and 127.
#[test]
fn exec_of_what_cannot_run_says_which_it_is() {
    needs!(Root);
    let ct = sleeping();
    std::fs::write(ct.rootfs().join("bin/data"), "no program\n").unwrap();
    let ran = |program: &str| ct.ctrun(["exec", &ct.id, program]).exits(255).stderr;
    assert!(ran("nosuch").contains("executable file not found in $PATH"));
    assert!(ran("/bin/nosuch").contains("no such file or directory"));
    assert!(ran("/bin/data").contains("permission denied"));
    assert!(ran("/bin").contains("permission denied"));
    ct.delete_force().ok();
}

// OC-06
#[test]
fn exec_takes_no_new_privileges_and_preserved_descriptors() {
    needs!(Root);
    let ct = started(
        Bundle::running(["sleep", "1000"])
            .with(|c| c["process"]["noNewPrivileges"] = serde_json::json!(false)),
    );
    let status = |args: &[&str]| {
        let words = [&["exec"], args, &[ct.id.as_str(), "grep", "NoNewPrivs", "/proc/self/status"]].concat();
        ct.ctrun(words).ok().stdout
    };
    assert_eq!(status(&[]), "NoNewPrivs:\t0\n");
    assert_eq!(status(&["--no-new-privs"]), "NoNewPrivs:\t1\n");
    let exec = ct.command(["exec", "--preserve-fds", "1", &ct.id, "cat", "/proc/self/fd/3"]);
    let words: Vec<_> = std::iter::once(exec.get_program()).chain(exec.get_args()).collect();
    let words: Vec<_> = words.iter().map(|word| format!("'{}'", word.to_str().unwrap())).collect();
    std::fs::write(ct.folder.join("given"), "from the caller\n").unwrap();
    let script = format!("exec {} 3< given 4< given", words.join(" "));
    let ran = ct.finish(std::process::Command::new("sh").args(["-c", &script]).current_dir(&ct.folder));
    assert_eq!(ran.ok().stdout, "from the caller\n");
    ct.delete_force().ok();
}

// SPDX-License-Identifier: Apache-2.0
//! `ctrun create` (OC-03): what is there when it returns, and that nothing is when it fails.

use std::fs;
use std::process::Command;

use integration_tests::{Bundle, needs};
use serde_json::json;

// OC-03, SP-40
#[test]
fn create_returns_when_the_status_is_created_and_runs_nothing() {
    needs!(Root);
    let ct = Bundle::sh("echo started");
    ct.create().ok();
    assert_eq!(ct.status(), "created");
    assert_eq!(ct.stdout(), "");
    ct.start().ok();
    ct.wait_for("stopped");
    assert_eq!(ct.stdout(), "started\n");
    ct.delete().ok();
}

// OC-03
#[test]
fn create_writes_the_pid_file() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    ct.create_with(["--pid-file", "pid"]).ok();
    let pid = fs::read_to_string(ct.folder.join("pid")).unwrap();
    assert_eq!(pid.parse::<i64>().unwrap(), ct.pid());
    assert!(fs::metadata(format!("/proc/{pid}")).is_ok());
    ct.delete_force().ok();
}

// OC-03, SP-43: config.json is read once.
#[test]
fn create_takes_the_configuration_as_it_is_then() {
    needs!(Root);
    let ct = Bundle::sh("echo first");
    ct.create().ok();
    ct.change(|c| c["process"]["args"] = json!(["sh", "-c", "echo second"]));
    ct.start().ok();
    ct.wait_for("stopped");
    assert_eq!(ct.stdout(), "first\n");
    ct.delete().ok();
}

// OC-03, SP-40
#[test]
fn create_that_fails_leaves_nothing() {
    needs!(Root);
    let ct = Bundle::new().with(|c| c["root"]["path"] = json!("no-such-folder"));
    ct.create().fails();
    assert!(ct.left_behind().is_empty(), "{:?}", ct.left_behind());
    let ct = Bundle::running(["no-such-program"]);
    ct.run().fails();
    assert!(ct.left_behind().is_empty(), "{:?}", ct.left_behind());
}

// OC-03
#[test]
fn create_refuses_a_second_use_of_the_name() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    ct.create().ok();
    ct.create().fails_with("exists");
    assert_eq!(ct.status(), "created");
    ct.delete_force().ok();
}

// OC-21
#[test]
fn one_of_many_creates_of_a_name_wins() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    let start = || {
        ct.command(["create", &ct.id])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
    };
    let children: Vec<_> = (0..8).map(|_| start().unwrap()).collect();
    let won = children
        .into_iter()
        .filter_map(|mut c| c.wait().ok())
        .filter(std::process::ExitStatus::success)
        .count();
    assert_eq!(won, 1);
    assert_eq!(ct.status(), "created");
    ct.delete_force().ok();
}

// OC-03
#[test]
fn create_finds_the_bundle_by_option() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    let mut create = ct.command(["create", "--bundle"]);
    create.arg(&ct.folder).arg(&ct.id).current_dir("/");
    ct.finish(&mut create).ok();
    assert_eq!(ct.state()["bundle"], ct.folder.to_str().unwrap());
    ct.delete_force().ok();
}

// OC-03, SP-40: descriptors beyond 2 do not reach the program, but those that --preserve-fds counts do.
#[test]
fn only_preserved_descriptors_reach_the_program() {
    needs!(Root);
    for (option, expected) in [
        ("--preserve-fds=0", "no no\n"),
        ("--preserve-fds=1", "kept no\n"),
        ("--preserve-fds=2", "kept kept\n"),
    ] {
        let script = "for n in 3 4; do if [ -e /proc/self/fd/$n ] && cat <&$n; then :; else printf no; fi; [ $n = 3 ] && printf ' '; done; echo";
        let ct = Bundle::sh(script);
        fs::write(ct.folder.join("three"), "kept").unwrap();
        let run = ct.command(["run", option, &ct.id]);
        let mut sh = Command::new("sh");
        sh.args(["-c", "exec 3<three 4<three 5<three; exec \"$@\"", "sh"])
            .arg(run.get_program())
            .args(run.get_args());
        let ran = ct.finish(sh.current_dir(&ct.folder)).ok();
        assert_eq!(ran.stdout, expected, "{option}");
    }
}

/// Runs ctrun with descriptors 3 to 1002 open, on a file of the bundle's that says who it is.
fn with_a_thousand_descriptors(ct: &Bundle, args: &[&str]) -> integration_tests::Ran {
    fs::write(ct.folder.join("given"), "from the caller\n").unwrap();
    let ctrun = ct.command(args);
    let mut bash = Command::new("bash");
    let open = "ulimit -n 4096 && for n in {3..1002}; do eval \"exec $n< given\"; done && exec \"$@\"";
    bash.args(["-c", open, "bash"]).arg(ctrun.get_program()).args(ctrun.get_args()).current_dir(&ct.folder);
    ct.finish(&mut bash)
}

// OC-03, OC-05, OC-06, SEC-06: of a thousand descriptors none is inherited, not by the process that waits for start
// either, nor by hooks that run inside; those that are asked for are, to the last one.
#[test]
fn a_thousand_open_descriptors() {
    needs!(Root);
    // ls has the folder open itself.
    let list = "ls /proc/self/fd | wc -l";
    let ct = Bundle::sh(list);
    assert_eq!(with_a_thousand_descriptors(&ct, &["run", &ct.id]).ok().stdout, "4\n");
    for (count, first, last) in
        [("1000", "from the caller", "from the caller"), ("999", "from the caller", "")]
    {
        let script = format!("{list}; cat /proc/self/fd/3; cat /proc/self/fd/1002 2> /dev/null; :");
        let ct = Bundle::sh(&script);
        let out = with_a_thousand_descriptors(&ct, &["run", "--preserve-fds", count, &ct.id]).ok().stdout;
        let number = count.parse::<u32>().unwrap() + 4;
        assert_eq!(out.trim_end(), format!("{number}\n{first}\n{last}").trim_end(), "{count}");
    }
    let ct = Bundle::running(["sleep", "1000"]).with(|c| {
        let hook = json!([{ "path": "/bin/sh", "args": ["sh", "-c", format!("{list}; exit 1")] }]);
        c["hooks"]["startContainer"] = hook;
    });
    let said = with_a_thousand_descriptors(&ct, &["run", &ct.id]).fails_with("startContainer").stderr;
    assert!(said.contains("output: 4\n"), "{said}");
    ct.change(|c| drop(c.as_object_mut().unwrap().remove("hooks")));
    with_a_thousand_descriptors(&ct, &["create", &ct.id]).ok();
    let of_init = || fs::read_dir(format!("/proc/{}/fd", ct.pid())).unwrap().flatten().map(|fd| fd.path());
    let leads_there = |fd: &std::path::PathBuf| fs::read_link(fd).is_ok_and(|file| file.ends_with("given"));
    assert!(!of_init().any(|fd| leads_there(&fd)), "the process that waits has descriptors of the caller");
    ct.start().ok();
    assert_eq!(of_init().count(), 3);
    let exec = |count: &str| {
        let args = ["exec", "--preserve-fds", count, &ct.id, "sh", "-c", list];
        with_a_thousand_descriptors(&ct, &args).ok().stdout
    };
    assert_eq!(exec("0"), "4\n");
    assert_eq!(exec("1000"), "1004\n");
    with_a_thousand_descriptors(&ct, &["exec", "--preserve-fds", "1001", &ct.id, "true"]).fails_with("1003");
    ct.delete_force().ok();
}

// OC-03
#[test]
fn create_takes_no_pivot_and_no_new_keyring() {
    needs!(Root);
    let ct = Bundle::sh("ls / | head -1");
    let ran = ct.ctrun(["run", "--no-pivot", "--no-new-keyring", &ct.id]).ok();
    assert_eq!(ran.stdout, "bin\n");
}

// OC-03: many in a row and at once leave nothing (the thousand of them is a target of its own).
#[test]
fn many_containers_at_once_leave_nothing() {
    needs!(Root);
    let all: Vec<Bundle> = (0..24).map(|_| Bundle::new()).collect();
    let spawn = |ct: &Bundle| ct.command(["run", &ct.id]).stdin(std::process::Stdio::null()).spawn().unwrap();
    let children: Vec<_> = all.iter().map(spawn).collect();
    let codes: Vec<_> = children.into_iter().map(|mut c| c.wait().unwrap().code()).collect();
    assert_eq!(codes, vec![Some(0); 24]);
}

// OC-03: another configuration than the bundle's, as with crun.
#[test]
fn create_takes_a_configuration_of_another_name() {
    needs!(Root);
    let ct = Bundle::sh("echo other");
    std::fs::rename(ct.folder.join("config.json"), ct.folder.join("other.json")).unwrap();
    assert_eq!(ct.ctrun(["run", "--config", "other.json", &ct.id]).ok().stdout, "other\n");
    ct.ctrun(["run", &ct.id]).fails_with("config.json");
    std::fs::rename(ct.folder.join("other.json"), ct.folder.join("config.json")).unwrap();
}

// OC-03: the pid file is made beside its place first, and not through what is there under that name.
#[test]
fn the_pid_file_is_not_written_through_a_link() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "100"]);
    std::fs::write(ct.folder.join("other"), "as it was").unwrap();
    std::os::unix::fs::symlink("other", ct.folder.join(".pid")).unwrap();
    ct.create_with(["--pid-file", "pid"]).ok();
    assert_eq!(std::fs::read_to_string(ct.folder.join("other")).unwrap(), "as it was");
    assert_eq!(std::fs::read_to_string(ct.folder.join("pid")).unwrap(), ct.pid().to_string());
    ct.delete_force().ok();
}

// OC-03: what is kept of a container can be read again, however long its annotations are.
#[test]
fn a_container_with_long_annotations_can_be_managed() {
    needs!(Root);
    let long = "x".repeat(6_000_000);
    let ct =
        Bundle::running(["sleep", "100"]).with(|c| c["annotations"] = serde_json::json!({ "long": long }));
    ct.create().ok();
    assert_eq!(ct.state()["annotations"]["long"], serde_json::json!(long));
    ct.delete().ok();
}

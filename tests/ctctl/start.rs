// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs, wait_until};
use std::fs;
use std::io::Write;
use std::process::Stdio;

#[test]
fn start_runs_init_in_namespaces_of_its_own() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let inside = systems.run(&["exec", &name, "--", "cat", "/proc/1/comm"]).ok();
    assert_eq!(inside.stdout, "init\n");
    let pid = systems.status(&name)["pid"].clone();
    for namespace in ["pid", "mnt", "net", "ipc", "uts", "user", "cgroup"] {
        let link = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{namespace}")).expect("it runs");
        assert_ne!(link(&pid.to_string()), link("self"), "{namespace}");
    }
}

#[test]
fn start_twice_is_refused() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["start", &name]).exits(11).fails_with("it runs already");
}

#[test]
fn a_wait_for_what_never_becomes_ready_ends() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "ready=notify", "init=/bin/sleep 100"]).ok();
    systems.run(&["start", "--wait=1", "@web"]).exits(10).fails_with("it runs, but was not ready within 1 s");
    systems.run(&["stop", "--kill", "@web"]).ok();
    // One that ends is not waited for.
    systems.run(&["set", "@web", "init=/bin/sleep 0.1"]).ok();
    systems.run(&["start", "--wait", "@web"]).exits(1).fails_with("it ended before it was ready");
    // One that waits can be stopped.
    systems.run(&["set", "@web", "init=/bin/sleep 100"]).ok();
    let mut waiting = systems.command(&["start", "--wait", "@web"]).spawn().expect("it runs");
    systems.wait_for("@web", "running");
    systems.run(&["stop", "--kill", "@web"]).ok();
    assert_eq!(waiting.wait().expect("our own child").code(), Some(1));
}

#[test]
fn a_start_that_fails_says_why_and_leaves_it_stopped() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "init=/no/such/init"]).ok();
    systems.run(&["start", "@web"]).fails_with("/no/such/init");
    assert_eq!(systems.status("@web")["status"], "stopped");
    systems.run(&["set", "@web", "init="]).ok();
    systems.run(&["start", "@web"]).ok();
}

#[test]
fn nothing_of_the_root_is_mounted_on_the_host() {
    needs!(Root);
    let systems = Systems::new();
    systems.running("web");
    let mounted = integration_tests::mounts_below(&systems.folder);
    assert_eq!(mounted, Vec::<String>::new());
}

// SEC-25: a release_agent runs as root of the host.
#[test]
fn no_release_agent_can_be_written_inside() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let script = "try() { echo /x 2> /dev/null > $1/release_agent && echo written $1; }
        for file in $(find /sys/fs/cgroup -name release_agent); do try ${file%/*}; done
        mkdir /tmp/cg
        for controller in memory pids rdma none,name=mine; do
            mount -t cgroup -o $controller cgroup /tmp/cg 2> /dev/null && { try /tmp/cg; umount /tmp/cg; }
            unshare -Urm sh -c \"mount -t cgroup -o $controller cgroup /tmp/cg && echo /x > /tmp/cg/release_agent\" \\
                2> /dev/null && echo written by another root
        done
        echo tried";
    assert_eq!(systems.run(&["exec", &name, "--", "sh", "-c", script]).ok().stdout, "tried\n");
}

#[test]
fn what_reaches_the_whole_kernel_is_refused_inside() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let status = systems.run(&["exec", &name, "--", "cat", "/proc/1/status"]).ok().stdout;
    let field = |key: &str| {
        status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim().to_owned()
    };
    assert_eq!(field("Seccomp:"), "2");
    let bounding = u64::from_str_radix(&field("CapBnd:"), 16).expect("a number");
    // CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_TIME.
    assert_eq!(bounding & (1 << 16 | 1 << 17 | 1 << 25), 0);
    for line in ["echo x > /proc/sysrq-trigger", "echo 1 > /proc/sys/vm/drop_caches", "mknod /tmp/sda b 8 0"]
    {
        systems.run(&["exec", &name, "--", "sh", "-c", line]).fails();
    }
}

/// Prints the errno of calls that have no business inside, one a line: name, number.
const CALLS: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#define TRY(name, ...) do { errno = 0; syscall(SYS_##name, __VA_ARGS__); printf(#name " %d\n", errno); } while (0)
int main(void) {
    TRY(add_key, 0, 0, 0, 0, 0);
    TRY(bpf, 0, 0, 0);
    TRY(clone, CLONE_NEWUSER, 0, 0, 0, 0);
    TRY(clone3, 0, 0);
    TRY(delete_module, 0, 0);
    TRY(finit_module, -1, 0, 0);
    TRY(fsopen, 0, 0);
    TRY(init_module, 0, 0, 0);
    TRY(io_uring_enter, -1, 0, 0, 0, 0, 0);
    TRY(io_uring_register, -1, 0, 0, 0);
    TRY(io_uring_setup, 0, 0);
    TRY(kexec_file_load, -1, -1, 0, 0, 0);
    TRY(kexec_load, 0, 0, 0, 0);
    TRY(keyctl, 0, 0, 0, 0, 0);
    TRY(open_by_handle_at, -1, 0, 0);
    TRY(perf_event_open, 0, 0, 0, 0, 0);
    TRY(request_key, 0, 0, 0, 0);
    TRY(unshare, CLONE_NEWUSER);
    TRY(userfaultfd, 0);
    return 0;
}
"#;

// SEC-26, SEC-30: the default profile's golden list.
#[test]
fn the_default_profile_refuses_these_calls() {
    const EPERM: &str = "1";
    const ENOSYS: &str = "38";
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let (source, program) = (systems.folder.join("calls.c"), systems.folder.join("calls"));
    fs::write(&source, CALLS).expect("the test's folder is ours");
    let mut gcc = std::process::Command::new("gcc");
    let built = gcc.args(["-static", "-O1", "-o"]).arg(&program).arg(&source).status();
    assert!(built.expect("the tests need gcc: apt-get install gcc").success());
    let script = "cat > /tmp/calls; chmod +x /tmp/calls; /tmp/calls";
    let mut command = systems.command(&["exec", &name, "--", "sh", "-c", script]);
    let output = command.stdin(fs::File::open(&program).expect("it was built")).output().expect("ctctl runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut calls = 0;
    for line in said.lines() {
        let (call, errno) = line.split_once(' ').expect("two words");
        let expected = if matches!(call, "clone3" | "fsopen") { ENOSYS } else { EPERM };
        assert_eq!(errno, expected, "{call}");
        calls += 1;
    }
    assert_eq!(calls, 19, "{said}");
}

#[test]
fn the_first_program_has_its_folder_and_variables() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "pwd; echo $WORD $PATH; exec sleep 1000");
    systems.run(&["set", &web, "cwd=/tmp", "env=WORD=x PATH=/bin"]).ok();
    systems.run(&["start", &web]).ok();
    assert!(wait_until(|| systems.run(&["logs", &web]).ok().stdout.replace('\r', "") == "/tmp\nx /bin\n"));
    assert_eq!(systems.run(&["exec", &web, "--", "sh", "-c", "echo $WORD $PATH"]).ok().stdout, "x /bin\n");
    systems.run(&["set", &web, "cwd=tmp"]).exits(7).fails_with("expected a path from / on");
}

// VZ-04, VZ-44
#[test]
fn a_disabled_system_starts_by_force_alone() {
    needs!(Root);
    let systems = Systems::new();
    systems
        .run(&["create", "@web", "--template", "busybox", "disabled=yes", "description=the shop's front"])
        .ok();
    systems.run(&["start", "@web"]).exits(5).fails_with("it is disabled");
    systems.run(&["restart", "@web"]).exits(5).fails_with("it is disabled");
    systems.run(&["start", "--force", "@web"]).ok();
    assert_eq!(systems.run(&["info", "--json", "@web"]).ok().json()["description"], "the shop's front");
}

// LX-03
#[test]
fn a_start_may_be_told_things_for_once() {
    needs!(Root, Memory);
    let systems = Systems::new();
    let web = systems.name("web");
    systems.run(&["create", &web, "--template", "busybox", "memory=64M"]).ok();
    let file = systems.folder.join("pid");
    let file = file.display().to_string();
    systems.run(&["start", "--set", "memory=32M", "--set", "env=ONCE=1", "--pid-file", &file, &web]).ok();
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), systems.status(&web)["pid"].to_string());
    let memory = || integration_tests::limit(&web, &["memory.max", "memory.limit_in_bytes"]);
    assert_eq!(memory(), (32 << 20).to_string());
    assert_eq!(systems.run(&["info", "--json", &web]).ok().json()["memory"], 64 << 20);
    systems.run(&["restart", &web]).ok();
    assert_eq!(memory(), (64 << 20).to_string());
    systems.run(&["stop", &web]).ok();
    systems.run(&["start", "--set", "memroy=32M", &web]).exits(7).fails_with("did you mean memory?");
    systems.run(&["start", "--pid-file", "/no/such/pid", &web]).exits(1).fails_with("write /no/such/pid");
    systems.run(&["start", "--set", "ctid=200", &web]).exits(7).fails_with("is given at creation");
    assert_eq!(systems.status(&web)["status"], "stopped");
}

// LX-03
#[test]
fn a_start_in_the_foreground_is_the_console_until_the_end() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "echo first; seq 1 200000; read word; echo got $word; exit 6");
    let mut command = systems.command(&["start", "--foreground", &web]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("ctctl can be run");
    child.stdin.take().expect("it is piped").write_all(b"it\n").expect("it reads");
    // Nobody reads yet: the system has to wait, since nothing may be left out.
    let log = systems.folder.join("log").join(format!("{web}.log"));
    assert!(wait_until(|| fs::metadata(&log).is_ok_and(|data| data.len() > 100_000)));
    let output = child.wait_with_output().expect("our own child can be waited for");
    assert_eq!(output.status.code(), Some(6));
    let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let numbers: String = (1..=200_000).map(|n| format!("{n}\n")).collect();
    // What is typed is shown where it came in.
    let text = text.replacen("it\n", "", 1);
    assert!(text == format!("first\n{numbers}got it\n"), "{} bytes", text.len());
}

// VZ-74: each waits for the other.
#[test]
fn verbs_at_the_same_time_follow_each_other() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    let words: Vec<String> = (0..8).map(|number| format!("env=A{number}=1")).collect();
    let spawn = |args: &[&str]| systems.command(args).spawn().expect("ctctl can be run");
    let children: Vec<_> = words
        .iter()
        .map(|word| spawn(&["set", "@web", word]))
        .chain((0..4).map(|_| spawn(&["start", "@web"])))
        .collect();
    let codes: Vec<Option<i32>> = children
        .into_iter()
        .map(|mut child| child.wait().expect("our own child can be waited for").code())
        .collect();
    assert!(codes[..8].iter().all(|code| *code == Some(0)), "{codes:?}");
    assert_eq!(codes[8..].iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert_eq!(codes[8..].iter().filter(|code| **code == Some(11)).count(), 3, "{codes:?}");
    systems.run(&["config", "validate", "@web"]).ok();
}

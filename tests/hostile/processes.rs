// SPDX-License-Identifier: Apache-2.0
//! Processes inside that wait for the runtime's to come in: their executable, descriptors, working directory.

use integration_tests::{Bundle, build_program, ctrun_program, needs};
use serde_json::json;
use std::fs::{self, File};
use std::os::fd::AsRawFd;

/// How often something is run into a container that watches.
const VISITS: u32 = 40;

// SEC-02: whoever comes in is overwritten through /proc/PID/exe, again and again.
#[test]
fn the_runtimes_program_cannot_be_written_from_inside() {
    needs!(Root);
    let before = fs::read(ctrun_program()).unwrap();
    let script =
        "while true; do for exe in /proc/[0-9]*/exe; do echo overwritten > $exe; done; done 2> /dev/null";
    let ct = Bundle::sh(script);
    ct.create().ok();
    ct.start().ok();
    for _ in 0..VISITS {
        ct.ctrun(["exec", &ct.id, "true"]).ok();
    }
    ct.delete_force().ok();
    assert!(fs::read(ctrun_program()).unwrap() == before, "the program has changed");
}

// SEC-02: the image's program is the runtime's own.
#[test]
fn an_entry_point_that_is_the_runtime_itself_gets_nothing() {
    needs!(Root);
    let before = fs::read(ctrun_program()).unwrap();
    let ct = Bundle::new().with(|c| c["process"]["args"] = json!(["/proc/self/exe", "init"]));
    ct.run().fails();
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    ct.ctrun(["exec", &ct.id, "/proc/self/exe"]).fails();
    ct.delete_force().ok();
    assert!(fs::read(ctrun_program()).unwrap() == before, "the program has changed");
}

// SEC-01: descriptors of a process that comes in are looked at before its execve.
#[test]
fn nobody_inside_sees_what_a_process_brings() {
    needs!(Root);
    let script = "while true; do for p in /proc/[0-9]*; do \
        [ $p = /proc/1 ] || ls -l $p/fd $p/cwd $p/root 2> /dev/null | grep -e ctrun -e memfd -e /state -e config.json -e cgroup -e socket:; \
        done; done > /dev/shm/seen";
    let ct = Bundle::sh(script);
    ct.create().ok();
    ct.start().ok();
    for _ in 0..VISITS {
        ct.ctrun(["exec", &ct.id, "true"]).ok();
    }
    let seen = ct.ctrun(["exec", &ct.id, "cat", "/dev/shm/seen"]).ok().stdout;
    ct.delete_force().ok();
    assert_eq!(seen, "");
}

// SEC-10, SP-40: whatever the caller leaves open, the payload has three descriptors.
#[test]
fn the_payload_has_three_descriptors() {
    needs!(Root);
    let ct = Bundle::sh("ls /proc/1/fd; true");
    let file = File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    assert!(file.as_raw_fd() > 2);
    assert_eq!(ct.run().ok().stdout, "0\n1\n2\n");
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    let exec = ct
        .ctrun(["exec", &ct.id, "sh", "-c", "echo /proc/self/fd/* > /dev/shm/fds; ls /proc/$$/fd; true"])
        .ok();
    assert_eq!(exec.stdout, "0\n1\n2\n");
    ct.delete_force().ok();
}

// SEC-10: a working directory that is a descriptor of ours.
#[test]
fn the_working_directory_is_inside() {
    needs!(Root);
    let ct = Bundle::sh("pwd; cat ../../../../etc/shadow");
    for number in 0..40 {
        for cwd in [format!("/proc/self/fd/{number}"), format!("/proc/self/fd/{number}/../..")] {
            ct.change(|c| c["process"]["cwd"] = json!(cwd));
            let ran = ct.run();
            assert!(ran.code != 0 && !ran.stdout.contains("root:"), "{cwd}: {ran:?}");
        }
    }
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    for number in 0..40 {
        let cwd = format!("/proc/self/fd/{number}");
        ct.ctrun(["exec", "--cwd", &cwd, &ct.id, "cat", "../../../../etc/shadow"]).fails();
        let ran = ct.ctrun(["exec", &ct.id, &format!("/proc/self/fd/{number}/bin/busybox"), "true"]);
        assert_ne!(ran.code, 0, "{ran:?}");
    }
    ct.delete_force().ok();
}

// OC-01, SEC-27: what the host's session keeps in its keyring is for none of the container's processes.
#[test]
fn every_process_has_the_containers_session_keyring_and_not_the_callers() {
    needs!(Root, Gcc);
    let ct = Bundle::running(["sh", "-c", "/keyring > /tmp/keyring; exec sleep 1000"]).with(|c| {
        c["mounts"].as_array_mut().unwrap().push(serde_json::json!(
            { "destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": [] }
        ));
    });
    let program = ct.rootfs().join("keyring");
    build_program("hostile/keyring", &program);
    let callers = std::process::Command::new(&program).output().unwrap().stdout;
    let callers = String::from_utf8(callers).unwrap();
    ct.create().ok();
    ct.start().ok();
    let read = || ct.exec(["cat", "/tmp/keyring"]).stdout;
    assert!(integration_tests::wait_until(|| read().ends_with('\n')));
    let first = read();
    assert_ne!(first, callers);
    assert_eq!(ct.exec(["/keyring"]).ok().stdout, first, "exec");
    assert_eq!(ct.exec(["/keyring"]).ok().stdout, first, "exec once more");
    ct.delete_force().ok();
    let shares = Bundle::running(["/keyring"]);
    std::fs::copy(&program, shares.rootfs().join("keyring")).unwrap();
    assert_eq!(shares.ctrun(["run", "--no-new-keyring", &shares.id]).ok().stdout, callers);
}

// SEC-27, OC-01: who knows or guesses a container's name has no keyring ready for it, and does not find its.
#[test]
fn a_session_keyring_is_not_found_by_the_containers_name() {
    needs!(Root, Gcc);
    let (ct, other) = (Bundle::running(["sleep", "1000"]), Bundle::running(["sleep", "1000"]));
    for bundle in [&ct, &other] {
        build_program("hostile/keyring", &bundle.rootfs().join("keyring"));
    }
    let name = format!("_ses.{}", ct.id);
    other.create().ok();
    other.start().ok();
    // It stays there until the container's own program looks for it.
    let ready = other.command(["exec", &other.id, "/keyring", &name, "sleep"]);
    let mut ready = { ready }.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut theirs = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(ready.stdout.as_mut().unwrap()), &mut theirs)
        .unwrap();
    assert!(theirs.ends_with('\n'));
    ct.create().ok();
    ct.start().ok();
    let own = ct.exec(["/keyring"]).ok().stdout;
    assert_ne!(own, theirs);
    assert_ne!(other.exec(["/keyring", &name]).ok().stdout, own);
    ct.delete_force().ok();
    other.delete_force().ok();
    ready.wait().unwrap();
}

// SP-18: the program of a startContainer hook is the container's own. However long it takes, it keeps nobody from
// killing the container.
#[test]
fn a_start_that_never_ends_can_be_ended() {
    needs!(Root);
    let hook = serde_json::json!([{ "path": "/bin/sleep", "args": ["sleep", "1000"] }]);
    let ct = Bundle::new().with(|c| c["hooks"]["startContainer"] = hook);
    ct.create().ok();
    let mut start = ct.command(["start", &ct.id]).spawn().unwrap();
    ct.wait_for("running");
    assert!(ct.ctrun(["list"]).ok().stdout.contains(&ct.id));
    ct.delete_force().ok();
    start.wait().unwrap();
}

fn may_divide_its_cgroup(config: &mut serde_json::Value) {
    let mounts = config["mounts"].as_array_mut().unwrap();
    let cgroup = mounts.iter_mut().find(|mount| mount["type"] == "cgroup").unwrap();
    cgroup["options"] = serde_json::json!(["rw"]);
}

// OC-08: who may divide its cgroup chooses the names in it, and they need not be text.
#[test]
fn cgroups_of_any_name_are_removed_with_all_in_them() {
    needs!(Root);
    let script = r#"
        name=$(printf 'odd\377name'); cd /sys/fs/cgroup
        for at in . devices memory; do
            [ -e $at/cgroup.procs ] || continue
            mkdir "$at/$name" "$at/$name/below"
            (echo 0 > "$at/$name/below/cgroup.procs"; exec sleep 1000) &
        done
        echo ready; exec sleep 1000"#;
    let ct = Bundle::sh(script).with(|c| {
        integration_tests::remove_namespace(c, "pid");
        may_divide_its_cgroup(c);
    });
    ct.create().ok();
    ct.start().ok();
    assert!(integration_tests::wait_until(|| ct.stdout() == "ready\n"), "{}", ct.stderr());
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    ct.delete().ok();
}

// OC-08: what freezes a part of itself is deleted all the same, though on v1 nobody in there dies of SIGKILL.
#[test]
fn a_container_that_freezes_a_part_of_itself_is_deleted() {
    needs!(Root, Freezer);
    let script = r#"
        cd /sys/fs/cgroup; [ -d freezer ] && cd freezer
        mkdir part; sleep 1000 & echo $! > part/cgroup.procs
        [ -e part/freezer.state ] && echo FROZEN > part/freezer.state || echo 1 > part/cgroup.freeze
        echo ready; exec sleep 1000"#;
    let ct = Bundle::sh(script).with(may_divide_its_cgroup);
    ct.create().ok();
    ct.start().ok();
    assert!(integration_tests::wait_until(|| ct.stdout() == "ready\n"), "{}", ct.stderr());
    ct.delete_force().ok();
}

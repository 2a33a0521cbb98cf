// SPDX-License-Identifier: Apache-2.0
//! Programs that are newer than the profile that they run under.

use integration_tests::{Bundle, build_program, needs};
use serde_json::{Value, json};

/// What a static program needs to print some lines. The highest on x86_64 is rseq, 334.
const OLD: &[&str] = &[
    "arch_prctl",
    "brk",
    "close",
    "execve",
    "exit",
    "exit_group",
    "fstat",
    "futex",
    "getrandom",
    "ioctl",
    "lseek",
    "mmap",
    "mprotect",
    "munmap",
    "newfstatat",
    "prctl",
    "prlimit64",
    "read",
    "readlink",
    "readlinkat",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "set_robust_list",
    "set_tid_address",
    "uname",
    "write",
    "writev",
];

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
const MKDIR: u32 = 83;
const CLONE3: u32 = 435;
const CLOSE_RANGE: u32 = 436;
const CACHESTAT: u32 = 451;

/// Runs the calls under a profile that allows the old ones and these, and returns how each fails.
#[track_caller]
fn errnos(default_action: &str, names: &[&str], calls: &[u32], change: impl FnOnce(&mut Value)) -> Vec<u32> {
    let numbers = calls.iter().map(ToString::to_string);
    let args: Vec<String> = ["/bin/newer".to_owned()].into_iter().chain(numbers).collect();
    let ct = Bundle::new().with(|c| {
        c["process"]["args"] = json!(args);
        let names = [OLD, names].concat();
        let rule = json!({ "names": names, "action": "SCMP_ACT_ALLOW" });
        c["linux"]["seccomp"] = json!({ "defaultAction": default_action, "syscalls": [rule] });
    });
    ct.change(change);
    build_program("hostile/newer", &ct.rootfs().join("bin/newer"));
    let printed = ct.run().ok().stdout;
    let lines = printed.lines().map(|line| line.split_once(' ').unwrap());
    let (made, errnos): (Vec<u32>, Vec<u32>) =
        lines.map(|(number, errno)| (number.parse::<u32>().unwrap(), errno.parse::<u32>().unwrap())).unzip();
    assert_eq!(made, calls);
    errnos
}

// SEC-20, SP-33: EPERM would have a C library give up where without the call it falls back.
#[test]
fn calls_newer_than_the_profile_do_not_exist() {
    needs!(Root, Gcc);
    let newer: Vec<u32> = [CLONE3].into_iter().chain(CACHESTAT..=470).chain([511, 548, 10_000]).collect();
    let all = vec![ENOSYS; newer.len()];
    for default_action in ["SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"] {
        assert_eq!(errnos(default_action, &[], &newer, |_| {}), all, "{default_action}");
    }
    // The error that the profile asks for is for calls that it could have known.
    let other = errnos("SCMP_ACT_ERRNO", &[], &[MKDIR, CLONE3], |c| {
        c["linux"]["seccomp"]["defaultErrnoRet"] = json!(28);
    });
    assert_eq!(other, [28, ENOSYS]);
}

// SEC-20: what is older than the newest call in the profile was left out on purpose.
#[test]
fn calls_that_the_profile_leaves_out_are_denied() {
    needs!(Root, Gcc);
    let calls = [MKDIR, CLONE3, CLOSE_RANGE, CACHESTAT];
    assert_eq!(errnos("SCMP_ACT_ERRNO", &[], &calls, |_| {}), [EPERM, ENOSYS, ENOSYS, ENOSYS]);
    let with_close_range = errnos("SCMP_ACT_ERRNO", &["close_range"], &calls, |_| {});
    assert_eq!(with_close_range[..2], [EPERM, EPERM]);
    assert_eq!(with_close_range[3], ENOSYS);
    // It is there, and does not like its arguments.
    assert!(![EPERM, ENOSYS].contains(&with_close_range[2]), "{with_close_range:?}");
}

// SEC-20: a name that the runtime does not know is no call that the profile knows: nothing changes.
#[test]
fn a_name_that_nobody_knows_makes_no_profile_newer() {
    needs!(Root, Gcc);
    let calls = [MKDIR, CLONE3, CACHESTAT];
    let errnos = errnos("SCMP_ACT_ERRNO", &["no_such_call_at_all"], &calls, |_| {});
    assert_eq!(errnos, [EPERM, ENOSYS, ENOSYS]);
}

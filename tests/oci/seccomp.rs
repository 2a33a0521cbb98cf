// SPDX-License-Identifier: Apache-2.0
//! seccomp as the container meets it (SP-33). The compiler's verdicts are compared with libseccomp's in tests/oracle.

use integration_tests::{Bundle, Ran, needs};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn filtered(script: &str, seccomp: Value) -> Ran {
    Bundle::sh(script).with(|c| c["linux"]["seccomp"] = seccomp).run()
}

fn rule(name: &str, action: &str) -> Value {
    json!({ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "names": [name], "action": action }] })
}

// SP-33
#[test]
fn a_denied_call_fails_with_its_number() {
    needs!(Root);
    filtered("mkdir /tmp/x", rule("mkdir", "SCMP_ACT_ERRNO")).fails_with("Operation not permitted");
    let mut other = rule("mkdir", "SCMP_ACT_ERRNO");
    other["syscalls"][0]["errnoRet"] = json!(28);
    filtered("mkdir /tmp/x", other).fails_with("No space left");
}

// SP-33
#[test]
fn a_killed_process_dies_of_sigsys() {
    needs!(Root);
    assert_eq!(filtered("exec mkdir /tmp/x", rule("mkdir", "SCMP_ACT_KILL_PROCESS")).code, 128 + 31);
    assert_eq!(filtered("exec mkdir /tmp/x", rule("mkdir", "SCMP_ACT_KILL")).code, 128 + 31);
}

// SP-33
#[test]
fn a_rule_looks_at_arguments() {
    needs!(Root);
    let mut seccomp = rule("chmod", "SCMP_ACT_ERRNO");
    seccomp["syscalls"][0]["args"] = json!([{ "index": 1, "value": 0o700, "op": "SCMP_CMP_EQ" }]);
    filtered("cd /dev/shm && mkdir a && chmod 755 a && ! chmod 700 a", seccomp).ok();
}

// SP-33: the profile need not allow what only the runtime calls; and a program that cannot be executed is told of.
#[test]
fn a_profile_allows_the_program_and_not_the_runtime() {
    needs!(Root);
    let allowed = |names: &[&str]| {
        json!({ "defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [
            { "names": names, "action": "SCMP_ACT_ALLOW" },
        ]})
    };
    for user in [0, 1000] {
        for no_new_privileges in [true, false] {
            let ct = Bundle::sh("echo 42").with(|c| {
                c["process"]["noNewPrivileges"] = json!(no_new_privileges);
                c["process"]["user"]["uid"] = json!(user);
                let mut names = calls();
                if !no_new_privileges {
                    names.extend(["capset"]);
                }
                c["linux"]["seccomp"] = allowed(&names);
            });
            assert_eq!(ct.run().ok().stdout, "42\n", "uid {user}, no_new_privs {no_new_privileges}");
        }
    }
    let ct = Bundle::sh("true").with(|c| {
        c["process"]["args"] = json!(["/etc/broken"]);
        c["linux"]["seccomp"] = allowed(&["write", "execve", "exit_group", "exit"]);
    });
    let broken = ct.rootfs().join("etc/broken");
    fs::write(&broken, "no program\n").unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755)).unwrap();
    ct.run().fails_with("exec format error");
}

/// What busybox needs to print a line.
fn calls() -> Vec<&'static str> {
    "read write close fstat newfstatat stat lstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn ioctl \
     execve exit exit_group arch_prctl set_tid_address set_robust_list rseq prlimit64 getrandom getpid getppid getuid geteuid \
     getgid getegid setuid setgid getcwd uname fcntl dup2 readlink openat open access futex wait4 clone vfork fork prctl poll \
     sched_getaffinity readlinkat"
        .split_whitespace()
        .collect()
}

// SP-33
#[test]
fn what_the_profile_says_wrong_is_refused() {
    needs!(Root);
    let action = json!({ "defaultAction": "SCMP_ACT_NOSUCH" });
    filtered("true", action).fails_with("defaultAction");
    let arch = json!({ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_NOSUCH"] });
    filtered("true", arch).fails_with("architectures");
    let flag = json!({ "defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NOSUCH"] });
    filtered("true", flag).fails_with("flags");
}

// SP-33: the filter is on in exec, too.
#[test]
fn exec_is_filtered() {
    needs!(Root);
    let ct =
        Bundle::running(["sleep", "1000"]).with(|c| c["linux"]["seccomp"] = rule("mkdir", "SCMP_ACT_ERRNO"));
    ct.create().ok();
    ct.start().ok();
    ct.exec(["mkdir", "/dev/shm/x"]).fails_with("Operation not permitted");
    ct.delete_force().ok();
}

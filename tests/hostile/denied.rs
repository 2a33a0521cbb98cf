// SPDX-License-Identifier: Apache-2.0
//! Calls that an older kernel lacks, or that the filter of an engine around us denies. Where there is a safe way
//! without one it is taken; where there is none, the error says what is missing, and nothing is left behind.

use integration_tests::{Bundle, Ran, needs};
use std::path::{Path, PathBuf};
use std::process::Command;

const ENOSYS: &str = "38";
const EPERM: &str = "1";

/// Numbers on x86_64.
const CALLS: &[(&str, &str)] = &[
    ("openat2", "437"),
    ("open_tree", "428"),
    ("move_mount", "429"),
    ("fsopen", "430"),
    ("fsconfig", "431"),
    ("fsmount", "432"),
    ("mount_setattr", "442"),
    ("clone3", "435"),
    ("pidfd_open", "434"),
    ("pidfd_send_signal", "424"),
    ("close_range", "436"),
];

/// The small program that denies calls, built once per test.
fn deny(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile/deny.c");
    let program = folder.join("deny");
    let gcc = Command::new("gcc").args(["-O1", "-Wall", "-Werror", "-o"]).arg(&program).arg(source).output();
    let gcc = gcc.expect("the tests need gcc: apt-get install gcc");
    assert!(gcc.status.success(), "{}", String::from_utf8_lossy(&gcc.stderr));
    program
}

/// ctrun with these calls denied.
fn denied(ct: &Bundle, errno: &str, calls: &str, args: &[&str]) -> Ran {
    let program = deny(&ct.folder);
    let ctrun = ct.command(args);
    let mut command = Command::new(program);
    command.args([errno, calls]).arg(ctrun.get_program()).args(ctrun.get_args()).current_dir(&ct.folder);
    ct.finish(&mut command)
}

#[test]
fn a_call_that_is_missing_is_done_without_or_named() {
    needs!(Root);
    for (name, number) in CALLS {
        let ct = Bundle::sh("echo 42");
        let ran = denied(&ct, ENOSYS, number, &["run", &ct.id]);
        if ran.code == 0 {
            assert_eq!(ran.stdout, "42\n", "{name}");
        } else {
            let said = ran.fails_with(name).stderr;
            assert!(
                said.contains("it needs Linux") || said.contains("function not implemented"),
                "{name}: {said}"
            );
        }
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_call_that_is_denied_is_done_without_or_named() {
    needs!(Root);
    for (name, number) in CALLS {
        let ct = Bundle::sh("echo 42");
        let ran = denied(&ct, EPERM, number, &["run", &ct.id]);
        if ran.code == 0 {
            assert_eq!(ran.stdout, "42\n", "{name}");
        } else {
            ran.fails_with(name).fails_with("operation not permitted");
        }
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{name}");
    }
}

// A container that exists can be seen, killed and removed with whatever the host still has.
#[test]
fn what_is_there_can_be_removed_without_the_newer_calls() {
    needs!(Root);
    for (name, number) in CALLS.iter().filter(|(name, _)| !name.starts_with("pidfd")) {
        let ct = Bundle::running(["sleep", "1000"]);
        ct.create().ok();
        ct.start().ok();
        denied(&ct, ENOSYS, number, &["state", &ct.id]).ok();
        denied(&ct, ENOSYS, number, &["list"]).ok();
        denied(&ct, ENOSYS, number, &["delete", "--force", &ct.id]).ok();
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{name}");
    }
}

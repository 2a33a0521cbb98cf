// SPDX-License-Identifier: Apache-2.0
//! `ctrun start` (OC-04).

use integration_tests::{Bundle, needs};

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

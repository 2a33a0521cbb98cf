// SPDX-License-Identifier: Apache-2.0
//! `ctrun pause` (OC-12).

use integration_tests::{Bundle, needs, wait_until};

// OC-12, OC-09
#[test]
fn pause_stops_the_processes_and_the_state_says_so() {
    needs!(Root, Freezer);
    let ct = Bundle::sh("while :; do echo x; sleep 0.02; done");
    ct.create().ok();
    ct.start().ok();
    assert!(wait_until(|| ct.stdout().len() > 4));
    ct.ctrun(["pause", &ct.id]).ok();
    assert_eq!(ct.status(), "paused");
    let before = ct.stdout();
    std::thread::sleep(std::time::Duration::from_millis(150));
    assert_eq!(ct.stdout(), before);
    ct.ctrun(["resume", &ct.id]).ok();
    assert_eq!(ct.status(), "running");
    assert!(wait_until(|| ct.stdout().len() > before.len()));
    ct.delete_force().ok();
}

// OC-12
#[test]
fn pause_needs_a_running_container() {
    needs!(Root, Freezer);
    let ct = Bundle::new();
    ct.ctrun(["pause", &ct.id]).fails_with("does not exist");
    ct.create().ok();
    ct.start().ok();
    ct.wait_for("stopped");
    ct.ctrun(["pause", &ct.id]).fails();
    ct.delete().ok();
}

// OC-08: a paused container can be deleted by force, and a killed one is not left frozen.
#[test]
fn a_paused_container_can_be_deleted_by_force() {
    needs!(Root, Freezer);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    ct.ctrun(["pause", &ct.id]).ok();
    ct.delete_force().ok();
}

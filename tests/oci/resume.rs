// SPDX-License-Identifier: Apache-2.0
//! `ctrun resume` (OC-12).

use integration_tests::{Bundle, needs};

// OC-12
#[test]
fn resume_needs_a_paused_container() {
    needs!(Root, Freezer);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.ctrun(["resume", &ct.id]).fails_with("does not exist");
    ct.create().ok();
    ct.start().ok();
    ct.ctrun(["resume", &ct.id]).fails_with("not paused");
    assert_eq!(ct.status(), "running");
    ct.delete_force().ok();
}

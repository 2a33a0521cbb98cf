// SPDX-License-Identifier: Apache-2.0
//! `ctrun ps` (OC-11).

use integration_tests::{Bundle, needs, wait_until};

// OC-11
#[test]
fn ps_lists_the_processes() {
    needs!(Root);
    let ct = Bundle::sh("sleep 1000 & wait");
    ct.create().ok();
    ct.start().ok();
    let pids = || ct.ctrun(["ps", "--format", "json", &ct.id]).ok().json();
    assert!(wait_until(|| pids().as_array().unwrap().len() == 2));
    assert!(pids().as_array().unwrap().iter().any(|p| *p == ct.pid()));
    let table = ct.ctrun(["ps", &ct.id]).ok().stdout;
    assert!(table.lines().next().unwrap().contains("PID") && table.contains("sleep 1000"), "{table}");
    // What follows the id goes to ps.
    let chosen = ct.ctrun(["ps", &ct.id, "-o", "pid,comm"]).ok().stdout;
    assert!(chosen.contains("COMMAND") && !chosen.contains("1000"), "{chosen}");
    ct.delete_force().ok();
}

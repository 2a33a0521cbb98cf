// SPDX-License-Identifier: Apache-2.0
//! `ctrun delete` (OC-08).

use std::fs;

use integration_tests::{Bundle, cgroup_folders, needs, remove_namespace};

// OC-08, SP-40
#[test]
fn delete_wants_a_stopped_container() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.delete().fails_with("does not exist");
    ct.create().ok();
    ct.start().ok();
    ct.delete().fails_with("not stopped");
    assert_eq!(ct.status(), "running");
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    ct.delete().ok();
    ct.delete().fails_with("does not exist");
}

// OC-08
#[test]
fn delete_force_ends_what_runs_and_forgives_what_is_not_there() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.delete_force().ok();
    ct.create().ok();
    ct.start().ok();
    ct.delete_force().ok();
    assert!(ct.left_behind().is_empty(), "{:?}", ct.left_behind());
}

// OC-08: processes that outlive init, since they have no PID namespace of their own.
#[test]
fn delete_force_ends_processes_without_a_pid_namespace() {
    needs!(Root);
    let ct = Bundle::sh("sleep 1000 & sleep 1000 & exit").with(|c| remove_namespace(c, "pid"));
    ct.create().ok();
    ct.start().ok();
    ct.wait_for("stopped");
    ct.delete_force().ok();
}

// OC-08: cgroups that the container made below its own go with it.
#[test]
fn delete_removes_cgroups_below_its_own() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    for folder in cgroup_folders(&ct.id) {
        // v1's cpuset wants its files filled first; an empty group there is as good.
        fs::create_dir_all(folder.join("a/b")).unwrap();
    }
    ct.delete_force().ok();
    assert!(cgroup_folders(&ct.id).is_empty());
}

// OC-08: of a crash between any two steps of delete, whatever is left is removed by the next one.
#[test]
fn delete_goes_on_where_another_was_killed() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    for folder in cgroup_folders(&ct.id) {
        fs::remove_dir(folder).unwrap();
    }
    ct.delete().ok();
}

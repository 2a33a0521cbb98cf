// SPDX-License-Identifier: Apache-2.0
//! `ctrun state` (OC-09).

use integration_tests::{Bundle, needs};
use serde_json::json;

// OC-09, SP-19, SP-40
#[test]
fn state_has_what_the_specification_asks_for() {
    needs!(Root);
    let ct =
        Bundle::running(["sleep", "1000"]).with(|c| c["annotations"] = json!({ "org.example.key": "value" }));
    ct.create().ok();
    let state = ct.state();
    assert!(state["ociVersion"].as_str().unwrap().starts_with("1."), "{state}");
    assert_eq!(state["id"], ct.id);
    assert_eq!(state["status"], "created");
    assert!(state["pid"].as_i64().unwrap() > 1);
    assert_eq!(state["bundle"], ct.folder.to_str().unwrap());
    assert_eq!(state["rootfs"], ct.rootfs().to_str().unwrap());
    assert_eq!(state["annotations"]["org.example.key"], "value");
    let created = state["created"].as_str().unwrap();
    assert!(created.starts_with("20") && created.ends_with('Z') && created.contains('T'), "{created}");
    assert!(state.get("owner").is_some(), "{state}");
    ct.start().ok();
    assert_eq!(ct.status(), "running");
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    assert_eq!(ct.state()["pid"], 0);
    ct.delete().ok();
}

// OC-09
#[test]
fn state_of_an_unknown_name_says_so() {
    needs!(Root);
    let ct = Bundle::new();
    ct.ctrun(["state", &ct.id]).fails_with("does not exist");
}

// OC-09: the status is the kernel's word. A process that took over the number of a dead init is not the container.
#[test]
fn state_does_not_believe_a_pid_alone() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    let pid = ct.pid().to_string();
    assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    ct.wait_for("stopped");
    ct.delete().ok();
}

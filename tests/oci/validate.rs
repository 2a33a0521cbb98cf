// SPDX-License-Identifier: Apache-2.0
//! `ctrun validate` (OC-20): every problem at once, with where it stands.

use integration_tests::Bundle;
use serde_json::json;

// OC-20
#[test]
fn validate_accepts_what_runs() {
    let ct = Bundle::new();
    ct.ctrun(["validate"]).ok();
    let mut elsewhere = ct.command(["validate", "--bundle"]);
    ct.finish(elsewhere.arg(&ct.folder).current_dir("/")).ok();
}

// OC-20, SP-01
#[test]
fn validate_reports_all_problems_with_their_places() {
    let ct = Bundle::new().with(|c| {
        c["process"]["cwd"] = json!("relative");
        c["process"]["args"] = json!([]);
        c["linux"]["namespaces"].as_array_mut().unwrap().push(json!({ "type": "pid" }));
        c["process"]["rlimits"] = json!([{ "type": "RLIMIT_NONE", "hard": 1, "soft": 1 }]);
    });
    let ran = ct.ctrun(["validate"]).fails();
    let said = format!("{}{}", ran.stdout, ran.stderr);
    for place in ["/process/cwd", "/process/args", "/linux/namespaces", "/process/rlimits"] {
        assert!(said.contains(place), "{place} in {said}");
    }
}

// SP-39: the vm mode does not exist yet; it is refused by name.
#[test]
fn validate_refuses_what_is_not_there_yet_by_name() {
    let ct = Bundle::new().with(|c| c["vm"] = json!({ "kernel": { "path": "/boot/vmlinuz" } }));
    let ran = ct.ctrun(["validate"]).fails();
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("vm"), "{ran:?}");
    let ct = Bundle::new();
    ct.ctrun(["validate", "--isolation", "vm"]).fails_with("vm");
}

// SPDX-License-Identifier: Apache-2.0
//! `ctrun spec` (OC-15).

use std::fs;

use integration_tests::{Bundle, needs};
use serde_json::{Value, json};

fn written(ct: &Bundle) -> Value {
    let text = fs::read(ct.folder.join("config.json")).expect("spec wrote it");
    serde_json::from_slice(&text).expect("it is JSON")
}

// OC-15
#[test]
fn spec_writes_a_configuration_that_runs() {
    needs!(Root);
    let ct = Bundle::new();
    fs::remove_file(ct.folder.join("config.json")).unwrap();
    ct.ctrun(["spec"]).ok();
    let config = written(&ct);
    assert_eq!(config["process"]["args"], json!(["sh"]));
    assert!(
        config["process"]["capabilities"].get("inheritable").is_none(),
        "SEC-08: no inheritable capabilities"
    );
    ct.change(|c| {
        c["process"]["terminal"] = json!(false);
        c["process"]["args"] = json!(["echo", "42"]);
    });
    assert_eq!(ct.run().ok().stdout, "42\n");
}

// OC-15
#[test]
fn spec_never_overwrites() {
    let ct = Bundle::new();
    let before = written(&ct);
    ct.ctrun(["spec"]).fails_with("exists");
    assert_eq!(written(&ct), before);
}

// OC-15
#[test]
fn spec_writes_where_it_is_told_and_for_ordinary_users() {
    let ct = Bundle::new();
    fs::create_dir(ct.folder.join("other")).unwrap();
    ct.ctrun(["spec", "--rootless", "--bundle", "other"]).ok();
    let config: Value =
        serde_json::from_slice(&fs::read(ct.folder.join("other/config.json")).unwrap()).unwrap();
    let namespaces = config["linux"]["namespaces"].as_array().unwrap();
    assert!(namespaces.iter().any(|n| n["type"] == "user"));
    assert!(!namespaces.iter().any(|n| n["type"] == "network"));
    assert_eq!(config["linux"]["uidMappings"][0]["size"], 1);
    // SEC-09: the host's cgroups are covered.
    let mounts: Vec<_> = config["mounts"].as_array().unwrap().iter().map(|m| &m["destination"]).collect();
    let place = |path: &str| mounts.iter().position(|destination| **destination == path).unwrap();
    assert!(place("/sys") < place("/sys/fs/cgroup"));
}

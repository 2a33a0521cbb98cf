// SPDX-License-Identifier: Apache-2.0
//! config.json itself: versions, unknown keys, root, ids, annotations (SP-01, SP-02, SP-19, SP-43).

use std::fs;

use integration_tests::{Bundle, needs};
use serde_json::json;

// SP-01
#[test]
fn unknown_properties_and_annotations_are_ignored() {
    needs!(Root);
    let ct = Bundle::sh("echo 42").with(|c| {
        c["org.example.unknown"] = json!({ "a": 1 });
        c["process"]["unknown"] = json!([1, 2]);
        c["linux"]["unknown"] = json!("x");
        c["annotations"] = json!({ "org.example.unknown": "x" });
    });
    assert_eq!(ct.run().ok().stdout, "42\n");
}

// SP-01
#[test]
fn versions_of_another_age_are_refused() {
    needs!(Root);
    for version in ["2.0.0", "0.9.0", "one", ""] {
        let ct = Bundle::new().with(|c| c["ociVersion"] = json!(version));
        ct.run().fails_with("ociVersion");
    }
    for version in ["1.0.0", "1.0.2-dev", "1.2.1", "1.3.0"] {
        Bundle::new().with(|c| c["ociVersion"] = json!(version)).run().ok();
    }
}

// SP-01: all problems in one go, each with where it stands.
#[test]
fn all_problems_are_told_at_once() {
    needs!(Root);
    let ct = Bundle::new().with(|c| {
        c["process"]["cwd"] = json!("relative");
        c["linux"]["namespaces"].as_array_mut().unwrap().push(json!({ "type": "nosuch" }));
    });
    let ran = ct.create().fails();
    assert!(
        ran.stderr.contains("/process/cwd") && ran.stderr.contains("/linux/namespaces/6"),
        "{}",
        ran.stderr
    );
}

// SP-43
#[test]
fn a_missing_or_broken_configuration_is_an_error_that_names_it() {
    needs!(Root);
    let ct = Bundle::new();
    fs::write(ct.folder.join("config.json"), "{ \"ociVersion\": ").unwrap();
    ct.create().fails_with("config.json");
    fs::remove_file(ct.folder.join("config.json")).unwrap();
    ct.create().fails_with("config.json");
}

// SP-43: a bound on its size.
#[test]
fn an_endless_configuration_is_refused() {
    needs!(Root);
    let ct = Bundle::new();
    let file = fs::File::create(ct.folder.join("config.json")).unwrap();
    file.set_len(1 << 34).unwrap();
    ct.create().fails_with("config.json");
}

// SP-02
#[test]
fn the_root_is_read_only_when_it_says_so() {
    needs!(Root);
    let ct = Bundle::sh("touch /new");
    ct.run().fails_with("Read-only file system");
    let ct = ct.with(|c| c["root"]["readonly"] = json!(false));
    ct.run().ok();
    assert!(ct.rootfs().join("new").exists());
}

// SP-02
#[test]
fn the_root_may_be_absolute() {
    needs!(Root);
    let ct = Bundle::sh("ls /bin/busybox");
    let rootfs = ct.rootfs();
    let ct = ct.with(|c| c["root"]["path"] = json!(rootfs));
    assert_eq!(ct.run().ok().stdout, "/bin/busybox\n");
}

// SP-39: what the runtime does not have is refused by name.
#[test]
fn a_microvm_is_refused_by_name() {
    needs!(Root);
    let ct = Bundle::new().with(|c| c["vm"] = json!({ "kernel": { "path": "/boot/vmlinuz" } }));
    ct.create().fails_with("vm");
}

// SP-30, SP-31, SP-38: implemented, or refused by name; never dropped in silence.
#[test]
fn what_is_not_implemented_is_refused_by_name() {
    needs!(Root);
    for (key, value) in [
        ("intelRdt", json!({ "closID": "x", "l3CacheSchema": "L3:0=1" })),
        ("memoryPolicy", json!({ "mode": "MPOL_NOSUCH", "nodes": "0" })),
        ("netDevices", json!({ "no-such-device": { "name": "eth0" } })),
    ] {
        let ct = Bundle::new().with(|c| c["linux"][key] = value);
        ct.run().fails_with(key);
    }
}

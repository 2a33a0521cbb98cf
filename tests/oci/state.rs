// SPDX-License-Identifier: Apache-2.0
//! `ctrun state` (OC-09).

use std::fs;
use std::process::Command;

use integration_tests::{Bundle, Need, is_met, needs};
use serde_json::{Value, json};

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
    assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    ct.wait_for("stopped");
    ct.delete().ok();
}

/// What the specification's schema of the state asks for (schema/state-schema.json), with the one status that runtimes
/// have beside its four.
#[track_caller]
fn assert_schema(state: &Value, status: &str) {
    for key in ["ociVersion", "id", "status", "bundle"] {
        assert!(state[key].is_string(), "{key} in {state}");
    }
    let version: Vec<&str> = state["ociVersion"].as_str().unwrap().splitn(3, '.').collect();
    assert!(version.len() == 3 && version[..2].iter().all(|n| n.parse::<u32>().is_ok()), "{state}");
    assert_eq!(state["status"], status);
    assert!(["creating", "created", "running", "paused", "stopped"].contains(&status));
    let pid = state["pid"].as_i64().unwrap_or_else(|| panic!("a pid is a whole number: {state}"));
    assert_eq!(pid > 0, status != "stopped", "{state}");
    assert!(state["bundle"].as_str().unwrap().starts_with('/'));
    if let Some(annotations) = state.get("annotations") {
        let annotations = annotations.as_object().expect("annotations are an object");
        assert!(annotations.iter().all(|(key, value)| !key.is_empty() && value.is_string()), "{state}");
    }
}

// OC-09: what `state`, `list` and hooks tell, in every status.
#[test]
fn the_state_follows_the_schema_in_every_status() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    let (creating, stopped) = (ct.folder.join("creating.json"), ct.folder.join("stopped.json"));
    ct.change(|c| {
        let hook = |file: &std::path::Path| {
            json!([{ "path": "/bin/sh", "args": ["sh", "-c", format!("cat > {}", file.display())] }])
        };
        c["hooks"] = json!({ "createRuntime": hook(&creating), "poststop": hook(&stopped) });
    });
    let told = |file: &std::path::Path| serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    ct.create().ok();
    assert_schema(&told(&creating), "creating");
    assert_schema(&ct.state(), "created");
    ct.start().ok();
    assert_schema(&ct.state(), "running");
    if is_met(Need::Freezer) {
        ct.ctrun(["pause", &ct.id]).ok();
        assert_schema(&ct.state(), "paused");
        ct.ctrun(["resume", &ct.id]).ok();
    }
    assert_schema(&ct.ctrun(["list", "--format", "json"]).ok().json()[0], "running");
    ct.kill("KILL").ok();
    ct.wait_for("stopped");
    assert_schema(&ct.state(), "stopped");
    ct.delete().ok();
    assert_schema(&told(&stopped), "stopped");
}

// OC-09, SP-19: what an image says of itself travels in annotations, and others ask for it there.
#[test]
fn annotations_of_an_image_are_in_the_state() {
    needs!(Root);
    let annotations = json!({
        "org.opencontainers.image.os": "linux", "org.opencontainers.image.architecture": "amd64",
        "org.opencontainers.image.author": "A. \"B\" C", "org.opencontainers.image.created": "2026-01-31T12:00:00Z",
        "org.opencontainers.image.stopSignal": "SIGWINCH", "org.opencontainers.image.exposedPorts": "80/tcp,53/udp",
        "org.example.empty": "", "org.example.more": "\u{e4}\n",
    });
    let ct = Bundle::running(["sleep", "1000"]).with(|c| c["annotations"] = annotations.clone());
    ct.create().ok();
    assert_eq!(ct.state()["annotations"], annotations);
    assert_eq!(ct.ctrun(["list", "--format", "json"]).ok().json()[0]["annotations"], annotations);
    ct.delete_force().ok();
    for wrong in [json!({ "": "x" }), json!({ "a": 1 }), json!(["a"])] {
        ct.change(|c| c["annotations"] = wrong.clone());
        ct.create().fails_with("annotations");
    }
}

/// Adds a line to the container's record, the newest one with a change.
fn change_record(ct: &Bundle, change: impl FnOnce(&mut Value)) {
    let path = ct.root().join(&ct.id).join("state.json");
    let mut text = fs::read_to_string(&path).unwrap();
    let mut newest: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    change(&mut newest);
    text += &format!("{newest}\n");
    fs::write(&path, text).unwrap();
}

/// That it is stopped for everyone, and can be deleted.
#[track_caller]
fn assert_stopped(ct: &Bundle) {
    assert_schema(&ct.state(), "stopped");
    ct.kill("0").fails_with("not running");
    ct.start().fails();
    ct.exec(["true"]).fails();
    ct.delete().ok();
}

// OC-09: a root that outlives a boot is full of numbers that mean other processes after it.
#[test]
fn a_container_of_another_boot_has_stopped() {
    needs!(Root);
    for is_started in [false, true] {
        let ct = Bundle::running(["sleep", "1000"]);
        ct.create().ok();
        if is_started {
            ct.start().ok();
        }
        change_record(&ct, |record| record["boot"] = json!("00000000-0000-0000-0000-000000000000"));
        assert_stopped(&ct);
    }
}

// OC-09: the boot is noted where the record outlives it: on a disk, and not on a tmpfs.
#[test]
fn the_boot_is_noted_where_it_matters() {
    needs!(Root);
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let ct = Bundle::running(["sleep", "1000"]);
    let noted = || {
        let text = fs::read_to_string(ct.root().join(&ct.id).join("state.json")).unwrap();
        serde_json::from_str::<Value>(text.lines().last().unwrap()).unwrap()["boot"].clone()
    };
    let kind = Command::new("stat").args(["-f", "-c", "%T"]).arg(&ct.folder).output().unwrap();
    if kind.stdout != b"tmpfs\n" {
        ct.create().ok();
        assert_eq!(noted(), boot.trim());
        ct.delete_force().ok();
    }
    fs::create_dir_all(ct.root()).unwrap();
    assert!(Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(ct.root()).status().unwrap().success());
    ct.create().ok();
    let on_tmpfs = noted();
    ct.delete_force().ok();
    assert!(Command::new("umount").arg(ct.root()).status().unwrap().success());
    assert_eq!(on_tmpfs, Value::Null);
}

// OC-09: a number that belongs to another process now is neither shown nor signalled nor killed.
#[test]
fn a_number_that_was_used_again_is_not_the_container() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let own = ct.pid();
    change_record(&ct, |record| record["pid"] = json!(other.id()));
    assert_schema(&ct.state(), "stopped");
    ct.kill("KILL").fails_with("not running");
    ct.delete_force().ok();
    assert_eq!(other.try_wait().unwrap(), None, "another's process was ended");
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(!std::path::Path::new(&format!("/proc/{own}/root/bin/busybox")).exists());
}

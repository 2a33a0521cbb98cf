// SPDX-License-Identifier: Apache-2.0
//! Every step of create, start, exec and delete fails once, and the runtime is killed at every step once: after a failure
//! nothing is left, after a kill nothing that `delete --force` does not remove.

use integration_tests::{Bundle, Ran, cgroup_folders, needs};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Everything on this machine that a launch makes, but for what has the container's name in it.
#[derive(Debug, PartialEq, Eq)]
struct Scene {
    mounts: usize,
    cgroups: BTreeSet<std::path::PathBuf>,
    files: BTreeSet<String>,
}

fn scene(ct: &Bundle) -> Scene {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap().lines().count();
    Scene { mounts, cgroups: cgroup_folders(&ct.id).into_iter().collect(), files: files(&ct.folder) }
}

/// Names below the bundle's folder; what the harness itself writes there is left out.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap().flatten() {
            let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
            let is_harness = ["out.", "err.", "std"].iter().any(|start| name.starts_with(start));
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
            if !is_harness && name != "state" {
                found.insert(name);
            }
        }
    }
    found
}

/// The names in `call("NAME")` of a source file: the steps are where the runtime has them.
fn names(file: &str, call: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(path).unwrap();
    let found = text.split(call).skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned));
    let found: Vec<String> = found.collect();
    assert!(!found.is_empty(), "no {call} in {file}");
    found
}

fn stage_steps() -> Vec<String> {
    names("runtime/stage/src/main.rs", "    step(\"")
}

/// Those that are in the smaller program: not behind the feature.
fn stage_steps_of_exec() -> Vec<String> {
    let of_first = names("runtime/stage/src/main.rs", "    #[cfg(feature = \"first\")]\n    step(\"");
    stage_steps().into_iter().filter(|step| !of_first.contains(step)).collect()
}

/// Before the payload waits for `start`, and after it.
fn stage_steps_of(verb: &str) -> Vec<String> {
    let steps = stage_steps();
    let wait = steps.iter().position(|step| step == "wait for start").unwrap();
    let steps = if verb == "create" { &steps[..=wait] } else { &steps[wait + 1..] };
    steps.to_vec()
}

fn points(file: &str) -> Vec<String> {
    names(file, "fault::point(\"")
}

/// A container with something for most of the steps to do.
fn busy() -> Bundle {
    Bundle::running(["sleep", "1000"]).with_faults().with(|c| {
        c["hostname"] = json!("busy");
        c["linux"]["sysctl"] = json!({ "net.ipv4.ip_forward": "1" });
        c["linux"]["resources"] = json!({ "pids": { "limit": 50 } });
        c["linux"]["devices"] = json!([{ "path": "/dev/fuse", "type": "c", "major": 10, "minor": 229 }]);
        c["process"]["rlimits"] = json!([{ "type": "RLIMIT_NOFILE", "soft": 64, "hard": 64 }]);
        c["process"]["capabilities"] = json!({ "bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"] });
        c["linux"]["seccomp"] = json!({ "defaultAction": "SCMP_ACT_ALLOW" });
        c["hooks"] =
            json!({ "createContainer": [{ "path": "/bin/true" }], "poststop": [{ "path": "/bin/true" }] });
    })
}

fn with_fault(ct: &Bundle, fault: &str, args: &[&str]) -> Ran {
    ct.finish(ct.command(args).env("CTRUN_FAULT", fault))
}

fn create_points() -> Vec<String> {
    [points("runtime/src/sandbox/create.rs"), stage_steps_of("create")].concat()
}

// SP-40, OC-03
#[test]
fn a_create_that_fails_at_any_step_leaves_nothing() {
    needs!(Root, Faults);
    let ct = busy();
    // What a create adds to the root file system (places for mounts) is not taken back by any runtime.
    ct.create().ok();
    ct.delete_force().ok();
    let before = scene(&ct);
    for step in create_points() {
        let ran = with_fault(&ct, &format!("fail {step}"), &["create", "--pid-file", "pid", &ct.id]);
        assert!(ran.fails().stderr.contains("injected"), "{step}");
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{step}");
        assert_eq!(scene(&ct), before, "{step}");
    }
}

// OC-08: `delete --force` is idempotent after a crash at any step; OC-10: and `list` does not fail
#[test]
fn a_create_that_is_killed_at_any_step_leaves_what_delete_removes() {
    needs!(Root, Faults);
    let ct = busy();
    ct.create().ok();
    ct.delete_force().ok();
    let before = scene(&ct);
    for step in create_points() {
        with_fault(&ct, &format!("kill {step}"), &["create", &ct.id]).exits(137);
        ct.ctrun(["list"]).ok();
        ct.delete_force().ok();
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{step}");
        assert_eq!(scene(&ct), before, "{step}");
        ct.delete_force().ok();
    }
}

// OC-04, OC-08
#[test]
fn a_start_that_fails_or_is_killed_at_any_step_leaves_what_delete_removes() {
    needs!(Root, Faults);
    let ct = busy();
    for step in points("runtime/src/verbs/start.rs") {
        for how in ["fail", "kill"] {
            ct.create().ok();
            with_fault(&ct, &format!("{how} {step}"), &["start", &ct.id]).fails();
            ct.delete_force().ok();
            assert_eq!(ct.left_behind(), Vec::<String>::new(), "{how} {step}");
        }
    }
    for step in stage_steps_of("start") {
        // The stage has its faults from create.
        with_fault(&ct, &format!("fail {step}"), &["create", &ct.id]).ok();
        ct.start().fails_with("injected");
        ct.wait_for("stopped");
        ct.delete().ok();
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "fail {step}");
        with_fault(&ct, &format!("kill {step}"), &["create", &ct.id]).ok();
        ct.start().exits(137);
        ct.delete_force().ok();
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "kill {step}");
    }
}

// OC-08: a delete that did not come to its end is done again, with force and without; poststop hooks run once.
#[test]
fn a_delete_that_fails_or_is_killed_at_any_step_is_done_again() {
    needs!(Root, Faults);
    let ct = busy();
    let log = ct.folder.join("poststop");
    let script = format!("echo x >> {}", log.display());
    ct.change(|c| c["hooks"] = json!({ "poststop": [{ "path": "/bin/sh", "args": ["sh", "-c", script] }] }));
    for step in points("runtime/src/verbs/delete.rs") {
        for how in ["fail", "kill"] {
            for options in [&["delete"][..], &["delete", "--force"]] {
                ct.create().ok();
                ct.start().ok();
                if options.len() == 1 {
                    ct.kill("KILL").ok();
                    ct.wait_for("stopped");
                }
                let words = [options, &[ct.id.as_str()]].concat();
                with_fault(&ct, &format!("{how} {step}"), &words).fails();
                assert_eq!(ct.status(), "stopped", "{how} {step} {options:?}");
                assert!(!log.exists(), "{how} {step} {options:?}");
                ct.ctrun(&words).ok();
                assert_eq!(ct.left_behind(), Vec::<String>::new(), "{how} {step} {options:?}");
                assert_eq!(fs::read_to_string(&log).unwrap(), "x\n", "{how} {step} {options:?}");
                fs::remove_file(&log).unwrap();
            }
        }
    }
}

// OC-06
#[test]
fn an_exec_that_fails_or_is_killed_at_any_step_leaves_the_container_as_it_was() {
    needs!(Root, Faults);
    let ct = busy();
    ct.create().ok();
    ct.start().ok();
    let processes = || ct.ctrun(["ps", "--format", "json", &ct.id]).ok().json().as_array().unwrap().len();
    let before = scene(&ct);
    // Those after which the payload runs are the last ones, and a killed runtime leaves it running, as it should.
    let steps = [points("runtime/src/sandbox/exec.rs"), stage_steps_of_exec()].concat();
    for step in steps {
        let ran = with_fault(&ct, &format!("fail {step}"), &["exec", &ct.id, "true"]);
        assert!(ran.exits(255).stderr.contains("injected"), "{step}");
        assert_eq!(processes(), 1, "fail {step}");
        with_fault(&ct, &format!("kill {step}"), &["exec", &ct.id, "true"]).exits(137);
        assert!(integration_tests::wait_until(|| processes() == 1), "kill {step}");
        assert_eq!(scene(&ct), before, "{step}");
    }
    ct.ctrun(["exec", &ct.id, "true"]).ok();
    ct.delete_force().ok();
}

// OC-08
#[test]
fn a_delete_that_is_killed_at_any_step_can_be_done_again() {
    needs!(Root, Faults);
    let ct = busy();
    for step in points("runtime/src/verbs/delete.rs") {
        ct.create().ok();
        with_fault(&ct, &format!("kill {step}"), &["delete", "--force", &ct.id]).exits(137);
        ct.delete_force().ok();
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{step}");
    }
}

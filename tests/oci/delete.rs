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

/// Every container below the bundle's root, sorted.
fn ids(ct: &Bundle) -> Vec<String> {
    ct.ctrun(["list", "--quiet"]).ok().stdout.lines().map(ToOwned::to_owned).collect()
}

// OC-08: as with crun, ID is an expression for many names; it is extended, and need not match the whole name.
#[test]
fn delete_takes_a_regular_expression() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"])
        .with(|c| drop(c["linux"].as_object_mut().unwrap().remove("cgroupsPath")));
    let name = |end: &str| format!("{}-{end}", ct.id);
    for end in ["web-1", "web-22", "web-x", "db"] {
        ct.ctrun(["create", &name(end)]).ok();
    }
    ct.ctrun(["delete", "--regex", "web-[0-9]+$"]).ok();
    assert_eq!(ids(&ct), [name("db"), name("web-x")]);
    // What does not match is no error, as it is none in crun; what is no expression is one.
    ct.ctrun(["delete", "--regex", "^nothing$"]).ok();
    ct.ctrun(["delete", "--regex", "web-["]).fails_with("--regex");
    // Without the option a name is a name.
    ct.ctrun(["delete", ".*"]).fails();
    // One that cannot be deleted is told of, and does not hold up the others.
    ct.ctrun(["start", &name("db")]).ok();
    ct.ctrun(["delete", "--regex", "db|web"]).fails_with(&name("db"));
    assert_eq!(ids(&ct), [name("db")]);
    ct.ctrun(["delete", "--force", "--regex", &ct.id]).ok();
    assert_eq!(ids(&ct), [""; 0]);
    assert!(ct.left_behind().is_empty(), "{:?}", ct.left_behind());
}

// OC-08: whatever somebody else has taken away already, delete takes the rest.
#[test]
fn delete_takes_what_is_left() {
    needs!(Root);
    for missing in ["cgroups", "start.sock", "state.json", "bundle"] {
        let ct = Bundle::running(["sleep", "1000"]);
        ct.create().ok();
        assert!(
            std::process::Command::new("kill")
                .args(["-KILL", &ct.pid().to_string()])
                .status()
                .unwrap()
                .success()
        );
        ct.wait_for("stopped");
        let aside = ct.folder.with_extension("aside");
        match missing {
            "cgroups" => cgroup_folders(&ct.id).iter().for_each(|folder| fs::remove_dir(folder).unwrap()),
            "bundle" => fs::rename(ct.folder.join("config.json"), &aside).unwrap(),
            file => fs::remove_file(ct.root().join(&ct.id).join(file)).unwrap(),
        }
        if missing == "state.json" {
            // Nothing says what it had: its cgroups stay, and its name is free again.
            ct.delete().fails_with("--force");
            ct.delete_force().ok();
            cgroup_folders(&ct.id).iter().for_each(|folder| fs::remove_dir(folder).unwrap());
        } else {
            ct.delete().ok();
        }
        ct.delete().fails_with("does not exist");
        ct.delete_force().ok();
        if missing == "bundle" {
            fs::rename(&aside, ct.folder.join("config.json")).unwrap();
        }
    }
}

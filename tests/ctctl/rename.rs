// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

fn folder(systems: &Systems, name: &str) -> std::path::PathBuf {
    systems.folder.join("data/systems").join(systems.name(name))
}

// VZ-02, DK-04
#[test]
fn all_that_a_system_has_goes_with_it() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let old = systems.scripted("old", "echo hello; read x < /dev/null; [ -e /mine ] || sleep 1000");
    systems.run(&["start", &old]).ok();
    systems.run(&["rename", &old, "@new"]).exits(5).fails_with("it is running");
    systems.run(&["exec", &old, "--", "touch", "/mine"]).ok();
    systems.run(&["stop", "--kill", &old]).ok();
    let before = systems.run(&["config", "show", &old]).ok().stdout;
    systems.run(&["rename", "@ol", "@new"]).ok();
    assert_eq!(systems.run(&["config", "show", "@new"]).ok().stdout, before);
    systems.run(&["status", &old]).exits(3);
    assert!(systems.run(&["logs", "@new"]).ok().stdout.contains("hello"));
    assert_eq!(systems.status("@new")["last_exit"], "killed by signal 9");
    // It has its files: it ends by itself now.
    systems.run(&["start", "@new"]).ok();
    assert_eq!(systems.run(&["wait", "@new"]).ok().stdout, "exited with 0\n");
    let left = systems.left_behind().into_iter().filter(|line| line.contains(&old)).collect::<Vec<_>>();
    assert_eq!(left, Vec::<String>::new());
    let last = systems.run(&["events", "-e", "renamed", "-j"]).ok().json();
    assert_eq!((&last["name"], &last["from"]), (&systems.name("new").into(), &old.into()));
}

#[test]
fn a_name_that_cannot_be_is_refused() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    for name in ["@a", "@b"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    systems.run(&["rename", "@a", "@b"]).exits(4).fails_with("there is a system");
    systems.run(&["rename", "@a", "@a"]).exits(4);
    systems.run(&["rename", "@a", "../x"]).exits(7).fails_with("is not a name");
    systems.run(&["rename", "@a", "500"]).exits(7).fails_with("101");
    systems.run(&["rename", "@a", "101"]).ok();
    systems.run(&["start", "101", "@b"]).ok();
}

/// Makes what a rename leaves that was killed behind the configuration's new name.
fn half_renamed(systems: &Systems, old: &str, new: &str) {
    let shown = systems.run(&["config", "get", old, "uuid"]).ok().stdout;
    fs::write(folder(systems, &old[1..]).join("renaming"), shown.trim()).expect("it is ours");
    let file = |name: &str| systems.folder.join(format!("etc/systems/{}.toml", systems.name(&name[1..])));
    fs::rename(file(old), file(new)).expect("it is ours");
}

fn mine(systems: &Systems, name: &str) -> bool {
    folder(systems, name).join("upper/mine").exists()
}

// A killed rename: whoever comes next on either name finds the files, and nobody removes them.
#[test]
fn a_rename_killed_in_the_middle_is_brought_to_its_end() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let begin = || {
        systems.run(&["create", "@old", "--template", "busybox"]).ok();
        fs::write(folder(&systems, "old").join("upper/mine"), "").expect("it is ours");
        half_renamed(&systems, "@old", "@new");
    };
    // The new name is started.
    begin();
    systems.run(&["start", "@new"]).ok();
    systems.run(&["exec", "@new", "--", "test", "-e", "/mine"]).ok();
    assert!(mine(&systems, "new") && !folder(&systems, "old").exists());
    systems.run(&["destroy", "--force", "@new"]).ok();
    // Another system is made, which removes what killed creates left.
    begin();
    systems.run(&["create", "@other", "--template", "busybox"]).ok();
    assert!(mine(&systems, "new"));
    systems.run(&["destroy", "@new"]).ok();
    // The old name is given to a new system.
    begin();
    systems.run(&["create", "@old", "--template", "busybox"]).ok();
    assert!(mine(&systems, "new") && !mine(&systems, "old"));
    systems.run(&["destroy", "@new", "@old"]).ok();
    // A third system is renamed to the old name.
    begin();
    systems.run(&["rename", "@other", "@old"]).ok();
    assert!(mine(&systems, "new") && !mine(&systems, "old"));
    systems.run(&["destroy", "@old"]).ok();
    // The new name is destroyed, or renamed again.
    half_renamed(&systems, "@new", "@newer");
    systems.run(&["rename", "@newer", "@old"]).ok();
    assert!(mine(&systems, "old"));
    half_renamed(&systems, "@old", "@new");
    systems.run(&["destroy", "@new"]).ok();
    assert_eq!(systems.left_behind(), Vec::<String>::new());
}

#[test]
fn data_that_may_be_a_renamed_systems_are_not_removed() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    systems.run(&["create", "@old", "--template", "busybox"]).ok();
    fs::write(folder(&systems, "old").join("upper/mine"), "").expect("it is ours");
    half_renamed(&systems, "@old", "@new");
    let file = systems.folder.join(format!("etc/systems/{}.toml", systems.name("new")));
    let text = fs::read_to_string(&file).expect("it is ours");
    fs::write(&file, "memory = [").expect("it is ours");
    systems.run(&["create", "@old", "--template", "busybox"]).fails();
    assert!(mine(&systems, "old"));
    fs::write(&file, text).expect("it is ours");
    systems.run(&["start", "@new"]).ok();
    assert!(mine(&systems, "new"));
}

// kill -9 at any moment
#[test]
fn rename_may_be_killed_at_any_moment() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    systems.run(&["create", "@a", "--template", "busybox"]).ok();
    fs::write(folder(&systems, "a").join("upper/mine"), "").expect("it is ours");
    let is_there = |name: &str| {
        Path::new(&systems.folder).join(format!("etc/systems/{}.toml", systems.name(name))).exists()
    };
    for step in 0..40 {
        let (from, to) = if is_there("a") { ("@a", "@b") } else { ("@b", "@a") };
        let mut command = systems.command(&["rename", from, to]);
        let mut child = command.stderr(Stdio::null()).spawn().expect("ctctl runs");
        std::thread::sleep(Duration::from_micros(step * 300));
        child.kill().expect("our own child can be killed");
        child.wait().expect("our own child can be waited for");
        let name = if is_there("a") { "a" } else { "b" };
        assert!(is_there("a") != is_there("b"), "after {step}");
        let listed = systems.run(&["list", "-1"]).ok().stdout;
        assert_eq!(listed.lines().count(), 1, "{listed}");
        if step % 4 == 0 {
            systems.run(&["start", &systems.name(name)]).ok();
            systems.run(&["stop", "--kill", &systems.name(name)]).ok();
            assert!(mine(&systems, name), "after {step}");
        }
    }
}

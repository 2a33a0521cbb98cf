// SPDX-License-Identifier: Apache-2.0

use crate::push::inside;
use integration_tests::{Systems, mounts_below, needs, run};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The options of the mount at a path.
fn options(path: &str) -> String {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let line = table.lines().find(|line| line.split(' ').nth(4) == Some(path)).unwrap_or_default();
    line.split(' ').nth(5).unwrap_or_default().to_owned()
}

// VZ-08: what the host's root writes there belongs to the system's root.
#[test]
fn a_stopped_systems_files_are_shown_at_a_path() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    let path = systems.run(&["mount", "@web"]).ok().stdout.trim().to_owned();
    assert!(Path::new(&path).join("bin/busybox").exists(), "{path}");
    let options = options(&path);
    assert!(options.contains("nosuid") && options.contains("nodev"), "{options}");
    fs::write(Path::new(&path).join("etc/note"), "offline\n").unwrap();
    systems.run(&["umount", "@web"]).ok();
    assert!(mounts_below(&systems.folder).is_empty());
    systems.run(&["start", "@web"]).ok();
    let shown = inside(&systems, "@web", "cat /etc/note; stat -c %u:%g /etc/note");
    assert_eq!(shown, "offline\n0:0\n");
    systems.run(&["mount", "@web"]).exits(5).fails_with("it runs");
}

// VZ-08: a second mount has a code of its own; start and push say what is in the way; destroy takes it away.
#[test]
fn a_mounted_system_is_told_from_others() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    let path = systems.run(&["mount", "@web"]).ok().stdout.trim().to_owned();
    systems.run(&["mount", "@web"]).exits(12).fails_with("mounted already");
    systems.run(&["start", "@web"]).exits(5).fails_with(&path);
    systems.run(&["push", "@web", "/etc/hostname", "/etc/x"]).exits(5).fails_with("ctctl umount");
    systems.run_with_input(&["passwd", "@web"], "x\n").exits(5).fails_with("ctctl umount");
    assert_eq!(systems.status("@web")["status"], "stopped");
    systems.run(&["destroy", "@web"]).ok();
    assert!(mounts_below(&systems.folder).is_empty() && !Path::new(&path).exists());
    let layers = fs::read_dir(systems.folder.join("data/layers")).unwrap().count();
    assert!(layers > 0, "a destroy has removed the template's files");
}

// VZ-08: one that a shell stands in stays, unless it is told to go all the same.
#[test]
fn what_is_in_use_is_not_taken_away() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    let path = systems.run(&["mount", "@web"]).ok().stdout.trim().to_owned();
    let mut user = Command::new("sleep").arg("600").current_dir(&path).spawn().unwrap();
    systems.run(&["umount", "@web"]).exits(5).fails_with("--lazy");
    systems.run(&["umount", "--lazy", "@web"]).ok();
    user.kill().unwrap();
    user.wait().unwrap();
    run(Command::new("test").args(["!", "-e"]).arg(&path), &systems.folder).ok();
}

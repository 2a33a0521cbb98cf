// SPDX-License-Identifier: Apache-2.0
//! Which systems a verb is for: several names, patterns, labels, all.

use integration_tests::{Systems, needs};
use std::fs;

/// The statuses of systems, in the order of their names.
fn statuses(systems: &Systems) -> Vec<String> {
    let listed = systems.run(&["list", "-H", "-o", "status"]).ok().stdout;
    listed.lines().map(str::to_owned).collect()
}

// VZ-02
#[test]
fn one_that_fails_stops_none_of_the_others() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    for name in ["@a", "@b", "@c"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    systems.run(&["start", "@b"]).ok();
    systems.run(&["start", "@none", "@a", "@b", "@c"]).exits(1).fails_with("no system");
    assert_eq!(statuses(&systems), ["running", "running", "running"]);
    // All failures have one code: so has the command.
    systems.run(&["start", "@a", "@b"]).exits(11).fails_with("it runs already");
    systems.run(&["stop", "--kill", "@a", "102"]).ok();
    assert_eq!(statuses(&systems), ["stopped", "stopped", "running"]);
}

#[test]
fn of_a_group_a_verb_takes_those_that_it_fits() {
    needs!(Root, Overlay, Freezer);
    let systems = Systems::new();
    for name in ["@web-1", "@web-2", "@db"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    systems.run(&["start", "@web-1"]).ok();
    systems.run(&["start", "@web*"]).ok();
    assert_eq!(statuses(&systems), ["stopped", "running", "running"]);
    systems.run(&["pause", "--all"]).ok();
    assert_eq!(statuses(&systems), ["stopped", "paused", "paused"]);
    systems.run(&["unpause", "@web-[2-9]"]).ok();
    assert_eq!(statuses(&systems), ["stopped", "paused", "running"]);
    systems.run(&["restart", "--all"]).ok();
    assert_eq!(statuses(&systems), ["stopped", "running", "running"]);
    systems.run(&["set", "@web*", "pids=77"]).ok();
    systems.run(&["kill", "--all", "KILL"]).ok();
    systems.run(&["wait", "--all"]).ok();
    assert_eq!(statuses(&systems), ["stopped", "stopped", "stopped"]);
    let pids = systems.run(&["list", "-H", "-o", "pids"]).ok().stdout;
    assert_eq!(pids.lines().collect::<Vec<_>>(), ["-", "77", "77"]);
    systems.run(&["start", "@mail*"]).exits(3).fails_with("no system is like");
}

#[test]
fn a_signal_that_is_typed_wrong_hits_nobody() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let web = systems.running("web");
    systems.run(&["kill", &web, "HPU"]).exits(7).fails_with("neither a system nor a signal");
    assert_eq!(systems.status(&web)["status"], "running");
}

#[test]
fn many_are_destroyed_only_when_that_is_said() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    for name in ["@a1", "@a2", "@b"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    let refused = systems.run(&["destroy", "@a*"]).exits(2).fails_with("--yes");
    assert!(refused.stderr.contains(&systems.name("a1")), "{refused:#?}");
    systems.run(&["destroy", "--all"]).exits(2);
    assert_eq!(statuses(&systems).len(), 3);
    systems.run(&["destroy", "--yes", "@a*"]).ok();
    assert_eq!(systems.run(&["list", "-1"]).ok().stdout, format!("{}\n", systems.name("b")));
    // One whose file is broken goes with all the others.
    let file = systems.folder.join(format!("etc/systems/{}.toml", systems.name("b")));
    fs::write(file, "memory = [").expect("it is ours");
    systems.run(&["destroy", "--yes", "--all"]).ok();
    assert_eq!(systems.left_behind(), Vec::<String>::new());
    systems.run(&["destroy", "--yes", "--all"]).ok();
}

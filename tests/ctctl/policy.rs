// SPDX-License-Identifier: Apache-2.0
//! The key `restart`: what follows an end.

use integration_tests::{Systems, needs, wait_until};

/// How often the scripted system began, as its own file of lines says.
fn starts(systems: &Systems, name: &str) -> usize {
    systems.run(&["logs", name]).ok().stdout.matches("begin").count()
}

// DK-06, VZ-58
#[test]
fn a_failure_is_tried_again_so_often() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "echo begin; exit 4");
    systems.run(&["set", &web, "restart=on-failure:2"]).ok();
    systems.run(&["start", &web]).ok();
    assert_eq!(systems.run(&["wait", &web]).ok().stdout, "exited with 4\n");
    assert_eq!(starts(&systems, &web), 3);
    // No failure, no start.
    systems.run(&["set", &web, "restart=on-failure", "init=/bin/true"]).ok();
    systems.run(&["start", &web]).ok();
    assert_eq!(systems.run(&["wait", &web]).ok().stdout, "exited with 0\n");
    systems.run(&["set", &web, "restart=perhaps"]).exits(7).fails_with("none of no, on-failure");
}

// DK-06: what ends by itself comes back, what a verb ends does not.
#[test]
fn always_is_until_somebody_stops_it() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "echo begin; read word; exit 0");
    systems.run(&["set", &web, "restart=always"]).ok();
    systems.run(&["start", &web]).ok();
    for count in 1..3 {
        assert!(wait_until(|| starts(&systems, &web) == count), "{count}");
        // One that is killed is not one that is stopped.
        systems.run(&["kill", &web, "KILL"]).ok();
    }
    assert!(wait_until(|| starts(&systems, &web) == 3));
    systems.wait_for(&web, "running");
    systems.run(&["stop", "--timeout", "0", &web]).ok();
    assert_eq!(systems.status(&web)["last_exit"], "killed by signal 9");
    assert!(systems.monitors(&web).is_empty());
    // Changed while it runs, it counts at the end.
    systems.run(&["start", &web]).ok();
    systems.run(&["set", &web, "restart=no"]).ok();
    systems.run(&["kill", &web, "KILL"]).ok();
    systems.run(&["wait", &web]).ok();
    assert_eq!(systems.status(&web)["status"], "stopped");
}

// VZ-58
#[test]
fn a_poweroff_inside_is_a_stop_whatever_the_key_says() {
    needs!(Root);
    let systems = Systems::new();
    let web = systems.running("web");
    systems.run(&["set", &web, "restart=always"]).ok();
    systems.run(&["exec", &web, "--", "poweroff", "-f"]);
    assert_eq!(systems.run(&["wait", &web]).ok().stdout, "halted\n");
}

/// A system that fails at once, so often that the next start is some time away.
fn in_a_long_pause(systems: &Systems) -> String {
    let web = systems.scripted("web", "echo begin; [ -e /stay ] && read word; exit 1");
    systems.run(&["set", &web, "restart=always"]).ok();
    systems.run(&["start", &web]).ok();
    assert!(wait_until(|| starts(systems, &web) >= 5));
    assert!(wait_until(|| systems.status(&web)["last_exit"] == "exited with 1 (restarting)"));
    web
}

#[test]
fn a_pause_between_starts_keeps_no_verb_waiting() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = in_a_long_pause(&systems);
    systems.run(&["stop", &web]).ok();
    assert_eq!(systems.status(&web)["last_exit"], "exited with 1");
    assert!(systems.monitors(&web).is_empty());
    systems.run(&["stop", &web]).exits(5).fails_with("it does not run");
    let count = starts(&systems, &web);
    systems.run(&["start", &web]).ok();
    assert!(wait_until(|| starts(&systems, &web) > count + 4));
    // A start comes at once.
    systems.run(&["set", &web, "init=/bin/sleep 1000"]).ok();
    let started = systems.run(&["start", &web]);
    assert!(started.code == 0 || started.code == 11, "{started:#?}");
    systems.wait_for(&web, "running");
    assert_eq!(systems.monitors(&web).len(), 1);
}

#[test]
fn a_pause_is_no_end_for_who_waits_and_destroy_ends_it() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = in_a_long_pause(&systems);
    systems.run(&["wait", "--timeout", "0", &web]).exits(1);
    systems.run(&["destroy", &web]).ok();
    assert!(wait_until(|| systems.left_behind().is_empty()), "{:#?}", systems.left_behind());
}

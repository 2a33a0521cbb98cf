// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs, wait_until};

// VZ-43: the lowest order starts first and stops last; what waits to be started again is not.
#[test]
fn shutdown_stops_everything_the_other_way_round() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let late = systems.scripted("late", "trap 'exit 0' TERM; while :; do sleep 0.1; done");
    systems.run(&["set", &late, "restart=always", "boot_order=1"]).ok();
    systems.run(&["create", "@early", "--template", "scripted", "boot_order=2"]).ok();
    let failing = systems.scripted("failing", "echo begin; exit 1");
    systems.run(&["set", &failing, "restart=always"]).ok();
    for name in ["@late", "@early", "@failing"] {
        systems.run(&["start", name]).ok();
    }
    // So often that its pauses are long.
    let starts = || systems.run(&["logs", &failing]).ok().stdout.matches("begin").count();
    assert!(wait_until(|| starts() >= 3));
    assert!(wait_until(|| systems.status("@failing")["last_exit"] == "exited with 1 (restarting)"));
    let ran = systems.run(&["shutdown"]).ok();
    let told: Vec<&str> = ran.stderr.lines().filter(|line| line.ends_with(": done")).collect();
    let place = |name: &str| told.iter().position(|line| line.starts_with(&systems.name(name)));
    assert!(place("early") < place("late") && place("failing") < place("late"), "{told:?}");
    for name in ["@late", "@early", "@failing"] {
        assert_eq!(systems.status(name)["status"], "stopped");
        assert!(wait_until(|| systems.monitors(&systems.name(&name[1..])).is_empty()));
    }
    systems.run(&["boot"]).ok();
    assert_eq!(systems.status("@early")["status"], "running");
}

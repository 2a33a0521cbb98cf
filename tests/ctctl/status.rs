// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn status_is_one_line() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let line = |systems: &Systems| systems.run(&["status", &name]).ok().stdout;
    assert_eq!(line(&systems), format!("CTID 101 exist mounted running mode=container name={name}\n"));
    systems.run(&["stop", "--kill", &name]).ok();
    assert!(line(&systems).starts_with("CTID 101 exist unmounted down mode=container"));
}

#[test]
fn a_number_or_a_beginning_is_enough() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    for typed in ["101", "@w"] {
        systems.run(&["status", typed]).ok();
    }
    systems.run(&["status", "@wbe"]).exits(3).fails_with("did you mean");
}

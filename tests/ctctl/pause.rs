// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn a_paused_system_stands_still() {
    needs!(Root, Overlay, Freezer);
    let systems = Systems::new();
    let web = systems.running("web");
    systems.run(&["unpause", &web]).exits(5).fails_with("it is not paused");
    systems.run(&["pause", &web]).ok();
    assert_eq!(systems.status(&web)["status"], "paused");
    systems.run(&["pause", &web]).exits(5).fails_with("paused already");
    systems.run(&["unpause", &web]).ok();
    systems.run(&["exec", &web, "--", "true"]).ok();
    systems.run(&["stop", "--kill", &web]).ok();
    systems.run(&["pause", &web]).exits(5).fails_with("it does not run");
}

// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn destroy_leaves_nothing() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["exec", &name, "--", "sh", "-c", "mkdir -p /a/b && mknod /a/p p && ln -s / /a/l"]).ok();
    systems.run(&["stop", &name]).ok();
    systems.run(&["destroy", &name]).ok();
    assert_eq!(systems.left_behind(), Vec::<String>::new());
    systems.run(&["status", &name]).exits(3);
}

#[test]
fn a_running_system_is_not_destroyed_by_mistake() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["destroy", &name]).exits(5).fails_with("it is running");
    // The beginning of a name is enough for everything but this.
    systems.run(&["destroy", "--force", "@w"]).exits(3).fails_with("takes the whole name");
    assert_eq!(systems.status(&name)["status"], "running");
    systems.run(&["destroy", "--force", &name]).ok();
    assert_eq!(systems.left_behind(), Vec::<String>::new());
}

// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

// VZ-08
#[test]
fn what_is_not_mounted_cannot_be_unmounted() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    systems.run(&["umount", "@web"]).exits(5).fails_with("it is not mounted");
    systems.run(&["mount", "@web"]).ok();
    systems.run(&["unmount", "@web"]).ok();
    systems.run(&["umount", "@web"]).exits(5);
    systems.run(&["start", "@web"]).ok();
}

// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

// VZ-43, LV-02
#[test]
fn autostart_is_the_key_onboot() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    let onboot = || systems.run(&["info", "--json", "@web"]).ok().json()["onboot"].clone();
    assert!(onboot().is_null());
    for (word, value) in [("on", "yes"), ("off", "no")] {
        systems.run(&["autostart", "@web", word]).ok();
        assert_eq!(onboot(), value);
    }
    systems.run(&["autostart", "@web", "unset"]).ok();
    assert!(onboot().is_null());
    systems.run(&["autostart", "@web"]).ok();
    assert_eq!(onboot(), "yes");
    systems.run(&["autostart", "@web", "maybe"]).exits(2);
    systems.run(&["autostart", "@other", "on"]).exits(3);
}

// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn restart_is_another_init_with_the_same_files() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let first = systems.status(&name)["pid"].clone();
    systems.run(&["exec", &name, "--", "touch", "/etc/kept", "/run/gone"]).ok();
    systems.run(&["set", &name, "hostname=other"]).ok();
    systems.run(&["restart", &name]).ok();
    assert_ne!(systems.status(&name)["pid"], first);
    systems.run(&["exec", &name, "--", "test", "-e", "/etc/kept"]).ok();
    systems.run(&["exec", &name, "--", "test", "-e", "/run/gone"]).exits(1);
    assert_eq!(systems.run(&["exec", &name, "--", "hostname"]).ok().stdout, "other\n");
}

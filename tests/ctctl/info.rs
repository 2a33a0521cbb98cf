// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn info_shows_every_key_and_the_state() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let info = systems.run(&["info", &name, "--json"]).ok().json();
    assert_eq!((&info["status"], &info["template"]), (&"running".into(), &"busybox".into()));
    assert!(info["memory"].is_null());
    let table = systems.run(&["info", &name]).ok().stdout;
    for word in ["running", "unlimited", "busybox", "idmap"] {
        assert!(table.contains(word), "{word}: {table}");
    }
}

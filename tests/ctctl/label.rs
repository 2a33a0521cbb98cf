// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn labels_are_given_taken_and_found() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    for name in ["@web", "@db", "@old"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    systems.run(&["label", "@web", "@db", "tier=front", "site/prod="]).ok();
    systems.run(&["label", "@db", "tier=back"]).ok();
    assert_eq!(systems.run(&["label", "@db"]).ok().stdout, "site/prod\ntier=back\n");
    let found =
        |label: &str| systems.run(&["list", "-1", "-l", label]).ok().stdout.replace(&systems.prefix, "");
    assert_eq!(found("tier"), "db\nweb\n");
    assert_eq!(found("tier=front"), "web\n");
    systems.run(&["list", "-l", "tier=fornt"]).exits(3).fails_with("did you mean tier=front?");
    systems.run(&["start", "-l", "tier=back", "-l", "site/prod"]).ok();
    assert_eq!(systems.status("@db")["status"], "running");
    assert_eq!(systems.status("@web")["status"], "stopped");
    systems.run(&["label", "--label", "site/prod", "tier-"]).ok();
    let json = systems.run(&["label", "@*", "--json"]).ok().json();
    assert_eq!(json[systems.name("db")]["site/prod"], "");
    assert!(json[systems.name("web")]["tier"].is_null());
    assert_eq!(json[systems.name("old")].as_object().map(serde_json::Map::len), Some(0));
    systems.run(&["label", "@web", "a b=c"]).exits(7).fails_with("is not a label");
    systems.run(&["set", "@web", "labels="]).ok();
    assert_eq!(systems.run(&["label", "@web"]).ok().stdout, "");
}

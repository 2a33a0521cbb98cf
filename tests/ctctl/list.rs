// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::fs;

#[test]
fn list_shows_every_system_with_its_state() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["create", "@old", "--template", "busybox"]).ok();
    let listed = systems.run(&["list", "--json"]).ok().json();
    let rows: Vec<_> =
        listed.as_array().expect("a list").iter().map(|s| (&s["name"], &s["status"])).collect();
    assert_eq!(
        rows,
        [(&systems.name("old").into(), &"stopped".into()), (&name.clone().into(), &"running".into())]
    );
    let table = systems.run(&["list"]).ok().stdout;
    assert!(table.starts_with("CTID") && table.contains(&name), "{table}");
    let running = systems.run(&["list", "--running", "--json"]).ok().json();
    assert_eq!(running.as_array().map(Vec::len), Some(1));
}

#[test]
fn a_broken_file_hides_no_other_system() {
    needs!(Root);
    let systems = Systems::new();
    for name in ["@a", "@b"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    let file = systems.folder.join(format!("etc/systems/{}.toml", systems.name("a")));
    let whole = fs::read_to_string(&file).expect("create wrote it");
    fs::write(&file, "memory = [").expect("it is ours");
    let listed = systems.run(&["list", "--json"]).ok().json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert!(listed[0]["error"].as_str().is_some_and(|text| text.contains(".toml")), "{listed}");
    fs::write(&file, whole).expect("it is ours");
}

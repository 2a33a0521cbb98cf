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

// LX-08
#[test]
fn parts_are_shown_alone() {
    needs!(Root, Overlay, Memory);
    let systems = Systems::new();
    let web = systems.running("web");
    systems.run(&["create", "@old", "--template", "busybox"]).ok();
    systems.run(&["set", &web, "memory=64M"]).ok();
    let said = |args: &[&str]| systems.run(&[&["info", web.as_str()], args].concat()).ok().stdout;
    assert_eq!(said(&["-s"]), "running\n");
    assert_eq!(said(&["-p"]).trim(), systems.status(&web)["pid"].to_string());
    assert_eq!(said(&["-c", "memory"]), "64M\n");
    assert_eq!(said(&["-c", "memory", "-H"]), "67108864\n");
    assert!(said(&["-S"]).contains("pids.current"));
    let json = systems.run(&["info", &web, "--json", "-o", "memory,status,memory.current"]).ok().json();
    assert_eq!(json.as_object().map(serde_json::Map::len), Some(3));
    assert!(json["memory.current"].is_u64());
    systems.run(&["info", &web, "-o", "memroy"]).exits(7).fails_with("did you mean memory?");
    let all = systems.run(&["info", "--all", "--json", "-o", "name"]).ok().json();
    assert_eq!(all.as_array().map(Vec::len), Some(2));
}

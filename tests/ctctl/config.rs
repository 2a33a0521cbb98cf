// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::fs;

#[test]
fn a_file_is_shown_and_checked() {
    needs!(Root);
    let systems = Systems::new();
    let web = systems.name("web");
    systems.run(&["create", &web, "--template", "busybox", "pids=77"]).ok();
    let path = systems.folder.join("etc/systems").join(format!("{web}.toml"));
    assert_eq!(systems.run(&["config", "show", &web]).ok().stdout, fs::read_to_string(&path).expect("ours"));
    systems.run(&["config", "validate", &web]).ok();
    let text = fs::read_to_string(&path).expect("ours");
    fs::write(&path, text.replace("pids = 77", "pisd = 77")).expect("ours");
    systems.run(&["config", "validate", &web]).exits(7).fails_with("did you mean pids?");
    fs::write(&path, text).expect("ours");
}

#[test]
fn an_edit_is_taken_whole_or_not_at_all() {
    needs!(Root, Overlay, Pids);
    let systems = Systems::new();
    let web = systems.running("web");
    let path = systems.folder.join("etc/systems").join(format!("{web}.toml"));
    let edit = |script: &str| {
        let mut command = systems.command(&["config", "edit", &web]);
        command.env_remove("VISUAL").env("EDITOR", format!("sed -i -e '{script}'"));
        integration_tests::run(&mut command, &systems.folder)
    };
    edit("$ a # mine").ok();
    assert!(fs::read_to_string(&path).expect("ours").contains("# mine"));
    // What can change at once does.
    assert_eq!(edit("1 i pids = 55").ok().stderr, "");
    assert_eq!(systems.run(&["info", &web, "--json"]).ok().json()["pids"], 55);
    let limit = integration_tests::limit(&web, &["pids.max"]);
    assert_eq!(limit, "55");
    assert!(edit("1 i ulimits = \"core=0\"").ok().stderr.contains("ulimits: at the next start"));
    let before = fs::read_to_string(&path).expect("ours");
    edit("1 i pisd = 5").exits(7).fails_with("did you mean pids?");
    edit("s/^ctid = .*/ctid = 7777/").exits(7).fails_with("ctid is given at creation");
    edit("s/=/=/;q5").fails_with("VISUAL or EDITOR");
    assert_eq!(fs::read_to_string(&path).expect("ours"), before);
    // The text that was not taken is there to go on with.
    let copy = path.with_file_name(format!(".{web}.edit.toml"));
    assert!(copy.exists());
    edit("$ a # more").ok();
    assert!(!copy.exists());
}

// LX-08, IN-02
#[test]
fn a_value_has_a_source() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "pids=77", "memory=64M"]).ok();
    assert_eq!(systems.run(&["config", "get", "@web", "pids", "ram"]).ok().stdout, "77\n64M\n");
    let json = systems.run(&["config", "get", "@web", "pids", "cpulimit", "--json"]).ok().json();
    assert_eq!(json, serde_json::json!({ "pids": 77, "cpulimit": null }));
    systems.run(&["config", "get", "@web", "pisd"]).exits(7).fails_with("did you mean pids?");
    let shown = systems.run(&["config", "show", "--expanded", "--json", "@web"]).ok().json();
    for (key, source) in [("pids", "file"), ("cpulimit", "default"), ("halt_signal", "template")] {
        assert_eq!(shown[key]["source"], source, "{key}: {shown}");
    }
    let table = systems.run(&["config", "show", "-e", "@web"]).ok().stdout;
    assert!(table.lines().any(|line| line.split_whitespace().eq(["pids", "file", "77"])), "{table}");
}

#[test]
fn differences_are_named() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    for name in ["@web", "@db"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    assert_eq!(systems.run(&["config", "diff", "@web"]).ok().stdout, "");
    systems.run(&["set", "@web", "memory=64M"]).ok();
    let of = |args: &[&str]| systems.run(&[&["config", "diff", "--json"], args].concat()).ok().json();
    let expected = serde_json::json!([{ "key": "memory", "value": 64 << 20, "other": null }]);
    assert_eq!(of(&["@web"]), expected);
    assert_eq!(of(&["@web", "@db"]), expected);
    let file = systems.folder.join("x.toml");
    fs::write(&file, systems.run(&["config", "dump", "@db"]).ok().stdout).expect("ours");
    assert_eq!(of(&["@web", &file.display().to_string()]), expected);
    let table = systems.run(&["config", "diff", "@web", "@db"]).ok().stdout;
    assert!(table.contains("64M"), "{table}");
}

// LV-01
#[test]
fn a_dump_makes_a_system_with_the_same_dump() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    systems.scripted("web", "sleep 1000");
    let keys = [
        "pids=50",
        "labels=tier=web prod",
        "description=the shop",
        "hostname=shop.example",
        "features=nesting",
    ];
    systems.run(&[&["set", "@web"], keys.as_slice()].concat()).ok();
    let dump = systems.run(&["config", "dump", "@web"]).ok().stdout;
    assert!(!dump.contains("ctid") && !dump.contains("uuid"), "{dump}");
    let file = systems.folder.join("dump.toml");
    fs::write(&file, &dump).expect("ours");
    // Elsewhere: places of its own, with a template that says other things.
    let elsewhere = Systems::empty();
    let recipe = elsewhere.folder.join("scripted.toml");
    fs::write(&recipe, "[source.busybox]\n[defaults]\nmemory = \"64M\"\npids = 3\n").expect("ours");
    elsewhere.run(&["template", "build", &recipe.display().to_string()]).ok();
    elsewhere.run(&["create", "@copy", "--file", &file.display().to_string()]).ok();
    assert_eq!(elsewhere.run(&["config", "dump", "@copy"]).ok().stdout, dump);
    elsewhere.run_with_input(&["create", "@more", "-f", "-", "memory=32M"], &dump).ok();
    assert_eq!(elsewhere.run(&["config", "get", "@more", "memory"]).ok().stdout, "32M\n");
    elsewhere.run_with_input(&["create", "@x", "-f", "-"], "ctid = 200\ntemplate = \"scripted\"").exits(7);
    let own = "template = \"scripted\"\nidmap = \"3000000:65536\"\n";
    elsewhere.run_with_input(&["create", "@ids", "-f", "-"], own).ok();
    assert_eq!(elsewhere.run(&["config", "get", "@ids", "idmap"]).ok().stdout, "3000000:65536\n");
    elsewhere.run_with_input(&["create", "@x", "-f", "-"], "pids = 2\n").exits(2).fails_with("no template");
    elsewhere.run_with_input(&["create", "@x", "-f", "-"], "pids = [\n").exits(7).fails_with("line 1");
}

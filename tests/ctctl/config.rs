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

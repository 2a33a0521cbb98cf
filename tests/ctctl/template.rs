// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::fs;

#[test]
fn build_list_info_remove() {
    needs!(Root);
    let systems = Systems::empty();
    systems.run(&["template", "build", "busybox"]).ok();
    let listed = systems.run(&["template", "list", "--json"]).ok().json();
    assert_eq!(listed[0]["name"], "busybox");
    let info = systems.run(&["template", "info", "busybox", "--json"]).ok().json();
    let layer = info["layers"][0].as_str().expect("it has a layer").to_owned();
    let folder = systems.folder.join("data/layers").join(layer);
    assert!(folder.join("bin/busybox").is_file());
    systems.run(&["template", "remove", "busybox"]).ok();
    assert!(!folder.exists());
    systems.run(&["template", "info", "busybox"]).exits(6).fails_with("ctctl template build busybox");
}

#[test]
fn a_build_is_the_same_each_time() {
    needs!(Root);
    let systems = Systems::new();
    let layers = |systems: &Systems| {
        systems.run(&["template", "info", "busybox", "--json"]).ok().json()["layers"].clone()
    };
    let first = layers(&systems);
    systems.run(&["template", "build", "busybox"]).ok();
    assert_eq!(layers(&systems), first);
}

#[test]
fn a_layer_that_a_system_uses_stays() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.name("web");
    systems.run(&["create", &name, "--template", "busybox"]).ok();
    systems.run(&["template", "remove", "busybox"]).ok();
    systems.run(&["start", &name]).ok();
    systems.run(&["exec", &name, "--", "true"]).ok();
}

#[test]
fn a_recipe_that_is_not_there_has_a_near_name() {
    needs!(Root);
    let systems = Systems::empty();
    systems.run(&["template", "build", "bussybox"]).exits(6).fails_with("did you mean busybox?");
}

#[test]
fn a_recipe_of_ones_own_is_read_and_checked() {
    needs!(Root);
    let systems = Systems::empty();
    let recipe = systems.folder.join("small.toml");
    fs::write(&recipe, "[source.busybox]\n[defaults]\nmemroy = \"64M\"\n").expect("the folder is ours");
    let path = recipe.display().to_string();
    systems.run(&["template", "build", &path]).exits(7).fails_with("did you mean memory?");
    fs::write(&recipe, "[source.busybox]\n[defaults]\npids = 77\n").expect("the folder is ours");
    systems.run(&["template", "build", &path]).ok();
    systems.run(&["create", "@web", "--template", "small"]).ok();
    assert_eq!(systems.run(&["info", "@web", "--json"]).ok().json()["pids"], 77);
}

// PK-02: file, line, and what was expected.
#[test]
fn an_error_in_a_recipe_says_where_it_is_and_what_belongs_there() {
    needs!(Root);
    let systems = Systems::empty();
    let recipe = systems.folder.join("wrong.toml");
    fs::write(systems.folder.join("plain"), "echo").expect("the folder is ours");
    for (text, says) in [
        ("", vec!["missing field `source`"]),
        ("[sauce.busybox]\n", vec!["line 1", "unknown field `sauce`", "did you mean `source`?"]),
        ("[source.bussybox]\n", vec!["line 1", "did you mean `busybox`?"]),
        ("[source.mmdebstrap]\n", vec!["line 1", "missing field `suite`"]),
        ("[source.busybox]\n\n[[steps]]\nrnu = \"x\"\n", vec!["line 4", "did you mean `run`?"]),
        ("[source.busybox]\n[[steps]]\nrun = 5\n", vec!["line 3", "a line for /bin/sh, or a list of words"]),
        ("[source.busybox]\n[[steps]]\ncopy = \"x\"\n", vec!["line 2", "`copy` needs `to`"]),
        ("[source.busybox]\n[[steps]]\ncopy = \"x\"\nto = \"y\"\n", vec!["line 2", "an absolute path"]),
        ("[source.busybox]\n\n[[steps]]\nscript = \"none\"\n", vec!["line 3: step 1", "none in"]),
        ("[source.busybox]\n[[steps]]\nscript = \"plain\"\n", vec!["line 2: step 1", "begins with #!"]),
        ("[source.busybox]\n[defaults]\npids = 1\nmemroy = \"1G\"\n", vec!["line 4", "did you mean memory?"]),
        ("[source.busybox]\n[defaults]\nmemory = \"lots\"\n", vec!["line 3", "memory", "such as 512M"]),
        ("[source.busybox]\n[defaults]\nuser = \"web\"\n", vec!["line 3", "expected UID:GID"]),
        ("source = \n", vec!["line 1"]),
    ] {
        fs::write(&recipe, text).expect("the folder is ours");
        let ran = systems.run(&["template", "validate", &recipe.display().to_string()]).exits(7);
        for words in [vec!["wrong.toml"], says].concat() {
            assert!(ran.stderr.contains(words), "{words:?} for {text:?}: {}", ran.stderr);
        }
    }
}

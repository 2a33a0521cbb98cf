// SPDX-License-Identifier: Apache-2.0

use crate::push::inside;
use integration_tests::{Systems, needs};
use std::fs;

// DK-04
#[test]
fn cp_goes_both_ways() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let (there, back) = (systems.folder.join("there"), systems.folder.join("back"));
    fs::create_dir(&there).unwrap();
    fs::write(there.join("file"), "copied").unwrap();
    systems.run(&["cp", "-r", there.to_str().unwrap(), &format!("{name}:/srv/sub")]).fails_with("-p makes");
    systems.run(&["cp", "-rp", there.to_str().unwrap(), &format!("{name}:/srv/there")]).ok();
    assert_eq!(inside(&systems, &name, "cat /srv/there/file"), "copied");
    systems.run(&["cp", &format!("{name}:/srv/there/file"), back.to_str().unwrap()]).ok();
    assert_eq!(fs::read_to_string(back).unwrap(), "copied");
}

// DK-04
#[test]
fn exactly_one_side_is_a_system() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["cp", "/etc/hostname", "/tmp/x"]).exits(2).fails_with("neither is in a system");
    systems.run(&["cp", "a:/etc/hostname", "b:/tmp/x"]).exits(2).fails_with("both are in systems");
    systems.run(&["cp", "a:/etc/hostname", "/tmp/x"]).exits(3);
}

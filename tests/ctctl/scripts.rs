// SPDX-License-Identifier: Apache-2.0
//! Action scripts: which run when, what they know, and what follows when one fails.

use integration_tests::{Systems, needs, wait_until};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Writes a script of a step: for all systems, or for one.
fn script(systems: &Systems, of: Option<&str>, step: &str, text: &str) -> String {
    let hooks = systems.folder.join("etc/hooks");
    let folder = of.map_or(hooks.join("all"), |name| hooks.join("systems").join(name));
    fs::create_dir_all(&folder).expect("the folder is ours");
    let path = folder.join(step);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("the folder is ours");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the file is ours");
    path.display().to_string()
}

// VZ-56
#[test]
fn scripts_run_in_order_the_general_ones_first() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "--ctid", "4711"]).ok();
    let (web, log) = (systems.name("web"), systems.folder.join("order"));
    for step in ["premount", "mount", "umount", "postumount"] {
        script(&systems, None, step, &format!("echo all {step} >> {}", log.display()));
        script(&systems, Some(&web), step, &format!("echo $VEID {step} >> {}", log.display()));
    }
    script(&systems, None, "mount", &format!("ls $VE_ROOT/sbin/init && echo all mount >> {}", log.display()));
    for step in ["start", "stop"] {
        script(
            &systems,
            None,
            step,
            &format!("echo {step} > /dev/console; echo $VEID {step} $VE_CONFFILE >> /steps"),
        );
    }
    script(&systems, Some(&web), "stop", "cp /steps /kept");
    systems.run(&["start", &web]).ok();
    systems.run(&["stop", &web]).ok();
    let order = "all premount\n4711 premount\nall mount\n4711 mount\nall umount\n4711 umount\nall postumount\n4711 postumount\n";
    assert_eq!(fs::read_to_string(&log).expect("they ran"), order);
    systems.run(&["start", &web]).ok();
    let file = systems.folder.join(format!("etc/systems/{web}.toml")).display().to_string();
    let inside = systems.run(&["exec", &web, "--", "cat", "/kept"]).ok();
    assert_eq!(inside.stdout, format!("4711 start {file}\n4711 stop {file}\n"));
}

// VZ-56: it ends with code 79 and names the script; nothing is left.
#[test]
fn a_script_that_fails_is_the_end_of_a_start() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "restart=always"]).ok();
    let web = systems.name("web");
    let undone = systems.folder.join("undone");
    for (step, text) in
        [("premount", "exit 3"), ("mount", "exit 3"), ("start", "exit 3"), ("start", "kill -9 $$")]
    {
        let path = script(&systems, Some(&web), step, text);
        script(&systems, None, "umount", &format!("touch {}", undone.display()));
        systems.run(&["start", &web]).exits(79).fails_with(&path);
        assert_eq!(systems.status(&web)["status"], "stopped", "{step}");
        assert!(wait_until(|| systems.monitors(&web).is_empty()));
        assert_eq!(undone.exists(), step != "premount", "{step}");
        fs::remove_file(&path).expect("it is ours");
    }
    let path = script(&systems, Some(&web), "premount", "exit 0");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("the file is ours");
    systems.run(&["start", &web]).exits(79).fails_with("chmod +x");
    fs::remove_file(&path).expect("it is ours");
    systems.run(&["start", &web]).ok();
}

#[test]
fn a_script_that_fails_keeps_a_system_from_its_stop() {
    needs!(Root);
    let systems = Systems::new();
    let web = systems.running("web");
    let path = script(&systems, Some(&web), "stop", "echo no >&2; false");
    systems.run(&["stop", &web]).exits(79).fails_with(&path);
    assert_eq!(systems.status(&web)["status"], "running");
    // Neither who is in a hurry nor a host that goes down asks for its leave.
    systems.run(&["shutdown"]).ok();
    assert_eq!(systems.status(&web)["status"], "stopped");
    systems.run(&["start", &web]).ok();
    systems.run(&["stop", "--kill", &web]).ok();
}

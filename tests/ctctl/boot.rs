// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::fs;

/// Systems in the order in which they were started, from the times of their first programs.
fn order(systems: &Systems, names: &[&str]) -> Vec<String> {
    let mut started: Vec<(u64, String)> = names
        .iter()
        .filter_map(|name| {
            let pid = systems.status(&format!("@{name}"))["pid"].as_i64()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let ticks = stat.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()?;
            Some((ticks, (*name).to_owned()))
        })
        .collect();
    started.sort();
    started.into_iter().map(|(_, name)| name).collect()
}

// VZ-43, IN-15: what runs after a boot, in which order. A host's boot is a run folder that is empty.
#[test]
fn boot_starts_what_is_to_run_in_its_order() {
    needs!(Root);
    let systems = Systems::new();
    let all = ["a", "b", "c", "d", "e", "f"];
    for name in all {
        systems.run(&["create", &format!("@{name}"), "--template", "busybox"]).ok();
    }
    systems.run(&["set", "@a", "onboot=yes"]).ok();
    systems.run(&["set", "@b", "onboot=yes", "boot.order=2", "boot.delay=1"]).ok();
    systems.run(&["set", "@c", "boot_order=1"]).ok();
    systems.run(&["set", "@d", "onboot=no"]).ok();
    systems.run(&["set", "@f", "onboot=yes", "disabled=yes"]).ok();
    // c and d run when the host goes down; e was stopped before.
    for name in ["c", "d", "e"] {
        systems.run(&["start", &format!("@{name}")]).ok();
    }
    systems.run(&["stop", "@e"]).ok();
    systems.run(&["shutdown"]).ok();
    for name in all {
        assert_eq!(systems.status(&format!("@{name}"))["status"], "stopped", "{name}");
    }
    assert_eq!(systems.status("@c")["last_exit"], "halted");
    fs::remove_dir_all(systems.folder.join("run")).expect("nothing runs");
    let ran = systems.run(&["boot", "--parallel", "2"]).ok();
    assert!(ran.stderr.contains("f: disabled"), "{ran:#?}");
    assert_eq!(order(&systems, &all), ["c", "b", "a"]);
    // Again, nothing is to be done.
    systems.run(&["boot"]).ok();
    // One that cannot start keeps no other from it.
    systems.run(&["shutdown"]).ok();
    systems.run(&["set", "@b", "init=/no/such"]).ok();
    systems.run(&["boot"]).exits(1).fails_with(&format!("boot: failed for {}", systems.name("b")));
    assert_eq!(order(&systems, &all), ["c", "a"]);
}

// A host that lost its power has run no shutdown.
#[test]
fn what_ran_when_the_power_went_runs_again() {
    needs!(Root);
    let systems = Systems::new();
    let web = systems.running("web");
    systems.run(&["create", "@gone", "--template", "busybox", "ephemeral=yes"]).ok();
    systems.run(&["start", "@gone"]).ok();
    for name in ["@web", "@gone"] {
        let init = systems.status(name)["pid"].to_string();
        for monitor in systems.monitors(&systems.name(&name[1..])) {
            let status = std::process::Command::new("kill").args(["-9", &monitor.to_string()]).status();
            assert!(status.expect("kill is there").success());
        }
        let status = std::process::Command::new("kill").args(["-9", &init]).status();
        assert!(status.expect("kill is there").success());
        systems.wait_for(name, "stopped");
    }
    systems.run(&["boot"]).ok();
    assert_eq!(systems.status(&web)["status"], "running");
    systems.run(&["status", "@gone"]).exits(3);
    // What stops by itself is not wanted any more.
    systems.run(&["exec", &web, "--", "poweroff", "-f"]);
    systems.run(&["wait", &web]).ok();
    systems.run(&["boot"]).ok();
    assert_eq!(systems.status(&web)["status"], "stopped");
}

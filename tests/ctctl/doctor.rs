// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs, wait_until};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// The findings that are not good, as (check, system, verdict).
fn findings(systems: &Systems, args: &[&str]) -> Vec<(String, String, String)> {
    let found = systems.run(&[&["doctor", "--json", "--brief"], args].concat()).json();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let all = found.as_array().expect("a list").iter();
    all.filter(|finding| !finding["system"].is_null())
        .map(|finding| {
            assert!(finding["way_out"].is_string() || finding["verdict"] == "fixed", "{finding}");
            (
                text(finding, "check"),
                text(finding, "system").replace(&systems.prefix, ""),
                text(finding, "verdict"),
            )
        })
        .collect()
}

fn expected(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

#[test]
fn a_machine_that_runs_systems_is_healthy() {
    needs!(Root, Overlay, Memory, Cpu, Pids);
    let systems = Systems::new();
    systems.running("web");
    let report = systems.run(&["doctor"]).ok().stdout;
    for check in
        ["root", "kernel", "cgroups", "user namespaces", "ids", "overlay", "seccomp", "helpers", "systems"]
    {
        let line = report.lines().find(|line| line.contains(&format!(" {check}:"))).unwrap_or_default();
        assert!(line.starts_with("good"), "{check}: {report}");
    }
    let mut command = systems.command(&["doctor", "--brief"]);
    command.env("PATH", "/nonexistent").env("CTCTL_DATA", "/proc/self/ctctl");
    let ran = integration_tests::run(&mut command, &systems.folder);
    assert!(ran.stdout.contains("->"), "a way out: {ran:#?}");
}

#[test]
fn what_is_left_is_found_and_repaired() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let web = systems.running("web");
    let dead = systems.running("dead");
    let kill = |pid: &str| {
        let _gone = Command::new("kill").args(["-9", pid]).status().expect("kill runs");
    };
    let init = systems.status(&dead)["pid"].to_string();
    for name in [&web, &dead] {
        systems.monitors(name).iter().for_each(|pid| kill(&pid.to_string()));
    }
    kill(&init);
    systems.wait_for(&dead, "stopped");
    assert!(wait_until(|| systems.monitors(&web).is_empty()));
    fs::create_dir_all(systems.folder.join("data/systems").join(systems.name("half")).join("upper"))
        .expect("ours");
    let rest = systems.folder.join("etc/systems").join(format!(".{web}.toml.new"));
    fs::write(&rest, "mem").expect("ours");
    let list = |verdict: &'static str| {
        expected(&[
            ("rest", "dead", verdict),
            ("monitor", "web", verdict),
            ("orphan", "half", verdict),
            ("unfinished", "web", verdict),
        ])
    };
    assert_eq!(findings(&systems, &[]), list("warning"));
    assert_eq!(findings(&systems, &["--fix"]), list("fixed"));
    assert_eq!(findings(&systems, &[]), []);
    assert_eq!(systems.monitors(&web).len(), 1);
    assert!(!rest.exists());
    systems.run(&["start", &dead]).ok();
}

#[test]
fn what_cannot_be_repaired_is_named() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    for name in ["@a", "@b", "@c"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
    }
    let file = |name: &str| systems.folder.join(format!("etc/systems/{}.toml", systems.name(name)));
    let text = fs::read_to_string(file("a")).expect("ours");
    fs::write(file("b"), &text).expect("ours");
    fs::write(file("a"), "memroy = 1\n").expect("ours");
    fs::write(file("c"), &text).expect("ours");
    fs::remove_dir_all(systems.folder.join("data/systems").join(systems.name("c"))).expect("ours");
    let list = expected(&[("configuration", "a", "bad"), ("files", "c", "bad"), ("shared", "c", "bad")]);
    assert_eq!(findings(&systems, &[]), list);
    assert_eq!(findings(&systems, &["--fix"]), list);
    systems.run(&["doctor", "--brief"]).exits(1);
}

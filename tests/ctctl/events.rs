// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, limit, needs, wait_until};
use serde_json::Value;
use std::fs::{self, File};
use std::process::{Child, Stdio};

fn events(systems: &Systems, args: &[&str]) -> Vec<Value> {
    let ran = systems.run(&[&["events", "--json"], args].concat()).ok();
    ran.stdout.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

fn words(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["event"].as_str()).collect()
}

/// A command that goes on for ever, until the test ends in whatever way.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

// LX-18
#[test]
fn a_life_is_told_from_create_to_destroy() {
    needs!(Root, Overlay, Freezer);
    let systems = Systems::new();
    let out = systems.folder.join("followed");
    let file = File::create(&out).expect("it is ours");
    // Before there is anything to follow.
    let mut follower = systems.command(&["events", "-f", "@web"]);
    let follower = Killed(follower.stdout(file).stderr(Stdio::null()).spawn().expect("ctctl runs"));
    let web = systems.running("web");
    systems.run(&["create", "@other", "--template", "busybox"]).ok();
    systems.run(&["pause", &web]).ok();
    systems.run(&["unpause", &web]).ok();
    systems.run(&["set", &web, "pids=99", "description=x"]).ok();
    let first = systems.status(&web)["pid"].clone();
    systems.run(&["exec", &web, "--", "reboot", "-f"]);
    assert!(wait_until(|| {
        let pid = systems.status(&web)["pid"].clone();
        !pid.is_null() && pid != first
    }));
    assert!(wait_until(|| events(&systems, &["-n", "1", &web])[0]["event"] == "ready"));
    systems.run(&["stop", &web]).ok();
    systems.run(&["destroy", &web]).ok();
    let all = events(&systems, &[&web]);
    let expected = [
        "created",
        "started",
        "ready",
        "paused",
        "unpaused",
        "set",
        "stopped",
        "restarted",
        "ready",
        "stopped",
        "destroyed",
    ];
    assert_eq!(words(&all), expected);
    assert_eq!((&all[0]["ctid"], &all[0]["template"]), (&101.into(), &"busybox".into()));
    assert_eq!(all[5]["keys"], serde_json::json!(["pids", "description"]));
    assert_eq!((&all[6]["reason"], &all[9]["reason"]), (&"rebooted".into(), &"halted".into()));
    assert_eq!(words(&events(&systems, &["-e", "created"])), ["created", "created"]);
    assert_eq!(words(&events(&systems, &["--since", "1h", "-n", "2", &web])), ["stopped", "destroyed"]);
    let since = all[9]["time"].as_str().expect("a text");
    assert_eq!(words(&events(&systems, &["--since", since, &web])), ["stopped", "destroyed"]);
    systems.run(&["events", "--since", "yesterday"]).exits(7).fails_with("is no moment");
    let followed = || fs::read_to_string(&out).expect("it is ours");
    assert!(wait_until(|| followed().contains("destroyed")), "{}", followed());
    drop(follower);
    let lines: Vec<String> =
        followed().lines().map(|line| line.split(' ').nth(2).unwrap_or("").to_owned()).collect();
    assert_eq!(lines, expected, "{}", followed());
    assert!(followed().contains("reason=halted"));
}

#[test]
fn memory_that_runs_out_is_told() {
    needs!(Root, Overlay, Memory);
    let systems = Systems::new();
    let web = systems.running("web");
    systems.run(&["set", &web, "memory=16M"]).ok();
    assert_ne!(limit(&web, &["memory.max", "memory.limit_in_bytes"]), "max");
    // tail keeps a line until it has ended, and this one does not.
    systems.run(&["exec", &web, "--", "sh", "-c", "tail /dev/zero; true"]);
    assert!(wait_until(|| !events(&systems, &["-e", "oom", &web]).is_empty()));
    assert!(events(&systems, &["-e", "oom", &web])[0]["count"].as_u64() >= Some(1));
    assert_eq!(systems.status(&web)["status"], "running");
}

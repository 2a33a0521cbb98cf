// SPDX-License-Identifier: Apache-2.0
//! `ctrun events` (OC-14).

use std::process::Stdio;

use integration_tests::{Bundle, needs, wait_until};
use serde_json::{Value, json};

// OC-14: runc's shape.
#[test]
fn events_prints_statistics_once() {
    needs!(Root, Memory, Pids, Cpu);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    let event = ct.ctrun(["events", "--stats", &ct.id]).ok().json();
    assert_eq!(event["type"], "stats");
    assert_eq!(event["id"], ct.id);
    assert!(event["data"]["memory"]["usage"]["usage"].as_u64().unwrap() > 0, "{event}");
    assert!(event["data"]["cpu"]["usage"].get("total").is_some(), "{event}");
    assert_eq!(event["data"]["pids"]["current"], 1);
    ct.delete_force().ok();
}

// OC-14
#[test]
fn events_tells_of_a_process_killed_for_memory() {
    needs!(Root, Memory);
    let ct = Bundle::sh("sleep 0.5; exec tail /dev/zero").with(|c| {
        c["linux"]["resources"]["memory"] = json!({ "limit": 16 << 20, "swap": 16 << 20 });
    });
    ct.create().ok();
    let out = std::fs::File::create(ct.folder.join("events")).unwrap();
    let mut events = ct
        .command(["events", "--interval", "100ms", &ct.id])
        .stdin(Stdio::null())
        .stdout(out)
        .spawn()
        .unwrap();
    ct.start().ok();
    let told = || {
        let text = std::fs::read_to_string(ct.folder.join("events")).unwrap();
        text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok()).any(|e| e["type"] == "oom")
    };
    assert!(wait_until(told));
    events.kill().unwrap();
    events.wait().unwrap();
    ct.delete_force().ok();
}

// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn what_is_used_is_shown_with_its_rates() {
    needs!(Root, Overlay, Memory, Pids);
    let systems = Systems::empty();
    let busy = systems.scripted("busy", "while :; do :; done");
    systems.run(&["set", &busy, "memory=64M"]).ok();
    systems.run(&["create", "@idle", "--template", "scripted"]).ok();
    systems.run(&["start", &busy]).ok();
    let stats = systems.run(&["stats", "--json", "--interval", "0.5"]).ok().json();
    assert_eq!(stats.as_array().map(Vec::len), Some(1), "those that run alone: {stats}");
    let used = &stats[0];
    assert_eq!(used["name"], busy.as_str());
    assert!(used["cpu_percent"].as_f64() > Some(1.0), "{used}");
    assert!(used["memory"].as_u64() > Some(0) && used["memory_limit"] == 64 << 20, "{used}");
    assert_eq!((&used["pids"], &used["net_received"]), (&1.into(), &0.into()));
    let table = systems.run(&["stats", &busy, "--interval", "0.05"]).ok().stdout;
    assert!(table.starts_with("NAME") && table.contains("64.0M"), "{table}");
    systems.run(&["stats", "@idle"]).exits(5).fails_with("it does not run");
    systems.run(&["stats", "@i*", "--interval", "0.05"]).ok();
    let mut command = systems.command(&["stats", "--stream", "--json", "--interval", "0.05"]);
    let mut stream = command.stdout(Stdio::piped()).spawn().expect("ctctl runs");
    let lines = BufReader::new(stream.stdout.take().expect("it is piped")).lines();
    for line in lines.take(3) {
        let value: serde_json::Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        assert_eq!(value[0]["name"], busy.as_str());
    }
    // Its reader is gone: it ends.
    assert!(stream.wait().expect("it is our child").success());
}

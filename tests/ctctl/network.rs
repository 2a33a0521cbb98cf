// SPDX-License-Identifier: Apache-2.0
//! `ctctl network repair`.

use integration_tests::{Systems, needs, wait_until};
use std::fs;
use std::path::Path;

fn reach(systems: &Systems, from: &str, to: &str) {
    systems.run(&["exec", from, "--", "ping", "-c", "1", "-W", "5", to]).ok();
}

#[test]
fn what_was_taken_away_is_put_back() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let (one, two) = (systems.running("one"), systems.running("two"));
    assert_eq!(systems.run(&["network", "repair"]).ok().stdout, "");
    systems.host().sh("nft flush ruleset").ok();
    let repaired = systems.run(&["network", "repair"]).ok();
    assert_eq!(repaired.stdout, "put back: the rules of table ctctl0\n");
    let pid = fs::read_to_string(systems.folder.join("run/network/dnsmasq.pid")).unwrap();
    systems.host().sh(&format!("ip link del ctctl0 && kill -9 {pid}")).ok();
    assert!(wait_until(|| !Path::new(&format!("/proc/{}", pid.trim())).exists()));
    let repaired = systems.run(&["network", "repair"]).ok();
    assert!(repaired.stdout.contains("put back: the bridge ctctl0\n"), "{repaired:?}");
    assert!(repaired.stdout.contains("the server of names"), "{repaired:?}");
    assert!(repaired.stdout.contains(&format!("the connection of {two}")), "{repaired:?}");
    reach(&systems, &one, &two);
}

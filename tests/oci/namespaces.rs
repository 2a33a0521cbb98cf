// SPDX-License-Identifier: Apache-2.0
//! Namespaces: new, inherited, joined by path (SP-20 to SP-22).

use std::fs;

use integration_tests::{Bundle, add_namespace, map_users, needs, remove_namespace};
use serde_json::json;

const LINKS: &str = "cd /proc/self/ns; for n in cgroup ipc mnt net pid time user uts; do readlink $n; done";

fn own(name: &str) -> String {
    fs::read_link(format!("/proc/self/ns/{name}")).unwrap().to_string_lossy().into_owned()
}

// SP-20
#[test]
fn namespaces_are_new_when_listed_and_the_callers_when_not() {
    needs!(Root);
    let out = Bundle::sh(LINKS).run().ok().stdout;
    for name in ["cgroup", "ipc", "mnt", "net", "pid", "uts"] {
        assert!(out.contains(&format!("{name}:[")) && !out.contains(&own(name)), "{name} in {out}");
    }
    assert!(out.contains(&own("user")) && out.contains(&own("time")), "{out}");
    let ct = Bundle::sh(LINKS).with(|c| {
        for kind in ["ipc", "network", "uts"] {
            remove_namespace(c, kind);
        }
        c.as_object_mut().unwrap().remove("hostname");
        // The caller's /sys and message queues are not ours to mount.
        c["mounts"].as_array_mut().unwrap().retain(|m| m["destination"] != "/dev/mqueue");
    });
    let out = ct.run().ok().stdout;
    for name in ["ipc", "net", "uts"] {
        assert!(out.contains(&own(name)), "{name} in {out}");
    }
}

// SP-20
#[test]
fn namespaces_are_joined_by_path() {
    needs!(Root);
    let first = Bundle::running(["sleep", "1000"]);
    first.create().ok();
    first.start().ok();
    let pid = first.pid();
    let of_first =
        |name: &str| fs::read_link(format!("/proc/{pid}/ns/{name}")).unwrap().to_string_lossy().into_owned();
    let second = Bundle::sh(LINKS).with(|c| {
        for (kind, name) in [("network", "net"), ("ipc", "ipc"), ("uts", "uts"), ("pid", "pid")] {
            add_namespace(c, kind, Some(&format!("/proc/{pid}/ns/{name}")));
        }
        c.as_object_mut().unwrap().remove("hostname");
    });
    let out = second.run().ok().stdout;
    for name in ["net", "ipc", "uts", "pid"] {
        assert!(out.contains(&of_first(name)), "{name} in {out}");
    }
    first.delete_force().ok();
}

// SP-20
#[test]
fn a_path_of_another_kind_and_a_double_entry_are_refused() {
    needs!(Root);
    let ct = Bundle::new().with(|c| add_namespace(c, "network", Some("/proc/self/ns/uts")));
    ct.run().fails_with("network");
    let ct = Bundle::new().with(|c| add_namespace(c, "network", Some("/no/such/namespace")));
    ct.run().fails_with("/no/such/namespace");
    let ct = Bundle::new()
        .with(|c| c["linux"]["namespaces"].as_array_mut().unwrap().push(json!({ "type": "pid" })));
    ct.run().fails_with("namespaces");
}

// SP-20, SP-21: a network namespace made in the user namespace belongs to it: its root may configure it.
#[test]
fn the_user_namespace_owns_the_others() {
    needs!(Root);
    let ct = Bundle::sh("ip link set lo mtu 1400 && ip link show lo").with(|c| {
        map_users(c, 100_000);
        for set in ["bounding", "effective", "permitted"] {
            c["process"]["capabilities"][set] = json!(["CAP_NET_ADMIN"]);
        }
    });
    assert!(ct.run().ok().stdout.contains("mtu 1400"));
}

// SP-21
#[test]
fn a_joined_user_namespace_takes_its_mappings_from_there() {
    needs!(Root);
    let first = Bundle::running(["sleep", "1000"]).with(|c| map_users(c, 100_000));
    first.create().ok();
    first.start().ok();
    let pid = first.pid();
    let second = Bundle::sh("tr -s ' ' < /proc/self/uid_map").with(|c| {
        add_namespace(c, "user", Some(&format!("/proc/{pid}/ns/user")));
    });
    assert_eq!(second.run().ok().stdout, " 0 100000 65536\n");
    first.delete_force().ok();
}

// SP-21
#[test]
fn mappings_without_a_user_namespace_are_refused() {
    needs!(Root);
    let ct = Bundle::new().with(|c| {
        map_users(c, 100_000);
        remove_namespace(c, "user");
    });
    ct.run().fails_with("Mappings");
}

// SP-22
#[test]
fn clocks_are_shifted_in_a_time_namespace() {
    needs!(Root);
    let ct = Bundle::sh("cut -d. -f1 /proc/uptime").with(|c| {
        add_namespace(c, "time", None);
        c["linux"]["timeOffsets"] = json!({ "boottime": { "secs": 1_000_000 }, "monotonic": { "secs": 7 } });
    });
    let ran = ct.run();
    if ran.stderr.contains("needs Linux 6.3") {
        ran.fails_with("/linux/namespaces");
    } else {
        assert!(ran.ok().stdout.trim().parse::<u64>().unwrap() > 1_000_000);
    }
    let ct = Bundle::new().with(|c| c["linux"]["timeOffsets"] = json!({ "boottime": { "secs": 1 } }));
    ct.run().fails_with("timeOffsets");
}

// SP-17, SP-20: the loopback device of a new network namespace is up.
#[test]
fn loopback_is_up() {
    needs!(Root);
    assert!(Bundle::sh("ip addr show lo").run().ok().stdout.contains("127.0.0.1/8"));
}

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

/// Has the container join these namespaces of a process.
fn joined(c: &mut serde_json::Value, pid: i64, kinds: &[(&str, &str)]) {
    for (kind, name) in kinds {
        add_namespace(c, kind, Some(&format!("/proc/{pid}/ns/{name}")));
    }
    if kinds.iter().any(|(kind, _)| *kind == "uts") {
        c.as_object_mut().unwrap().remove("hostname");
    }
}

const KINDS: [(&str, &str); 7] = [
    ("network", "net"),
    ("ipc", "ipc"),
    ("uts", "uts"),
    ("pid", "pid"),
    ("cgroup", "cgroup"),
    ("time", "time"),
    ("user", "user"),
];

/// A running container with these namespaces of its own, and its first process.
fn owner(kinds: &[(&str, &str)]) -> (Bundle, i64) {
    let ct = Bundle::running(["sleep", "1000"]).with(|c| {
        map_users(c, 100_000);
        if kinds.iter().any(|(kind, _)| *kind == "time") {
            add_namespace(c, "time", None);
            c["linux"]["timeOffsets"] = json!({ "boottime": { "secs": 1_000_000 } });
        }
    });
    ct.create().ok();
    ct.start().ok();
    let pid = ct.pid();
    (ct, pid)
}

fn link(pid: i64, name: &str) -> String {
    fs::read_link(format!("/proc/{pid}/ns/{name}")).unwrap().to_string_lossy().into_owned()
}

// SP-20: each kind by path, alone where that is possible, and all of them together; exec is in the same ones.
#[test]
fn every_kind_of_namespace_is_joined_by_path() {
    needs!(Root);
    // A first process is in a time namespace since Linux 6.3.
    let probe = Bundle::new().with(|c| add_namespace(c, "time", None));
    let has_time = probe.run().code == 0;
    let kinds: Vec<_> = KINDS.into_iter().filter(|(kind, _)| has_time || *kind != "time").collect();
    let (first, pid) = owner(&kinds);
    for chosen in kinds.iter().map(std::slice::from_ref).chain([&kinds[..]]) {
        let second = Bundle::running(["sleep", "1000"]).with(|c| {
            joined(c, pid, chosen);
            // Namespaces that a user namespace owns are joined by its root.
            if chosen[0].0 == "user" {
                joined(c, pid, &kinds[..1]);
            }
        });
        second.create().ok();
        second.start().ok();
        let printed = second.exec(["sh", "-c", LINKS]).ok().stdout;
        for (kind, name) in &kinds {
            let is_joined = chosen.iter().any(|(joined, _)| joined == kind)
                || (chosen[0].0 == "user" && *kind == "network");
            let inits = link(second.pid(), name);
            assert_eq!(link(pid, name) == inits, is_joined, "{chosen:?}: {kind}");
            assert!(printed.contains(&inits), "{chosen:?}: {kind}: exec is elsewhere: {printed}");
        }
        second.delete_force().ok();
    }
    // The clocks and the host's name are those of the first.
    let second = Bundle::sh("cut -d. -f1 /proc/uptime; hostname").with(|c| joined(c, pid, &kinds));
    let out = second.run().ok().stdout;
    let (uptime, name) = out.trim().split_once('\n').unwrap();
    assert!(uptime.parse::<u64>().unwrap() > 1_000_000 || !has_time, "{out}");
    assert_eq!(name, "test");
    first.delete_force().ok();
}

// SP-20: a mount namespace that somebody has prepared: the root and its mounts are made in it.
#[test]
fn a_mount_namespace_is_joined_by_path() {
    needs!(Root);
    let ct = Bundle::sh("readlink /proc/self/ns/mnt; ls -d /bin/busybox /dev/null");
    let prepared = ct.folder.join("prepared");
    fs::create_dir(&prepared).unwrap();
    let script = "mount -t tmpfs tmpfs prepared && echo from there > prepared/file && exec sleep 1000";
    let mut other = std::process::Command::new("unshare");
    other.args(["--mount", "--propagation", "private", "sh", "-c", script]).current_dir(&ct.folder);
    let mut other = other.spawn().unwrap();
    let seen = format!("/proc/{}/root{}/file", other.id(), prepared.display());
    assert!(integration_tests::wait_until(|| fs::metadata(&seen).is_ok()));
    let path = format!("/proc/{}/ns/mnt", other.id());
    let theirs = fs::read_link(&path).unwrap();
    ct.change(|c| add_namespace(c, "mount", Some(&path)));
    let ran = ct.run();
    other.kill().unwrap();
    other.wait().unwrap();
    let expected = format!("{}\n/bin/busybox\n/dev/null\n", theirs.to_string_lossy());
    assert_eq!(ran.ok().stdout, expected);
}

// SP-20: a path of each kind for each other kind, what is no namespace at all, and a kind that is named twice.
#[test]
fn every_wrong_path_and_every_double_entry_is_refused() {
    needs!(Root);
    let all: Vec<(&str, &str)> = KINDS.into_iter().chain([("mount", "mnt")]).collect();
    for (kind, name) in &all {
        let other = if *name == "uts" { "net" } else { "uts" };
        for path in [&format!("/proc/self/ns/{other}"), "/proc/self/exe", "/proc", "/no/such/namespace"] {
            let ct = Bundle::new().with(|c| add_namespace(c, kind, Some(path)));
            ct.create().fails_with(path);
            assert!(ct.left_behind().is_empty(), "{kind} {path}: {:?}", ct.left_behind());
        }
        for second in
            [json!({ "type": kind }), json!({ "type": kind, "path": format!("/proc/self/ns/{name}") })]
        {
            let ct = Bundle::new().with(|c| {
                remove_namespace(c, kind);
                let list = c["linux"]["namespaces"].as_array_mut().unwrap();
                list.extend([json!({ "type": kind }), second]);
            });
            ct.create().fails_with("listed twice");
        }
    }
    let relative = Bundle::new().with(|c| add_namespace(c, "network", Some("ns/net")));
    relative.create().fails();
    for kind in ["net", "Network", "", "mnt", "newpid"] {
        let list = |c: &mut serde_json::Value| {
            c["linux"]["namespaces"].as_array_mut().unwrap().push(json!({ "type": kind }));
        };
        Bundle::new().with(list).create().fails_with("/linux/namespaces/6/type");
    }
}

// SP-21: files of the root keep their owners, whatever the container's root is outside.
#[test]
fn the_root_file_system_is_not_given_to_anyone() {
    needs!(Root);
    use std::os::unix::fs::{MetadataExt, chown};
    let ct = Bundle::sh("stat -c '%u %g' /etc /etc/passwd /owned").with(|c| {
        map_users(c, 100_000);
        c["root"]["readonly"] = json!(false);
    });
    fs::write(ct.rootfs().join("owned"), "").unwrap();
    chown(ct.rootfs().join("owned"), Some(100_005), Some(100_006)).unwrap();
    let owners = || {
        let find =
            std::process::Command::new("find").arg(ct.rootfs()).args(["-printf", "%p %U:%G %m\n"]).output();
        let mut lines: Vec<String> =
            String::from_utf8(find.unwrap().stdout).unwrap().lines().map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    };
    let before = owners();
    assert_eq!(ct.run().ok().stdout, "65534 65534\n65534 65534\n5 6\n");
    assert_eq!(owners(), before);
    assert_eq!(fs::metadata(ct.folder.as_path()).unwrap().uid(), 0);
}

// SP-21: all ids as they are, and a user and a group that are mapped differently.
#[test]
fn identity_maps_and_maps_of_their_own() {
    needs!(Root);
    let ct =
        Bundle::sh("tr -s ' ' < /proc/self/uid_map; stat -c '%u %g' /etc; id -u; cat /proc/self/setgroups");
    ct.change(|c| {
        map_users(c, 0);
        for key in ["uidMappings", "gidMappings"] {
            c["linux"][key] = json!([{ "containerID": 0, "hostID": 0, "size": u32::MAX }]);
        }
        c["process"]["user"] = json!({ "uid": 4_294_967_293_u32, "gid": 1 });
    });
    assert_eq!(ct.run().ok().stdout, " 0 0 4294967295\n0 0\n4294967293\nallow\n");
    let ct = Bundle::sh("tr -s ' ' < /proc/self/uid_map; tr -s ' ' < /proc/self/gid_map").with(|c| {
        map_users(c, 0);
        let lines = |first: u32| -> Vec<_> {
            (0..6).map(|n| json!({ "containerID": n * 10, "hostID": first + n * 100, "size": 7 })).collect()
        };
        c["linux"]["uidMappings"] = json!(lines(100_000));
        c["linux"]["gidMappings"] = json!(lines(200_000));
    });
    let expected =
        |first: u32| -> String { (0..6).map(|n| format!(" {} {} 7\n", n * 10, first + n * 100)).collect() };
    assert_eq!(ct.run().ok().stdout, expected(100_000) + &expected(200_000));
    for (key, maps) in [
        ("uidMappings", json!([{ "containerID": 0, "hostID": 0, "size": 0 }])),
        ("gidMappings", json!([])),
        (
            "uidMappings",
            json!([{ "containerID": 0, "hostID": 0, "size": 10 }, { "containerID": 5, "hostID": 50, "size": 10 }]),
        ),
        (
            "gidMappings",
            json!([{ "containerID": 0, "hostID": 0, "size": u32::MAX }, { "containerID": 0, "hostID": 0, "size": 2 }]),
        ),
        ("uidMappings", json!([{ "containerID": -1, "hostID": 0, "size": 10 }])),
        ("uidMappings", json!([{ "containerID": 0, "hostID": 4_294_967_296_u64, "size": 10 }])),
    ] {
        let ct = Bundle::new().with(|c| {
            map_users(c, 100_000);
            c["linux"][key] = maps.clone();
        });
        let ran = ct.create().fails();
        let file = key.replace("Mappings", "_map");
        assert!(ran.stderr.contains(key) || ran.stderr.contains(&file), "{maps}: {ran:?}");
        assert!(ct.left_behind().is_empty(), "{maps}: {:?}", ct.left_behind());
    }
}

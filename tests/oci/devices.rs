// SPDX-License-Identifier: Apache-2.0
//! Device nodes and the device filter (SP-23, SP-24).

use std::fs;
use std::process::Command;

use integration_tests::{Bundle, Need, Ran, is_met, map_users, needs, wait_until};
use serde_json::{Value, json};

// SP-23
#[test]
fn default_devices_and_links() {
    needs!(Root);
    let ct = Bundle::sh(
        "cd /dev; stat -c '%n %F %a %t:%T' null zero full random urandom tty; for l in fd stdin stdout stderr ptmx core; do readlink $l; done",
    );
    let out = ct.run().ok().stdout;
    for (name, numbers) in [
        ("null", "1:3"),
        ("zero", "1:5"),
        ("full", "1:7"),
        ("random", "1:8"),
        ("urandom", "1:9"),
        ("tty", "5:0"),
    ] {
        assert!(out.contains(&format!("{name} character special file 666 {numbers}\n")), "{name} in {out}");
    }
    assert!(
        out.ends_with(
            "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n/proc/kcore\n"
        ),
        "{out}"
    );
}

// SP-23: with a user namespace the nodes are the host's own, bound.
#[test]
fn default_devices_in_a_user_namespace() {
    needs!(Root);
    let ct = Bundle::sh("echo x > /dev/null && head -c 2 /dev/zero | wc -c").with(|c| map_users(c, 100_000));
    assert_eq!(ct.run().ok().stdout, "2\n");
}

// SP-23
#[test]
fn devices_of_the_configuration() {
    needs!(Root);
    let ct = Bundle::sh("cd /dev; stat -c '%n %F %a %u:%g %t:%T' block own pipe").with(|c| {
        c["linux"]["devices"] = json!([
            { "path": "/dev/block", "type": "b", "major": 7, "minor": 3, "fileMode": 0o600, "uid": 1, "gid": 2 },
            { "path": "/dev/own", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666 },
            { "path": "/dev/pipe", "type": "p", "fileMode": 0o620 },
        ]);
    });
    let expected = "block block special file 600 1:2 7:3\nown character special file 666 0:0 1:3\npipe fifo 620 0:0 0:0\n";
    assert_eq!(ct.run().ok().stdout, expected);
}

// SP-23: `u` is what mknod(1) calls an unbuffered `c`; the mode is whole, whatever the caller's umask; a default device
// may be configured, and a node may lie deeper.
#[test]
fn devices_of_every_type_with_mode_and_owner() {
    needs!(Root);
    let ct = Bundle::sh("cd /dev; stat -c '%n %F %a %u:%g %t:%T' u null deep/er/b plain sticky").with(|c| {
        c["linux"]["devices"] = json!([
            { "path": "/dev/u", "type": "u", "major": 10, "minor": 1048575, "fileMode": 0o777, "uid": 3_000_000_000_u32 },
            { "path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o640, "gid": 7 },
            { "path": "/dev/deep/er/b", "type": "b", "major": 4095, "minor": 0, "fileMode": 0 },
            { "path": "/dev/plain", "type": "c", "major": 1, "minor": 5 },
            { "path": "/dev/sticky", "type": "p", "fileMode": 0o1622, "uid": 1, "gid": 2 },
        ]);
    });
    let mut sh = std::process::Command::new("sh");
    let run = ct.command(["run", &ct.id]);
    sh.args(["-c", "umask 077; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    let out = ct.finish(sh.current_dir(&ct.folder)).ok().stdout;
    let expected = "u character special file 777 3000000000:0 a:fffff\n\
        null character special file 640 0:7 1:3\n\
        deep/er/b block special file 0 0:0 fff:0\n\
        plain character special file 666 0:0 1:5\n\
        sticky fifo 1622 1:2 0:0\n";
    assert_eq!(out, expected);
}

// SP-23: in a user namespace a device is the host's node of that path, and must be that device; a pipe is made.
#[test]
fn devices_of_the_configuration_in_a_user_namespace() {
    needs!(Root);
    let with = |device: serde_json::Value| {
        Bundle::sh("cd /dev; stat -c '%n %F %t:%T' full pipe; stat -c %a pipe").with(|c| {
            map_users(c, 100_000);
            c["linux"]["devices"] = json!([device, { "path": "/dev/pipe", "type": "p", "fileMode": 0o620 }]);
        })
    };
    let ct = with(json!({ "path": "/dev/full", "type": "c", "major": 1, "minor": 7 }));
    assert_eq!(ct.run().ok().stdout, "full character special file 1:7\npipe fifo 0:0\n620\n");
    for wrong in [
        json!({ "path": "/dev/full", "type": "c", "major": 1, "minor": 8 }),
        json!({ "path": "/dev/full", "type": "b", "major": 1, "minor": 7 }),
        json!({ "path": "/dev/no-such-device", "type": "c", "major": 1, "minor": 7 }),
    ] {
        with(wrong.clone()).run().fails_with(wrong["path"].as_str().unwrap());
    }
}

// SP-23
#[test]
fn what_is_no_device_is_refused_with_its_place() {
    needs!(Root);
    for (device, place) in [
        (json!({ "path": "dev/x", "type": "c", "major": 1, "minor": 3 }), "/linux/devices/0/path"),
        (json!({ "path": "/dev/x", "type": "s", "major": 1, "minor": 3 }), "/linux/devices/0/type"),
        (json!({ "path": "/dev/x", "major": 1, "minor": 3 }), "/linux/devices/0/type"),
        (json!({ "path": "/dev/x", "type": "c", "major": -1, "minor": 3 }), "/linux/devices/0/major"),
        (
            json!({ "path": "/dev/x", "type": "c", "major": 1, "minor": 1_u64 << 32 }),
            "/linux/devices/0/minor",
        ),
        (json!({ "path": "/dev/x", "type": "c", "major": 1, "minor": 3, "uid": -1 }), "uid"),
        (json!({ "path": "/dev/x", "type": "c", "major": 1, "minor": 3, "fileMode": "0666" }), "fileMode"),
    ] {
        Bundle::new().with(|c| c["linux"]["devices"] = json!([device])).create().fails_with(place);
    }
}

// SP-23: a node outside of /dev, in folders that are made for it.
#[test]
fn a_device_outside_of_dev() {
    needs!(Root);
    let ct = Bundle::sh("stat -c %F /opt/a/null").with(|c| {
        c["linux"]["devices"] = json!([{ "path": "/opt/a/null", "type": "c", "major": 1, "minor": 3 }]);
    });
    assert_eq!(ct.run().ok().stdout, "character special file\n");
}

// SP-23: what is there already must be that device.
#[test]
fn another_node_in_the_place_of_a_device_is_an_error() {
    needs!(Root);
    let ct = Bundle::new().with(|c| {
        c["linux"]["devices"] = json!([{ "path": "/opt/null", "type": "c", "major": 1, "minor": 3 }]);
    });
    let place = ct.rootfs().join("opt/null");
    fs::create_dir(ct.rootfs().join("opt")).unwrap();
    fs::write(&place, "").unwrap();
    ct.run().fails_with("/opt/null");
    // The right name with another type, other numbers, or as a way to another place.
    let outside = ct.folder.join("outside");
    for node in [
        &["mknod", "PLACE", "c", "1", "5"][..],
        &["mknod", "PLACE", "b", "1", "3"],
        &["mkfifo", "PLACE"],
        &["mkdir", "PLACE"],
        &["ln", "-s", "/dev/null", "PLACE"],
        &["ln", "-s", outside.to_str().unwrap(), "PLACE"],
    ] {
        fs::remove_file(&place).or_else(|_| fs::remove_dir(&place)).unwrap();
        let words =
            node[1..].iter().map(|word| if *word == "PLACE" { place.to_str().unwrap() } else { word });
        assert!(std::process::Command::new(node[0]).args(words).status().unwrap().success());
        ct.run().fails_with("/opt/null");
        assert!(!outside.exists(), "{node:?}");
    }
    fs::remove_file(&place).unwrap();
    assert!(
        std::process::Command::new("mknod").arg(&place).args(["c", "1", "3"]).status().unwrap().success()
    );
    ct.run().ok();
}

// SP-23, SEC-15: nodes and links of an image whose /dev is a link elsewhere, or a folder on the way to a node is one.
#[test]
fn a_device_behind_a_link_is_refused() {
    needs!(Root);
    for (link, path) in [("dev", "/dev/NODE"), ("opt", "/opt/NODE"), ("opt", "/opt/a/b/NODE")] {
        for target in ["/etc", "etc", "../../../../tmp"] {
            let ct = Bundle::new().with(|c| {
                c["mounts"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|m| !m["destination"].as_str().unwrap().starts_with("/dev"));
                c["linux"]["devices"] = json!([{ "path": path, "type": "c", "major": 1, "minor": 3 }]);
            });
            let path = path.replace("NODE", &ct.id);
            ct.change(|c| c["linux"]["devices"][0]["path"] = json!(path));
            let _absent = fs::remove_dir(ct.rootfs().join(link));
            std::os::unix::fs::symlink(target, ct.rootfs().join(link)).unwrap();
            ct.run().fails();
            assert_eq!(fs::read_dir(ct.rootfs().join("etc")).unwrap().count(), 2, "{link} {target}");
            for tmp in [ct.rootfs().join("tmp"), "/tmp".into()] {
                assert!(!tmp.join(&ct.id).exists() && !tmp.join("a/b").join(&ct.id).exists(), "{tmp:?}");
            }
        }
    }
}

/// What a container may do with a node of the memory device that is not among the default ones (1:1), and with /dev/zero.
const PROBES: &str = "mknod /tmp/kmsg c 1 11 || echo no node; (: < /tmp/kmsg) 2>/dev/null && echo read || echo denied; head -c 1 /dev/zero | wc -c";

fn probed(rules: &Value) -> String {
    with_devices(Bundle::sh(PROBES), rules).run().ok().stdout
}

/// With the right to make nodes, and a place for them.
fn with_devices(ct: Bundle, rules: &Value) -> Bundle {
    ct.with(|c| {
        integration_tests::add_mount(c, "/tmp", "tmpfs", "tmpfs", &["dev"]);
        for set in ["bounding", "effective", "permitted"] {
            c["process"]["capabilities"][set] = json!(["CAP_MKNOD", "CAP_SYSLOG", "CAP_SYS_ADMIN"]);
        }
        c["linux"]["resources"]["devices"] = rules.clone();
    })
}

// SP-24
#[test]
fn the_device_filter_denies_and_allows() {
    needs!(Root);
    assert_eq!(probed(&json!([{ "allow": false, "access": "rwm" }])), "denied\n1\n");
    let one = json!([{ "allow": false, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "minor": 11, "access": "rw" }]);
    assert_eq!(probed(&one), "read\n1\n");
    let all = json!([{ "allow": true, "access": "rwm" }]);
    assert_eq!(probed(&all), "read\n1\n");
}

// SP-24: the last rule that matches decides; an access that is not asked for is not given.
#[test]
fn the_last_matching_device_rule_decides() {
    needs!(Root);
    let wide_then_narrow = json!([
        { "allow": false, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "access": "rwm" },
        { "allow": false, "type": "c", "major": 1, "minor": 11, "access": "rw" },
    ]);
    assert_eq!(probed(&wide_then_narrow), "denied\n1\n");
    let write_only = json!([{ "allow": false, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "minor": 11, "access": "w" }]);
    assert_eq!(probed(&write_only), "denied\n1\n");
}

// SP-24, OC-13: update replaces the filter.
#[test]
fn update_replaces_the_device_filter() {
    needs!(Root);
    let ct = with_devices(Bundle::running(["sleep", "1000"]), &json!([{ "allow": false, "access": "rwm" }]));
    ct.create().ok();
    ct.start().ok();
    let read = || {
        ct.exec([
            "sh",
            "-c",
            "mknod /tmp/kmsg c 1 11 2>/dev/null; (: < /tmp/kmsg) 2>/dev/null && echo read || echo denied",
        ])
        .ok()
        .stdout
    };
    assert_eq!(read(), "denied\n");
    let rules = json!({ "devices": [{ "allow": false, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "minor": 11, "access": "rwm" }] });
    fs::write(ct.folder.join("resources.json"), rules.to_string()).unwrap();
    ct.ctrun(["update", "--resources", "resources.json", &ct.id]).ok();
    assert_eq!(read(), "read\n");
    ct.delete_force().ok();
}

// SP-24, OC-13: what a container keeps is there at every moment of an update, and updates pile nothing up: the kernel
// takes 64 programs on a cgroup (runc#2366, runc#2474).
#[test]
fn update_denies_nothing_meanwhile() {
    needs!(Root);
    let all_the_time = "mknod /tmp/kmsg c 1 11; echo ready
        while [ ! -e /tmp/stop ]; do true < /tmp/kmsg && true < /dev/null || echo denied; done; echo done";
    let deny = json!({ "allow": false, "access": "rwm" });
    let kept = json!({ "allow": true, "type": "c", "major": 1, "minor": 11, "access": "rwm" });
    let other = json!({ "allow": true, "type": "c", "major": 10, "minor": 200, "access": "rwm" });
    let narrow = json!([deny, kept]);
    let wide = json!([deny, kept, other]);
    // v1's list says nothing of the exceptions from "all", so there the way back begins at nothing.
    let widest =
        if is_met(Need::CgroupV2) { json!([{ "allow": true, "access": "rwm" }]) } else { wide.clone() };
    let ct = with_devices(Bundle::sh(all_the_time), &narrow);
    ct.create().ok();
    ct.start().ok();
    assert!(wait_until(|| ct.stdout() == "ready\n"), "{}{}", ct.stdout(), ct.stderr());
    for turn in 0..66 {
        let rules = match turn {
            30 => &widest,
            _ if turn % 2 == 0 => &wide,
            _ => &narrow,
        };
        let resources = json!({ "devices": rules });
        fs::write(ct.folder.join("resources.json"), resources.to_string()).unwrap();
        ct.ctrun(["update", "--resources", "resources.json", &ct.id]).ok();
    }
    ct.exec(["touch", "/tmp/stop"]).ok();
    ct.wait_for("stopped");
    assert_eq!(ct.stdout(), "ready\ndone\n", "{}", ct.stderr());
    ct.delete().ok();
}

/// ctrun as root of a user namespace, as inside an unprivileged container.
fn nested(ct: &Bundle, args: &[&str]) -> Ran {
    // The maps are written from outside; whoever is inside waits for the second.
    let script =
        "unshare --user sh -c 'until read -r map < /proc/self/gid_map; do :; done; exec \"$@\"' sh \"$@\" &
        until echo 0 0 65536 2> /dev/null > /proc/$!/uid_map; do :; done
        echo 0 0 65536 > /proc/$!/gid_map
        wait $!";
    let ctrun = ct.command(args);
    let mut sh = Command::new("sh");
    sh.args(["-c", script, "sh"]).arg(ctrun.get_program()).args(ctrun.get_args());
    ct.finish(sh.current_dir(&ct.folder))
}

// SP-24 (runc#2792): there the filter cannot be loaded, and no node that it would be for can be made.
#[test]
fn inside_a_user_namespace_the_device_filter_is_left_to_the_host() {
    needs!(Root);
    let ct = Bundle::sh("echo > /dev/null && echo 42");
    assert_eq!(nested(&ct, &["run", &ct.id]).ok().stdout, "42\n");
}

/// ctrun under a filter that denies bpf(2), as an engine's around us may.
fn without_bpf(ct: &Bundle, args: &[&str]) -> Ran {
    let ctrun = ct.command(args);
    let mut systemd_run = Command::new("systemd-run");
    systemd_run.args(["--quiet", "--wait", "--pipe", "--collect", "--property=SystemCallFilter=~bpf"]);
    systemd_run.args(["--property=SystemCallErrorNumber=EPERM", "--property=WorkingDirectory=/"]);
    systemd_run.arg(ctrun.get_program()).args(ctrun.get_args()).arg("--bundle").arg(&ct.folder).arg(&ct.id);
    ct.finish(&mut systemd_run)
}

// SP-24: the host's root can make nodes, so a rule that denies is kept or is an error; rules that only allow promise
// nothing.
#[test]
fn a_denying_device_rule_is_never_given_up() {
    needs!(Root, CgroupV2, Systemd);
    let rule =
        |access: &str| json!({ "allow": true, "type": "c", "major": 10, "minor": 200, "access": access });
    for (rules, is_run) in [
        (json!([{ "allow": false, "access": "rwm" }]), false),
        (
            json!([rule("rwm"), { "allow": false, "type": "c", "major": 10, "minor": 200, "access": "w" }]),
            false,
        ),
        (json!([rule("rw")]), false),
        (json!([rule("rwm")]), true),
        (json!([{ "allow": true, "access": "rwm" }]), true),
    ] {
        let ct = Bundle::sh("echo 42").with(|c| c["linux"]["resources"]["devices"] = rules.clone());
        let ran = without_bpf(&ct, &["run"]);
        if is_run {
            assert_eq!(ran.ok().stdout, "42\n", "{rules}");
        } else {
            ran.fails_with("/linux/resources/devices").fails_with("operation not permitted");
        }
    }
}

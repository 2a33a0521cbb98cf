// SPDX-License-Identifier: Apache-2.0
//! Something else lies where the runtime writes kernel parameters and labels.

use crate::outside::{link, printed, refused};
use integration_tests::{Bundle, add_mount, needs};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

const FILES: &[&str] = &[
    "sys/net/ipv4/ip_forward",
    "self/attr/exec",
    "self/attr/apparmor/exec",
    "thread-self/attr/exec",
    "1/attr/exec",
    "self/timens_offsets",
];

/// A tree that looks like a proc file system to whoever only looks at names.
fn fake_proc(folder: &Path) -> PathBuf {
    let fake = folder.join("fake");
    for file in FILES {
        let file = fake.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "fake\n").unwrap();
    }
    fake
}

fn assert_fake(fake: &Path) {
    for file in FILES {
        assert_eq!(fs::read_to_string(fake.join(file)).unwrap(), "fake\n", "{file} was written");
    }
}

/// Prints the parameter as the kernel has it; an image's own proc is at another place, mounted before the cover.
fn with_parameter() -> Bundle {
    Bundle::sh("cat /really/sys/net/ipv4/ip_forward").with(|c| {
        c["linux"]["sysctl"] = json!({ "net.ipv4.ip_forward": "1" });
        c["linux"]["readonlyPaths"] = json!([]);
        c["linux"]["maskedPaths"] = json!([]);
        add_mount(c, "/really", "proc", "proc", &[]);
    })
}

/// Where a cover lies, and what of the fake tree is mounted there.
const COVERS: &[(&str, &str)] = &[
    ("/proc", ""),
    ("/proc/sys", "sys"),
    ("/proc/sys/net", "sys/net"),
    ("/proc/sys/net/ipv4/ip_forward", "sys/net/ipv4/ip_forward"),
    ("/proc/self", "self"),
    ("/proc/self/attr", "self/attr"),
    ("/proc/thread-self/attr", "self/attr"),
    ("/proc/1", "1"),
    ("/proc/self/attr/exec", "self/attr/exec"),
    ("/proc/self/timens_offsets", "self/timens_offsets"),
];

// SEC-03, SEC-14: a bind, or a tmpfs with the image's files: refused, or the kernel has the parameter.
#[test]
pub(crate) fn kernel_parameters_go_to_the_kernel_whatever_is_mounted() {
    needs!(Root);
    let mut worked = 0;
    for (destination, part) in COVERS {
        for kind in ["bind", "tmpfs"] {
            let ct = with_parameter();
            let fake = fake_proc(&ct.folder);
            let source = fake.join(part);
            match (kind, source.is_dir()) {
                ("bind", _) => ct
                    .change(|c| add_mount(c, destination, "bind", source.to_str().unwrap(), &["bind", "rw"])),
                (_, true) => ct.change(|c| add_mount(c, destination, "tmpfs", "tmpfs", &[])),
                _ => continue,
            }
            let ran = ct.run();
            if ran.code == 0 {
                assert_eq!(ran.stdout, "1\n", "{kind} {destination}");
                worked += 1;
            }
            assert_fake(&fake);
        }
    }
    assert!(crate::denied::is_denied() || worked > 5, "only {worked} worked");
}

// SEC-03, SEC-14: the image has files of its own instead of a proc, or a link to them, and nothing is mounted there.
#[test]
pub(crate) fn kernel_parameters_go_to_the_kernel_without_a_proc() {
    needs!(Root);
    for target in [None, Some("/fake"), Some("../fake")] {
        let ct = with_parameter().with(|c| {
            let mounts = c["mounts"].as_array_mut().unwrap();
            mounts.retain(|mount| mount["destination"] != "/proc");
        });
        let fake = fake_proc(&ct.rootfs());
        if let Some(target) = target {
            link(target, &ct.rootfs().join("proc"));
        } else {
            fs::remove_dir(ct.rootfs().join("proc")).unwrap();
            fs::rename(&fake, ct.rootfs().join("proc")).unwrap();
        }
        assert!(printed(ct.run()).is_none_or(|value| value == "1\n"), "{target:?}");
        assert_fake(&ct.rootfs().join(if target.is_some() { "fake" } else { "proc" }));
    }
}

// SEC-03, SEC-14: a label that cannot be written is an error and not a line in a file of the image. Where it can be,
// the test machine looks at what the payload has.
#[test]
pub(crate) fn a_label_goes_to_the_kernel_or_is_refused() {
    needs!(Root);
    let has_apparmor = Path::new("/sys/kernel/security/apparmor").exists();
    for destination in ["/proc", "/proc/self", "/proc/self/attr", "/proc/thread-self/attr"] {
        for key in ["apparmorProfile", "selinuxLabel"] {
            let ct = Bundle::sh("true").with(|c| c["process"][key] = json!("no-such-label"));
            let fake = fake_proc(&ct.folder);
            let part = destination.trim_start_matches("/proc").trim_start_matches('/').replace("thread-", "");
            let source = fake.join(part);
            ct.change(|c| add_mount(c, destination, "bind", source.to_str().unwrap(), &["bind", "rw"]));
            let words = if has_apparmor { "" } else { "/process/" };
            refused(ct.run(), words);
            assert_fake(&fake);
        }
    }
}

// SEC-14: offsets of a time namespace are written to the kernel's file, too.
#[test]
pub(crate) fn time_offsets_go_to_the_kernel() {
    needs!(Root);
    let ct = Bundle::sh("cat /really/self/timens_offsets").with(|c| {
        c["linux"]["readonlyPaths"] = json!([]);
        c["linux"]["maskedPaths"] = json!([]);
        c["linux"]["timeOffsets"] = json!({ "boottime": { "secs": 1000 } });
        integration_tests::add_namespace(c, "time", None);
        add_mount(c, "/really", "proc", "proc", &[]);
    });
    let fake = fake_proc(&ct.folder);
    ct.change(|c| add_mount(c, "/proc", "bind", fake.to_str().unwrap(), &["bind", "rw"]));
    if let Some(offsets) = printed(ct.run()) {
        assert!(offsets.contains("1000"), "{offsets}");
    }
    assert_fake(&fake);
}

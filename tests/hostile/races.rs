// SPDX-License-Identifier: Apache-2.0
//! Somebody in another container, who shares a volume, swaps names in it while containers are made.
//!
//! `CTCTL_TEST_ROUNDS=10000` is the long way.

use crate::outside::{Swapper, assert_untouched, links_to, outside, rounds};
use integration_tests::{Bundle, add_mount, needs};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Removes what a round has made, on either side of a swap; what was made would be found and not made again.
fn clear(volume: &Path, names: &[&str]) {
    for name in names {
        let place = volume.join(name);
        let is_folder = fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_dir());
        if is_folder {
            let _absent = fs::remove_dir_all(place.join("deep"));
        }
    }
}

// SEC-05, SEC-06, SEC-11: folders and files on the way to a mount, and the last part of it, become links.
#[test]
pub(crate) fn a_swap_while_mounts_are_made_does_not_lead_out() {
    needs!(Root, Gcc);
    for target in 0..2 {
        let ct = Bundle::sh("cat /volume/*/up/file /volume/*/deep/up/file; true");
        let outside = outside(&ct);
        let volume = ct.folder.join("volume");
        fs::create_dir_all(volume.join("place")).unwrap();
        fs::create_dir_all(volume.join("leaf")).unwrap();
        fs::write(volume.join("name"), "").unwrap();
        let link = |to: &Path| links_to(to)[target].clone();
        symlink(link(&outside), volume.join("place-swap")).unwrap();
        symlink(link(&outside.join("inner")), volume.join("leaf-swap")).unwrap();
        symlink(link(&outside.join("new")), volume.join("name-swap")).unwrap();
        ct.change(|c| {
            add_mount(c, "/volume", "bind", volume.to_str().unwrap(), &["rbind", "rw"]);
            add_mount(c, "/volume/place/deep/file", "bind", "/etc/hostname", &["bind"]);
            add_mount(c, "/volume/place/deep/folder", "tmpfs", "tmpfs", &[]);
            add_mount(c, "/volume/place/deep/up", "tmpfs", "tmpfs", &["tmpcopyup"]);
            add_mount(c, "/volume/leaf", "tmpfs", "tmpfs", &["tmpcopyup", "ro"]);
            add_mount(c, "/volume/name", "bind", "/etc/hostname", &["bind", "ro"]);
            c["linux"]["devices"] = json!([{ "path": "/volume/place/deep/node", "type": "p", "uid": 1000 }]);
            for key in ["maskedPaths", "readonlyPaths"] {
                let paths = c["linux"][key].as_array_mut().unwrap();
                paths.extend([json!("/volume/place/inner"), json!("/volume/place/file")]);
            }
        });
        let pairs = [("place", "place-swap"), ("leaf", "leaf-swap"), ("name", "name-swap")];
        let swapper = Swapper::start(&volume, &pairs);
        for _ in 0..rounds() {
            clear(&volume, &["place", "place-swap"]);
            let ran = ct.run();
            assert!(!ran.stdout.contains("host"), "copied from outside: {ran:?}");
        }
        drop(swapper);
        assert_untouched(&outside);
    }
}

// SEC-04, SEC-16: /proc and /sys of the root become links while they are mounted on. The parameter goes to the kernel
// whatever is there.
#[test]
pub(crate) fn a_swap_of_proc_and_sys_does_not_lead_out() {
    needs!(Root, Gcc);
    let ct = Bundle::sh("cat /really/sys/net/ipv4/ip_forward").with(|c| {
        c["linux"]["sysctl"] = json!({ "net.ipv4.ip_forward": "1" });
        add_mount(c, "/really", "proc", "proc", &[]);
    });
    let outside = outside(&ct);
    for name in ["proc", "sys"] {
        symlink(&links_to(&outside)[1], ct.rootfs().join(name).with_extension("swap")).unwrap();
    }
    fs::create_dir(ct.rootfs().join("really")).unwrap();
    let swapper = Swapper::start(&ct.rootfs(), &[("proc", "proc.swap"), ("sys", "sys.swap")]);
    let mut good = 0;
    for _ in 0..rounds() {
        let ran = ct.run();
        if ran.code == 0 {
            assert_eq!(ran.stdout, "1\n", "{ran:?}");
            good += 1;
        }
    }
    drop(swapper);
    assert_untouched(&outside);
    assert!(crate::denied::is_denied() || good > 0, "none of them came up: {:?}", ct.run());
}

// SEC-12, SEC-15: /dev/null, and /dev itself, become something else while nodes are made and paths are hidden.
#[test]
pub(crate) fn a_swap_of_devices_does_not_lead_out() {
    needs!(Root, Gcc);
    let ct = Bundle::sh("cat /secret").with(|c| {
        let mounts = c["mounts"].as_array_mut().unwrap();
        mounts.retain(|mount| !mount["destination"].as_str().unwrap().starts_with("/dev"));
        c["root"]["readonly"] = json!(false);
        c["linux"]["maskedPaths"] = json!(["/secret"]);
    });
    let outside = outside(&ct);
    let root = ct.rootfs();
    fs::write(root.join("secret"), "secret").unwrap();
    symlink(&links_to(&outside)[1], root.join("dev.swap")).unwrap();
    // Two swaps at once: of the folder, and of the node in it as long as it is the folder.
    symlink(&links_to(&outside.join("file"))[1], root.join("dev/null.swap")).unwrap();
    let swapper = Swapper::start(&root, &[("dev", "dev.swap"), ("dev/null", "dev/null.swap")]);
    for _ in 0..rounds() {
        let ran = ct.run();
        assert!(!ran.stdout.contains("secret") && !ran.stdout.contains("host"), "{ran:?}");
    }
    drop(swapper);
    assert_untouched(&outside);
}

// SPDX-License-Identifier: Apache-2.0
//! Images and volumes whose links and names lead out of the root.

use crate::denied::is_denied;
use crate::outside::{assert_untouched, links_to, outside, refused, rounds};
use integration_tests::{Bundle, add_mount, needs};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

// SEC-04, SEC-16: /proc or /sys is a link.
#[test]
pub(crate) fn proc_and_sys_are_ordinary_directories() {
    needs!(Root);
    for name in ["proc", "sys"] {
        let ct = Bundle::sh("true");
        let outside = outside(&ct);
        for target in links_to(&outside) {
            let place = ct.rootfs().join(name);
            let _absent = fs::remove_dir(&place).or_else(|_| fs::remove_file(&place));
            symlink(&target, &place).unwrap();
            refused(ct.create(), "must be mounted on ordinary directory");
            assert_untouched(&outside);
        }
    }
}

// SEC-05: the file that is mounted on is a link itself.
#[test]
pub(crate) fn a_file_that_is_mounted_on_is_not_the_hosts() {
    needs!(Root);
    let ct = Bundle::sh("true").with(|c| c["root"]["readonly"] = json!(false));
    let outside = outside(&ct);
    ct.change(|c| add_mount(c, "/etc/target", "bind", "/etc/hostname", &["bind"]));
    for target in links_to(&outside.join("new")) {
        let place = ct.rootfs().join("etc/target");
        let _absent = fs::remove_file(&place);
        symlink(&target, &place).unwrap();
        ct.run();
        assert_untouched(&outside);
    }
}

// SEC-15: /dev is a link, so that nodes would be made elsewhere.
#[test]
pub(crate) fn no_node_is_made_through_a_link() {
    needs!(Root);
    for with_tmpfs in [true, false] {
        let ct = Bundle::sh("true").with(|c| {
            c["root"]["readonly"] = json!(false);
            if !with_tmpfs {
                let mounts = c["mounts"].as_array_mut().unwrap();
                mounts.retain(|mount| !mount["destination"].as_str().unwrap().starts_with("/dev"));
            }
            c["linux"]["devices"] = json!([{ "path": "/dev/extra", "type": "c", "major": 1, "minor": 3 }]);
        });
        let outside = outside(&ct);
        for target in links_to(&outside) {
            let place = ct.rootfs().join("dev");
            let _absent = fs::remove_dir(&place).or_else(|_| fs::remove_file(&place));
            symlink(&target, &place).unwrap();
            ct.run();
            assert_untouched(&outside);
        }
    }
}

// SEC-12: an image's own /dev/null, so that masking would mount something else over a path.
#[test]
pub(crate) fn a_masked_path_is_hidden_by_the_null_device_alone() {
    needs!(Root);
    let ct = Bundle::sh("cat /secret; echo > /secret").with(|c| {
        let mounts = c["mounts"].as_array_mut().unwrap();
        mounts.retain(|mount| !mount["destination"].as_str().unwrap().starts_with("/dev"));
        c["root"]["readonly"] = json!(false);
        c["linux"]["maskedPaths"] = json!(["/secret"]);
    });
    fs::write(ct.rootfs().join("secret"), "secret").unwrap();
    let outside = outside(&ct);
    let null = ct.rootfs().join("dev/null");
    for target in links_to(&outside.join("file")) {
        let _absent = fs::remove_file(&null);
        symlink(&target, &null).unwrap();
        let ran = ct.run();
        assert!(!ran.stdout.contains("secret") && !ran.stdout.contains("host"), "{ran:?}");
        assert_untouched(&outside);
    }
    fs::remove_file(&null).unwrap();
    fs::write(&null, "a file").unwrap();
    let ran = ct.run();
    assert!(!ran.stdout.contains("a file") && !ran.stdout.contains("secret"), "{ran:?}");
}

// SEC-13: whoever shares a container's /dev swaps what the terminal is mounted on.
#[test]
pub(crate) fn a_terminal_is_mounted_on_nothing_outside() {
    needs!(Root);
    let ct = Bundle::sh("test -t 0 && echo terminal");
    let outside = outside(&ct);
    let dev = ct.folder.join("dev");
    fs::create_dir_all(dev.join("pts")).unwrap();
    for name in ["shm", "mqueue"] {
        fs::create_dir(dev.join(name)).unwrap();
    }
    let node = std::process::Command::new("mknod").arg(dev.join("null")).args(["c", "1", "3"]).status();
    assert!(node.unwrap().success());
    fs::write(dev.join("console"), "").unwrap();
    symlink(links_to(&outside.join("file"))[1].as_str(), dev.join("swap")).unwrap();
    ct.change(|c| {
        c["process"]["terminal"] = json!(true);
        let mounts = c["mounts"].as_array_mut().unwrap();
        let place = mounts.iter_mut().find(|mount| mount["destination"] == "/dev").unwrap();
        *place = json!({ "destination": "/dev", "type": "bind", "source": dev, "options": ["rbind", "rw"] });
    });
    let stop = AtomicBool::new(false);
    let mut good = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let (a, b) = (dev.join("console"), dev.join("swap"));
                renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).unwrap();
            }
        });
        for _ in 0..rounds() {
            let ran = ct.run();
            assert!(ran.code != 0 || ran.stdout.contains("terminal"), "{ran:?}");
            good += u32::from(ran.code == 0);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_untouched(&outside);
    assert!(is_denied() || good > 0, "none of them had its console: {:?}", ct.run());
    // A file that only looks like the place where terminals are made.
    let ct = Bundle::sh("true").with(|c| {
        c["process"]["terminal"] = json!(true);
        let mounts = c["mounts"].as_array_mut().unwrap();
        mounts.retain(|mount| !mount["destination"].as_str().unwrap().starts_with("/dev"));
    });
    fs::create_dir_all(ct.rootfs().join("dev/pts")).unwrap();
    fs::write(ct.rootfs().join("dev/pts/ptmx"), "").unwrap();
    refused(ct.run(), "devpts");
}

// SPDX-License-Identifier: Apache-2.0
//! Images and volumes whose links and names lead out of the root.

use integration_tests::{Bundle, add_mount, needs};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A folder of the host that a container must not touch, with a file in it.
fn outside(ct: &Bundle) -> PathBuf {
    let folder = ct.folder.join("outside");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("file"), "host").unwrap();
    folder
}

#[track_caller]
fn assert_untouched(folder: &Path) {
    let names: Vec<_> = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["file"], "{}", folder.display());
    assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "host");
}

/// Ways for a link in the root to name a folder outside of it.
fn links_to(folder: &Path) -> Vec<String> {
    let up = "../".repeat(24);
    let whole = folder.display().to_string();
    vec![whole.clone(), format!("{up}{}", whole.trim_start_matches('/')), format!("/proc/self/root{whole}")]
}

// SEC-04, SEC-16: /proc or /sys is a link.
#[test]
fn proc_and_sys_are_ordinary_directories() {
    needs!(Root);
    for name in ["proc", "sys"] {
        let ct = Bundle::sh("true");
        let outside = outside(&ct);
        for target in links_to(&outside) {
            let place = ct.rootfs().join(name);
            let _absent = fs::remove_dir(&place).or_else(|_| fs::remove_file(&place));
            symlink(&target, &place).unwrap();
            ct.create().fails_with("must be mounted on ordinary directory");
            assert_untouched(&outside);
        }
    }
}

// SEC-05: the destination of a mount is a link, for every sort of mount.
#[test]
fn a_destination_never_leads_out() {
    needs!(Root);
    let kinds: &[(&str, &str, &[&str])] = &[
        ("tmpfs", "tmpfs", &[]),
        ("bind", "/etc", &["bind"]),
        ("bind", "/etc/hostname", &["bind"]),
        ("mqueue", "mqueue", &[]),
        ("proc", "proc", &[]),
    ];
    for (kind, source, options) in kinds {
        let ct = Bundle::sh("true").with(|c| c["root"]["readonly"] = json!(false));
        let outside = outside(&ct);
        ct.change(|c| add_mount(c, "/link/made", kind, source, options));
        for target in links_to(&outside) {
            let place = ct.rootfs().join("link");
            let _absent = fs::remove_file(&place);
            symlink(&target, &place).unwrap();
            // It may work, inside the root, or be refused; it may not reach the host.
            ct.run();
            assert_untouched(&outside);
        }
    }
}

// SEC-05: the file that is mounted on is a link itself.
#[test]
fn a_file_that_is_mounted_on_is_not_the_hosts() {
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
fn no_node_is_made_through_a_link() {
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
fn a_masked_path_is_hidden_by_the_null_device_alone() {
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

// SEC-03, SEC-14: something else lies over /proc/sys when kernel parameters are written.
#[test]
fn kernel_parameters_go_to_the_kernel() {
    needs!(Root);
    let script = "cat /really/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward";
    let ct = Bundle::sh(script).with(|c| {
        c["linux"]["sysctl"] = json!({ "net.ipv4.ip_forward": "1" });
        c["linux"]["readonlyPaths"] = json!([]);
    });
    let fake = ct.folder.join("fake");
    fs::create_dir_all(fake.join("net/ipv4")).unwrap();
    fs::write(fake.join("net/ipv4/ip_forward"), "fake\n").unwrap();
    ct.change(|c| {
        add_mount(c, "/really", "proc", "proc", &[]);
        add_mount(c, "/proc/sys", "bind", fake.to_str().unwrap(), &["bind"]);
    });
    assert_eq!(ct.run().ok().stdout, "1\nfake\n");
}

// SEC-06, SEC-11: a process that shares a volume swaps a folder for a link while containers are made.
#[test]
fn a_swap_while_mounts_are_made_does_not_lead_out() {
    needs!(Root);
    let ct = Bundle::sh("true");
    let outside = outside(&ct);
    let volume = ct.folder.join("volume");
    fs::create_dir_all(volume.join("place")).unwrap();
    symlink(links_to(&outside)[1].as_str(), volume.join("swap")).unwrap();
    ct.change(|c| {
        add_mount(c, "/volume", "bind", volume.to_str().unwrap(), &["rbind", "rw"]);
        add_mount(c, "/volume/place/deep/file", "bind", "/etc/hostname", &["bind"]);
        add_mount(c, "/volume/place/deep/folder", "tmpfs", "tmpfs", &[]);
    });
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let (a, b) = (volume.join("place"), volume.join("swap"));
                renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).unwrap();
            }
        });
        for _ in 0..rounds() {
            // What was made the last time would be found and not made again.
            for name in ["place", "swap"] {
                let _absent = fs::remove_dir_all(volume.join(name).join("deep"));
            }
            ct.run();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_untouched(&outside);
}

/// `CTCTL_TEST_ROUNDS` asks for more than `make test` has the time for.
fn rounds() -> u32 {
    std::env::var("CTCTL_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(100)
}

// SEC-13: whoever shares a container's /dev swaps what the terminal is mounted on.
#[test]
fn a_terminal_is_mounted_on_nothing_outside() {
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
    assert!(good > 0, "none of them had its console: {:?}", ct.run());
    // A file that only looks like the place where terminals are made.
    let ct = Bundle::sh("true").with(|c| {
        c["process"]["terminal"] = json!(true);
        let mounts = c["mounts"].as_array_mut().unwrap();
        mounts.retain(|mount| !mount["destination"].as_str().unwrap().starts_with("/dev"));
    });
    fs::create_dir_all(ct.rootfs().join("dev/pts")).unwrap();
    fs::write(ct.rootfs().join("dev/pts/ptmx"), "").unwrap();
    ct.run().fails_with("devpts");
}

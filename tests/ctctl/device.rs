// SPDX-License-Identifier: Apache-2.0

use crate::push::{inside, rounds, victim};
use integration_tests::{Systems, mounts_below, needs, run};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A folder of the host to share, closed to others on the host as it should be.
fn shared(systems: &Systems) -> String {
    let folder = systems.folder.join("shared");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("file"), "shared\n").unwrap();
    folder.display().to_string()
}

fn saved(systems: &Systems, name: &str) -> String {
    systems.run(&["config", "show", name]).ok().stdout
}

/// A shell line in a system, whatever comes of it.
fn tried(systems: &Systems, name: &str, line: &str) -> String {
    let ran = systems.run(&["exec", name, "--", "sh", "-c", &format!("{line} 2>&1")]);
    ran.stdout + &ran.stderr
}

// VZ-50, IN-03: while it runs and at the next start; the file's comments stay; what is made belongs to the same user
// on both sides.
#[test]
fn a_disk_comes_and_goes_while_it_runs() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let folder = shared(&systems);
    let config = systems.folder.join("etc/systems").join(format!("{name}.toml"));
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("# the shop\n{text}")).unwrap();
    systems.run(&["device", "add", &name, "data", "disk", &format!("src={folder}"), "dst=/srv/data"]).ok();
    let line = "cat /srv/data/file; echo x > /srv/data/made; stat -c %u:%g /srv/data/made";
    assert_eq!(inside(&systems, &name, line), "shared\n0:0\n");
    let text = saved(&systems, &name);
    assert!(text.starts_with("# the shop\n") && text.contains("[devices.data]\ntype = \"disk\""), "{text}");
    assert!(mounts_below(&systems.folder).is_empty());
    systems.run(&["restart", &name]).ok();
    assert_eq!(inside(&systems, &name, line), "shared\n0:0\n");
    let listed = systems.run(&["device", "ls", &name]).ok().stdout;
    assert!(listed.contains("data    disk src=") && listed.contains("dst=/srv/data"), "{listed}");
    assert_eq!(systems.run(&["device", "ls", "-j", &name]).ok().json()["data"]["dst"], "/srv/data");
    systems.run(&["device", "rm", &name, "data"]).ok();
    assert_eq!(inside(&systems, &name, "ls /srv/data"), "");
    assert!(!saved(&systems, &name).contains("devices"));
    assert!(Path::new(&folder).join("made").exists());
}

// VZ-50: flags hold for mounts below it too, and root inside cannot take them away.
#[test]
fn flags_hold_against_root_inside() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let folder = shared(&systems);
    fs::create_dir(Path::new(&folder).join("below")).unwrap();
    // A mount of its own below the source, in a mount namespace that only this add sees.
    let line = format!(
        "mount -t tmpfs below {folder}/below && exec \"$@\" device add {name} data disk src={folder} dst=/d \
         ro nosuid nodev noexec noatime"
    );
    let add = systems.command(&[]);
    let mut shell = Command::new("unshare");
    shell.args(["-m", "sh", "-ec", &line, "sh"]).arg(add.get_program());
    shell.envs(add.get_envs().filter_map(|(key, value)| Some((key, value?))));
    run(&mut shell, &systems.folder).ok();
    let table = inside(&systems, &name, "grep -E ' /d(/below)? ' /proc/self/mountinfo | cut -d' ' -f5,6");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    for line in lines {
        for flag in ["ro", "nosuid", "nodev", "noexec", "noatime"] {
            assert!(line.split([' ', ',']).any(|word| word == flag), "{flag}: {line}");
        }
    }
    for place in ["/d", "/d/below"] {
        assert!(tried(&systems, &name, &format!("touch {place}/new")).contains("Read-only"));
        let remount =
            tried(&systems, &name, &format!("mount -o remount,bind,rw {place} && touch {place}/new"));
        assert!(remount.contains("ermission denied") || remount.contains("not permitted"), "{remount}");
        let copied =
            format!("mkdir -p /c; mount --rbind {place} /c; mount -o remount,bind,rw /c; touch /c/new");
        assert!(tried(&systems, &name, &copied).contains("Read-only"));
        inside(&systems, &name, "umount -l /c");
    }
    assert!(!Path::new(&folder).join("new").exists());
    // What covers a mount below it cannot be taken away to see the folder that it covers.
    assert!(tried(&systems, &name, "umount /d/below").contains("nvalid argument"));
}

// VZ-50: a source is there, and no part of it is a link; what is refused leaves nothing.
#[test]
fn a_source_is_no_link() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let folder = shared(&systems);
    let link = systems.folder.join("link");
    std::os::unix::fs::symlink(&systems.folder, &link).unwrap();
    let before = saved(&systems, &name);
    let add = |words: &[&str]| systems.run(&[&["device", "add", &name, "x"], words].concat());
    let through = format!("src={}/shared", link.display());
    add(&["disk", &through, "dst=/d"]).exits(7).fails_with("symbolic link");
    add(&["disk", &format!("src={}", link.display()), "dst=/d"]).exits(7).fails_with("symbolic link");
    add(&["disk", &format!("src={folder}/none"), "dst=/d"]).exits(7).fails_with("is not there");
    add(&["disk", "src=/dev/null", "dst=/d"]).exits(7).fails_with("neither a folder nor a file");
    add(&["disk", &format!("src={folder}"), "dst=d"]).exits(7).fails_with("dst:");
    add(&["nic", "dst=/d"]).exits(7).fails_with("none of disk");
    inside(&systems, &name, "ln -s /etc /to");
    add(&["disk", &format!("src={folder}"), "dst=/to"]).exits(7).fails_with("a symbolic link inside");
    assert_eq!(saved(&systems, &name), before);
    assert_eq!(inside(&systems, &name, "ls -d /d 2>/dev/null; true"), "");
    add(&["disk", &format!("src={folder}"), "dst=/d"]).ok();
    add(&["disk", &format!("src={folder}"), "dst=/e"]).exits(4);
    let other = systems.run(&["device", "add", &name, "y", "tmpfs", "dst=/d"]);
    other.exits(7).fails_with("two are at /d");
    systems.run(&["device", "rm", &name, "z"]).exits(7).fails_with("no such device");
}

// VZ-50: a source that is gone keeps the system from its start, with its name; without the device it starts.
#[test]
fn a_source_that_is_gone_is_named_at_the_start() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    let folder = shared(&systems);
    systems.run(&["device", "add", "@web", "data", "disk", &format!("src={folder}"), "dst=/d"]).ok();
    fs::remove_dir_all(&folder).unwrap();
    systems.run(&["start", "@web"]).fails_with("device data: src:");
    assert_eq!(systems.status("@web")["status"], "stopped");
    systems.run(&["device", "rm", "@web", "data"]).ok();
    systems.run(&["start", "@web"]).ok();
}

// VZ-50: links inside lead to the system's own files, also while somebody swaps them.
#[test]
fn a_place_inside_does_not_lead_out() {
    needs!(Root, Gcc);
    let systems = Systems::new();
    let name = systems.running("web");
    let (folder, victim) = (shared(&systems), victim(&systems));
    inside(&systems, &name, &format!("mkdir -p /a; ln -s {} /b", victim.display()));
    let swapper = crate::push::Swapper::start(&systems, &name, &["/a", "/b"]);
    for _ in 0..rounds() {
        systems.run(&["device", "add", &name, "x", "disk", &format!("src={folder}"), "dst=/a/new/place"]);
        systems.run(&["device", "rm", &name, "x"]);
    }
    drop(swapper);
    assert!(mounts_below(&systems.folder).is_empty());
    assert_eq!(fs::read_dir(&victim).unwrap().count(), 1);
}

// VZ-50
#[test]
fn a_tmpfs_has_its_size() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems
        .run(&["device", "add", &name, "t", "tmpfs", "dst=/scratch", "size=1M", "mode=0750", "noexec"])
        .ok();
    let full =
        tried(&systems, &name, "dd if=/dev/zero of=/scratch/x bs=64k count=64; stat -c %a:%u /scratch");
    assert!(full.contains("No space left") && full.contains("750:0"), "{full}");
    let grown = tried(&systems, &name, "mount -o remount,size=64M /scratch; df -k /scratch | tail -1");
    assert!(grown.contains(" 1024 "), "{grown}");
    systems.run(&["device", "rm", &name, "t"]).ok();
    assert_eq!(inside(&systems, &name, "ls /scratch"), "");
}

// VZ-47, IN-03: a node inside and the rule for it, while it runs and at a start; both go.
#[test]
fn a_device_node_can_be_used_while_it_is_given() {
    needs!(Root, Tun);
    let systems = Systems::new();
    let name = systems.running("web");
    // One that no system has by default.
    let open = "exec 3<>/dev/mine && echo can";
    let words = ["path=/dev/mine", "source=/dev/net/tun", "mode=0640", "gid=4"];
    systems.run(&[&["device", "add", &name, "k", "unix-char"], &words[..]].concat()).ok();
    for _ in 0..2 {
        let shown = inside(&systems, &name, "stat -c %a:%u:%g:%t:%T /dev/mine");
        assert_eq!(shown, "640:0:4:a:c8\n");
        assert_eq!(inside(&systems, &name, open), "can\n");
        systems.run(&["restart", &name]).ok();
    }
    systems.run(&["device", "rm", &name, "k"]).ok();
    assert_eq!(tried(&systems, &name, "ls /dev/mine").lines().count(), 1);
    systems
        .run(&[
            "device",
            "add",
            &name,
            "k",
            "unix-char",
            "path=/dev/mine",
            "source=/dev/net/tun",
            "mode=none",
        ])
        .ok();
    let refused = tried(&systems, &name, open);
    assert!(refused.contains("not permitted"), "{refused}");
    let foreign = ["path=/dev/f", "source=/dev/null", "uid=65536"];
    let ran = systems.run(&[&["device", "add", &name, "f", "unix-char"], &foreign[..]].concat());
    ran.exits(7).fails_with("none of the system's ids");
    systems.run(&["device", "add", &name, "z", "unix-block", "path=/dev/z", "source=/dev/zero"]).exits(7);
}

// VZ-47: a copy of the node that somebody inside made is of no use without the rule.
#[test]
fn the_right_goes_with_the_device() {
    needs!(Root, Tun);
    let systems = Systems::new();
    let name = systems.running("web");
    let add = ["device", "add", &name, "k", "unix-char", "path=/dev/mine", "source=/dev/net/tun"];
    systems.run(&add).ok();
    inside(&systems, &name, "touch /dev/copy; mount --bind /dev/mine /dev/copy; true <>/dev/copy");
    systems.run(&["device", "rm", &name, "k"]).ok();
    let refused = tried(&systems, &name, "true <>/dev/copy");
    assert!(refused.contains("not permitted"), "{refused}");
    // Moved away before it is taken: it is out of the configuration, and its right is gone.
    systems.run(&add).ok();
    inside(&systems, &name, "umount /dev/mine");
    systems.run(&["device", "rm", &name, "k"]).exits(5).fails_with("has moved it");
    assert!(!saved(&systems, &name).contains("devices"));
}

// VZ-50: what a killed add or rm has left is listed, or can be given again, and is taken by the next one.
#[test]
fn add_and_rm_may_be_killed_at_any_moment() {
    needs!(Root, Tun);
    let systems = Systems::new();
    let name = systems.running("web");
    let src = format!("src={}", shared(&systems));
    let disk = ["device", "add", &name, "x", "disk", &src, "dst=/d", "ro"];
    let node = ["device", "add", &name, "x", "unix-char", "path=/d", "source=/dev/net/tun"];
    for step in 0..16 {
        let add: &[&str] = if step % 2 == 0 { &disk } else { &node };
        let after = std::time::Duration::from_millis(step * 2);
        systems.cut(add, after);
        let ran = systems.run(&["device", "rm", &name, "x"]);
        assert!([0, 5, 7].contains(&ran.code), "{ran:#?}");
        systems.run(add).ok();
        systems.cut(&["device", "rm", &name, "x"], after);
        let ran = systems.run(&["device", "rm", &name, "x"]);
        assert!([0, 5, 7].contains(&ran.code), "{ran:#?}");
        assert_eq!(inside(&systems, &name, "grep -c ' /d ' /proc/self/mountinfo; true"), "0\n");
        inside(&systems, &name, "rm -rf /d");
    }
    assert!(mounts_below(&systems.folder).is_empty());
    assert!(!saved(&systems, &name).contains("devices"));
}

// VZ-50: options change while it runs, both ways; what cannot be given again leaves it as it was.
#[test]
fn options_of_a_disk_change_while_it_runs() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let src = format!("src={}", shared(&systems));
    systems.run(&["device", "add", &name, "data", "disk", &src, "dst=/d", "ro"]).ok();
    let options = || inside(&systems, &name, "grep ' /d ' /proc/self/mountinfo | cut -d' ' -f6");
    assert!(options().starts_with("ro,"), "{}", options());
    systems.run(&["device", "set", &name, "data", "ro=false", "noexec"]).ok();
    assert!(options().starts_with("rw,") && options().contains("noexec"), "{}", options());
    assert!(saved(&systems, &name).contains("noexec = true") && !saved(&systems, &name).contains("ro ="));
    inside(&systems, &name, "touch /d/new; ln -s /etc /to");
    systems.run(&["device", "set", &name, "data", "dst=/to"]).exits(7).fails_with("a symbolic link");
    systems.run(&["device", "set", &name, "data", "size=1M"]).exits(7).fails_with("size: no key");
    assert!(options().starts_with("rw,"), "{}", options());
    assert!(saved(&systems, &name).contains("dst = \"/d\""));
}

// VZ-50: kernel parameters name the interface, which is there before them, and devices come when the root is entered.
#[test]
fn a_start_brings_the_network_and_devices() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let folder = shared(&systems);
    systems.run(&["create", "@web", "-t", "busybox", "sysctl=net.ipv4.conf.eth0.forwarding=1"]).ok();
    systems.run(&["device", "add", "@web", "data", "disk", &format!("src={folder}"), "dst=/data"]).ok();
    systems.run(&["start", "@web"]).ok();
    let line = "cat /data/file /proc/sys/net/ipv4/conf/eth0/forwarding";
    assert_eq!(inside(&systems, "@web", line), "shared\n1\n");
}

// SPDX-License-Identifier: Apache-2.0
//! Mounts and the root's own flags (SP-03 to SP-06, SP-35, SP-36, SP-42).

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use integration_tests::{Bundle, add_mount, map_users, needs};
use serde_json::json;

/// A folder of the host beside the bundle's rootfs, with one file in it.
fn host_folder(ct: &Bundle) -> PathBuf {
    let folder = ct.folder.join("host");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("file"), "from the host\n").unwrap();
    folder
}

/// The options of a mount point inside, as the kernel lists them.
fn options_of(point: &str) -> String {
    format!(
        "while read -r _ _ _ _ p o rest; do [ \"$p\" = {point} ] && echo \"$o ${{rest##* - }}\"; done < /proc/self/mountinfo; :"
    )
}

// SP-03
#[test]
fn a_folder_and_a_file_are_bound() {
    needs!(Root);
    let ct = Bundle::sh("cat /mnt/file /etc/one; echo x > /mnt/new");
    let host = host_folder(&ct);
    let file = host.join("file");
    ct.change(|c| {
        add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &["rbind", "rw"]);
        add_mount(c, "/etc/one", "none", file.to_str().unwrap(), &["bind", "ro"]);
    });
    assert_eq!(ct.run().ok().stdout, "from the host\nfrom the host\n");
    assert!(host.join("new").exists());
}

// SP-03: a source is relative to the bundle.
#[test]
fn a_source_is_relative_to_the_bundle() {
    needs!(Root);
    let ct = Bundle::sh("cat /mnt/file");
    host_folder(&ct);
    ct.change(|c| add_mount(c, "/mnt", "bind", "host", &["bind"]));
    assert_eq!(ct.run().ok().stdout, "from the host\n");
}

// SP-03: each option, as the kernel tells it back.
#[test]
fn options_reach_the_kernel() {
    needs!(Root);
    let cases: &[(&[&str], &str)] = &[
        (&["ro"], "ro,"),
        (&["nosuid"], "nosuid"),
        (&["nodev"], "nodev"),
        (&["noexec"], "noexec"),
        (&["noatime"], "noatime"),
        (&["nodiratime"], "nodiratime"),
        (&["nosymfollow"], "nosymfollow"),
        (&["size=1m"], "size=1024k"),
        (&["mode=0700"], "mode=700"),
        (&["nosuid", "suid", "nodev", "dev"], "rw,relatime"),
        (&["ro", "rw"], "rw,"),
        (&["defaults"], "rw,relatime"),
    ];
    for (options, expected) in cases {
        let ct = Bundle::sh(&options_of("/mnt")).with(|c| add_mount(c, "/mnt", "tmpfs", "tmpfs", options));
        let out = ct.run().ok().stdout;
        assert!(out.contains(expected), "{options:?} gave {out}");
    }
    let ct = Bundle::new().with(|c| add_mount(c, "/mnt", "tmpfs", "tmpfs", &["nosuchoption"]));
    ct.run().fails();
}

// SP-03: bind mounts take options too, and keep what their source forbids.
#[test]
fn bind_mounts_take_options() {
    needs!(Root);
    let ct = Bundle::sh(&format!("{}; touch /mnt/x", options_of("/mnt")));
    let host = host_folder(&ct);
    ct.change(|c| {
        add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &["bind", "ro", "nosuid", "nodev", "noexec"]);
    });
    let ran = ct.run().fails_with("Read-only file system");
    for option in ["ro", "nosuid", "nodev", "noexec"] {
        assert!(ran.stdout.contains(option), "{option} in {}", ran.stdout);
    }
}

// SP-03: mounts are made in the order of the list.
#[test]
fn mounts_are_made_in_their_order() {
    needs!(Root);
    let ct = Bundle::sh("cat /mnt/inner/file");
    let host = host_folder(&ct);
    ct.change(|c| {
        add_mount(c, "/mnt", "tmpfs", "tmpfs", &[]);
        add_mount(c, "/mnt/inner", "bind", host.to_str().unwrap(), &["bind"]);
    });
    assert_eq!(ct.run().ok().stdout, "from the host\n");
}

// SP-03
#[test]
fn a_missing_source_is_an_error_that_names_it() {
    needs!(Root);
    let ct = Bundle::new().with(|c| add_mount(c, "/mnt", "bind", "/no/such/source", &["bind"]));
    ct.run().fails_with("/no/such/source");
    let ct = Bundle::new().with(|c| add_mount(c, "/mnt", "nosuchfs", "none", &[]));
    ct.run().fails_with("/mnt");
}

// SP-03, SEC-05: a link in the root leads to the root, not to the host.
#[test]
fn a_target_behind_a_link_stays_inside() {
    needs!(Root);
    let ct = Bundle::sh("cat /link/file");
    let host = host_folder(&ct);
    let outside = ct.folder.join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, ct.rootfs().join("link")).unwrap();
    ct.change(|c| add_mount(c, "/link", "bind", host.to_str().unwrap(), &["bind"]));
    ct.run();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

/// A folder of the host with a tmpfs mounted below it, taken away again at the end.
struct Nested {
    below: PathBuf,
}

impl Nested {
    fn new(folder: &std::path::Path) -> Self {
        let below = folder.join("below");
        fs::create_dir(&below).unwrap();
        assert!(Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(&below).status().unwrap().success());
        Self { below }
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        assert!(Command::new("umount").arg(&self.below).status().is_ok_and(|s| s.success()));
    }
}

// SP-04
#[test]
fn recursive_options_reach_mounts_below() {
    needs!(Root);
    for (option, expected) in [
        ("rro", "ro"),
        ("rnosuid", "nosuid"),
        ("rnodev", "nodev"),
        ("rnoexec", "noexec"),
        ("rnoatime", "noatime"),
        ("rnosymfollow", "nosymfollow"),
    ] {
        let ct = Bundle::sh(&format!("{}; {}", options_of("/mnt"), options_of("/mnt/below")));
        let host = host_folder(&ct);
        let nested = Nested::new(&host);
        ct.change(|c| add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &["rbind", option]));
        let out = ct.run().ok().stdout;
        assert_eq!(out.lines().filter(|l| l.contains(expected)).count(), 2, "{option} gave {out}");
        drop(nested);
    }
    // Without the r, what is below stays as it is.
    let ct = Bundle::sh("touch /mnt/below/x && ! touch /mnt/x");
    let host = host_folder(&ct);
    let nested = Nested::new(&host);
    ct.change(|c| add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &["rbind", "ro"]));
    ct.run().ok();
    drop(nested);
}

// SP-05
#[test]
fn mounts_have_id_mappings_of_their_own() {
    needs!(Root);
    let ct = Bundle::sh("stat -c '%u %g' /mnt/file");
    // The container's root may not make it: the root file system is not its own.
    fs::create_dir(ct.rootfs().join("mnt")).unwrap();
    let host = host_folder(&ct);
    std::os::unix::fs::chown(host.join("file"), Some(1000), Some(1001)).unwrap();
    ct.change(|c| {
        map_users(c, 100_000);
        add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &["bind", "idmap"]);
        let last = c["mounts"].as_array().unwrap().len() - 1;
        c["mounts"][last]["uidMappings"] = json!([{ "containerID": 1000, "hostID": 100_007, "size": 1 }]);
        c["mounts"][last]["gidMappings"] = json!([{ "containerID": 1001, "hostID": 100_008, "size": 1 }]);
    });
    assert_eq!(ct.run().ok().stdout, "7 8\n");
}

// SP-05: without mappings of its own a mount has the container's, whether its user namespace is made or joined.
#[test]
fn an_id_mapped_mount_has_the_containers_mappings() {
    needs!(Root);
    let first = Bundle::running(["sleep", "1000"]).with(|c| map_users(c, 100_000));
    first.create().ok();
    first.start().ok();
    let joined = format!("/proc/{}/ns/user", first.pid());
    for path in [None, Some(joined.as_str())] {
        let ct = Bundle::sh("stat -c '%u %g' /mnt/file; touch /mnt/new");
        fs::create_dir(ct.rootfs().join("mnt")).unwrap();
        let host = host_folder(&ct);
        std::os::unix::fs::chown(host.join("file"), Some(7), Some(8)).unwrap();
        ct.change(|c| {
            match path {
                Some(path) => integration_tests::add_namespace(c, "user", Some(path)),
                None => map_users(c, 100_000),
            }
            add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &["bind", "idmap"]);
        });
        std::os::unix::fs::chown(&host, Some(0), Some(0)).unwrap();
        assert_eq!(ct.run().ok().stdout, "7 8\n", "{path:?}");
        assert_eq!(std::os::unix::fs::MetadataExt::uid(&fs::metadata(host.join("new")).unwrap()), 0);
    }
    first.delete_force().ok();
    let ct = Bundle::new();
    let host = host_folder(&ct);
    ct.change(|c| add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &["bind", "idmap"]));
    ct.run().fails_with("needs mappings");
}

// SP-06
#[test]
fn tmpcopyup_keeps_what_was_there() {
    needs!(Root);
    let ct = Bundle::sh("cat /data/a/file; echo new > /data/a/file")
        .with(|c| add_mount(c, "/data", "tmpfs", "tmpfs", &["tmpcopyup"]));
    fs::create_dir_all(ct.rootfs().join("data/a")).unwrap();
    fs::write(ct.rootfs().join("data/a/file"), "image\n").unwrap();
    assert_eq!(ct.run().ok().stdout, "image\n");
    assert_eq!(fs::read_to_string(ct.rootfs().join("data/a/file")).unwrap(), "image\n");
}

// SP-04: with the bits that a change of owner takes away.
#[test]
fn tmpcopyup_keeps_owners_and_modes() {
    needs!(Root);
    use std::os::unix::fs::{PermissionsExt, chown};
    let ct = Bundle::sh("stat -c '%a %u:%g' /data/d /data/d/program /data/d/plain")
        .with(|c| add_mount(c, "/data", "tmpfs", "tmpfs", &["tmpcopyup"]));
    let folder = ct.rootfs().join("data/d");
    fs::create_dir_all(&folder).unwrap();
    for (name, mode) in [("program", 0o4755), ("plain", 0o640)] {
        fs::write(folder.join(name), "").unwrap();
        chown(folder.join(name), Some(5), Some(6)).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    chown(&folder, Some(7), Some(8)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o3775)).unwrap();
    assert_eq!(ct.run().ok().stdout, "3775 7:8\n4755 5:6\n640 5:6\n");
}

// SP-35
#[test]
fn propagation_of_the_root() {
    needs!(Root);
    let fields =
        "while read -r _ _ _ _ p _ rest; do [ \"$p\" = / ] && echo \"$rest\"; done < /proc/self/mountinfo; :";
    for (word, expected) in
        [("private", ""), ("shared", "shared:"), ("slave", ""), ("unbindable", "unbindable")]
    {
        let ct = Bundle::sh(fields).with(|c| c["linux"]["rootfsPropagation"] = json!(word));
        let out = ct.run().ok().stdout;
        let optional = out.split(" - ").next().unwrap();
        assert!(
            optional.contains(expected) && (expected == "shared:" || !optional.contains("shared:")),
            "{word} gave {out}"
        );
    }
    // Where all of the host's mounts are shared, as systemd leaves them.
    for word in ["private", "shared", "rshared", "slave"] {
        let ct = Bundle::sh("echo ok").with(|c| c["linux"]["rootfsPropagation"] = json!(word));
        let ctrun = ct.command(["run", &ct.id]);
        let mut shared = std::process::Command::new("unshare");
        shared.args(["--mount", "--propagation", "shared", "sh", "-c"]);
        // Its own mounts alone: those of other tests go when their folders are removed.
        let script = format!(
            "own() {{ grep -c {} /proc/self/mountinfo; }}; before=$(own); \"$@\" && [ $(own) = $before ]",
            ct.id
        );
        shared.arg(script);
        shared.arg("sh").arg(ctrun.get_program()).args(ctrun.get_args()).current_dir(&ct.folder);
        assert_eq!(ct.finish(&mut shared).ok().stdout, "ok\n", "{word}");
    }
    Bundle::new()
        .with(|c| c["linux"]["rootfsPropagation"] = json!("nosuch"))
        .run()
        .fails_with("rootfsPropagation");
}

// SP-36
#[test]
fn masked_and_read_only_paths() {
    needs!(Root);
    let ct =
        Bundle::sh("cat /proc/kcore | wc -c; ls /sys/firmware | wc -l; echo 1 > /proc/sys/kernel/domainname")
            .with(|c| {
                // What is not there is passed over.
                c["linux"]["maskedPaths"].as_array_mut().unwrap().push(json!("/proc/no-such-file"));
                c["linux"]["readonlyPaths"].as_array_mut().unwrap().push(json!("/no/such/folder"));
            });
    let ran = ct.run().fails_with("Read-only file system");
    assert_eq!(ran.stdout, "0\n0\n");
}

// SP-36: in the root itself, files and folders.
#[test]
fn masked_paths_of_the_root() {
    needs!(Root);
    let ct = Bundle::sh("cat /etc/secret; ls -a /private; touch /private/x").with(|c| {
        c["root"]["readonly"] = json!(false);
        c["linux"]["maskedPaths"] = json!(["/etc/secret", "/private"]);
    });
    fs::write(ct.rootfs().join("etc/secret"), "secret").unwrap();
    fs::create_dir(ct.rootfs().join("private")).unwrap();
    fs::write(ct.rootfs().join("private/secret"), "secret").unwrap();
    let ran = ct.run().fails_with("Read-only file system");
    assert_eq!(ran.stdout, ".\n..\n");
}

// SP-36: folders that are hidden are empty and stay so, whatever is mounted in them; what is read-only is so with all
// that is below; a hidden place cannot be uncovered without the right to unmount.
#[test]
fn hidden_and_protected_folders_of_every_sort() {
    needs!(Root);
    let script = "ls -A /data/hidden /volume /link/ /data/tmpfs 2>&1; touch /data/tmpfs/x; \
        touch /kept/sub/x /kept/below/x 2>&1 | grep -c Read-only; stat -f -c %T /volume; umount /volume 2>&1 | wc -l; \
        cat /data/file /outside";
    let ct = Bundle::sh(script);
    let host = host_folder(&ct);
    let root = ct.rootfs();
    for folder in ["data/hidden/deep", "data/tmpfs", "target", "kept/sub", "kept/below", "volume"] {
        fs::create_dir_all(root.join(folder)).unwrap();
        fs::write(root.join(folder).join("secret"), "secret").unwrap();
    }
    fs::write(root.join("data/file"), "secret").unwrap();
    symlink("/target", root.join("link")).unwrap();
    symlink(host.join("file"), root.join("outside")).unwrap();
    ct.change(|c| {
        c["root"]["readonly"] = json!(false);
        add_mount(c, "/volume", "bind", host.to_str().unwrap(), &["bind"]);
        add_mount(c, "/data/tmpfs", "tmpfs", "tmpfs", &[]);
        add_mount(c, "/kept/below", "tmpfs", "tmpfs", &[]);
        // Links lead where they lead inside; what is above the root is the root.
        c["linux"]["maskedPaths"] = json!([
            "/data/hidden",
            "/volume",
            "/link",
            "/data/tmpfs",
            "/../data/file",
            "/outside",
            "/no/such"
        ]);
        c["linux"]["readonlyPaths"] = json!(["/kept", "/no/such"]);
    });
    let ran = ct.run();
    let out = &ran.stdout;
    assert!(!out.contains("secret") && !out.contains("from the host"), "{ran:?}");
    assert!(ran.stderr.contains("/data/tmpfs/x: Read-only"), "{ran:?}");
    assert!(out.contains("\n2\ntmpfs\n1\n"), "{ran:?}");
    assert!(host.join("file").exists());
}

// SP-42
#[test]
fn default_file_systems() {
    needs!(Root);
    let ct = Bundle::sh(
        "for m in /proc /dev /dev/pts /dev/shm /dev/mqueue /sys /sys/fs/cgroup; do grep -c \" $m \" /proc/self/mounts; done",
    );
    assert_eq!(ct.run().ok().stdout, "1\n1\n1\n1\n1\n1\n1\n");
}

// SP-03, SP-42: what the mount of control groups cannot have is refused by its name; what it could not change either way
// is not.
#[test]
fn a_cgroup_mount_has_no_options_of_its_own() {
    needs!(Root);
    let with = |option: &str| {
        Bundle::new().with(|c| {
            let mounts = c["mounts"].as_array_mut().unwrap();
            let mount = mounts.iter_mut().find(|mount| mount["type"] == "cgroup").unwrap();
            mount["options"].as_array_mut().unwrap().push(serde_json::json!(option));
        })
    };
    for option in ["nosuchoption", "mode=700", "memory", "none,name=other", "tmpcopyup", "sync"] {
        with(option).create().fails_with(&format!("option \"{}\"", option.split(',').next().unwrap()));
    }
    for option in ["nsdelegate", "memory_recursiveprot", "relatime"] {
        with(option).run().ok();
    }
}

// SP-42: the container sees its own cgroup as the root, read-only when the mount says so.
#[test]
fn the_cgroup_mount_shows_its_own_cgroup() {
    needs!(Root);
    let ct = Bundle::sh(
        "cat /proc/self/cgroup | cut -d: -f3 | sort -u; ls /sys/fs/cgroup | wc -l; ! mkdir /sys/fs/cgroup/x 2>/dev/null",
    );
    let out = ct.run().ok().stdout;
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("/"), "{out}");
    assert!(lines.next().unwrap().parse::<u32>().unwrap() > 2, "{out}");
}

// SP-02: folders that are made for targets belong to root and are not writable by others.
#[test]
fn folders_made_for_targets_are_plain() {
    needs!(Root);
    let ct = Bundle::new().with(|c| add_mount(c, "/new/folder", "tmpfs", "tmpfs", &[]));
    let mut sh = Command::new("sh");
    let run = ct.command(["run", &ct.id]);
    sh.args(["-c", "umask 0; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    ct.finish(sh.current_dir(&ct.folder)).ok();
    assert_eq!(fs::metadata(ct.rootfs().join("new/folder")).unwrap().mode() & 0o7777, 0o755);
}

// SP-03: images have /etc/resolv.conf as a link to what is made at boot; the target is made, inside the root.
#[test]
fn a_destination_that_is_a_link_to_nothing_is_made_inside_the_root() {
    needs!(Root);
    let ct = Bundle::sh("cat /etc/resolv.conf /etc/up; ls -d /run/made/here");
    let (etc, root) = (ct.rootfs().join("etc"), ct.rootfs());
    fs::create_dir_all(&etc).unwrap();
    symlink("../run/made/resolv.conf", etc.join("resolv.conf")).unwrap();
    symlink("../../../../../../run/made/up", etc.join("up")).unwrap();
    symlink("/run/made/here", root.join("here")).unwrap();
    let source = ct.folder.join("source");
    fs::write(&source, "42\n").unwrap();
    let source = source.to_str().unwrap();
    ct.change(|c| {
        add_mount(c, "/etc/resolv.conf", "bind", source, &["rbind", "ro"]);
        add_mount(c, "/etc/up", "bind", source, &["rbind", "ro"]);
        add_mount(c, "/here", "tmpfs", "tmpfs", &[]);
        c["root"]["readonly"] = json!(false);
    });
    assert_eq!(ct.run().ok().stdout, "42\n42\n/run/made/here\n");
    assert!(!std::path::Path::new("/run/made").exists(), "nothing of it is on the host");
}

// SP-03: what a remount cannot change is refused, and what it can is changed.
#[test]
fn a_remount_changes_flags_and_nothing_else() {
    needs!(Root);
    let with = |options: &[&str]| {
        Bundle::sh("grep ' /data ' /proc/self/mountinfo").with(|c| {
            add_mount(c, "/data", "tmpfs", "tmpfs", &["size=1m"]);
            add_mount(c, "/data", "none", "none", options);
        })
    };
    for options in [&["remount", "size=2m"][..], &["remount", "sync"], &["remount", "rro"]] {
        with(options).run().fails_with("remount");
    }
    let line = with(&["remount", "ro", "noexec", "shared"]).run().ok().stdout;
    assert!(line.contains(" ro,") && line.contains("noexec") && line.contains("shared:"), "{line}");
}

// SP-04: "ro" is of the mount that has it, also when another is mounted on it, or on what it lies in.
#[test]
fn what_covers_a_read_only_mount_is_not_read_only() {
    needs!(Root);
    let ct = Bundle::sh(
        "touch /covered/x /dev/shm/y && ls /covered /dev/shm; umount /covered && touch /covered/x",
    );
    let host = ct.folder.join("host");
    fs::create_dir(&host).unwrap();
    ct.change(|c| {
        c["process"]["capabilities"] = json!({ "bounding": ["CAP_SYS_ADMIN"], "effective": ["CAP_SYS_ADMIN"], "permitted": ["CAP_SYS_ADMIN"] });
        add_mount(c, "/covered", "tmpfs", "tmpfs", &["ro"]);
        add_mount(c, "/covered", "bind", host.to_str().unwrap(), &["rbind"]);
        add_mount(c, "/dev/shm/below", "tmpfs", "tmpfs", &["ro"]);
        add_mount(c, "/dev/shm", "tmpfs", "tmpfs", &[]);
    });
    let ran = ct.run();
    assert_eq!(ran.stdout, "/covered:\nx\n\n/dev/shm:\ny\n", "{ran:?}");
    assert!(ran.stderr.contains("/covered/x: Read-only file system"), "{ran:?}");
}

// SP-04: a link is made again, and said once more by a container that starts again; something else is mounted.
#[test]
fn copy_symlink_makes_the_link_again() {
    needs!(Root);
    let ct = Bundle::sh("readlink /etc/link; cat /etc/plain");
    fs::write(ct.folder.join("plain"), "plain\n").unwrap();
    symlink("/nowhere/at all", ct.folder.join("link")).unwrap();
    ct.change(|c| {
        for name in ["link", "plain"] {
            add_mount(c, &format!("/etc/{name}"), "bind", name, &["rbind", "copy-symlink"]);
        }
    });
    for _ in 0..2 {
        assert_eq!(ct.run().ok().stdout, "/nowhere/at all\nplain\n");
    }
    fs::remove_file(ct.rootfs().join("etc/link")).unwrap();
    symlink("/another", ct.rootfs().join("etc/link")).unwrap();
    ct.run().fails_with("/etc/link: symlinkat: file exists");
}

/// What each word does to a tmpfs (`mountinfo` of it), and what `features` therefore promises. An empty text is for
/// words that change nothing there; none is for those that have tests of their own.
const OPTIONS: &[(&str, Option<&str>)] = &[
    ("async", Some("")),
    ("atime", Some("relatime")),
    ("bind", None),
    ("copy-symlink", None),
    ("defaults", Some("rw,relatime")),
    ("dest-nofollow", Some("rw,relatime")),
    ("dev", Some("")),
    ("diratime", Some("")),
    ("dirsync", Some("dirsync")),
    ("exec", Some("")),
    ("idmap", None),
    ("iversion", Some("")),
    ("lazytime", Some("lazytime")),
    ("loud", Some("")),
    ("mand", Some("")),
    ("noatime", Some("noatime")),
    ("nodev", Some("nodev")),
    ("nodiratime", Some("nodiratime")),
    ("noexec", Some("noexec")),
    ("noiversion", Some("")),
    ("nolazytime", Some("")),
    ("nomand", Some("")),
    ("norelatime", Some("rw")),
    ("nostrictatime", Some("relatime")),
    ("nosuid", Some("nosuid")),
    ("nosymfollow", Some("nosymfollow")),
    ("private", Some("")),
    ("ratime", Some("")),
    ("rbind", None),
    ("rdev", Some("")),
    ("rdiratime", Some("")),
    ("relatime", Some("relatime")),
    ("remount", None),
    ("rexec", Some("")),
    ("ridmap", None),
    ("rnoatime", Some("noatime")),
    ("rnodev", Some("nodev")),
    ("rnodiratime", Some("nodiratime")),
    ("rnoexec", Some("noexec")),
    ("rnorelatime", Some("rw")),
    ("rnostrictatime", Some("")),
    ("rnosuid", Some("nosuid")),
    ("rnosymfollow", Some("nosymfollow")),
    ("ro", Some("ro,")),
    ("rprivate", Some("")),
    ("rrelatime", Some("relatime")),
    ("rro", Some("ro,")),
    ("rrw", Some("rw,")),
    ("rshared", Some("shared:")),
    ("rslave", Some("")),
    ("rstrictatime", Some("rw")),
    ("rsuid", Some("")),
    ("rsymfollow", Some("")),
    ("runbindable", Some("unbindable")),
    ("rw", Some("rw,")),
    ("shared", Some("shared:")),
    ("silent", Some("")),
    ("slave", Some("")),
    ("src-nofollow", None),
    ("strictatime", Some("rw")),
    ("suid", Some("")),
    ("symfollow", Some("")),
    ("sync", Some("sync")),
    ("tmpcopyup", None),
    ("unbindable", Some("unbindable")),
];

// SP-03, SP-04, OC-16
#[test]
fn every_option_that_features_names_does_what_it_says() {
    needs!(Root);
    let ct = Bundle::new();
    let features = ct.ctrun(["features"]).ok().json();
    let named: Vec<&str> =
        features["mountOptions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for name in &named {
        assert!(OPTIONS.iter().any(|(known, _)| known == name), "{name} has no case here");
    }
    for (option, expected) in OPTIONS {
        assert!(named.contains(option), "features does not name {option}");
        let Some(expected) = expected else { continue };
        let ct = Bundle::sh("grep ' /mnt ' /proc/self/mountinfo")
            .with(|c| add_mount(c, "/mnt", "tmpfs", "tmpfs", &[option]));
        let line = ct.run().ok().stdout;
        assert!(line.contains(expected), "{option} gave {line}");
    }
}

// SP-04: each of the recursive ones that take something away, on a mount and on what is mounted in it.
#[test]
fn recursive_options_clear_what_was_set() {
    needs!(Root);
    let flags = |line: &str| line.split(' ').nth(5).unwrap_or_default().to_owned();
    for (clears, set) in [
        ("rrw", "ro"),
        ("rsuid", "nosuid"),
        ("rdev", "nodev"),
        ("rexec", "noexec"),
        ("rdiratime", "nodiratime"),
        ("rsymfollow", "nosymfollow"),
        ("rrelatime", "noatime"),
        ("ratime", "noatime"),
    ] {
        let ct = Bundle::sh("grep ' /mnt' /proc/self/mountinfo");
        let host = host_folder(&ct);
        let mount = |arguments: &[&str], place: &PathBuf| {
            let done = Command::new("mount").args(arguments).arg(place).status();
            assert!(done.is_ok_and(|s| s.success()), "mount {arguments:?}");
        };
        // A mount of its own, and private: where all are shared, a bind of the folder on itself would come twice.
        mount(&["-t", "tmpfs", "tmpfs"], &host);
        mount(&["--make-private"], &host);
        let nested = Nested::new(&host);
        for place in [&nested.below, &host] {
            mount(&["-o", &format!("remount,bind,{set}")], place);
        }
        ct.change(|c| add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &["rbind", clears]));
        let ran = ct.run();
        drop(nested);
        assert!(Command::new("umount").arg(&host).status().is_ok_and(|s| s.success()));
        let out = ran.ok().stdout;
        assert!(out.lines().count() >= 2, "{clears}: {out}");
        assert!(
            out.lines().all(|line| !flags(line).split(',').any(|flag| flag == set)),
            "{clears} gave {out}"
        );
    }
}

// SP-03: a source that is a link: made again, mounted itself, or followed; and a destination that must be none.
#[test]
fn links_as_sources_and_destinations() {
    needs!(Root);
    let ct = Bundle::sh(
        "for l in /etc/deep/copied /copied /etc/same /etc/link; do readlink $l; done; cat /etc/file",
    );
    let host = host_folder(&ct);
    let source = host.join("link");
    symlink("../to/nowhere", &source).unwrap();
    symlink("file", host.join("file-link")).unwrap();
    symlink("../to/nowhere", ct.rootfs().join("etc/same")).unwrap();
    let path = |name: &str| host.join(name).to_str().unwrap().to_owned();
    ct.change(|c| {
        for destination in ["/etc/deep/copied", "/copied", "/etc/same"] {
            add_mount(c, destination, "bind", &path("link"), &["bind", "copy-symlink"]);
        }
        // One that is none is bound.
        add_mount(c, "/etc/file", "bind", &path("file"), &["bind", "copy-symlink"]);
        add_mount(c, "/etc/link", "bind", &path("file-link"), &["bind", "src-nofollow"]);
    });
    let out = ct.run().ok().stdout;
    let link = "../to/nowhere\n";
    assert_eq!(out, format!("{link}{link}{link}file\nfrom the host\n"));
    // Another link, or a file, is not taken away for it.
    fs::remove_file(ct.rootfs().join("copied")).unwrap();
    symlink("elsewhere", ct.rootfs().join("copied")).unwrap();
    ct.run().fails_with("copied");
    let ct = Bundle::new().with(|c| add_mount(c, "/link", "tmpfs", "tmpfs", &["dest-nofollow"]));
    symlink("/etc", ct.rootfs().join("link")).unwrap();
    ct.run().fails_with("/link");
}

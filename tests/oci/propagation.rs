// SPDX-License-Identifier: Apache-2.0
//! Which mounts a container shares with its host, and what becomes known of later ones (SP-35).
//!
//! All of it runs in a mount namespace of the test's own in which everything is shared, as systemd leaves a host.

use std::fs;
use std::process::Command;

use integration_tests::{Bundle, Ran, add_mount, needs};
use serde_json::{Value, json};

/// Runs a script for the shell that has ctrun as `$@` and a tmpfs, shared, with another below it, at `host`.
fn on_a_sharing_host(ct: &Bundle, script: &str) -> Ran {
    let ctrun = ct.command([""; 0]);
    let mut shared = Command::new("unshare");
    // Shared, but not with the real host: what is mounted here must not appear there.
    let host = "mount --make-rshared / && mount -t tmpfs tmpfs host && mkdir host/below host/later && mount -t tmpfs tmpfs host/below || exit 99";
    shared.args(["--mount", "--propagation", "private", "sh", "-c", &format!("{host}; {script}"), "sh"]);
    shared.arg(ctrun.get_program()).args(ctrun.get_args()).current_dir(&ct.folder);
    ct.finish(&mut shared)
}

/// A bundle with the script as its program and the host's shared folder at /mnt.
fn bundle(script: &str, propagation: Option<&str>, options: &[&str]) -> Bundle {
    let ct = Bundle::sh(script);
    let host = ct.folder.join("host");
    fs::create_dir(&host).unwrap();
    let options: Vec<&str> = ["rbind"].iter().chain(options).copied().collect();
    ct.change(|c| {
        add_mount(c, "/mnt", "bind", host.to_str().unwrap(), &options);
        if let Some(word) = propagation {
            c["linux"]["rootfsPropagation"] = json!(word);
        }
        for set in ["bounding", "effective", "permitted"] {
            c["process"]["capabilities"][set] = json!(["CAP_SYS_ADMIN"]);
        }
    });
    ct
}

/// What the kernel says of a mount point: `shared`, `master`, `unbindable`, joined by `+`; nothing of a private one.
fn kind(mountinfo: &str, point: &str) -> String {
    let line = mountinfo.lines().find(|line| line.split(' ').nth(4) == Some(point));
    let line = line.unwrap_or_else(|| panic!("{point} is no mount point in\n{mountinfo}"));
    let fields = line.split(' ').skip(6).take_while(|field| *field != "-");
    let words = fields.map(|field| field.split(':').next().unwrap());
    words.filter(|word| *word != "propagate_from").collect::<Vec<_>>().join("+")
}

// SP-35: each word for the root, alone and for all that is mounted in it.
#[test]
fn each_propagation_of_the_root() {
    needs!(Root);
    for (word, root, below) in [
        ("private", "", ""),
        ("rprivate", "", ""),
        ("slave", "master", ""),
        ("rslave", "master", ""),
        ("shared", "shared", ""),
        ("rshared", "shared", "shared"),
        ("unbindable", "unbindable", ""),
        ("runbindable", "unbindable", "unbindable"),
    ] {
        let ct = bundle("cat /proc/self/mountinfo", Some(word), &["rprivate"]);
        let said = on_a_sharing_host(&ct, "\"$@\" run ct-\"${PWD##*/}\"").ok().stdout;
        assert!(kind(&said, "/").starts_with(root), "{word}: {said}");
        let is = |point: &str| kind(&said, point);
        if root.is_empty() {
            assert_eq!(is("/"), "", "{word}: {said}");
        }
        assert_eq!(is("/proc"), below, "{word}: {said}");
    }
}

// SP-35, SP-03: each word for a mount, alone and for what is mounted below it. Without a word it is the root's.
#[test]
fn each_propagation_of_a_mount() {
    needs!(Root);
    for (option, top, below) in [
        (&[][..], "master", "master"),
        (&["private"], "", "master"),
        (&["rprivate"], "", ""),
        (&["slave"], "master", "master"),
        (&["rslave"], "master", "master"),
        (&["shared"], "shared+master", "master"),
        (&["rshared"], "shared+master", "shared+master"),
        (&["unbindable"], "unbindable", "master"),
        (&["runbindable"], "unbindable", "unbindable"),
        // Each in turn.
        (&["rprivate", "shared"], "shared", ""),
        (&["rshared", "private"], "", "shared+master"),
        (&["rprivate", "shared", "slave"], "", ""),
    ] {
        let ct = bundle("cat /proc/self/mountinfo", None, option);
        let said = on_a_sharing_host(&ct, "\"$@\" run ct-\"${PWD##*/}\"").ok().stdout;
        assert_eq!(kind(&said, "/mnt"), top, "{option:?}: {said}");
        assert_eq!(kind(&said, "/mnt/below"), below, "{option:?}: {said}");
    }
}

/// Mounts something on the host and something inside, and prints who sees what: `in`, `out`.
const LATER: &str = "id=ct-\"${PWD##*/}\"; \"$@\" run --detach $id < /dev/null > /dev/null || exit 98; \
    mount -t tmpfs tmpfs host/later && touch host/later/mark; \
    \"$@\" exec $id test -e /mnt/later/mark && echo in; umount host/later; \
    \"$@\" exec $id sh -c 'mount -t tmpfs tmpfs /mnt/later && : > /mnt/later/mark' || exit 97; \
    [ -e host/later/mark ] && echo out; \
    \"$@\" delete --force $id";

// SP-35: what is mounted later on the host appears inside of a slave, and the other way round in what is shared. As
// with runc that takes a root that is shared, too: engines write both.
#[test]
fn later_mounts_appear_where_they_should() {
    needs!(Root);
    for (root, option, seen) in [
        (None, None, "in\n"),
        (None, Some("rprivate"), ""),
        (None, Some("rslave"), "in\n"),
        (None, Some("rshared"), "in\n"),
        (None, Some("private"), ""),
        (Some("private"), None, ""),
        (Some("rshared"), Some("rshared"), "in\nout\n"),
        (Some("rshared"), Some("rslave"), "in\n"),
        (Some("rshared"), Some("rprivate"), ""),
        (Some("shared"), Some("shared"), "in\nout\n"),
    ] {
        let ct = bundle("exec sleep 1000", root, option.as_slice());
        assert_eq!(on_a_sharing_host(&ct, LATER).ok().stdout, seen, "{root:?} {option:?}");
    }
}

// SP-35: what cannot be bound cannot be bound.
#[test]
fn an_unbindable_mount_is_not_bound() {
    needs!(Root);
    let script = "mount --bind /mnt /tmp 2> /dev/null && echo bound; mount --bind /proc /tmp && echo other";
    let ct = bundle(script, None, &["unbindable"]);
    assert_eq!(on_a_sharing_host(&ct, "\"$@\" run ct-\"${PWD##*/}\"").ok().stdout, "other\n");
}

// SP-35: a word that is none is told of with its place.
#[test]
fn an_unknown_propagation_is_refused() {
    needs!(Root);
    for word in [json!("Shared"), json!("none"), json!("shared,slave"), json!(["shared"]), json!(1)] {
        let change = |c: &mut Value| c["linux"]["rootfsPropagation"] = word.clone();
        Bundle::new().with(change).create().fails_with("rootfsPropagation");
    }
    // An empty one is none, as engines write it.
    Bundle::new().with(|c| c["linux"]["rootfsPropagation"] = json!("")).run().ok();
}

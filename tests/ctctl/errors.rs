// SPDX-License-Identifier: Apache-2.0
//! The mistakes that are made most often, each with all that is said then: what, where, why, and what to do.
//!
//! The texts are in `tests/ctctl/errors/`; `CTCTL_BLESS=1` writes those that are not as they were. In them `PLACES` is
//! the folder of all places and `@` the prefix of the test's names.

use integration_tests::{Ran, Systems, ctctl_program, needs, run};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ctctl/errors")
}

/// What the tests have compared, to find texts that nobody compares.
const COMPARED: &[&[(&str, &[&str])]] = &[WITHOUT_SYSTEMS, WITH_SYSTEMS];
const SPECIAL: &[&str] = &["broken-file", "disk-full", "no-cgroups", "no-ids", "not-root", "not-ready"];

#[track_caller]
fn compare(systems: &Systems, name: &str, ran: &Ran) {
    let text =
        ran.stderr.replace(&systems.folder.display().to_string(), "PLACES").replace(&systems.prefix, "@");
    let text = format!("exit code {}\n{text}", ran.code);
    assert_ne!(ran.code, 0, "{name}: {ran:#?}");
    let file = folder().join(format!("{name}.golden"));
    if std::env::var_os("CTCTL_BLESS").is_some() {
        fs::write(&file, &text).expect("the tree can be written");
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, golden, "{name}: see the head of this test");
}

const WITHOUT_SYSTEMS: &[(&str, &[&str])] = &[
    ("unknown-verb", &["strat", "web"]),
    ("unknown-option", &["start", "web", "--wiat"]),
    ("no-name", &["start"]),
    ("no-templates-yet", &["create", "web", "--template", "busybox"]),
    ("unknown-recipe", &["template", "build", "busibox"]),
    ("no-systems-yet", &["start", "web"]),
    ("bad-moment", &["events", "--since", "yesterday"]),
];

const WITH_SYSTEMS: &[(&str, &[&str])] = &[
    ("unknown-template", &["create", "@new", "--template", "busibox"]),
    ("name-taken", &["create", "@stopped", "--template", "busybox"]),
    ("bad-name", &["create", "a/b", "--template", "busybox"]),
    ("number-taken", &["create", "@new", "--template", "busybox", "--ctid", "101"]),
    ("number-reserved", &["create", "@new", "--template", "busybox", "--ctid", "7"]),
    ("ids-taken", &["create", "@new", "--template", "busybox", "--idmap", "2000000:65536"]),
    ("unknown-system", &["start", "@stoped"]),
    ("ambiguous-name", &["start", "@"]),
    ("no-such-pattern", &["start", "@x*"]),
    ("unknown-label", &["list", "-l", "teir"]),
    ("runs-already", &["start", "@running"]),
    ("does-not-run", &["stop", "@stopped"]),
    ("exec-in-stopped", &["exec", "@stopped", "--", "true"]),
    ("no-such-program", &["exec", "@running", "--", "/bin/nothing"]),
    ("destroy-running", &["destroy", "@running"]),
    ("destroy-many", &["destroy", "--all"]),
    ("rename-running", &["rename", "@running", "@new"]),
    ("unknown-key", &["set", "@stopped", "memroy=64M"]),
    ("too-little", &["set", "@stopped", "memory=1K"]),
    ("not-a-size", &["set", "@stopped", "memory=lots"]),
    ("not-a-choice", &["set", "@stopped", "ready=nver"]),
    ("given-at-creation", &["set", "@stopped", "ctid=200"]),
    ("nothing-to-set", &["set", "@stopped"]),
    ("not-while-running", &["set", "--runtime", "@running", "cwd=/tmp"]),
    ("unknown-signal", &["kill", "@running", "HPU"]),
    ("unknown-field", &["list", "-o", "staus"]),
];

// VZ-75
#[test]
fn mistakes_of_the_command_line_are_explained() {
    let systems = Systems::empty();
    needs!(Root);
    for (name, args) in WITHOUT_SYSTEMS {
        compare(&systems, name, &systems.run(args));
    }
}

#[test]
fn mistakes_with_systems_are_explained() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    systems.run(&["create", "@stopped", "--template", "busybox", "--idmap", "2000000:65536"]).ok();
    systems.run(&["label", "@stopped", "tier=web"]).ok();
    systems.running("running");
    for (name, args) in WITH_SYSTEMS {
        compare(&systems, name, &systems.run(args));
    }
    let file = systems.folder.join(format!("etc/systems/{}.toml", systems.name("stopped")));
    let text = fs::read_to_string(&file).expect("ours");
    fs::write(&file, "memory = \"64M\npids = 7\n").expect("ours");
    compare(&systems, "broken-file", &systems.run(&["start", "@stopped"]));
    fs::write(&file, text).expect("ours");
    // All ids are somebody's.
    systems.run(&["destroy", "--force", "--yes", "--all"]).ok();
    systems.run(&["create", "@all", "--template", "busybox", "--idmap", "65536:2147418111"]).ok();
    compare(&systems, "no-ids", &systems.run(&["create", "@new", "--template", "busybox"]));
}

/// A shell in a mount namespace of its own, which then becomes ctctl.
fn with_mounts(systems: &Systems, mounts: &str, args: &[&str]) -> Ran {
    let ctctl = systems.command(args);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-ec", &format!("{mounts}; exec \"$@\""), "sh"]);
    command.arg(ctctl.get_program()).args(ctctl.get_args());
    for (variable, value) in ctctl.get_envs() {
        command.env(variable, value.unwrap_or_default());
    }
    run(&mut command, &systems.folder)
}

#[test]
fn what_the_machine_lacks_is_explained() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "ready=notify", "init=/bin/sleep 1000"]).ok();
    compare(&systems, "not-ready", &systems.run(&["start", "--wait=1", "@web"]));
    systems.run(&["stop", "--kill", "@web"]).ok();
    let bare = "mount -t tmpfs none /sys/fs/cgroup";
    compare(&systems, "no-cgroups", &with_mounts(&systems, bare, &["start", "@web", "memory=64M"][..2]));
    // A file system with room for nothing.
    let configs = systems.folder.join("etc/systems").display().to_string();
    let full = format!("mount -t tmpfs -o size=4k none {configs}; head -c 4096 /dev/zero > {configs}/x");
    let made = with_mounts(&systems, &full, &["create", "@new", "--template", "busybox"]);
    compare(&systems, "disk-full", &made);
    // The programs may lie where nobody else can read.
    let own = systems.folder.join("ctctl");
    fs::copy(ctctl_program(), &own).expect("ours");
    let mut command = Command::new(&own);
    command.uid(65534).gid(65534).args(["start", "web"]);
    compare(&systems, "not-root", &run(&mut command, &systems.folder));
    assert!(!systems.folder.join("data/systems").join(systems.name("new")).exists());
}

#[test]
fn every_text_is_compared_and_says_what_to_do() {
    let named: BTreeSet<String> = COMPARED
        .iter()
        .flat_map(|cases| cases.iter().map(|(name, _)| *name))
        .chain(SPECIAL.iter().copied())
        .map(|name| format!("{name}.golden"))
        .collect();
    let files = fs::read_dir(folder()).expect("it is in the tree").flatten();
    let files: BTreeSet<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(named, files);
    assert!(files.len() >= 25);
    for file in files {
        let text = fs::read_to_string(folder().join(&file)).expect("it is in the tree");
        let says_what_to_do =
            ["hint: ", "Usage: ", "tip: ", ": mount cgroup2 there"].iter().any(|word| text.contains(word));
        assert!(says_what_to_do, "{file} does not say what to do: {text}");
    }
}

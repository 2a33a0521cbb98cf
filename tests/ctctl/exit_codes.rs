// SPDX-License-Identifier: Apache-2.0
//! The table of `docs/guide/exit-codes.md`: it is that of the program, and each code comes when it says so.

use integration_tests::{Systems, ctctl_program, needs, run};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

fn documented() -> BTreeSet<i32> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/exit-codes.md");
    let page = fs::read_to_string(page).expect("it is in the tree");
    page.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok()).collect()
}

fn as_nobody(systems: &Systems) -> i32 {
    // The programs may lie where nobody else can read.
    let own = systems.folder.join("ctctl");
    fs::copy(ctctl_program(), &own).expect("ours");
    run(Command::new(&own).uid(65534).gid(65534).args(["start", "web"]), &systems.folder).code
}

/// The code of ctctl where no control groups are mounted.
fn without_cgroups(systems: &Systems, args: &[&str]) -> i32 {
    let ctctl = systems.command(args);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-ec", "mount -t tmpfs none /sys/fs/cgroup; exec \"$@\"", "sh"]);
    command.arg(ctctl.get_program()).args(ctctl.get_args());
    for (variable, value) in ctctl.get_envs() {
        command.env(variable, value.unwrap_or_default());
    }
    run(&mut command, &systems.folder).code
}

// VZ-75
#[test]
fn each_code_comes_when_the_table_says_so() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    systems.run(&["create", "@old", "--template", "busybox", "ready=notify", "init=/bin/sleep 1000"]).ok();
    systems.run(&["create", "@idle", "--template", "busybox"]).ok();
    systems.running("web");
    systems.run(&["create", "@shown", "--template", "busybox"]).ok();
    systems.run(&["mount", "@shown"]).ok();
    let refused = systems.name("refused");
    systems.run(&["create", &refused, "--template", "busybox"]).ok();
    let scripts = systems.folder.join("etc/hooks/systems").join(refused);
    fs::create_dir_all(&scripts).expect("the folder is ours");
    std::os::unix::fs::symlink("/bin/false", scripts.join("premount")).expect("the folder is ours");
    let cases: [(i32, &[&str]); 14] = [
        (0, &["list"]),
        (1, &["wait", "@web", "--timeout", "0"]),
        (2, &["strat", "@web"]),
        (3, &["start", "@nobody"]),
        (4, &["create", "@old", "--template", "busybox"]),
        (5, &["stop", "@idle"]),
        (6, &["create", "@new", "--template", "nothing"]),
        (7, &["set", "@web", "memroy=1G"]),
        (10, &["start", "--wait=1", "@old"]),
        (11, &["start", "@web"]),
        (12, &["mount", "@shown"]),
        (79, &["start", "@refused"]),
        (126, &["exec", "@web", "--", "/etc"]),
        (127, &["exec", "@web", "--", "nothing"]),
    ];
    let mut seen: BTreeSet<i32> = cases.iter().map(|(code, _)| *code).collect();
    for (code, args) in cases {
        systems.run(args).exits(code);
    }
    assert_eq!(as_nobody(&systems), 8);
    assert_eq!(without_cgroups(&systems, &["start", "@idle"]), 9);
    // A build that is interrupted: tests/ctctl/steps.rs.
    seen.extend([8, 9, 130]);
    assert_eq!(seen, documented());
    let manual = systems.run(&["man"]).ok().stdout;
    let codes = manual.split("EXIT STATUS").nth(1).expect("a section");
    let codes: BTreeSet<i32> = codes
        .lines()
        .filter_map(|line| line.strip_prefix("\\fB")?.strip_suffix("\\fR")?.parse().ok())
        .collect();
    assert_eq!(codes, documented());
}

// VZ-76
#[test]
fn messages_go_where_they_are_wanted() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let web = systems.running("web");
    let log = systems.folder.join("messages");
    let path = log.display().to_string();
    let set = |args: &[&str]| systems.run(&[args, &["set", &web, "cwd=/tmp"]].concat()).ok().stderr;
    assert!(set(&[]).contains("at the next start"));
    assert_eq!(set(&["--quiet"]), "");
    assert!(set(&["--verbose"]).contains("write "));
    assert_eq!(set(&["--quiet", "--log-file", &path, "--log-level", "debug"]), "");
    let text = fs::read_to_string(&log).expect("it was written");
    assert!(text.contains(" debug write ") && text.contains(" info cwd: at the next start"), "{text}");
    systems.run(&["--log-file", &path, "--log-level", "error", "start", &web]).exits(11);
    let text = fs::read_to_string(&log).expect("it was written");
    assert!(text.lines().last().is_some_and(|line| line.contains(" error start ")), "{text}");
}

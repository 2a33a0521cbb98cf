// SPDX-License-Identifier: Apache-2.0
//! Calls that an older kernel lacks, or that the filter of an engine around us denies. Where there is a safe way
//! without one it is taken; where there is none, the error says what is missing, and nothing is left behind.

use crate::{covers, destinations, paths, races};
use integration_tests::{Bundle, Ran, behind, build_program, needs};
use std::process::Command;

const ENOSYS: &str = "38";
const EPERM: &str = "1";

/// Numbers on x86_64.
const CALLS: &[(&str, &str)] = &[
    ("openat2", "437"),
    ("open_tree", "428"),
    ("move_mount", "429"),
    ("fsopen", "430"),
    ("fsconfig", "431"),
    ("fsmount", "432"),
    ("mount_setattr", "442"),
    ("clone3", "435"),
    ("pidfd_open", "434"),
    ("pidfd_send_signal", "424"),
    ("close_range", "436"),
];

/// Those without which everything works all the same.
const DONE_WITHOUT: &[&str] = &["openat2", "clone3"];

/// What becomes of this thread's containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offered {
    /// All calls are there.
    All,
    /// Those that are denied have a substitute: everything works.
    Replaced,
    /// A refusal is as good as success.
    Denied,
}

thread_local! {
    static OFFERED: std::cell::Cell<Offered> = const { std::cell::Cell::new(Offered::All) };
}

/// Whether this thread's tests run with calls denied, so that a refusal is as good as success.
pub(crate) fn is_denied() -> bool {
    OFFERED.get() == Offered::Denied
}

/// Whether this thread's tests run once more for calls that are denied, so that fewer rounds do.
pub(crate) fn is_again() -> bool {
    OFFERED.get() != Offered::All
}

/// ctrun with these calls denied.
fn denied(ct: &Bundle, errno: &str, calls: &str, args: &[&str]) -> Ran {
    let program = build_program("hostile/deny", &ct.folder.join("deny"));
    let ctrun = ct.command(args);
    let mut command = Command::new(program);
    command.args([errno, calls]).arg(ctrun.get_program()).args(ctrun.get_args()).current_dir(&ct.folder);
    ct.finish(&mut command)
}

// SEC-19
#[test]
fn a_call_that_is_missing_is_done_without_or_named() {
    needs!(Root, Gcc);
    for (name, number) in CALLS {
        let ct = Bundle::sh("echo 42");
        let ran = denied(&ct, ENOSYS, number, &["run", &ct.id]);
        if ran.code == 0 || DONE_WITHOUT.contains(name) {
            assert_eq!(ran.ok().stdout, "42\n", "{name}");
        } else {
            let said = ran.fails_with(name).stderr;
            assert!(
                said.contains("it needs Linux") || said.contains("function not implemented"),
                "{name}: {said}"
            );
        }
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{name}");
    }
}

// SEC-19
#[test]
fn a_call_that_is_denied_is_done_without_or_named() {
    needs!(Root, Gcc);
    for (name, number) in CALLS {
        let ct = Bundle::sh("echo 42");
        let ran = denied(&ct, EPERM, number, &["run", &ct.id]);
        if ran.code == 0 || DONE_WITHOUT.contains(name) {
            assert_eq!(ran.ok().stdout, "42\n", "{name}");
        } else {
            ran.fails_with(name).fails_with("operation not permitted");
        }
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{name}");
    }
}

// SEC-19: a container that exists can be seen, killed and removed with whatever the host still has.
#[test]
fn what_is_there_can_be_removed_without_the_newer_calls() {
    needs!(Root, Gcc);
    for (name, number) in CALLS.iter().filter(|(name, _)| !name.starts_with("pidfd")) {
        let ct = Bundle::running(["sleep", "1000"]);
        ct.create().ok();
        ct.start().ok();
        denied(&ct, ENOSYS, number, &["state", &ct.id]).ok();
        denied(&ct, ENOSYS, number, &["list"]).ok();
        denied(&ct, ENOSYS, number, &["delete", "--force", &ct.id]).ok();
        assert_eq!(ct.left_behind(), Vec::<String>::new(), "{name}");
    }
}

/// What the tests of paths hold: SEC-03 to SEC-06, SEC-11 to SEC-16.
const PATHS: &[fn()] = &[
    covers::a_label_goes_to_the_kernel_or_is_refused,
    covers::kernel_parameters_go_to_the_kernel_whatever_is_mounted,
    covers::kernel_parameters_go_to_the_kernel_without_a_proc,
    covers::time_offsets_go_to_the_kernel,
    destinations::nothing_is_put_outside_of_the_root,
    paths::a_file_that_is_mounted_on_is_not_the_hosts,
    paths::a_masked_path_is_hidden_by_the_null_device_alone,
    paths::a_terminal_is_mounted_on_nothing_outside,
    paths::no_node_is_made_through_a_link,
    paths::proc_and_sys_are_ordinary_directories,
    races::a_swap_of_devices_does_not_lead_out,
    races::a_swap_of_proc_and_sys_does_not_lead_out,
    races::a_swap_while_mounts_are_made_does_not_lead_out,
];

/// Runs the tests of paths where these calls fail like this: each is a clean refusal, or as safe as with them.
fn paths_are_safe_without(errno: &str, calls: &str) {
    paths_without(errno, calls, Offered::Denied);
}

/// The same where each is as with them.
fn paths_work_without(errno: &str, calls: &str) {
    paths_without(errno, calls, Offered::Replaced);
}

fn paths_without(errno: &str, calls: &str, what: Offered) {
    let place = Bundle::new();
    let deny = build_program("hostile/deny", &place.folder.join("deny"));
    behind(&[deny.into(), errno.into(), calls.into()], || {
        OFFERED.set(what);
        PATHS.iter().for_each(|test| test());
        OFFERED.set(Offered::All);
    });
}

// SEC-03 to SEC-16, SEC-19: the walk that is openat2's substitute leads nowhere else.
#[test]
fn paths_are_the_same_without_openat2() {
    needs!(Root, Gcc);
    paths_work_without(ENOSYS, "437");
    paths_work_without(EPERM, "437");
}

// SEC-03 to SEC-16, SEC-19: no way without the mount calls that are for descriptors, all of them or some.
#[test]
fn paths_are_safe_without_the_mount_calls() {
    needs!(Root, Gcc);
    for calls in ["428,429,430,431,432,442", "442", "429", "430,431,432"] {
        paths_are_safe_without(ENOSYS, calls);
    }
    // Of EPERM it could believe that it comes from the path.
    paths_are_safe_without(EPERM, "428,442");
}

// SEC-03 to SEC-16, SEC-19: clone(2) does the same.
#[test]
fn paths_are_the_same_without_clone3() {
    needs!(Root, Gcc);
    paths_work_without(ENOSYS, CLONE3);
    paths_work_without(EPERM, CLONE3);
}

// SEC-03 to SEC-16, SEC-19
#[test]
fn paths_are_safe_without_pidfds() {
    needs!(Root, Gcc);
    for calls in ["434", "424,438", "436"] {
        paths_are_safe_without(ENOSYS, calls);
    }
}

const CLONE3: &str = "435";

/// As on a host with cgroup v2 and nothing else: mounted over what is there, for one command.
const ON_V2: [&str; 6] =
    ["unshare", "--mount", "sh", "-c", "mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$@\"", "sh"];

/// Runs the body with clone3 denied in both ways, on this host's cgroups and with v2 alone.
fn without_clone3(body: impl Fn()) {
    let place = Bundle::new();
    let deny = build_program("hostile/deny", &place.folder.join("deny"));
    for errno in [ENOSYS, EPERM] {
        let words = [deny.clone().into(), errno.into(), CLONE3.into()];
        behind(&words, &body);
        let on_v2: Vec<_> = ON_V2.iter().map(Into::into).chain(words).collect();
        behind(&on_v2, &body);
    }
}

/// Where a process of the container is, as it sees it and as the host does: not where the runtime is.
fn assert_in_cgroup(ct: &Bundle, seen: &str) {
    assert!(seen.lines().all(|line| line.ends_with(":/")), "{seen}");
    assert!(!seen.is_empty());
    let host = std::fs::read_to_string(format!("/proc/{}/cgroup", ct.pid())).unwrap();
    let unified = host.lines().find(|line| line.starts_with("0::")).unwrap();
    assert!(unified.ends_with(&ct.id), "{host}");
}

// SEC-19, OC-03 to OC-06: a process that cannot be born in its cgroup waits until it was brought there.
#[test]
fn a_container_lives_without_clone3() {
    needs!(Root, Gcc);
    without_clone3(|| {
        for mapped in [false, true] {
            let ct = Bundle::sh("cat /proc/self/cgroup; sleep 1000");
            if mapped {
                ct.change(|c| integration_tests::map_users(c, 100_000));
                ct.change(|c| c["root"]["readonly"] = serde_json::json!(false));
            }
            ct.create().ok();
            ct.start().ok();
            assert!(integration_tests::wait_until(|| ct.stdout().ends_with(":/\n")));
            assert_in_cgroup(&ct, &ct.stdout());
            assert_in_cgroup(&ct, &ct.exec(["cat", "/proc/self/cgroup"]).ok().stdout);
            ct.ctrun(["exec", "--detach", &ct.id, "sleep", "1001"]).ok();
            // The container's own and this one.
            let ps = ct.ctrun(["ps", "--format", "json", &ct.id]).ok().json();
            assert_eq!(ps.as_array().unwrap().len(), 2, "{ps}");
            ct.delete_force().ok();
            ct.change(|c| {
                c["process"]["args"] = serde_json::json!(["sh", "-c", "cat /proc/self/cgroup; exit 3"]);
            });
            let seen = ct.run().exits(3).stdout;
            assert!(seen.lines().all(|line| line.ends_with(":/")), "{seen}");
        }
    });
}

// SEC-19: a failure after the second try leaves as little behind as one after the first.
#[test]
fn a_create_without_clone3_that_fails_leaves_nothing() {
    needs!(Root, Gcc);
    without_clone3(|| {
        let ct = Bundle::running(["/bin/absent"]);
        ct.create().fails_with("/bin/absent");
        ct.run().fails_with("/bin/absent");
        assert_eq!(ct.left_behind(), Vec::<String>::new());
        ct.change(|c| c["process"]["args"] = serde_json::json!(["true"]));
        ct.create().ok();
        ct.start().ok();
        ct.wait_for("stopped");
        ct.delete().ok();
    });
}

// SEC-19, SP-18, SP-04: hooks inside, namespaces that are joined, mounts with ids of their own.
#[test]
fn all_that_clones_does_without_clone3() {
    needs!(Root, Gcc);
    without_clone3(|| {
        let ct = Bundle::running(["sleep", "1000"]).with(|c| {
            let hook = serde_json::json!({ "path": "/bin/true" });
            for kind in ["createContainer", "startContainer"] {
                c["hooks"][kind] = serde_json::json!([hook]);
            }
        });
        ct.create().ok();
        ct.start().ok();
        let other = Bundle::sh("ps | grep -c 'sleep 100[0]'").with(|c| {
            let path = format!("/proc/{}/ns/pid", ct.pid());
            integration_tests::add_namespace(c, "pid", Some(&path));
        });
        assert_eq!(other.run().ok().stdout, "1\n");
        ct.delete_force().ok();
    });
}

// SPDX-License-Identifier: Apache-2.0
//! Where a container's cgroup is, whose it is, and what it shows inside (SP-25, SEC-25).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use integration_tests::{Bundle, Need, cgroup_folders, is_met, map_users, needs};
use serde_json::json;

// SP-25
#[test]
fn the_cgroups_path_is_where_it_says() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.change(|c| c["linux"]["cgroupsPath"] = json!(format!("/{}-parent/inner", ct.id)));
    ct.create().ok();
    let own = fs::read_to_string(format!("/proc/{}/cgroup", ct.pid())).unwrap();
    assert!(own.contains(&format!("/{}-parent/inner\n", ct.id)), "{own}");
    ct.delete_force().ok();
    // The folder above is not the container's own: whoever named it takes it away.
    for folder in cgroup_folders(&ct.id) {
        fs::remove_dir(folder).unwrap();
    }
}

// SP-25, SEC-19
#[test]
fn a_cgroups_path_does_not_climb() {
    needs!(Root);
    for path in ["/../../x", "/a/../../x", "../x"] {
        let ct = Bundle::new().with(|c| c["linux"]["cgroupsPath"] = json!(path));
        let ran = ct.run();
        assert!(!Path::new("/sys/fs/x").exists());
        if ran.code == 0 {
            continue;
        }
        assert!(ran.stderr.contains("cgroupsPath"), "{ran:?}");
    }
}

// SP-25: without a path, one of the runtime's own choice that holds the id.
#[test]
fn without_a_path_the_cgroup_has_the_containers_name() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]).with(|c| {
        c["linux"].as_object_mut().unwrap().remove("cgroupsPath");
    });
    ct.create().ok();
    assert!(!cgroup_folders(&ct.id).is_empty());
    ct.delete_force().ok();
}

// SP-25: a cgroup with someone else in it is not ours to take.
#[test]
fn a_cgroup_in_use_is_refused() {
    needs!(Root);
    let first = Bundle::running(["sleep", "1000"]);
    first.create().ok();
    let second = Bundle::new().with(|c| c["linux"]["cgroupsPath"] = json!(format!("/{}", first.id)));
    second.create().fails();
    assert_eq!(first.status(), "created");
    first.delete_force().ok();
}

/// A cgroup that is there before the container, in the hierarchy that freezes; removed with whoever is in it.
struct Cgroup {
    path: PathBuf,
    member: Option<Child>,
}

impl Cgroup {
    fn new(name: &str) -> Self {
        let freezer = Path::new("/sys/fs/cgroup/freezer");
        let hierarchy = if freezer.exists() { freezer } else { Path::new("/sys/fs/cgroup") };
        let path = hierarchy.join(name);
        fs::create_dir(&path).unwrap();
        Self { path, member: None }
    }

    /// Freezes it, or lets it go on.
    fn freeze(&self, is_frozen: bool) {
        let (file, value) = match (self.path.join("freezer.state"), is_frozen) {
            (v1, true) if v1.exists() => (v1, "FROZEN"),
            (v1, false) if v1.exists() => (v1, "THAWED"),
            (_, is_frozen) => (self.path.join("cgroup.freeze"), if is_frozen { "1" } else { "0" }),
        };
        fs::write(file, value).unwrap();
    }

    /// Puts a process into it, or into one below it.
    fn join(&mut self, below: &str) {
        let folder = self.path.join(below);
        fs::create_dir_all(&folder).unwrap();
        let child = Command::new("sleep").arg("1000").spawn().unwrap();
        fs::write(folder.join("cgroup.procs"), child.id().to_string()).unwrap();
        self.member = Some(child);
    }

    fn is_there(&self) -> bool {
        self.path.is_dir()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if let Some(mut member) = self.member.take() {
            member.kill().unwrap();
            member.wait().unwrap();
        }
        for folder in fs::read_dir(&self.path).into_iter().flatten().flatten().filter(|e| e.path().is_dir()) {
            fs::remove_dir(folder.path()).unwrap();
        }
        // A container that was allowed into it took it away.
        let _absent = fs::remove_dir(&self.path);
    }
}

// SP-25: an empty one is used, and goes with the container as one of the runtime's own does.
#[test]
fn an_empty_cgroup_is_used() {
    needs!(Root, Freezer);
    let ct = Bundle::running(["sleep", "1000"]);
    let cgroup = Cgroup::new(&ct.id);
    ct.create().ok();
    let inside = fs::read_to_string(cgroup.path.join("cgroup.procs")).unwrap();
    assert_eq!(inside.trim(), ct.pid().to_string());
    ct.delete_force().ok();
    assert!(!cgroup.is_there());
}

// SP-25: a program in a frozen cgroup would hang, and thawing it is not ours to decide.
#[test]
fn a_frozen_cgroup_is_refused() {
    needs!(Root, Freezer);
    let ct = Bundle::running(["sleep", "1000"]);
    let cgroup = Cgroup::new(&ct.id);
    cgroup.freeze(true);
    ct.create().fails_with("frozen");
    assert!(cgroup.is_there());
    let left = ct.left_behind();
    assert_eq!(left, [format!("cgroup {}", cgroup.path.display())]);
    cgroup.freeze(false);
    ct.create().ok();
    ct.delete_force().ok();
}

// SP-25: nor one with somebody in a cgroup below it.
#[test]
fn a_cgroup_with_somebody_in_it_is_refused() {
    needs!(Root, Freezer);
    for below in ["", "service"] {
        let ct = Bundle::running(["sleep", "1000"]);
        let mut cgroup = Cgroup::new(&ct.id);
        cgroup.join(below);
        ct.create().fails_with("not empty");
        let member = cgroup.member.as_mut().unwrap();
        assert!(member.try_wait().unwrap().is_none(), "its process was killed");
    }
}

fn writable(ct: &Bundle) {
    ct.change(|c| {
        for mount in c["mounts"].as_array_mut().unwrap() {
            if mount["destination"] == "/sys/fs/cgroup" {
                mount["options"] = json!(["nosuid", "noexec", "nodev", "rw"]);
            }
        }
        c["linux"]["resources"]["pids"] = json!({ "limit": 100 });
    });
}

/// What in the container's cgroup belongs to this user, sorted; `.` is the cgroup itself.
fn owned_by(ct: &Bundle, uid: u32) -> Vec<String> {
    let hierarchy = if is_met(Need::CgroupV2) { "/sys/fs/cgroup" } else { "/sys/fs/cgroup/systemd" };
    let folder = Path::new(hierarchy).join(&ct.id);
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut owned: Vec<String> = names.chain([".".to_owned()]).collect();
    owned.retain(|name| fs::metadata(folder.join(name)).unwrap().uid() == uid);
    owned.sort();
    owned
}

/// What the kernel says can be given away without giving the limits away, as far as it is there.
fn delegable(ct: &Bundle) -> Vec<String> {
    if !is_met(Need::CgroupV2) {
        return [".", "cgroup.procs", "tasks"].map(str::to_owned).to_vec();
    }
    let list = fs::read_to_string("/sys/kernel/cgroup/delegate").unwrap();
    let folder = Path::new("/sys/fs/cgroup").join(&ct.id);
    let there = list.lines().filter(|name| folder.join(name).exists());
    let mut names: Vec<String> = there.map(str::to_owned).chain([".".to_owned()]).collect();
    names.sort();
    names
}

// SP-25, SEC-09: root inside divides its cgroup, and does not change its limits.
#[test]
fn the_containers_root_owns_what_can_be_divided() {
    needs!(Root, Pids);
    let ct = Bundle::running(["sleep", "1000"]).with(|c| map_users(c, 100_000));
    writable(&ct);
    ct.create().ok();
    ct.start().ok();
    assert_eq!(owned_by(&ct, 100_000), delegable(&ct));
    let hierarchy = if is_met(Need::CgroupV2) { "/sys/fs/cgroup" } else { "/sys/fs/cgroup/systemd" };
    let divide = format!("cd {hierarchy} && mkdir own && echo 1 > own/cgroup.procs && cat own/cgroup.procs");
    assert_eq!(ct.exec(["sh", "-c", &divide]).ok().stdout, "1\n");
    let limit = if is_met(Need::CgroupV2) { "pids.max" } else { "../pids/pids.max" };
    ct.exec(["sh", "-c", &format!("cd {hierarchy} && echo max > {limit}")]).fails();
    ct.delete_force().ok();
}

// SP-25: as in runc, it is the program's user whom the cgroup is for.
#[test]
fn the_programs_user_owns_what_can_be_divided() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]).with(|c| {
        map_users(c, 100_000);
        c["process"]["user"] = json!({ "uid": 1000, "gid": 1000 });
    });
    writable(&ct);
    ct.create().ok();
    assert_eq!(owned_by(&ct, 101_000), delegable(&ct));
    ct.delete_force().ok();
}

// SP-25, SEC-09: all else stays the host's.
#[test]
fn nothing_is_given_without_namespaces_and_a_writable_mount() {
    needs!(Root);
    let read_only = Bundle::running(["sleep", "1000"]).with(|c| map_users(c, 100_000));
    let shared = Bundle::running(["sleep", "1000"]).with(|c| {
        map_users(c, 100_000);
        integration_tests::remove_namespace(c, "cgroup");
    });
    writable(&shared);
    for ct in [read_only, shared] {
        ct.create().ok();
        assert_eq!(owned_by(&ct, 100_000), Vec::<String>::new());
        ct.delete_force().ok();
    }
}

/// Looks for a release_agent in what is mounted and in what can be mounted, and tells what it could write.
const RELEASE_AGENT: &str = "
    try() { for f in $(find $1 -name release_agent); do echo found $f; (echo /x > $f) 2> /dev/null && echo written $f; done; }
    try /sys/fs/cgroup
    for controller in memory pids cpu rdma none,name=systemd none,name=mine; do
        mount -t cgroup -o $controller cgroup /tmp 2> /dev/null || continue
        echo mounted $controller >&2; try /tmp; umount /tmp
    done
    echo tried";

// SEC-25 (CVE-2022-0492): without a seccomp profile, whatever the namespaces and however writable the mount.
#[test]
fn no_release_agent_is_inside() {
    needs!(Root);
    for (users, own_namespace, is_writable) in [
        (None, true, false),
        (None, true, true),
        (None, false, true),
        (Some(100_000), true, true),
        (Some(100_000), false, true),
    ] {
        let ct = Bundle::sh(RELEASE_AGENT).with(|c| {
            assert!(c["linux"]["seccomp"].is_null());
            if let Some(first) = users {
                map_users(c, first);
                for set in ["bounding", "effective", "permitted"] {
                    c["process"]["capabilities"][set] = json!(["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]);
                }
            }
            if !own_namespace {
                integration_tests::remove_namespace(c, "cgroup");
            }
        });
        if is_writable {
            writable(&ct);
        }
        let ran = ct.run().ok();
        assert_eq!(ran.stdout, "tried\n", "{users:?} {own_namespace} {is_writable}: {ran:?}");
        // With rights of its own it does see v1's hierarchies: from its own cgroup downwards.
        if users.is_some() && own_namespace && is_met(Need::CgroupV1) {
            assert!(ran.stderr.contains("mounted memory"), "{ran:?}");
        }
    }
}

// SEC-25: nor in a user namespace of the program's own making, with every right in there. Linux maps root into one only
// for CAP_SETFCAP, which engines give by default.
#[test]
fn no_release_agent_is_in_a_namespace_made_inside() {
    needs!(Root);
    let script = format!("/bin/busybox unshare -Urm sh -c '{RELEASE_AGENT}'");
    for is_writable in [false, true] {
        let ct = Bundle::sh(&script).with(|c| {
            for set in ["bounding", "effective", "permitted"] {
                c["process"]["capabilities"][set] = json!(["CAP_SETFCAP", "CAP_DAC_OVERRIDE"]);
            }
        });
        if is_writable {
            writable(&ct);
        }
        let ran = ct.run();
        assert_eq!(ran.stdout, "tried\n", "{ran:?}");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Containers of ordinary users: what they are given of the host's cgroups, they cannot change.

use integration_tests::{Bundle, Ran, add_mount, add_namespace, behind, map_users, needs, remove_namespace};
use rustix::fs::{Gid, Uid, chown};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

const USER: u32 = 1000;

/// Opens every control file to write, without writing, and tries to make a cgroup everywhere. The folders of the
/// host's own cgroups come and go meanwhile.
const REACH: &str = "find /sys/fs/cgroup -name cgroup.procs > /dev/shm/files 2> /dev/null; \
    find /sys/fs/cgroup -type d > /dev/shm/folders 2> /dev/null; \
    while read f; do ( : >> $f ) 2> /dev/null && echo writable $f; done < /dev/shm/files; \
    while read d; do mkdir $d/made-inside 2> /dev/null && echo made $d && rmdir $d/made-inside; done < /dev/shm/folders; \
    echo looked";

/// A cgroup on the host that belongs to the user, as a login session has one.
struct OwnCgroup(PathBuf);

impl OwnCgroup {
    fn new(ct: &Bundle) -> Self {
        let root = Path::new("/sys/fs/cgroup");
        let hierarchy = [root.join("unified"), root.join("pids"), root.to_owned()];
        let hierarchy = hierarchy.into_iter().find(|h| h.join("cgroup.procs").exists()).unwrap();
        let folder = hierarchy.join(format!("{}-owned", ct.id));
        fs::create_dir(&folder).unwrap();
        for name in ["", "cgroup.procs"] {
            give(&folder.join(name));
        }
        Self(folder)
    }
}

impl Drop for OwnCgroup {
    fn drop(&mut self) {
        let _gone = fs::remove_dir(&self.0);
    }
}

fn give(path: &Path) {
    chown(path, Some(Uid::from_raw(USER)), Some(Gid::from_raw(USER))).unwrap();
}

/// The configuration that `spec --rootless` writes for the user.
fn spec_for_users(ct: &Bundle) -> Value {
    let folder = ct.folder.join("spec");
    fs::create_dir(&folder).unwrap();
    give(&folder);
    ct.ctrun(["spec", "--rootless", "--bundle", folder.to_str().unwrap()]).ok();
    serde_json::from_slice(&fs::read(folder.join("config.json")).unwrap()).unwrap()
}

/// What is done to the configuration.
type Change = fn(&mut Value);

const NAMESPACES: &[(&str, Change)] = &[
    ("the host's cgroup namespace", |c| remove_namespace(c, "cgroup")),
    ("a new cgroup namespace", |c| add_namespace(c, "cgroup", None)),
];

const MOUNTS: &[(&str, Change)] = &[
    ("as they are", |_| {}),
    ("/sys of the host", |c| {
        let mounts = c["mounts"].as_array_mut().unwrap();
        let place = mounts.iter().position(|mount| mount["destination"] == "/sys").unwrap();
        mounts[place] = json!({ "destination": "/sys", "type": "none", "source": "/sys",
            "options": ["rbind", "nosuid", "noexec", "nodev", "ro"] });
    }),
    ("cgroups of the host", |c| {
        let mounts = c["mounts"].as_array_mut().unwrap();
        mounts.retain(|mount| mount["destination"] != "/sys/fs/cgroup");
        add_mount(c, "/sys/fs/cgroup", "bind", "/sys/fs/cgroup", &["rbind", "rro"]);
    }),
];

fn run(ct: &Bundle, config: &Value) -> Ran {
    ct.change(|c| {
        *c = config.clone();
        c["process"]["terminal"] = json!(false);
        c["process"]["args"] = json!(["sh", "-c", REACH]);
    });
    ct.run()
}

// SEC-09: an ordinary user's container, in each combination; among the host's cgroups one is the user's own.
#[test]
fn cgroups_cannot_be_written_in_an_ordinary_users_container() {
    needs!(Root);
    let user = USER.to_string();
    let words = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups"];
    let as_user: Vec<OsString> = words.iter().map(OsString::from).collect();
    let ct = behind(&as_user, Bundle::new);
    let _own = OwnCgroup::new(&ct);
    fs::create_dir(ct.root()).unwrap();
    give(&ct.root());
    let config = spec_for_users(&ct);
    for (namespace, change_namespaces) in NAMESPACES {
        for (mounts, change_mounts) in MOUNTS {
            let mut config = config.clone();
            change_namespaces(&mut config);
            change_mounts(&mut config);
            let ran = run(&ct, &config).ok();
            assert_eq!(ran.stdout, "looked\n", "{namespace}, mounts: {mounts}");
        }
    }
}

// SEC-09: the same for a user namespace that root makes, whose root is the user.
#[test]
fn cgroups_cannot_be_written_by_the_root_of_a_user_namespace() {
    needs!(Root);
    for (namespace, change_namespaces) in NAMESPACES {
        for (mounts, change_mounts) in MOUNTS {
            let ct = Bundle::new();
            let _own = OwnCgroup::new(&ct);
            let mut config =
                serde_json::from_slice(&fs::read(ct.folder.join("config.json")).unwrap()).unwrap();
            map_users(&mut config, USER);
            change_namespaces(&mut config);
            change_mounts(&mut config);
            let ran = run(&ct, &config).ok();
            assert_eq!(ran.stdout, "looked\n", "{namespace}, mounts: {mounts}");
        }
    }
}

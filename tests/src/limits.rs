// SPDX-License-Identifier: Apache-2.0
//! What a container's cgroups say.

use std::fs;

use crate::leaks::cgroup_folders;

/// The content of the first of these files that one of the container's cgroups has: v2's name, v1's.
#[must_use]
#[track_caller]
pub fn limit(id: &str, names: &[&str]) -> String {
    let folders = cgroup_folders(id);
    let found = folders.iter().flat_map(|f| names.iter().map(move |n| f.join(n))).find(|p| p.exists());
    let path = found.unwrap_or_else(|| panic!("none of {names:?} in {folders:?}"));
    fs::read_to_string(path).expect("a limit can be read").trim().to_owned()
}

/// Major and minor number of a disk of this machine, which limits of block devices are written for.
#[must_use]
pub fn disk() -> (u32, u32) {
    let text = fs::read_to_string("/sys/block/vda/dev").unwrap_or_else(|_| "7:0\n".to_owned());
    let (major, minor) = text.trim().split_once(':').expect("the kernel writes MAJOR:MINOR");
    (major.parse().expect("a number"), minor.parse().expect("a number"))
}

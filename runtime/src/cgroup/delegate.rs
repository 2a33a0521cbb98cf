// SPDX-License-Identifier: Apache-2.0
//! Giving a cgroup to the container: so that an init inside can divide it among its services.

use super::place::{Directory, Place};
use crate::error::{Context, Result};
use crate::spec::{IdMapping, Spec, mount_options};
use runtime_sys::cgroupfs;
use runtime_sys::{BorrowedFd, Errno};

/// The files that go with the directory when the kernel does not list them (before 4.15).
const FILES: &str = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n";

/// Who the cgroup is to belong to, as user and group of the host: the payload's user, if the container has a cgroup
/// namespace of its own and a writable mount of it, and nobody else otherwise.
#[must_use]
pub fn new_owner(spec: &Spec<'_>) -> Option<(u32, u32)> {
    let linux = spec.linux.as_ref()?;
    let own = |kind: &str| {
        linux.namespaces.iter().any(|namespace| {
            &*namespace.kind == kind && namespace.path.as_deref().unwrap_or_default().is_empty()
        })
    };
    let is_writable = spec.mounts.iter().any(|mount| {
        let is_cgroup = matches!(mount.kind.as_deref(), Some("cgroup" | "cgroup2"));
        let destination = mount.destination.trim_end_matches('/');
        is_cgroup && destination == "/sys/fs/cgroup" && !mount_options::parse(&mount.options).read_only()
    });
    if !(own("cgroup") && own("user") && is_writable) {
        return None;
    }
    let (uid, gid) = spec.process.as_ref().map_or((0, 0), |process| (process.user.uid, process.user.gid));
    Some((on_host(&linux.uid_mappings, uid)?, on_host(&linux.gid_mappings, gid)?))
}

fn on_host(maps: &[IdMapping], id: u32) -> Option<u32> {
    let map = maps.iter().find(|map| id >= map.container_id && id - map.container_id < map.size)?;
    map.host_id.checked_add(id - map.container_id)
}

/// Gives a place on v2, or a hierarchy of v1 that has no controller, to an owner. What limits it stays the host's.
pub(super) fn give(mount: BorrowedFd<'_>, place: &Place, (uid, gid): (u32, u32)) -> Result<()> {
    let what = || format!("give the cgroup {} to user {uid}", place.absolute());
    let directory = Directory::open(mount, &place.path).context(what)?;
    cgroupfs::chown(directory.fd(), ".", uid, Some(gid)).context(what)?;
    let listed = if place.is_v2() {
        std::fs::read_to_string("/sys/kernel/cgroup/delegate").unwrap_or_else(|_| FILES.to_owned())
    } else {
        "cgroup.procs\ntasks\n".to_owned()
    };
    for file in listed.lines().filter(|file| !file.is_empty() && !file.contains('/')) {
        match cgroupfs::chown(directory.fd(), file, uid, Some(gid)) {
            // The list has files of controllers that are not enabled here.
            Err(error) if error.errno == Errno::NOENT => {}
            other => other.context(what)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(mount: &str, namespaces: &str) -> Option<(u32, u32)> {
        let json = format!(
            r#"{{"ociVersion":"1.3.0","process":{{"user":{{"uid":7,"gid":3}}}},"mounts":[{mount}],"linux":{{
            "namespaces":[{namespaces}],"uidMappings":[{{"containerID":0,"hostID":100000,"size":1000}}],
            "gidMappings":[{{"containerID":0,"hostID":200000,"size":1000}}]}}}}"#
        );
        new_owner(&serde_json::from_str(&json).unwrap())
    }

    // SP-25, SEC-09
    #[test]
    fn only_a_writable_cgroup_in_namespaces_of_its_own_is_given_away() {
        let mount = |option: &str| {
            format!(
                r#"{{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["{option}"]}}"#
            )
        };
        let both = r#"{"type":"cgroup"},{"type":"user"}"#;
        assert_eq!(owner(&mount("rw"), both), Some((100_007, 200_003)));
        assert_eq!(owner(&mount("ro"), both), None);
        assert_eq!(owner("", both), None);
        assert_eq!(owner(&mount("rw"), r#"{"type":"cgroup"}"#), None);
        assert_eq!(
            owner(&mount("rw"), r#"{"type":"user"},{"type":"cgroup","path":"/proc/1/ns/cgroup"}"#),
            None
        );
    }
}

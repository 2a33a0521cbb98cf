// SPDX-License-Identifier: Apache-2.0
//! Mounts of type `cgroup`: the container's own control groups, however the host has them.

use super::arena::Arena;
use super::facts::{CgroupView, Facts};
use super::mounts::{Planned, empty, file_system};
use crate::error::{Error, Result};
use crate::spec;
use crate::spec::mount_options::MountOptions;
use stage::plan::{Attributes, Bind, Link};

/// `MOUNT_ATTR_RDONLY`.
const READ_ONLY: u64 = 1;

/// `MOUNT_ATTR_*` of a mount in the tmpfs that holds hierarchies of v1.
const NOSUID_NODEV_NOEXEC: u64 = 0x0e;

/// Appends what shows the container its control groups: one mount on v2; on v1 a tmpfs with one mount for each
/// hierarchy. In a cgroup namespace the file system shows the container's part by itself; without one its directory
/// is bound, so that the rest of the tree stays out of sight.
pub(super) fn plan<'a>(
    arena: &'a Arena,
    mount: &spec::Mount<'_>,
    options: &MountOptions<'_>,
    facts: &Facts<'_>,
    planned: &mut Vec<Planned<'a>>,
) -> Result<()> {
    check(options)?;
    let target = &*mount.destination;
    match &facts.cgroups {
        CgroupView::V2(path) => {
            planned.push(show(arena, target, options, facts, ("cgroup2", ""), path)?);
        }
        CgroupView::OfCaller(path) => {
            // Whatever config.json says, and as with runc: the caller's other processes are in it (CVE-2023-25809).
            let options = MountOptions { set: options.set | READ_ONLY, ..options.clone() };
            planned.push(show(arena, target, &options, facts, ("cgroup2", ""), path)?);
        }
        CgroupView::V1(hierarchies) => {
            let mut holder = empty(arena, target)?;
            let data = MountOptions { data: vec!["mode=755"], ..MountOptions::default() };
            holder.fs = Some(file_system(arena, "tmpfs", "tmpfs", &data)?);
            holder.attributes = options.set & !READ_ONLY | NOSUID_NODEV_NOEXEC;
            holder.readonly_later = options.read_only();
            let mut links = Vec::new();
            for (name, _, _) in hierarchies.iter().filter(|(name, _, _)| name.contains(',')) {
                for controller in name.split(',') {
                    links.push(Link { target: arena.c_str(name)?, path: arena.c_str(controller)? });
                }
            }
            holder.links = arena.list(&links);
            planned.push(Planned::plain(holder));
            for (name, data, path) in hierarchies {
                let fstype = if data.is_empty() { "cgroup2" } else { "cgroup" };
                let place = format!("{target}/{name}");
                planned.push(show(arena, &place, options, facts, (fstype, data), path)?);
            }
        }
    }
    Ok(())
}

/// What the file systems of control groups know is the host's; the kernel takes it from inside and does nothing.
const OF_THE_HOST: [&str; 6] = [
    "favordynmods",
    "memory_hugetlb_accounting",
    "memory_localevents",
    "memory_recursiveprot",
    "nsdelegate",
    "pids_localevents",
];

/// The container's own hierarchies are what they are on the host: no option changes them.
fn check(options: &MountOptions<'_>) -> Result<()> {
    let words = options.data.iter().flat_map(|data| data.split(','));
    let mut unknown = words.filter(|word| !word.is_empty() && !OF_THE_HOST.contains(word));
    let unknown = unknown.next().or(options.copy_up.then_some("tmpcopyup"));
    match unknown.or(options.super_flags.first().copied()) {
        Some(word) => Err(Error::invalid(format!(
            "option {word:?}: a mount of control groups takes flags of a mount, and no data: remove it"
        ))),
        None => Ok(()),
    }
}

fn show<'a>(
    arena: &'a Arena,
    target: &str,
    options: &MountOptions<'_>,
    facts: &Facts<'_>,
    (fstype, data): (&str, &str),
    path: &str,
) -> Result<Planned<'a>> {
    let mut mount = empty(arena, target)?;
    mount.propagation = arena.list(&options.propagation);
    if facts.has_cgroup_namespace() {
        let data = data.split(',').filter(|word| !word.is_empty()).collect();
        let options = MountOptions { data, ..options.clone() };
        mount.fs = Some(file_system(arena, fstype, "cgroup", &options)?);
        mount.attributes = options.set;
        return Ok(Planned::plain(mount));
    }
    mount.bind = Some(Bind {
        source: arena.c_str(path)?,
        recursive: false,
        nofollow: true,
        top: Attributes { set: options.set, clear: options.clear },
        tree: Attributes { set: 0, clear: 0 },
        propagation: facts.inherited_propagation,
    });
    Ok(Planned::plain(mount))
}

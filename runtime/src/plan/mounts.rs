// SPDX-License-Identifier: Apache-2.0
//! From the mounts of config.json to the stage's list.

use super::arena::Arena;
use super::cgroup_mount;
use super::facts::Facts;
use crate::error::{Error, Result};
use crate::spec;
use crate::spec::mount_options::{self, MS_REC, MountOptions};
use stage::plan::{Attributes, Bind, FileSystem, FsOption, Mount};

/// A mount and what of it only the runtime can do, before the launch.
#[derive(Debug)]
pub struct Planned<'a> {
    /// For the stage.
    pub mount: Mount<'a>,
    /// Map the ids of a bind: as the container's user namespace, or with mappings of its own.
    pub idmap: Option<Idmap>,
    /// A link as source is made again at the target (`copy-symlink`).
    pub copy_symlink: bool,
}

impl<'a> Planned<'a> {
    /// One that the stage makes without help.
    pub(super) fn plain(mount: Mount<'a>) -> Self {
        Planned { mount, idmap: None, copy_symlink: false }
    }
}

/// An id-mapped mount.
#[derive(Debug)]
pub struct Idmap {
    /// The whole tree.
    pub recursive: bool,
    /// Own mappings; empty ones mean the container's.
    pub uid: Vec<spec::IdMapping>,
    /// Own mappings; empty ones mean the container's.
    pub gid: Vec<spec::IdMapping>,
}

/// A path below the root: no leading slash, no `.`, no `..` (which cannot leave the root lexically either).
#[must_use]
pub fn below_root(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// All mounts, in order.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] with the mount's number.
pub fn plan<'a>(arena: &'a Arena, spec: &spec::Spec<'_>, facts: &Facts<'_>) -> Result<Vec<Planned<'a>>> {
    let mut planned = Vec::with_capacity(spec.mounts.len());
    for (index, mount) in spec.mounts.iter().enumerate() {
        let at = |error: Error| error.wrap(format!("/mounts/{index} ({})", &*mount.destination));
        let options = mount_options::parse(&mount.options);
        if mount.kind.as_deref() == Some("cgroup") && options.bind.is_none() {
            cgroup_mount::plan(arena, mount, &options, facts, &mut planned).map_err(at)?;
        } else {
            planned.push(one(arena, mount, &options, facts).map_err(at)?);
        }
    }
    Ok(planned)
}

/// A mount of which only the target is known.
pub(super) fn empty<'a>(arena: &'a Arena, target: &str) -> Result<Mount<'a>> {
    let target = below_root(target);
    if target.is_empty() {
        return Err(Error::invalid(
            "a mount cannot take the place of the root: name the root file system in /root",
        ));
    }
    Ok(Mount {
        target: arena.c_str(&target)?,
        refuse_links: false,
        tree: None,
        bind: None,
        fs: None,
        attributes: 0,
        remount: None,
        recursive: None,
        propagation: arena.list(&[]),
        copy_up: false,
        readonly_later: false,
        keep_mode: false,
        links: arena.list(&[]),
        symlink: None,
    })
}

fn one<'a>(
    arena: &'a Arena,
    mount: &spec::Mount<'_>,
    options: &MountOptions<'_>,
    facts: &Facts<'_>,
) -> Result<Planned<'a>> {
    let mut planned = empty(arena, &mount.destination)?;
    planned.refuse_links = options.target_nofollow;
    planned.propagation = arena.list(&options.propagation);
    let kind = mount.kind.as_deref().unwrap_or("none");
    if options.remount {
        if let Some(data) = options.data.first().or(options.super_flags.first()) {
            return Err(Error::invalid(format!(
                "option {data:?}: remount changes flags of a mount, not its file system"
            )));
        }
        if options.recursive_set | options.recursive_clear != 0 {
            return Err(Error::invalid(
                "remount changes one mount: recursive options have no meaning with it",
            ));
        }
        planned.remount = Some(Attributes { set: options.set, clear: options.clear });
        return Ok(Planned::plain(planned));
    }
    if options.bind.is_some() || kind == "bind" {
        if let Some(data) = options.data.first() {
            return Err(Error::invalid(format!("option {data:?} is unknown: a bind mount takes no data")));
        }
        planned.bind = Some(bind(arena, mount, options, facts)?);
        let idmap = (options.idmap.is_some() || !mount.uid_mappings.is_empty()).then(|| Idmap {
            recursive: options.idmap == Some(true),
            uid: mount.uid_mappings.to_vec(),
            gid: mount.gid_mappings.to_vec(),
        });
        return Ok(Planned { mount: planned, idmap, copy_symlink: options.copy_symlink });
    }
    let mut options = options.clone();
    let context = facts.mount_label.map(|label| format!("context={label}"));
    if matches!(kind, "tmpfs" | "devpts") {
        options.data.extend(context.as_deref());
    }
    let options = &options;
    planned.fs = Some(file_system(arena, kind, mount.source.as_deref().unwrap_or(kind), options)?);
    planned.attributes = options.set;
    if options.recursive_set | options.recursive_clear != 0 {
        planned.recursive = Some(Attributes { set: options.recursive_set, clear: options.recursive_clear });
    }
    planned.copy_up = options.copy_up;
    // A link at /proc, /sys or /dev would put the mount, and what the runtime makes in it, elsewhere.
    planned.refuse_links |= matches!(kind, "proc" | "sysfs") || planned.target == c"dev";
    if kind == "tmpfs" {
        planned.keep_mode = !options.data.iter().any(|data| data.starts_with("mode="));
        if options.read_only() {
            // Mount points and devices are made in it first.
            planned.attributes &= !1;
            planned.readonly_later = true;
        }
    }
    Ok(Planned::plain(planned))
}

/// A new file system with its options as fsconfig(2) takes them.
pub(super) fn file_system<'a>(
    arena: &'a Arena,
    fstype: &str,
    source: &str,
    options: &MountOptions<'_>,
) -> Result<FileSystem<'a>> {
    let mut list = Vec::with_capacity(options.data.len() + options.super_flags.len());
    for flag in &options.super_flags {
        let flag = match (*flag, fstype) {
            // fsconfig(2) has no word for it; ext4 has had one of its own, and all others count changes always or never.
            ("iversion", "ext4") => "i_version",
            ("iversion", _) => continue,
            (flag, _) => flag,
        };
        list.push(FsOption { key: arena.c_str(flag)?, value: None });
    }
    // A label of SELinux may hold commas (`s0:c1,c2`), and is one word.
    let split = |data: &&'_ str| data.starts_with("context=");
    let (labels, words): (Vec<&str>, Vec<&str>) = options.data.iter().copied().partition(split);
    let words = words.into_iter().flat_map(|data| data.split(',')).chain(labels);
    for data in words.filter(|data| !data.is_empty()) {
        let (key, value) = match data.split_once('=') {
            Some((key, value)) => (key, Some(arena.c_str(value)?)),
            None => (data, None),
        };
        // devpts has been mounted anew each time since 4.7: the word is for older kernels, and the mount API
        // takes it as a flag.
        list.push(FsOption { key: arena.c_str(key)?, value });
    }
    Ok(FileSystem { fstype: arena.c_str(fstype)?, source: arena.c_str(source)?, options: arena.list(&list) })
}

fn bind<'a>(
    arena: &'a Arena,
    mount: &spec::Mount<'_>,
    options: &MountOptions<'_>,
    facts: &Facts<'_>,
) -> Result<Bind<'a>> {
    let Some(source) = mount.source.as_deref().filter(|source| !source.is_empty()) else {
        return Err(Error::invalid("a bind mount needs a source"));
    };
    let source = match source.starts_with('/') {
        true => arena.c_str(source)?,
        false => arena.c_str(&format!("{}/{source}", facts.bundle))?,
    };
    Ok(Bind {
        source,
        recursive: options.bind.unwrap_or(false),
        nofollow: options.source_nofollow,
        top: Attributes { set: options.set, clear: options.clear },
        tree: Attributes { set: options.recursive_set, clear: options.recursive_clear },
        // A copy of a shared mount is its peer: what is mounted inside would appear on the host.
        propagation: facts.inherited_propagation,
    })
}

/// The default of mounts that name no propagation of their own is that of the mount namespace.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for an unknown word.
pub fn inherited_propagation(spec: &spec::Spec<'_>) -> Result<u64> {
    let name = spec.linux.as_ref().and_then(|linux| linux.rootfs_propagation.as_deref()).unwrap_or("");
    Ok(match name {
        "" | "slave" | "rslave" | "unbindable" | "runbindable" => mount_options::MS_SLAVE,
        "private" | "rprivate" => mount_options::MS_PRIVATE,
        "shared" | "rshared" => 0,
        other => {
            return Err(Error::invalid(format!("/linux/rootfsPropagation: unknown value {other:?}")));
        }
    })
}

/// What the root itself is made in the end; 0 leaves it.
#[must_use]
pub fn root_propagation(spec: &spec::Spec<'_>) -> u64 {
    match spec.linux.as_ref().and_then(|linux| linux.rootfs_propagation.as_deref()) {
        Some("shared") => mount_options::MS_SHARED,
        Some("rshared") => mount_options::MS_SHARED | MS_REC,
        Some("unbindable") => mount_options::MS_UNBINDABLE,
        Some("runbindable") => mount_options::MS_UNBINDABLE | MS_REC,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        assert_eq!(below_root("/a/./b//c/"), "a/b/c");
        assert_eq!(below_root("../../etc"), "etc");
        assert_eq!(below_root("/a/../../b"), "b");
        assert_eq!(below_root("/"), "");
    }
}

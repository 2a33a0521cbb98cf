// SPDX-License-Identifier: Apache-2.0
//! Opening what a plan names on the host: the root, the sources of bind mounts, namespaces.
//!
//! The runtime opens them itself, in its own mount namespace and with its own rights: a container's mapped root
//! often cannot reach them. Without CAP_SYS_ADMIN nobody makes detached mounts, and the stage opens them in its own
//! user namespace instead.

use super::Birth;
use super::idmap::{self, IdMaps};
use super::program::{self, Part};
use crate::error::{Context, Error, Result};
use crate::plan::arena::Arena;
use crate::plan::mounts::{Idmap, Planned};
use runtime_sys::clone::{Clone, clone3_execveat};
use runtime_sys::fs::{CWD, OpenFlags};
use runtime_sys::mount::{self, MountAttr};
use runtime_sys::{AsFd, AsRawFd, Errno, OwnedFd, fs, namespace, process};
use stage::plan::{Attributes, Bind, Join, Mount};
use std::ffi::CStr;
use std::os::unix::ffi::OsStrExt;

fn attr(attributes: Attributes, propagation: u64) -> MountAttr {
    MountAttr { set: attributes.set, clear: attributes.clear, propagation, ..MountAttr::default() }
}

/// Where an id-mapped mount without mappings of its own has them from.
#[derive(Debug, Clone, Copy)]
pub struct ContainerIds<'m> {
    /// The user namespace that will be made.
    pub made: IdMaps<'m>,
    /// The descriptor of the one that is joined.
    pub joined: Option<i32>,
}

/// Opens the sources of all binds and returns the mounts for the stage.
///
/// # Errors
/// What open_tree(2) and mount_setattr(2) answer, with the mount's target and source.
pub fn open_binds<'a>(
    arena: &'a Arena,
    planned: Vec<Planned<'a>>,
    container: ContainerIds<'_>,
    birth: &mut Birth<'_>,
) -> Result<Vec<Mount<'a>>> {
    let mut mounts = Vec::with_capacity(planned.len());
    for Planned { mut mount, idmap, copy_symlink } in planned {
        mount.symlink = match mount.bind {
            Some(bind) if copy_symlink => link_at(arena, bind.source)?,
            _ => None,
        };
        if mount.symlink.is_some() {
            mount.bind = None;
        }
        if let Some(bind) = mount.bind {
            let text =
                || format!("mount {} on /{}", bind.source.to_string_lossy(), mount.target.to_string_lossy());
            if let Some(tree) = open_bind(&bind, idmap.as_ref(), container).context(text)? {
                mount.tree = Some(tree.as_raw_fd());
                mount.bind = None;
                birth.inherited.push(tree);
            }
        }
        mounts.push(mount);
    }
    Ok(mounts)
}

/// What a symbolic link says; nothing when there is none.
fn link_at<'a>(arena: &'a Arena, path: &CStr) -> Result<Option<&'a CStr>> {
    let link = std::fs::read_link(std::ffi::OsStr::from_bytes(path.to_bytes())).ok();
    link.map(|text| arena.c_bytes(text.as_os_str().as_bytes())).transpose()
}

/// Nothing when only the stage can open it.
fn open_bind(bind: &Bind<'_>, idmap: Option<&Idmap>, container: ContainerIds<'_>) -> Result<Option<OwnedFd>> {
    let top = attr(bind.top, 0);
    let tree = attr(bind.tree, bind.propagation);
    let copy = match mount::open_source(bind.source, bind.recursive, bind.nofollow, &top, &tree) {
        Err(error) if error.errno == Errno::PERM && idmap.is_none() => return Ok(None),
        other => other?,
    };
    if let Some(idmap) = idmap {
        let own = IdMaps { uid: &idmap.uid, gid: &idmap.gid };
        let maps = if idmap.uid.is_empty() { container.made } else { own };
        let made = if maps.uid.is_empty() { None } else { Some(namespace_with(maps)?) };
        let userns = made.as_ref().map(AsRawFd::as_raw_fd).or(container.joined).ok_or_else(|| {
            Error::invalid("an id-mapped mount needs mappings: its own, or a user namespace's")
        })?;
        let change = MountAttr {
            // MOUNT_ATTR_IDMAP
            set: 0x0010_0000,
            userns_fd: u64::from(userns.cast_unsigned()),
            ..MountAttr::default()
        };
        mount::mount_setattr(copy.as_fd(), c"", idmap.recursive, &change)
            .context(|| "map the ids of the mount (does its file system support it?)")?;
    }
    Ok(Some(copy))
}

/// A user namespace that exists for its maps: a stage is born into it, mapped, and killed.
///
/// # Errors
/// What clone3(2) answers, or writing the maps.
pub fn namespace_with(maps: IdMaps<'_>) -> Result<OwnedFd> {
    super::keep_the_numbers_of_children()?;
    let (ours, theirs) = runtime_sys::socket::packet_pair()?;
    let plan = waiting_plan(theirs.as_raw_fd());
    let program = program::program(Part::More, &plan)?;
    fs::keep_over_exec(theirs.as_fd())?;
    let length = std::ffi::CString::new(plan.len().to_string()).expect("digits hold no NUL");
    let clone = Clone { namespaces: namespace::CLONE_NEWUSER, cgroup: None };
    let child = clone3_execveat(&clone, program.as_fd(), &[c"ctrun-idmap", &length], &[])?;
    let result = idmap::write(child, maps).and_then(|()| {
        let path = format!("/proc/{child}/ns/user");
        let file = std::fs::File::open(&path).context(|| path)?;
        Ok(OwnedFd::from(file))
    });
    // It waits at its gate and ends when the socket closes.
    drop((ours, theirs));
    process::wait(child, true)?;
    result
}

/// A plan that does nothing but wait for a word that never comes.
fn waiting_plan(channel: i32) -> Vec<u8> {
    use stage::wire::Wire;
    let arena = Arena::default();
    let mut out = Vec::new();
    let mut plan = crate::plan::idle(&arena);
    plan.channel = channel;
    plan.wait_at_gate = true;
    plan.put(&mut out);
    out
}

/// Opens the namespaces to join.
///
/// # Errors
/// ENOENT and the like, with the path; a file that is no namespace of this type.
pub fn open_namespaces(join: &[(u64, &str)], birth: &mut Birth<'_>) -> Result<Vec<Join>> {
    let mut joins = Vec::with_capacity(join.len());
    for (flags, path) in join {
        let name =
            std::ffi::CString::new(*path).map_err(|_| Error::invalid(format!("{path:?} holds a NUL")))?;
        let fd = fs::open(CWD, &name, OpenFlags::RDONLY, 0).context(|| format!("open namespace {path}"))?;
        let actual = namespace::kind(fd.as_fd()).context(|| format!("{path} is no namespace"))?;
        if actual != *flags {
            let kind = crate::plan::namespaces::name(*flags);
            return Err(Error::invalid(format!("/linux/namespaces: {path} is no {kind} namespace")));
        }
        joins.push(Join { fd: fd.as_raw_fd(), flags: *flags });
        birth.inherited.push(fd);
    }
    Ok(joins)
}

// SPDX-License-Identifier: Apache-2.0
//! Steps that build the root file system and enter it.

use crate::fault::About;
use crate::files::{self, PathBuffer, as_fd, ensure_directory, ensure_file, split_last};
use crate::mounts::set_propagation;
use crate::{Fault, Stage, StepResult};
use core::ffi::CStr;
use runtime_sys::fs::{CWD, Links, OpenFlags};
use runtime_sys::mount::{self, MountAttr, MountAttrFlags};
use runtime_sys::rustix::process as rx;
use runtime_sys::{BorrowedFd, Call, Errno, OwnedFd, fd, fs};
use stage::plan::{Device, ENTER_MOVE, Root};

const READ_ONLY: MountAttr = MountAttr { set: 1, clear: 0, propagation: 0, userns_fd: 0 };

/// `MS_PRIVATE`.
const PRIVATE: MountAttr = MountAttr { set: 0, clear: 0, propagation: 1 << 18, userns_fd: 0 };

pub(crate) fn cut_propagation<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let Some(root) = stage.plan.root else { return Ok(()) };
    stage.umask = rx::umask(fs::FileMode::empty()).as_raw_mode();
    if root.inherited_propagation != 0 {
        let attr = MountAttr { propagation: root.inherited_propagation, ..MountAttr::default() };
        mount::mount_setattr(CWD, c"/", true, &attr)?;
    }
    Ok(())
}

/// Attaches the root where the host has it, so that hooks that enter our namespaces find it there. A mapped root
/// may not reach that place; then over `/`.
pub(crate) fn attach<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let Some(root) = stage.plan.root else { return Ok(()) };
    let tree = match root.tree {
        Some(number) => fd::inherited(number),
        None => {
            let inherit = MountAttr { propagation: root.inherited_propagation, ..MountAttr::default() };
            let tree = mount::open_source(root.path, true, false, &MountAttr::default(), &inherit);
            fd::keep(tree.about(root.path.to_bytes())?)
        }
    };
    stage.tree = Some(tree);
    let directory = OpenFlags::PATH | OpenFlags::DIRECTORY;
    let place =
        if root.attach_at_path { fs::open(CWD, root.path, directory, 0) } else { Err(Errno::ACCESS.into()) };
    let place = match place {
        Err(error) if error.errno == Errno::ACCESS => fs::open(CWD, c"/", directory, 0)?,
        other => other.about(root.path.to_bytes())?,
    };
    if root.inherited_propagation == 0 {
        make_parent_private(root.path).about(root.path.to_bytes())?;
    }
    mount::attach(tree, as_fd(&place)).about(root.path.to_bytes())?;
    if root.inherited_propagation == 0 {
        mount::mount_setattr(tree, c"", false, &PRIVATE)?;
    }
    rx::fchdir(tree).call("fchdir", format_args!("root"))?;
    Ok(())
}

/// Where the host's mounts stay shared with ours, the one that the root is attached to must not be: the root would
/// appear on the host, and pivot_root(2) takes none that is shared or has a shared parent.
fn make_parent_private<'a>(path: &CStr) -> StepResult<'a> {
    let mut path = path.to_bytes();
    loop {
        let mut buffer = PathBuffer::new();
        let name = if path.is_empty() { &b"/"[..] } else { path };
        let name = buffer.join(&[name]);
        let name = name.ok_or(Fault::new("mount_setattr", Errno::NAMETOOLONG.raw_os_error(), b""))?;
        match mount::mount_setattr(CWD, name, false, &PRIVATE) {
            // No mount begins here: the one that holds it begins further up.
            Err(error) if error.errno == Errno::INVAL && !path.is_empty() => path = split_last(path).0,
            other => return Ok(other?),
        }
    }
}

pub(crate) fn make_devices<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let (Some(root), Some(tree)) = (stage.plan.root, stage.tree) else { return Ok(()) };
    let mut last: Option<(&'a [u8], OwnedFd)> = None;
    for device in root.devices.iter() {
        let path = device.path.to_bytes();
        if device.bind {
            bind_device(tree, &device)?;
            continue;
        }
        let (parent, name) = split_last(path);
        if let Some(fresh) = stage.fresh.as_ref().filter(|fresh| fresh.is(parent)) {
            match make_device(as_fd(&fresh.directory), &device, name) {
                // An engine of an ordinary user has made us root of a namespace already.
                Err(fault) if fault.is(Errno::PERM) => bind_device(tree, &device)?,
                other => other.about(path)?,
            }
            continue;
        }
        let directory = match last {
            Some((known, directory)) if known == parent => directory,
            // No link on the way: an image whose /dev points elsewhere gets no nodes there (CVE-2026-41579).
            _ => ensure_directory(tree, parent, Links::None)?,
        };
        match make_device(as_fd(&directory), &device, name) {
            Err(fault) if fault.is(Errno::PERM) => bind_device(tree, &device)?,
            other => other.about(path)?,
        }
        last = Some((parent, directory));
    }
    Ok(())
}

fn bind_device<'a>(tree: BorrowedFd<'_>, device: &Device<'a>) -> StepResult<'a> {
    let path = device.path.to_bytes();
    let place = ensure_file(tree, path, Links::None)?;
    let node = host_node(device)?;
    mount::attach(as_fd(&node), as_fd(&place)).about(path)
}

/// The host's node of the same name, checked to be the device that is meant.
fn host_node<'a>(device: &Device<'a>) -> Result<OwnedFd, Fault<'a>> {
    let none = MountAttr::default();
    let path = device.path.to_bytes();
    let mut buffer = PathBuffer::new();
    let source = buffer.join(&[b"/", path]);
    let source = source.ok_or(Fault::new("open_tree", Errno::NAMETOOLONG.raw_os_error(), path))?;
    let node = mount::open_source(source, false, false, &none, &none).about(path)?;
    if fs::is_node(&fs::fstat(as_fd(&node))?, device.kind, device.device) {
        return Ok(node);
    }
    Err(Fault::new("fstat", Errno::NODEV.raw_os_error(), path))
}

fn make_device<'a>(directory: BorrowedFd<'_>, device: &Device<'a>, name: &'a [u8]) -> StepResult<'a> {
    let mut buffer = PathBuffer::new();
    let name = buffer.join(&[name]).ok_or(Fault::new("mknodat", Errno::NAMETOOLONG.raw_os_error(), name))?;
    match fs::mknodat(directory, name, device.kind, device.mode, device.device) {
        Err(error) if error.errno == Errno::EXIST => {
            // A node of the image is taken only when it is the same device.
            let place = files::find(directory, name, Links::None)?;
            let stat = fs::fstat(as_fd(&place))?;
            if !fs::is_node(&stat, device.kind, device.device) {
                return Err(error.into());
            }
        }
        other => other?,
    }
    if device.uid != 0 || device.gid != 0 {
        fs::chownat(directory, name, device.uid, device.gid)?;
    }
    Ok(())
}

pub(crate) fn make_links<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let (Some(root), Some(tree)) = (stage.plan.root, stage.tree) else { return Ok(()) };
    let opened: OwnedFd;
    // All of them lie in /dev.
    let directory = match (&stage.fresh, root.links.iter().next()) {
        (_, None) => return Ok(()),
        (Some(fresh), Some(link)) if fresh.is(split_last(link.path.to_bytes()).0) => as_fd(&fresh.directory),
        (_, Some(link)) => {
            opened = ensure_directory(tree, split_last(link.path.to_bytes()).0, Links::None)?;
            as_fd(&opened)
        }
    };
    for link in root.links.iter() {
        let path = link.path.to_bytes();
        let (_, name) = split_last(path);
        let mut buffer = PathBuffer::new();
        let name =
            buffer.join(&[name]).ok_or(Fault::new("symlinkat", Errno::NAMETOOLONG.raw_os_error(), path))?;
        match fs::symlinkat(link.target, directory, name) {
            Err(error) if error.errno == Errno::EXIST => {}
            other => other.about(path)?,
        }
    }
    Ok(())
}

/// Read-only at last: what had to be made inside is made.
pub(crate) fn finish_mounts<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let (Some(root), Some(tree)) = (stage.plan.root, stage.tree) else { return Ok(()) };
    for (index, plan) in root.mounts.iter().filter(|plan| plan.readonly_later).enumerate() {
        let mount = match stage.later.take(index) {
            Some(mount) => mount,
            None => files::find(tree, plan.target, Links::InRoot).about(plan.target.to_bytes())?,
        };
        mount::mount_setattr(as_fd(&mount), c"", false, &READ_ONLY).about(plan.target.to_bytes())?;
        files::leave(mount);
    }
    Ok(())
}

/// Covers files with the null device and directories with one empty read-only tmpfs.
pub(crate) fn hide_paths<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let (Some(root), Some(tree)) = (stage.plan.root, stage.tree) else { return Ok(()) };
    let mut null: Option<OwnedFd> = None;
    let mut empty: Option<OwnedFd> = None;
    for path in root.masked.iter() {
        let Some(place) = existing(tree, path)? else { continue };
        let is_directory = fs::is_directory(&fs::fstat(as_fd(&place))?);
        let source = if is_directory { &mut empty } else { &mut null };
        let cover = match source {
            Some(source) => mount::clone_mount(as_fd(source), false).about(path.to_bytes())?,
            None if is_directory => empty_directory()?,
            None => {
                let device = null_device(tree)?;
                let cover = mount::clone_mount(as_fd(&device), false).about(b"/dev/null")?;
                *source = Some(device);
                cover
            }
        };
        mount::attach(as_fd(&cover), as_fd(&place)).about(path.to_bytes())?;
        files::leave(place);
        if source.is_none() {
            *source = Some(cover);
        } else {
            files::leave(cover);
        }
    }
    Ok(())
}

fn existing<'a>(tree: BorrowedFd<'_>, path: &'a core::ffi::CStr) -> Result<Option<OwnedFd>, Fault<'a>> {
    match files::find(tree, path, Links::InRoot) {
        Ok(place) => Ok(Some(place)),
        Err(error) if error.errno == Errno::NOENT || error.errno == Errno::NOTDIR => Ok(None),
        Err(error) => Err(Fault::from(error).about(path.to_bytes())),
    }
}

fn empty_directory<'a>() -> Result<OwnedFd, Fault<'a>> {
    let context = mount::fsopen(c"tmpfs")?;
    mount::fsconfig(as_fd(&context), c"nr_blocks", Some(c"1"))?;
    mount::fsconfig(as_fd(&context), c"nr_inodes", Some(c"1"))?;
    Ok(mount::fsmount(as_fd(&context), MountAttrFlags::MOUNT_ATTR_RDONLY)?)
}

/// The container's /dev/null, checked to be that: what an image put there instead would be mounted over the very
/// files that are to be hidden (CVE-2025-31133).
fn null_device<'a>(tree: BorrowedFd<'_>) -> Result<OwnedFd, Fault<'a>> {
    let device = files::find(tree, c"dev/null", Links::None).about(b"/dev/null")?;
    let stat = fs::fstat(as_fd(&device))?;
    if fs::is_character_device(&stat, fs::makedev(1, 3)) {
        return Ok(device);
    }
    Err(Fault::new("fstat", Errno::PERM.raw_os_error(), b"/dev/null is not the null device"))
}

pub(crate) fn protect_paths<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let (Some(root), Some(tree)) = (stage.plan.root, stage.tree) else { return Ok(()) };
    for path in root.readonly_paths.iter() {
        let Some(place) = existing(tree, path)? else { continue };
        let cover = mount::clone_mount(as_fd(&place), true).about(path.to_bytes())?;
        mount::mount_setattr(as_fd(&cover), c"", true, &READ_ONLY).about(path.to_bytes())?;
        mount::attach(as_fd(&cover), as_fd(&place)).about(path.to_bytes())?;
        files::leave(place);
        files::leave(cover);
    }
    Ok(())
}

pub(crate) fn enter<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let (Some(root), Some(tree)) = (stage.plan.root, stage.tree) else { return Ok(()) };
    if root.readonly {
        mount::mount_setattr(tree, c"", false, &READ_ONLY)?;
    }
    // Hooks may have moved us.
    rx::fchdir(tree).call("fchdir", format_args!("root"))?;
    match root.enter {
        ENTER_MOVE => {
            root.uncovered.iter().try_for_each(|path| take_away(path).about(path.to_bytes()))?;
            mount::move_here_to_root()?;
            rx::chroot(c".").call("chroot", format_args!("."))?;
        }
        _ => pivot(&root)?,
    }
    rx::chdir(c"/").call("chdir", format_args!("/"))?;
    if root.propagation != 0 {
        let place = fs::open(CWD, c"/", OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
        set_propagation(as_fd(&place), root.propagation)?;
    }
    Ok(())
}

/// Takes a mount of the host's proc or sysfs out of our mount namespace. The move only covers what was there before,
/// and as long as a whole proc is somewhere in it, the kernel lets a user namespace inside mount a new one, without the
/// masks of ours. Where it is locked to others it cannot go: then something else goes over it.
fn take_away<'a>(path: &'a CStr) -> StepResult<'a> {
    match mount::mount_setattr(CWD, path, true, &PRIVATE) {
        // It went with one that it was mounted on.
        Err(error) if matches!(error.errno, Errno::INVAL | Errno::NOENT | Errno::NOTDIR) => return Ok(()),
        other => other?,
    }
    match mount::unmount_detach(path) {
        Err(error) if matches!(error.errno, Errno::INVAL | Errno::PERM) => {
            let context = mount::fsopen(c"tmpfs")?;
            let cover = mount::fsmount(as_fd(&context), MountAttrFlags::empty())?;
            let place = fs::open(CWD, path, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
            Ok(mount::attach(as_fd(&cover), as_fd(&place))?)
        }
        other => Ok(other?),
    }
}

fn pivot<'a>(root: &Root<'a>) -> StepResult<'a> {
    const MS_SLAVE: u64 = 1 << 19;
    if root.inherited_propagation != 0 {
        mount::pivot_root_here()?;
        return Ok(mount::unmount_detach(c".")?);
    }
    // What we inherited is still shared with the host: cut it off, or the host is unmounted too.
    let old = fs::open(CWD, c"/", OpenFlags::RDONLY | OpenFlags::DIRECTORY, 0)?;
    mount::pivot_root_here()?;
    rx::fchdir(&old).call("fchdir", format_args!("old root"))?;
    let slave = MountAttr { propagation: MS_SLAVE, ..MountAttr::default() };
    mount::mount_setattr(as_fd(&old), c"", true, &slave)?;
    Ok(mount::unmount_detach(c".")?)
}

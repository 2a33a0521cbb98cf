// SPDX-License-Identifier: Apache-2.0
//! Mounts through descriptors: the mount API of Linux 5.2 and `mount_setattr` of 5.12.

use crate::{Call, Result, SysError, raw};
use core::ffi::CStr;
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
pub use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
};

/// `struct mount_attr` of mount_setattr(2).
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MountAttr {
    /// `MOUNT_ATTR_*` bits to set.
    pub set: u64,
    /// `MOUNT_ATTR_*` bits to clear.
    pub clear: u64,
    /// `MS_SHARED`, `MS_SLAVE`, `MS_PRIVATE`, `MS_UNBINDABLE`, or 0 to leave it.
    pub propagation: u64,
    /// The user namespace's descriptor for `MOUNT_ATTR_IDMAP`.
    pub userns_fd: u64,
}

/// Changes a mount, or with `recursive` the whole tree below it.
///
/// # Errors
/// EPERM for locked flags, EINVAL for an id map on a file system without support, ENOSYS before 5.12.
pub fn mount_setattr(fd: BorrowedFd<'_>, path: &CStr, recursive: bool, attr: &MountAttr) -> Result<()> {
    let mut flags = libc::AT_SYMLINK_NOFOLLOW;
    if path.is_empty() {
        flags |= libc::AT_EMPTY_PATH;
    }
    if recursive {
        flags |= libc::AT_RECURSIVE;
    }
    let args = [
        fd.as_raw_fd().cast_unsigned() as usize,
        path.as_ptr() as usize,
        flags.cast_unsigned() as usize,
        &raw const *attr as usize,
        size_of::<MountAttr>(),
        0,
    ];
    // SAFETY: the kernel reads `size_of::<MountAttr>()` bytes of `attr` and the NUL-terminated path during the call.
    unsafe { raw::syscall(libc::SYS_mount_setattr, args) }
        .map(drop)
        .map_err(|errno| SysError::with("mount_setattr", errno, format_args!("{path:?}, {attr:?}")))
}

/// A detached copy of the mount at `path` below `dir` (with `recursive`, of the tree), symlinks followed as
/// `flags` say.
///
/// # Errors
/// What open_tree(2) answers.
pub fn open_tree(dir: BorrowedFd<'_>, path: &CStr, flags: OpenTreeFlags) -> Result<OwnedFd> {
    rustix::mount::open_tree(dir, path, flags | OpenTreeFlags::OPEN_TREE_CLOEXEC)
        .call("open_tree", format_args!("{path:?}"))
}

/// A detached copy of the mount that a descriptor stands on, at the descriptor's place.
///
/// # Errors
/// What open_tree(2) answers: EINVAL when the mount belongs to another namespace.
pub fn clone_mount(at: BorrowedFd<'_>, recursive: bool) -> Result<OwnedFd> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::AT_EMPTY_PATH;
    if recursive {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    open_tree(at, c"", flags)
}

/// A detached copy of the mount, or tree, at a path of the caller's mount namespace, changed before anyone sees it:
/// `tree` for every mount of the copy, `top` for the topmost.
///
/// # Errors
/// What open_tree(2) and mount_setattr(2) answer.
pub fn open_source(
    path: &CStr,
    recursive: bool,
    nofollow: bool,
    top: &MountAttr,
    tree: &MountAttr,
) -> Result<OwnedFd> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE;
    if recursive {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    if nofollow {
        flags |= OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
    }
    let copy = open_tree(rustix::fs::CWD, path, flags)?;
    let fd = rustix::fd::AsFd::as_fd(&copy);
    if *tree != MountAttr::default() {
        mount_setattr(fd, c"", recursive, tree)?;
    }
    if *top != MountAttr::default() {
        mount_setattr(fd, c"", false, top)?;
    }
    Ok(copy)
}

/// Attaches a detached mount on the place that `target` stands on.
///
/// # Errors
/// What move_mount(2) answers.
pub fn attach(mount: BorrowedFd<'_>, target: BorrowedFd<'_>) -> Result<()> {
    rustix::mount::move_mount(
        mount,
        c"",
        target,
        c"",
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH,
    )
    .call("move_mount", format_args!(""))
}

/// Opens a context for a new file system of the given type.
///
/// # Errors
/// ENODEV when the kernel lacks the type, EPERM, ENOSYS before 5.2.
pub fn fsopen(fstype: &CStr) -> Result<OwnedFd> {
    rustix::mount::fsopen(fstype, FsOpenFlags::FSOPEN_CLOEXEC).call("fsopen", format_args!("{fstype:?}"))
}

/// Sets one option of a context; an option without a value is a flag.
///
/// # Errors
/// EINVAL for an option that the file system does not know.
pub fn fsconfig(context: BorrowedFd<'_>, key: &CStr, value: Option<&CStr>) -> Result<()> {
    match value {
        Some(value) => rustix::mount::fsconfig_set_string(context, key, value)
            .call("fsconfig", format_args!("{key:?}, {value:?}")),
        None => rustix::mount::fsconfig_set_flag(context, key).call("fsconfig", format_args!("{key:?}")),
    }
}

/// Makes the file system of a context and a detached mount of it.
///
/// # Errors
/// What the file system answers.
pub fn fsmount(context: BorrowedFd<'_>, attributes: MountAttrFlags) -> Result<OwnedFd> {
    rustix::mount::fsconfig_create(context).call("fsconfig", format_args!("create"))?;
    rustix::mount::fsmount(context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
        .call("fsmount", format_args!("{attributes:?}"))
}

/// Makes the current directory the root and puts the old root on top of it, to be unmounted next.
///
/// # Errors
/// EINVAL when the current root is the initramfs or the new one is not a mount.
pub fn pivot_root_here() -> Result<()> {
    rustix::process::pivot_root(c".", c".").call("pivot_root", format_args!("\".\", \".\""))
}

/// Detaches the mount at `path`.
///
/// # Errors
/// What umount2(2) answers.
pub fn unmount_detach(path: &CStr) -> Result<()> {
    rustix::mount::unmount(path, UnmountFlags::DETACH).call("umount2", format_args!("{path:?}, MNT_DETACH"))
}

/// Unmounts what nobody uses at `path`, which is not followed when it is a link.
///
/// # Errors
/// EBUSY when somebody does.
pub fn unmount(path: &CStr) -> Result<()> {
    rustix::mount::unmount(path, UnmountFlags::NOFOLLOW).call("umount2", format_args!("{path:?}"))
}

/// Detaches the mount on a name in the working directory, which is not followed when it is a link.
///
/// # Errors
/// EINVAL when nothing is mounted there.
pub fn unmount_here(name: &CStr) -> Result<()> {
    let flags = UnmountFlags::DETACH | UnmountFlags::NOFOLLOW;
    rustix::mount::unmount(name, flags).call("umount2", format_args!("{name:?}, MNT_DETACH"))
}

/// Moves the mount at the current directory over the root, for roots that cannot be pivoted.
///
/// # Errors
/// What mount(2) answers.
pub fn move_here_to_root() -> Result<()> {
    rustix::mount::mount_move(c".", c"/").call("mount", format_args!("\".\", \"/\", MS_MOVE"))
}

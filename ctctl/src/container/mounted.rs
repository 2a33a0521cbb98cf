// SPDX-License-Identifier: Apache-2.0
//! A stopped system's root file system at a path of the host, for an administrator to work on.
//!
//! Whether it is there is asked of the kernel each time. The path lies below a folder that only root may enter, and
//! files show the system's own ids: what root writes there belongs to the system's root.

use super::{copying, start, state, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, private_dir};
use crate::{storage, store};
use runtime_sys::fs::{self, CWD, OpenFlags};
use runtime_sys::mount::{self, MountAttr};
use runtime_sys::rustix::fs::{AtFlags, StatxAttributes, StatxFlags, statx};
use runtime_sys::{AsFd, BorrowedFd};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

const MOUNT_ATTR_NOSUID: u64 = 0x02;
const MOUNT_ATTR_NODEV: u64 = 0x04;

/// Where a system's root is mounted, when it is.
#[must_use]
pub fn path(host: &Host, name: &str) -> PathBuf {
    host.run(name).join("root")
}

/// Whether it is mounted.
///
/// # Errors
/// What the file system answers.
pub fn is_mounted(host: &Host, name: &str) -> Result<bool> {
    let path = path(host, name);
    let place = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
    let attributes = match statx(CWD, &*place, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty()) {
        Err(runtime_sys::Errno::NOENT) => return Ok(false),
        other => other.map_err(std::io::Error::from).context(|| path.display().to_string())?.stx_attributes,
    };
    Ok(attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Refuses what a mounted root rules out, such as a start: two mounts of one overlay destroy each other's files.
///
/// # Errors
/// `State`.
pub fn refuse(host: &Host, name: &str) -> Result<()> {
    if is_mounted(host, name)? {
        let text = format!("its root is mounted at {}", path(host, name).display());
        return Err(Error::new(Exit::State, text).hint(format!("ctctl umount {name}")));
    }
    Ok(())
}

/// Mounts the root of a stopped system whose name is locked, and says where.
///
/// # Errors
/// `State` when it runs; `Mounted`.
pub fn mount(host: &Host, name: &str) -> Result<PathBuf> {
    let config = store::read(host, name)?;
    if state::state(host, name)?.is_running() {
        start::adopt(host, name)?;
        return Err(Error::new(Exit::State, "it runs")
            .hint("ctctl push, pull and exec reach the files of a running system"));
    }
    stop::clear(host, name)?;
    let path = path(host, name);
    if is_mounted(host, name)? {
        return Err(Error::new(Exit::Mounted, format!("it is mounted already, at {}", path.display())));
    }
    copying::refuse(host, name)?;
    private_dir(&path)?;
    let tree = storage::mount_for_host(host, &config)?;
    let closed = MountAttr { set: MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, ..MountAttr::default() };
    mount::mount_setattr(tree.as_fd(), c"", true, &closed)?;
    attach(tree.as_fd(), &path)?;
    Ok(path)
}

fn attach(tree: BorrowedFd<'_>, path: &std::path::Path) -> Result<()> {
    let name = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
    let flags = OpenFlags::PATH | OpenFlags::DIRECTORY | OpenFlags::NOFOLLOW;
    let place = fs::open(CWD, &name, flags, 0)?;
    mount::attach(tree, place.as_fd()).context(|| format!("mount it at {}", path.display()))
}

/// Takes the mount away, if there is one; `false` when there is none. The system's name is locked.
///
/// # Errors
/// `State` when somebody uses it.
pub fn unmount(host: &Host, name: &str, lazily: bool) -> Result<bool> {
    let path = path(host, name);
    if !is_mounted(host, name)? {
        return Ok(false);
    }
    let place = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
    let unmounted = if lazily { mount::unmount_detach(&place) } else { mount::unmount(&place) };
    unmounted.map_err(|error| {
        let is_busy = error.errno == runtime_sys::Errno::BUSY;
        let error = Error::from(error);
        if !is_busy {
            return error;
        }
        Error::new(Exit::State, format!("{} is in use", path.display()))
            .hint(format!("leave it (fuser -vm {} shows who is there), or --lazy", path.display()))
    })?;
    // An empty folder is no harm; the next mount uses it.
    drop(std::fs::remove_dir(&path));
    Ok(true)
}

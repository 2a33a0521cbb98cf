// SPDX-License-Identifier: Apache-2.0
//! A device's place inside: found, made and left by a process in the system's mount namespace.
//!
//! That process keeps the host's rights, which a mount over a locked one needs, and acts as the system's root where
//! files are made. Each name is resolved below the system's root, and the last one is never a link.

use super::tree::{Expected, Tree};
use crate::error::{Context, Error, Exit, Result};
use crate::files::{Base, carried_out, join_namespaces, plain_umask, split};
use crate::storage::become_user;
use runtime_sys::fs::{self, CWD, OpenFlags, Stat};
use runtime_sys::rustix::fs::{self as rx, AtFlags, StatxAttributes, StatxFlags};
use runtime_sys::rustix::process::fchdir;
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd, credentials, mount};
use std::ffi::{CStr, CString};
use std::path::Path;

/// Joins the system; what it makes there belongs to the system's root.
fn join(init: BorrowedFd<'_>, base: Option<u32>) -> Result<Base> {
    credentials::set_not_dumpable()?;
    join_namespaces(init, false)?;
    plain_umask();
    let root = fs::open(CWD, c"/", OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
    if let Some(base) = base {
        become_user(base)?;
    }
    Ok(Base::Root(root))
}

/// Attaches a mount at a path inside, which is made where there is nothing.
pub(super) fn attach(tree: &Tree, path: &str, init: BorrowedFd<'_>, base: Option<u32>) -> Result<()> {
    let work = || {
        let system = join(init, base)?;
        let (above, name) = split(Path::new(path))?;
        let folder = system.made(&above)?;
        let place = place(folder.as_fd(), &name, tree.is_folder).context(|| path.to_owned())?;
        mount::attach(tree.mount.as_fd(), place.as_fd()).context(|| format!("mount it on {path}"))?;
        Ok(None)
    };
    carried_out(work).map(drop)
}

/// The mount point, made if it is not there.
fn place(folder: BorrowedFd<'_>, name: &CStr, is_folder: bool) -> Result<OwnedFd> {
    let open = || fs::open(folder, name, OpenFlags::PATH | OpenFlags::NOFOLLOW, 0);
    let place = match open() {
        Err(error) if error.errno == Errno::NOENT => {
            if is_folder {
                fs::ensure_directory(folder, name, 0o755)?;
            } else {
                let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
                drop(fs::open(folder, name, flags, 0o600)?);
            }
            open()?
        }
        other => other?,
    };
    let stat = fs::fstat(place.as_fd())?;
    let kind = rx::FileType::from_raw_mode(stat.st_mode);
    let wrong = |what: &str| Err(Error::new(Exit::Value, format!("it is {what} inside")));
    match (kind, is_folder) {
        (rx::FileType::Symlink, _) => wrong("a symbolic link"),
        (rx::FileType::Directory, false) => wrong("a folder"),
        (rx::FileType::Directory, true) => Ok(place),
        (_, true) => wrong("no folder"),
        _ => Ok(place),
    }
}

/// Unmounts what was attached at a path, if it is there still, and removes the name of a node.
pub(super) fn detach(expected: &Expected, path: &str, init: BorrowedFd<'_>, base: Option<u32>) -> Result<()> {
    let work = || {
        let system = join(init, base)?;
        let (above, name) = split(Path::new(path))?;
        let gone = || {
            Error::new(
                Exit::State,
                format!(
                    "it is not at {path} any more: its source was replaced, or somebody inside has moved it"
                ),
            )
            .hint("it ends with the system: ctctl restart")
        };
        let folder = system.folder(&above).map_err(|_| gone())?;
        if !is_at(expected, folder.as_fd(), &name)? {
            return Err(gone());
        }
        // From the folder itself: no path is resolved again. Somebody inside may put another mount of his own there now,
        // and loses that one.
        let folder = fs::open(folder.as_fd(), c".", OpenFlags::RDONLY | OpenFlags::DIRECTORY, 0)?;
        fchdir(&folder).map_err(std::io::Error::from).context(|| path.to_owned())?;
        mount::unmount_here(&name)?;
        if matches!(expected, Expected::Node(..)) {
            remove_empty(folder.as_fd(), &name);
        }
        Ok(None)
    };
    carried_out(work).map(drop)
}

fn is_at(expected: &Expected, folder: BorrowedFd<'_>, name: &CStr) -> Result<bool> {
    let Ok(place) = fs::open(folder, name, OpenFlags::PATH | OpenFlags::NOFOLLOW, 0) else {
        return Ok(false);
    };
    let flags = AtFlags::EMPTY_PATH;
    let attributes = rx::statx(&place, c"", flags, StatxFlags::empty()).map_err(std::io::Error::from);
    let attributes = attributes.context(|| "look at the mount")?.stx_attributes;
    if !attributes.contains(StatxAttributes::MOUNT_ROOT) {
        return Ok(false);
    }
    let stat: Stat = fs::fstat(place.as_fd())?;
    Ok(match expected {
        Expected::File(device, number) => (stat.st_dev, stat.st_ino) == (*device, *number),
        Expected::Tmpfs => fs::fs_magic(place.as_fd())? == fs::TMPFS_MAGIC,
        Expected::Node(kind, device) => fs::is_node(&stat, *kind, *device),
        Expected::Any => true,
    })
}

/// The file that a node was mounted on. What somebody inside has put there instead is his.
fn remove_empty(folder: BorrowedFd<'_>, name: &CStr) {
    let is_ours = fs::open(folder, name, OpenFlags::PATH | OpenFlags::NOFOLLOW, 0)
        .and_then(|place| fs::fstat(place.as_fd()))
        .is_ok_and(|stat| fs::is_regular(&stat) && stat.st_size == 0);
    if is_ours {
        let name: CString = name.to_owned();
        let _stays = rx::unlinkat(folder, &*name, AtFlags::empty());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Files below the root directory of a system, read and replaced.
//!
//! Whoever works inside may have put anything at any path: each is walked through descriptors, and what is changed is
//! reached without following a link. Files are replaced, not written: who reads one sees the old or the new one.

use crate::error::{Context, Error, Exit, Result};
use runtime_sys::fs::{self, CWD, Links, OpenFlags};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, Errno, OwnedFd};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Write;

/// The longest file that is read.
const LONGEST: usize = 4 << 20;

/// Reads a regular file below a root; nothing when there is none.
///
/// # Errors
/// What is there and is no file, or is too long.
pub fn content(root: BorrowedFd<'_>, path: &CStr, links: Links) -> Result<Option<Vec<u8>>> {
    let name = || format!("the system's /{}", path.to_string_lossy());
    // Looked at before it is opened: a device may act on being opened, a FIFO waits.
    let found = match fs::open_in_root(root, path, OpenFlags::PATH, links) {
        Err(error) if matches!(error.errno, Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        other => other.context(name)?,
    };
    if !fs::is_regular(&fs::fstat(found.as_fd())?) {
        return Err(Error::new(Exit::Failure, format!("{} is no regular file", name())));
    }
    let again = CString::new(format!("/proc/self/fd/{}", found.as_raw_fd())).unwrap_or_default();
    let file = fs::open(CWD, &again, OpenFlags::RDONLY | OpenFlags::NONBLOCK, 0).context(name)?;
    Ok(Some(fs::read_all(file.as_fd(), LONGEST).context(name)?))
}

/// The same as text; what is no UTF-8 becomes marks, and an absent file is an empty one.
///
/// # Errors
/// As [`content`].
pub fn read_text(root: BorrowedFd<'_>, path: &CStr) -> Result<String> {
    let bytes = content(root, path, Links::InRoot)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Opens a folder below another one, no link followed.
///
/// # Errors
/// ENOENT; a link or a file in its place.
pub fn folder(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    let flags = OpenFlags::PATH | OpenFlags::DIRECTORY;
    match fs::open_in_root(root, path, flags, Links::None) {
        Err(error) if matches!(error.errno, Errno::LOOP | Errno::NOTDIR) => Err(Error::new(
            Exit::Failure,
            format!("the system's /{} is no folder, or behind a link", path.to_string_lossy()),
        )),
        other => other.context(|| format!("the system's /{}", path.to_string_lossy())),
    }
}

/// The same on the root's own mount: what somebody inside has mounted there may be the host's, where he may not write.
///
/// # Errors
/// As [`folder`]; another mount in its place.
pub fn own_folder(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    let found = folder(root, path)?;
    let mount = |file: BorrowedFd<'_>| {
        let stat = rx::statx(file, c"", rx::AtFlags::EMPTY_PATH, rx::StatxFlags::MNT_ID);
        stat.map(|stat| stat.stx_mnt_id).map_err(std::io::Error::from).context(|| "look at a mount")
    };
    if mount(root)? == mount(found.as_fd())? {
        return Ok(found);
    }
    let text = format!("the system's /{} is another mount", path.to_string_lossy());
    Err(Error::new(Exit::Failure, text).hint("change it inside, with ctctl enter"))
}

/// Opens a folder in another one, and makes it if it is not there.
///
/// # Errors
/// As [`folder`].
pub fn folder_made(above: BorrowedFd<'_>, name: &CStr, mode: u32, owner: (u32, u32)) -> Result<OwnedFd> {
    let doing = || format!("make the folder {}", name.to_string_lossy());
    let is_new = match rx::mkdirat(above, name, rx::Mode::from_raw_mode(0o700)) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        Err(errno) => return Err(std::io::Error::from(errno)).context(doing),
    };
    let made = folder(above, name)?;
    if is_new {
        fs::fchown(made.as_fd(), owner.0, owner.1).context(doing)?;
        fs::chmod_directory(made.as_fd(), mode).context(doing)?;
    }
    Ok(made)
}

/// A file's content with whose it is.
#[derive(Debug)]
pub struct Old {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Owner and group on the host, and mode.
    pub like: (u32, u32, u32),
}

/// Reads a file of a folder that is to be replaced; nothing when there is none.
///
/// # Errors
/// A link or anything else that is no regular file.
pub fn read(folder: BorrowedFd<'_>, name: &CStr) -> Result<Option<Old>> {
    let found = match fs::open_in_root(folder, name, OpenFlags::PATH | OpenFlags::NOFOLLOW, Links::InRoot) {
        Err(error) if error.errno == Errno::NOENT => return Ok(None),
        other => other.context(|| format!("the system's {}", name.to_string_lossy()))?,
    };
    let stat = fs::fstat(found.as_fd())?;
    if !fs::is_regular(&stat) {
        return Err(Error::new(
            Exit::Failure,
            format!("the system's {} is a link, or no regular file", name.to_string_lossy()),
        )
        .hint("nothing is written through it: look at it inside, with ctctl enter"));
    }
    let bytes = content(folder, name, Links::None)?.unwrap_or_default();
    Ok(Some(Old { bytes, like: (stat.st_uid, stat.st_gid, stat.st_mode & 0o7777) }))
}

/// Puts a file in the place of whatever has its name.
///
/// # Errors
/// What the file system answers.
pub fn replace(folder: BorrowedFd<'_>, name: &CStr, bytes: &[u8], like: (u32, u32, u32)) -> Result<()> {
    let doing = || format!("write the system's {}", name.to_string_lossy());
    let new = CString::new(format!(".{}.ctctl", name.to_string_lossy())).unwrap_or_default();
    match rx::unlinkat(folder, &new, rx::AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(std::io::Error::from(errno)).context(doing),
    }
    // A name that nobody else has: no link that is there already is followed, no file written through.
    let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
    let write = || -> std::io::Result<()> {
        let file = rx::openat(folder, &new, flags | OpenFlags::CLOEXEC, rx::Mode::from_raw_mode(0o600))?;
        let mut file = File::from(file);
        let failed = |error: runtime_sys::SysError| std::io::Error::from(error.errno);
        fs::fchown(file.as_fd(), like.0, like.1).map_err(failed)?;
        fs::fchmod(file.as_fd(), like.2).map_err(failed)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(rx::renameat(folder, &new, folder, name)?)
    };
    let written = write().context(doing);
    if written.is_err() {
        // The write's own error is the one to report.
        let _removed = rx::unlinkat(folder, &new, rx::AtFlags::empty());
    }
    written
}

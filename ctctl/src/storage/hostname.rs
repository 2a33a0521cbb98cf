// SPDX-License-Identifier: Apache-2.0
//! /etc/hostname, which an init inside reads and believes: it must say what the configuration says.

use crate::error::{Context, Result};
use runtime_sys::fs::{self, Links, OpenFlags};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{AsFd, BorrowedFd, Errno};
use std::ffi::CStr;

/// The longest file that is compared: a name has at most 64 bytes.
const LONGEST: usize = 256;

const NEW: &CStr = c".hostname.new";

/// Writes the name, unless it is there, below a root that somebody else has worked on. A root without a real folder
/// `etc` gets nothing. The file belongs to `owner`, if the caller is somebody else.
pub(super) fn write(root: BorrowedFd<'_>, hostname: &str, owner: Option<u32>) -> Result<()> {
    let folder = OpenFlags::PATH | OpenFlags::DIRECTORY;
    let etc = match fs::open_in_root(root, c"etc", folder, Links::None) {
        Err(error) if matches!(error.errno, Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => return Ok(()),
        other => other?,
    };
    let line = format!("{hostname}\n");
    if reads(etc.as_fd(), line.as_bytes()) {
        return Ok(());
    }
    match rx::unlinkat(&etc, NEW, rx::AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(std::io::Error::from(errno)).context(|| "remove an old one"),
    }
    // A name that nobody else has: no link that is there already is followed, no file written through.
    let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
    let file = fs::open(etc.as_fd(), NEW, flags, 0o644)?;
    if let Some(owner) = owner {
        fs::fchown(file.as_fd(), owner, owner)?;
    }
    fs::write_once(file.as_fd(), line.as_bytes())?;
    rx::renameat(&etc, NEW, &etc, c"hostname").map_err(std::io::Error::from).context(|| "rename")
}

/// Whether a regular file `hostname` has this content.
fn reads(etc: BorrowedFd<'_>, line: &[u8]) -> bool {
    // Not blocking: it may be a FIFO.
    let flags = OpenFlags::RDONLY | OpenFlags::NONBLOCK | OpenFlags::NOFOLLOW;
    let Ok(file) = fs::open_in_root(etc, c"hostname", flags, Links::None) else { return false };
    let is_file = fs::fstat(file.as_fd()).is_ok_and(|stat| fs::is_regular(&stat));
    is_file && fs::read_all(file.as_fd(), LONGEST).is_ok_and(|text| text == line)
}

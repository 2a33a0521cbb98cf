// SPDX-License-Identifier: Apache-2.0
//! Files in /etc that programs inside read and believe: they must say what the configuration says.

use crate::config::Config;
use crate::error::{Context, Result};
use crate::host::Host;
use crate::{network, output};
use runtime_sys::fs::{self, Links, OpenFlags};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{AsFd, BorrowedFd, Errno};
use std::ffi::{CStr, CString};

/// The longest file that is compared; a longer one is written anew.
const LONGEST: usize = 4096;

/// One of the files: its name and its text.
pub(super) type File = (&'static CStr, String);

/// The files of a system.
///
/// # Errors
/// A wrong `network.toml`.
pub(super) fn files(host: &Host, config: &Config) -> Result<Vec<File>> {
    let mut files = vec![(c"hostname", format!("{}\n", config.hostname()))];
    files.extend(network::resolv_conf(host, config)?.map(|text| (c"resolv.conf", text)));
    Ok(files)
}

/// Writes them. Whoever works inside may have made one impossible; the system starts all the same.
pub(super) fn write_all(root: BorrowedFd<'_>, files: &[File], owner: Option<u32>) {
    for (name, text) in files {
        if let Err(error) = write(root, name, text, owner) {
            output::progress(&format!("ctctl-monitor: write /etc/{}: {error}", name.to_string_lossy()));
        }
    }
}

/// Writes a file, unless it is there, below a root that somebody else has worked on. A root without a real folder
/// `etc` gets nothing. The file belongs to `owner`, if the caller is somebody else.
pub(super) fn write(root: BorrowedFd<'_>, name: &CStr, text: &str, owner: Option<u32>) -> Result<()> {
    let folder = OpenFlags::PATH | OpenFlags::DIRECTORY;
    let etc = match fs::open_in_root(root, c"etc", folder, Links::None) {
        Err(error) if matches!(error.errno, Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => return Ok(()),
        other => other?,
    };
    if reads(etc.as_fd(), name, text.as_bytes()) {
        return Ok(());
    }
    // Neither name holds a NUL.
    let new = CString::new([b".", name.to_bytes(), b".new"].concat()).unwrap_or_default();
    match rx::unlinkat(&etc, &new, rx::AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(std::io::Error::from(errno)).context(|| "remove an old one"),
    }
    // A name that nobody else has: no link that is there already is followed, no file written through.
    let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
    let file = fs::open(etc.as_fd(), &new, flags, 0o644)?;
    if let Some(owner) = owner {
        fs::fchown(file.as_fd(), owner, owner)?;
    }
    fs::write_once(file.as_fd(), text.as_bytes())?;
    rx::renameat(&etc, &new, &etc, name).map_err(std::io::Error::from).context(|| "rename")
}

/// Whether a regular file of this name has this content.
fn reads(etc: BorrowedFd<'_>, name: &CStr, text: &[u8]) -> bool {
    // Not blocking: it may be a FIFO.
    let flags = OpenFlags::RDONLY | OpenFlags::NONBLOCK | OpenFlags::NOFOLLOW;
    let Ok(file) = fs::open_in_root(etc, name, flags, Links::None) else { return false };
    let is_file = fs::fstat(file.as_fd()).is_ok_and(|stat| fs::is_regular(&stat));
    is_file && fs::read_all(file.as_fd(), LONGEST).is_ok_and(|there| there == text)
}

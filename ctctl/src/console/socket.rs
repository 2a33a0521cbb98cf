// SPDX-License-Identifier: Apache-2.0
//! The sockets of a console: the monitor's, and those of who waits for a start. Paths may be of any length.

use crate::error::{Context, Result};
use crate::host::{Host, gone, private_dir};
use runtime_sys::fs::{self as sysfs, CWD, OpenFlags};
use runtime_sys::rustix::io::ioctl_fionbio;
use runtime_sys::socket::{self, Carries};
use runtime_sys::{AsFd, AsRawFd, Errno, OwnedFd};
use std::ffi::CString;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The beginning of the names of sockets that a start connects to, and what follows for those who miss nothing.
const WAITING: &str = "console.wait.";
const ALL: &str = "all.";

/// Names a socket through its folder's descriptor: addresses end at 107 bytes.
fn short(path: &Path) -> Result<(OwnedFd, CString)> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    // Our own paths hold no NUL: they come from the command line and the environment.
    let c_folder = CString::new(folder.as_os_str().as_bytes()).unwrap_or_default();
    let fd = sysfs::open(CWD, &c_folder, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let short = CString::new(format!("/proc/self/fd/{}/{name}", fd.as_raw_fd())).unwrap_or_default();
    Ok((fd, short))
}

/// Listens at a path, in place of whoever did before.
///
/// # Errors
/// What the file system answers.
pub fn listen(path: &Path) -> Result<OwnedFd> {
    let doing = || format!("make {}", path.display());
    gone(fs::remove_file(path)).context(doing)?;
    let (_folder, address) = short(path)?;
    let listener = socket::listen_packets(&address).context(doing)?;
    fs::set_permissions(path, Permissions::from_mode(0o600)).context(doing)?;
    ioctl_fionbio(&listener, true).map_err(std::io::Error::from).context(doing)?;
    Ok(listener)
}

/// Connects to a path; nothing when nobody listens there.
///
/// # Errors
/// What connect(2) answers otherwise.
pub fn connect(path: &Path) -> Result<Option<OwnedFd>> {
    if !path.exists() {
        return Ok(None);
    }
    let (_folder, address) = short(path)?;
    match socket::connect(&address, Carries::Packets) {
        Ok(socket) => Ok(Some(socket)),
        Err(error) if [Errno::NOENT, Errno::CONNREFUSED].contains(&error.errno) => Ok(None),
        Err(error) => Err(error).context(|| format!("connect to {}", path.display())),
    }
}

/// The next who connects, if somebody does.
#[must_use]
pub fn accept(listener: &OwnedFd) -> Option<OwnedFd> {
    socket::accept(listener.as_fd()).ok()
}

/// A place where the next start of a system connects to.
#[derive(Debug)]
pub struct Waiting {
    /// Becomes readable when it does.
    pub listener: OwnedFd,
    path: PathBuf,
}

impl Waiting {
    /// Makes it.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn new(host: &Host, name: &str, all: bool) -> Result<Waiting> {
        private_dir(&host.run(name))?;
        let kind = if all { ALL } else { "" };
        let path = host.run(name).join(format!("{WAITING}{kind}{}", std::process::id()));
        Ok(Waiting { listener: listen(&path)?, path })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // One that stays is removed by the next start, which finds nobody there.
        drop(fs::remove_file(&self.path));
    }
}

/// Connects to all who wait for a start of this system, and removes the places of those who are gone. True stands for
/// those who miss nothing.
#[must_use]
pub fn connect_to_waiting(host: &Host, name: &str) -> Vec<(OwnedFd, bool)> {
    let entries = fs::read_dir(host.run(name)).into_iter().flatten().flatten();
    let waiting = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(WAITING));
    let mut sockets = Vec::new();
    for path in waiting.map(|entry| entry.path()) {
        match connect(&path) {
            Ok(Some(socket)) => {
                sockets.push((socket, path.to_string_lossy().contains(&format!("{WAITING}{ALL}"))));
            }
            // Nobody is there any more; a start does not fail for that.
            _ => drop(fs::remove_file(&path)),
        }
    }
    sockets
}

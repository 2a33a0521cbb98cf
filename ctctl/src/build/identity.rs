// SPDX-License-Identifier: Apache-2.0
//! What tells one system from another, removed from files that become a template.

use crate::config::Config;
use crate::error::{Context, Result};
use crate::host::Host;
use runtime_sys::fs::{self, CWD, Links, OpenFlags};
use runtime_sys::{AsFd, Errno, OwnedFd, tree};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Files that each system has of its own: it gets the template's, or makes them at its first start.
const OWN: &[&str] =
    &["etc/machine-id", "etc/hostname", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed"];
const KEYS: &str = "etc/ssh";
const RESOLVER: &str = "etc/resolv.conf";

/// Removes them from `upper`, a system's own layer or a copy of that. What the layers below have of them shows through again.
///
/// # Errors
/// What the file system answers.
pub(super) fn forget(host: &Host, config: &Config, upper: &Path) -> Result<()> {
    let root = folder(upper)?;
    for path in OWN {
        remove(&root, path, |_| true).context(|| format!("remove {path}"))?;
    }
    for name in names(&root, KEYS)? {
        let is_key = name.starts_with("ssh_host_") && (name.ends_with("_key") || name.ends_with("_key.pub"));
        if is_key {
            remove(&root, &format!("{KEYS}/{name}"), |_| true).context(|| format!("remove {name}"))?;
        }
    }
    // The place that the host's name servers were shown at.
    let store = host.templates();
    let is_below =
        config.layers.iter().any(|layer| store.layer(layer).join(RESOLVER).symlink_metadata().is_ok());
    if !is_below {
        remove(&root, RESOLVER, |size| size == 0).context(|| format!("remove {RESOLVER}"))?;
    }
    Ok(())
}

fn folder(path: &Path) -> Result<OwnedFd> {
    let name = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
    let flags = OpenFlags::PATH | OpenFlags::DIRECTORY;
    fs::open(CWD, &name, flags, 0).context(|| path.display().to_string())
}

/// Opens a folder of the layer itself; a link or anything else in its place is not ours to touch.
fn below(root: &OwnedFd, path: &str, flags: OpenFlags) -> Result<Option<OwnedFd>> {
    let path = CString::new(path).unwrap_or_default();
    match fs::open_in_root(root.as_fd(), &path, flags | OpenFlags::DIRECTORY, Links::None) {
        Err(error) if matches!(error.errno, Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Ok(None),
        other => Ok(Some(other?)),
    }
}

fn remove(root: &OwnedFd, path: &str, is_meant: impl Fn(i64) -> bool) -> Result<()> {
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some(folder) = below(root, above, OpenFlags::PATH)? else { return Ok(()) };
    let name = CString::new(name).unwrap_or_default();
    match tree::lstat(folder.as_fd(), &name) {
        Ok(stat) if fs::is_regular(&stat) && is_meant(stat.st_size) => {
            Ok(tree::remove(folder.as_fd(), &name)?)
        }
        _ => Ok(()),
    }
}

fn names(root: &OwnedFd, path: &str) -> Result<Vec<String>> {
    use runtime_sys::AsRawFd;
    let Some(folder) = below(root, path, OpenFlags::RDONLY)? else { return Ok(Vec::new()) };
    let entries = std::fs::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd())).context(|| path)?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

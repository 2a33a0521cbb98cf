// SPDX-License-Identifier: Apache-2.0
//! Copies to and from a running system go on when it stops; what they have open is a mount of its files. As long as one
//! is under way the files are mounted no second time: two overlays of one upper layer destroy each other's files.

use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, private_dir};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

fn path(host: &Host, name: &str) -> PathBuf {
    host.run(name).join("copying.lock")
}

fn open(host: &Host, name: &str) -> Result<File> {
    private_dir(&host.run(name))?;
    let path = path(host, name);
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    open.context(|| path.display().to_string())
}

/// Notes that a copy is under way, until the file is closed, by the process that works inside too.
///
/// # Errors
/// What the file system answers.
pub fn begin(host: &Host, name: &str) -> Result<File> {
    let file = open(host, name)?;
    file.lock_shared().context(|| "lock copying.lock")?;
    Ok(file)
}

/// Refuses what cannot be done while a copy is under way.
///
/// # Errors
/// `State`.
pub fn refuse(host: &Host, name: &str) -> Result<()> {
    if !path(host, name).exists() {
        return Ok(());
    }
    match open(host, name)?.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(Exit::State, "its files are being copied by a push or pull of before it stopped")
                .hint("wait for that, or end it"))
        }
        Err(TryLockError::Error(error)) => Err(error).context(|| "lock copying.lock"),
    }
}

/// Waits until no copy is under way: a system that reboots cannot ask anybody.
///
/// # Errors
/// What the file system answers.
pub fn wait(host: &Host, name: &str) -> Result<()> {
    open(host, name)?.lock().context(|| "lock copying.lock")
}

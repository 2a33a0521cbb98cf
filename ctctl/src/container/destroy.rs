// SPDX-License-Identifier: Apache-2.0
//! Removing a system. Its configuration file goes last: a destroy that is killed can be done again.

use crate::error::{Context, Result};
use crate::host::Host;
use crate::store::Lock;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Removes everything that is a stopped system's own.
///
/// # Errors
/// The first that the file system answered; the other things are removed all the same.
pub fn destroy(host: &Host, name: &str, lock: Lock) -> Result<()> {
    let log = host.log_file(name);
    let removed = [
        gone(&host.run(name), |path| fs::remove_dir_all(path)),
        gone(&host.data(name), |path| fs::remove_dir_all(path)),
        gone(&log, |path| fs::remove_file(path)),
        gone(&log.with_extension("log.1"), |path| fs::remove_file(path)),
    ];
    removed.into_iter().collect::<Result<Vec<()>>>()?;
    gone(&host.config_file(name), |path| fs::remove_file(path))?;
    lock.remove();
    Ok(())
}

fn gone(path: &Path, remove: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    match remove(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.context(|| format!("remove {}", path.display())),
    }
}

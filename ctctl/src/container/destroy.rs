// SPDX-License-Identifier: Apache-2.0
//! Removing a system. Its configuration file goes last: a destroy that is killed can be done again.

use super::{mounted, rename, state, stop};
use crate::error::{Context, Result};
use crate::host::Host;
use crate::monitor::log;
use crate::output;
use crate::store::{self, Lock, Wait};
use std::path::Path;

/// Removes everything that is a stopped system's own.
///
/// # Errors
/// The first that the file system answered; the other things are removed all the same.
pub fn destroy(host: &Host, name: &str, lock: Lock) -> Result<()> {
    // Before anything is removed: the removal would go on in the mounted root. Several may be on top of each other.
    while mounted::unmount(host, name, true)? {}
    let config = host.config_file(name);
    let mut removed = vec![
        gone(&config.with_file_name(format!(".{name}.toml.new"))),
        gone(&host.edited_file(name)),
        gone(&host.run(name)),
        gone(&host.data(name)),
    ];
    removed.extend(log::files(&host.log_file(name)).iter().map(|file| gone(file)));
    removed.into_iter().collect::<Result<Vec<()>>>()?;
    gone(&config)?;
    lock.remove();
    Ok(())
}

/// Removes a system that was not to outlive its stop, unless it was started or removed meanwhile.
///
/// # Errors
/// As [`destroy`].
pub fn destroy_if_ephemeral(host: &Host, name: &str, lock: Lock) -> Result<()> {
    if !host.config_file(name).exists() {
        // Somebody was first. The lock's file is ours alone now.
        lock.remove();
        return Ok(());
    }
    if !store::read(host, name)?.ephemeral || state::state(host, name)?.is_running() {
        return Ok(());
    }
    stop::clear(host, name)?;
    destroy(host, name, lock)
}

/// Removes what killed creates left: files of systems that have no configuration and that no living `ctctl` works on.
///
/// # Errors
/// As [`destroy`]; `State` when such a system runs, since its configuration was removed by hand.
pub fn sweep(host: &Host) -> Result<()> {
    let mut names = host.data_names();
    names.extend(host.run_names());
    for name in names.iter().filter(|name| store::check_name(name).is_ok()) {
        // Looked at again under the lock: a create may have ended meanwhile.
        if host.config_file(name).exists() {
            continue;
        }
        let Ok(lock) = store::lock(host, name, Wait::No) else { continue };
        if !host.config_file(name).exists() {
            // What could be the data of a system that was renamed stays.
            if rename::give_back(host, name).is_err() {
                continue;
            }
            stop::clear(host, name)?;
            destroy(host, name, lock)?;
        }
    }
    Ok(())
}

/// What worked in the system may have left trees of any depth.
fn gone(path: &Path) -> Result<()> {
    output::step(&format!("remove {}", path.display()));
    templates::remove_tree(path).context(|| format!("remove {}", path.display()))
}

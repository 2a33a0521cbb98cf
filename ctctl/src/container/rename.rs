// SPDX-License-Identifier: Apache-2.0
//! Giving a system another name.
//!
//! The configuration file's new name is the moment at which it is renamed. The folder of its data has a mark then that
//! says whose it is, so that a rename that was killed in between is brought to its end by whoever works next on either
//! name: under the old one there would be data of no system, which the next create would remove.

use super::{copying, mounted, state, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, gone};
use crate::store::{self, Wait};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Renames a stopped system.
///
/// # Errors
/// `State` when it runs; `Exists` when the name is taken; `Value` for a name that is none. The old name stays then.
pub fn rename(host: &Host, old: &str, new: &str) -> Result<()> {
    store::check_name(new)?;
    if old == new {
        return Err(Error::new(Exit::Exists, "that is its name already"));
    }
    // Always in the same order, so that two renames crosswise do not wait for each other.
    let (first, second) = if old < new { (old, new) } else { (new, old) };
    let mut locks = [store::lock(host, first, Wait::Yes)?, store::lock(host, second, Wait::Yes)?];
    if old > new {
        locks.reverse();
    }
    let [old_lock, new_lock] = locks;
    let moved = check(host, old, new).and_then(|uuid| move_all(host, old, new, &uuid));
    if moved.is_ok() {
        old_lock.remove();
    } else if !host.config_file(new).exists() {
        new_lock.remove();
    }
    moved
}

/// The system's identity, when nothing stands against it.
fn check(host: &Host, old: &str, new: &str) -> Result<String> {
    if host.config_file(new).exists() {
        return Err(Error::new(Exit::Exists, format!("there is a system {new:?} already")));
    }
    let config = store::read(host, old)?;
    if new.parse::<u64>().is_ok_and(|number| number != config.ctid) {
        let text = format!("a name of digits is the system's number, and that is {}", config.ctid);
        return Err(Error::new(Exit::Value, text));
    }
    if state::state(host, old)?.is_running() {
        return Err(Error::new(Exit::State, "it is running").hint(format!("ctctl stop {old} first")));
    }
    if state::state(host, new)?.is_running() {
        return Err(Error::new(Exit::State, format!("a system {new:?} without a configuration is running")));
    }
    mounted::refuse(host, old)?;
    copying::refuse(host, old)?;
    stop::clear(host, old)?;
    Ok(config.uuid)
}

fn move_all(host: &Host, old: &str, new: &str, uuid: &str) -> Result<()> {
    // Whatever a killed create, or a destroyed system, left under this name; but first what is another's.
    give_back(host, new)?;
    stop::clear(host, new)?;
    for path in [host.data(new), host.run(new)].into_iter().chain(logs(host, new)) {
        templates::remove_tree(&path).context(|| format!("remove {}", path.display()))?;
    }
    mark(&host.data(old), uuid)?;
    let place = || format!("rename {} to {new}.toml", host.config_file(old).display());
    fs::rename(host.config_file(old), host.config_file(new)).context(place)?;
    sync(&host.configs())?;
    let edited = gone(fs::rename(host.edited_file(old), host.edited_file(new)));
    edited.context(|| "rename the edited copy of the configuration")?;
    finish(host, old, new)
}

/// What follows the new name of the configuration file; each step may have been done already.
fn finish(host: &Host, old: &str, new: &str) -> Result<()> {
    if host.run(new).exists() {
        templates::remove_tree(&host.run(old)).context(|| "remove the old run folder")?;
    } else {
        gone(fs::rename(host.run(old), host.run(new))).context(|| "rename the run folder")?;
    }
    let log = host.log_file(new);
    for from in logs(host, old) {
        let behind = from.file_name().and_then(|file| file.to_str()?.strip_prefix(&format!("{old}.log")));
        let to = log.with_file_name(format!("{new}.log{}", behind.unwrap_or_default()));
        gone(fs::rename(&from, &to)).context(|| format!("rename {}", from.display()))?;
    }
    // Last, since it is what tells that there is something to finish.
    move_data(host, old, new)
}

/// The files of a system's log: NAME.log, NAME.log.1 and so on.
fn logs(host: &Host, name: &str) -> Vec<PathBuf> {
    let log = host.log_file(name);
    let entries = log.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let is_part = |behind: &str| {
        let parts = behind.split('.').skip(1);
        behind.is_empty()
            || behind.starts_with('.')
                && parts.into_iter().all(|part| part == "times" || part.bytes().all(|b| b.is_ascii_digit()))
    };
    let own = format!("{name}.log");
    let is_own = |file: &str| file.strip_prefix(&own).is_some_and(is_part);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|file| is_own(file)).map(|file| log.with_file_name(file)).collect()
}

fn mark_file(data: &Path) -> PathBuf {
    data.join("renaming")
}

/// Says in a data folder whose it is.
fn mark(data: &Path, uuid: &str) -> Result<()> {
    let path = mark_file(data);
    let write = || {
        let mut file = File::create(&path)?;
        file.write_all(uuid.as_bytes())?;
        file.sync_all()?;
        File::open(data)?.sync_all()
    };
    write().context(|| format!("write {}", path.display()))
}

fn move_data(host: &Host, from: &str, to: &str) -> Result<()> {
    // Another one may have brought the same rename to its end.
    gone(fs::rename(host.data(from), host.data(to)))
        .context(|| format!("rename {}", host.data(from).display()))?;
    sync(host.data(to).parent().unwrap_or(Path::new("/")))?;
    let path = mark_file(&host.data(to));
    gone(fs::remove_file(&path)).context(|| format!("remove {}", path.display()))
}

/// Brings a rename to its end that was killed, as its new name sees it: fetches the data that lie under the old one.
/// The name is locked.
///
/// # Errors
/// What the file system answers.
pub fn fetch(host: &Host, name: &str) -> Result<()> {
    if host.data(name).exists() || !host.config_file(name).exists() {
        return Ok(());
    }
    // A file that cannot be read keeps nobody from destroying the system.
    let Ok(config) = store::read(host, name) else { return Ok(()) };
    let left = host.data_names().into_iter().filter(|other| !host.config_file(other).exists());
    for other in left {
        if fs::read_to_string(mark_file(&host.data(&other))).is_ok_and(|uuid| uuid == config.uuid) {
            return finish(host, &other, name);
        }
    }
    Ok(())
}

/// The same as the old name sees it: gives data that lie here to the system whose they are. This name is locked and
/// has no configuration.
///
/// # Errors
/// What the file system answers.
pub fn give_back(host: &Host, name: &str) -> Result<()> {
    let Ok(uuid) = fs::read_to_string(mark_file(&host.data(name))) else { return Ok(()) };
    for owner in store::names(host) {
        // Nobody is to remove them while a file is there that cannot be read and may be their owner's.
        let config =
            store::read(host, &owner).context(|| format!("data of a renamed system lie at {name}"))?;
        if config.uuid == uuid && !host.data(&owner).exists() {
            return finish(host, name, &owner);
        }
    }
    Ok(())
}

fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).context(|| format!("sync {}", folder.display()))
}

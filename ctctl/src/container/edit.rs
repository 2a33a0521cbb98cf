// SPDX-License-Identifier: Apache-2.0
//! Changing files of a system, running or not: below its root directory, by a process with the ids of its root.

use super::{copying, mounted, state, stop};
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::files::carried_out;
use crate::host::{Host, private_dir};
use crate::idmap::IdMap;
use crate::storage;
use runtime_sys::fs::{self, CWD, OpenFlags};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{BorrowedFd, Errno, OwnedFd};
use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

/// The longest that another program may keep the accounts locked.
const PATIENCE: Duration = Duration::from_secs(15);

/// The root directory of a system whose name is locked, running or not.
///
/// # Errors
/// A root that cannot be mounted.
pub fn root(host: &Host, config: &Config) -> Result<OwnedFd> {
    if state::state(host, &config.name)?.is_running() {
        return root_of_running(host, &config.name);
    }
    // A monitor that is about to start it again would mount the same files.
    if let Err(error) = stop::clear(host, &config.name) {
        if state::state(host, &config.name)?.is_running() {
            return root_of_running(host, &config.name);
        }
        return Err(error);
    }
    // Two mounts of one overlay destroy each other's files.
    mounted::refuse(host, &config.name)?;
    copying::refuse(host, &config.name)?;
    private_dir(&host.run(&config.name))?;
    storage::mount(host, config)
}

/// The root directory that init has.
///
/// # Errors
/// `State` when it does not run.
pub fn root_of_running(host: &Host, name: &str) -> Result<OwnedFd> {
    let gone = || Error::new(Exit::State, "it does not run");
    let pid = state::state(host, name)?.pid().ok_or_else(gone)?;
    let path = CString::new(format!("/proc/{pid}/root")).unwrap_or_default();
    let root = fs::open(CWD, &path, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
    // The number could have become another process's before it was used.
    if state::state(host, name)?.pid() == Some(pid) { Ok(root) } else { Err(gone()) }
}

/// Lets a process with the ids of the system's root do something.
///
/// # Errors
/// What `change` says.
pub fn as_its_root(config: &Config, change: impl FnOnce() -> Result<()>) -> Result<()> {
    let work = || {
        // An overlay stores new files with the ids of who makes them, and the host's root has none in the system.
        if let IdMap::Range { base, .. } = config.idmap {
            storage::become_user(base)?;
        }
        change().map(|()| None)
    };
    carried_out(work).map(drop)
}

/// The host's number for an id of the system.
///
/// # Errors
/// `Value` for one that the system does not have.
pub fn on_host(config: &Config, id: u32) -> Result<u32> {
    match config.idmap {
        IdMap::Host => Ok(id),
        IdMap::Range { base, size } if id < size => Ok(base + id),
        IdMap::Range { .. } => Err(Error::new(Exit::Value, format!("the system has no id {id}"))),
    }
}

/// Locks the accounts as the programs inside do (lckpwdf(3)); dropping it unlocks them.
///
/// # Errors
/// `State` when another program keeps them locked.
pub fn lock_accounts(etc: BorrowedFd<'_>) -> Result<OwnedFd> {
    const NAME: &CStr = c".pwd.lock";
    let doing = || "lock the system's /etc/.pwd.lock";
    let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::NOFOLLOW | OpenFlags::NONBLOCK;
    let file = rx::openat(etc, NAME, flags | OpenFlags::CLOEXEC, rx::Mode::from_raw_mode(0o600));
    let file = file.map_err(std::io::Error::from).context(doing)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match rx::fcntl_lock(&file, rx::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(Errno::AGAIN | Errno::ACCESS) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(Errno::AGAIN | Errno::ACCESS) => {
                return Err(Error::new(Exit::State, "a program inside keeps the accounts locked")
                    .hint("look for passwd, useradd or vipw inside"));
            }
            Err(errno) => return Err(std::io::Error::from(errno)).context(doing),
        }
    }
}

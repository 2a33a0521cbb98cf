// SPDX-License-Identifier: Apache-2.0
//! Changing files of a system, running or not: below its root directory, by a process with the ids of its root.

use super::{copying, mounted, state, stop};
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, private_dir};
use crate::idmap::IdMap;
use crate::storage;
use runtime_sys::clone::{Clone, Forked, fork};
use runtime_sys::fs::{self, CWD, OpenFlags};
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd, credentials, process, socket};
use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

/// The longest that another program may keep the accounts locked.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest that a helper may work: a file system of somebody inside may never answer.
const LONGEST: Duration = Duration::from_secs(60);

/// Waits for a helper's word; one that is too late is killed. It is our child and not waited for: the number is its own.
pub(crate) fn heard_or_killed(channel: BorrowedFd<'_>, pid: i32) {
    let deadline = Instant::now() + LONGEST;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let time = Timespec::try_from(left).unwrap_or_default();
        match poll(&mut [PollFd::from_borrowed_fd(channel, PollFlags::IN)], Some(&time)) {
            Err(Errno::INTR) => {}
            Ok(0) | Err(_) => return drop(process::kill(pid, 9)),
            Ok(_) => return,
        }
    }
}

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

/// Lets a process with the ids of the system's root do something. What it returns comes back as text.
///
/// # Errors
/// What `change` says.
pub fn as_its_root(config: &Config, change: impl FnOnce() -> Result<()>) -> Result<()> {
    let (ours, theirs) = socket::packet_pair()?;
    match fork(&Clone::default(), false)? {
        Forked::Child => {
            drop(ours);
            let done = become_root_of(config).and_then(|()| change());
            let said = match done {
                Ok(()) => socket::send(theirs.as_fd(), b"+", None),
                Err(error) => {
                    let hint = error.hint_text().unwrap_or_default();
                    let text = format!("{}\n{error}\n{hint}", error.exit() as u8);
                    socket::send(theirs.as_fd(), text.as_bytes(), None)
                }
            };
            process::exit_now(i32::from(said.is_err()))
        }
        Forked::Parent(child) => {
            drop(theirs);
            heard_or_killed(ours.as_fd(), child.pid);
            let mut said = [0; 4096];
            let heard = socket::receive(ours.as_fd(), &mut said);
            process::wait(child.pid, true)?;
            let (length, _) = heard?;
            let text = String::from_utf8_lossy(&said[..length]).into_owned();
            if text == "+" {
                return Ok(());
            }
            let mut lines = text.splitn(3, '\n');
            let exit = lines.next().and_then(|code| Exit::from_code(code.parse().ok()?));
            let why = lines.next().unwrap_or("the process that changes its files died");
            let error = Error::new(exit.unwrap_or(Exit::Failure), why);
            Err(match lines.next() {
                Some(hint) if !hint.is_empty() => error.hint(hint),
                _ => error,
            })
        }
    }
}

/// An overlay stores new files with the ids of who makes them, and the host's root has none in the system.
fn become_root_of(config: &Config) -> Result<()> {
    let IdMap::Range { base, .. } = config.idmap else { return Ok(()) };
    let (_, permitted, _) = credentials::capget()?;
    credentials::setgroups(&[])?;
    credentials::setresgid(base)?;
    credentials::keep_capabilities()?;
    credentials::setresuid(base)?;
    Ok(credentials::capset(permitted, permitted, 0)?)
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

// SPDX-License-Identifier: Apache-2.0
//! Stopping a system in order, or at once; and removing what a dead monitor left.

use super::start::monitor_lock;
use super::state::{self, State};
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::monitor::launch::note_exit;
use crate::monitor::watch::End;
use crate::output;
use runtime::state::Root;
use runtime::verbs::{delete, kill, pause};
use runtime_sys::{AsFd, BorrowedFd, process};
use std::time::{Duration, Instant};

/// How long a monitor may take to remove what its system left.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a system came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It did what it was asked.
    InOrder,
    /// It was killed, since it did not in time.
    Killed,
}

/// Asks init to halt, and kills it when it has not after `timeout`. The system's name is locked.
///
/// # Errors
/// A process that does not die.
pub fn stop(host: &Host, config: &Config, timeout: Duration) -> Result<Stopped> {
    let name = &config.name;
    let signal = kill::parse_signal(&config.halt_signal)?;
    let deadline = Instant::now() + timeout;
    let mut how = Stopped::InOrder;
    let mut asked = None;
    loop {
        let now = state::state(host, name)?;
        let Some(pid) = now.pid() else { break };
        let is_late = Instant::now() >= deadline;
        if is_late {
            how = Stopped::Killed;
            signal_init(host, name, 9)?;
        } else if asked != Some(pid) {
            // A frozen one hears nothing. A second process is a system that rebooted meanwhile.
            if matches!(now, State::Paused(_)) {
                pause::resume(&Root::open(&host.oci_root())?, name)?;
            }
            output::step(&format!("{name}: send {} to process {pid}", config.halt_signal));
            signal_init(host, name, signal)?;
            asked = Some(pid);
        }
        let left = if is_late { PATIENCE } else { deadline.saturating_duration_since(Instant::now()) };
        if !wait_for_end(pid, left)? && is_late {
            return Err(Error::new(Exit::Timeout, "its first process does not die of SIGKILL"));
        }
    }
    clear(host, name)?;
    Ok(how)
}

/// Kills init, and with it everything in its pid namespace. The system's name is locked.
///
/// # Errors
/// A process that does not die.
pub fn kill_now(host: &Host, config: &Config) -> Result<()> {
    stop(host, config, Duration::ZERO).map(drop)
}

fn signal_init(host: &Host, name: &str, signal: i32) -> Result<()> {
    let root = Root::open(&host.oci_root())?;
    match kill::kill(&root, name, signal, false) {
        // It ended meanwhile, and its monitor may have removed it already.
        Err(error) if matches!(error.kind(), runtime::ErrorKind::State | runtime::ErrorKind::NotFound) => {
            Ok(())
        }
        other => Ok(other?),
    }
}

fn wait_for_end(pid: i32, time: Duration) -> Result<bool> {
    let Ok(pidfd) = process::pidfd_open(pid) else { return Ok(true) };
    ended_within(pidfd.as_fd(), time)
}

/// Whether a process has ended within a time; rounded up, so that a wait never becomes a busy one.
///
/// # Errors
/// None that is expected.
pub fn ended_within(pidfd: BorrowedFd<'_>, time: Duration) -> Result<bool> {
    let seconds = u32::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    Ok(process::ended_within(pidfd, seconds)?)
}

fn runs() -> Error {
    Error::new(Exit::State, "it runs already")
}

/// Removes what is left of a system that does not run: waits for a monitor that is at it, or does a dead one's work.
/// The system's name is locked.
///
/// # Errors
/// `State` when it runs (again); a cgroup that stays.
pub fn clear(host: &Host, name: &str) -> Result<()> {
    if !host.run(name).exists() && !host.oci_root().join(name).exists() {
        return Ok(());
    }
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    let _lock = loop {
        if let Some(lock) = monitor_lock(host, name)? {
            break lock;
        }
        // The monitor of a start whose ctctl was killed goes on: then there is nothing to wait for.
        if state::state(host, name)?.is_running() {
            return Err(runs());
        }
        if Instant::now() > deadline {
            return Err(Error::new(Exit::State, "its monitor does not end"));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    if state::state(host, name)?.is_running() {
        return Err(runs());
    }
    if host.oci_root().join(name).exists() {
        let root = Root::open(&host.oci_root())?;
        delete::delete(&root, name, true).context(|| format!("remove what {name} left"))?;
        note_exit(host, name, End::Unknown)?;
    }
    Ok(())
}

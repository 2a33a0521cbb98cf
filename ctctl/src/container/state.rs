// SPDX-License-Identifier: Apache-2.0
//! What a system is doing, asked of the kernel through the runtime each time.

use crate::error::{Context, Result};
use crate::host::Host;
use runtime::ErrorKind;
use runtime::state::{Root, Status};
use runtime_sys::{OwnedFd, process};
use std::fs;

/// A system's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its first program does not run. Something of an earlier start may be left; `clear` removes it.
    Stopped,
    /// Its first program runs, with this number on the host.
    Running(i32),
    /// All of it is frozen.
    Paused(i32),
}

impl State {
    /// Whether its first program runs.
    #[must_use]
    pub fn is_running(self) -> bool {
        self != State::Stopped
    }

    /// Init's number on the host.
    #[must_use]
    pub fn pid(self) -> Option<i32> {
        match self {
            State::Stopped => None,
            State::Running(pid) | State::Paused(pid) => Some(pid),
        }
    }

    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Stopped => "stopped",
            State::Running(_) => "running",
            State::Paused(_) => "paused",
        }
    }
}

/// A system's state at this moment. A start that is under way is waited for.
///
/// # Errors
/// The runtime's state cannot be read.
pub fn state(host: &Host, name: &str) -> Result<State> {
    let path = host.oci_root();
    if !path.exists() {
        return Ok(State::Stopped);
    }
    let look = || {
        let root = Root::open(&path)?;
        let container = match root.container(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Stopped),
            other => other?,
        };
        let saved = match container.load() {
            // Its create died early, or it was deleted while we waited for its lock.
            Ok(None) => return Ok(State::Stopped),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Stopped),
            Ok(Some(saved)) => saved,
            Err(error) => return Err(error),
        };
        Ok(match (container.status(&saved)?, saved.pid) {
            (Status::Running, Some(pid)) => State::Running(pid),
            (Status::Paused, Some(pid)) => State::Paused(pid),
            _ => State::Stopped,
        })
    };
    look().context(|| format!("read the state of {name}"))
}

/// Init, as a descriptor that never means a later process with its number; nothing when it does not run.
///
/// # Errors
/// The runtime's state cannot be read.
pub fn first_process(host: &Host, name: &str) -> Result<Option<OwnedFd>> {
    let Some(pid) = state(host, name)?.pid() else { return Ok(None) };
    let Ok(pidfd) = process::pidfd_open(pid) else { return Ok(None) };
    // Looked at again: the number could have become another process's before it was opened.
    Ok((state(host, name)?.pid() == Some(pid)).then_some(pidfd))
}

/// The word for an end that a start follows.
pub const REBOOTED: &str = "rebooted";

/// How init ended last, in words, as its monitor noted it.
#[must_use]
pub fn last_exit(host: &Host, name: &str) -> Option<String> {
    let text = fs::read_to_string(host.exit_file(name)).ok()?;
    Some(text.trim().to_owned())
}

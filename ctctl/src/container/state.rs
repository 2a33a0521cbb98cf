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
/// The word for a halt or a poweroff inside.
pub const HALTED: &str = "halted";

const RESTARTING: &str = " (restarting)";

/// The words for an end that a start follows after a pause.
#[must_use]
pub fn restarting(words: &str) -> String {
    format!("{words}{RESTARTING}")
}

/// The words without what was to follow.
#[must_use]
pub fn settled(words: &str) -> &str {
    words.strip_suffix(RESTARTING).unwrap_or(words)
}

/// Whether no start follows this end.
#[must_use]
pub fn is_final(words: &str) -> bool {
    words != REBOOTED && !words.ends_with(RESTARTING)
}

/// The exit code that an end's words stand for, as a shell has it; nothing when nobody saw it.
#[must_use]
pub fn exit_code(words: &str) -> Option<u8> {
    let number = |prefix: &str| settled(words).strip_prefix(prefix)?.parse::<u32>().ok();
    let code = match settled(words) {
        HALTED | REBOOTED => Some(0),
        _ => number("exited with ").or_else(|| Some(128 + number("killed by signal ")?)),
    };
    code.map(|code| u8::try_from(code & 0xff).unwrap_or(u8::MAX))
}

/// How init ended last, in words, as its monitor noted it.
#[must_use]
pub fn last_exit(host: &Host, name: &str) -> Option<String> {
    let text = fs::read_to_string(host.exit_file(name)).ok()?;
    Some(text.trim().to_owned())
}

/// Notes that a system runs, for a host that boots again: all else of a running system is gone then.
///
/// # Errors
/// What the file system answers.
pub fn remember_up(host: &Host, name: &str) -> Result<()> {
    let path = host.up_file(name);
    fs::write(&path, "").context(|| format!("write {}", path.display()))
}

/// Notes that it was stopped.
///
/// # Errors
/// What the file system answers.
pub fn forget_up(host: &Host, name: &str) -> Result<()> {
    let path = host.up_file(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.context(|| format!("remove {}", path.display())),
    }
}

/// Whether it ran when the host went down, or runs.
#[must_use]
pub fn was_up(host: &Host, name: &str) -> bool {
    host.up_file(name).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_end_are_read_back() {
        for (words, code) in [
            ("exited with 0", Some(0)),
            ("exited with 7 (restarting)", Some(7)),
            ("killed by signal 9", Some(137)),
            ("halted", Some(0)),
            ("unknown", None),
            ("not started again: no such file", None),
        ] {
            assert_eq!(exit_code(words), code, "{words}");
        }
        assert!(is_final("halted") && !is_final("rebooted") && !is_final(&restarting("exited with 1")));
    }
}

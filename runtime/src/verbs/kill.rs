// SPDX-License-Identifier: Apache-2.0
//! `kill`: a signal for the first process, or for all.

use crate::cgroup::Cgroup;
use crate::error::{Context, Error, Result};
use crate::sandbox::signal_first;
use crate::state::{Root, State, Status};
use runtime_sys::namespace;

/// Signals by name, without `SIG`.
const SIGNALS: &[(&str, i32)] = &[
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("IOT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("CHLD", 17),
    ("CLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("URG", 23),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("WINCH", 28),
    ("IO", 29),
    ("POLL", 29),
    ("PWR", 30),
    ("SYS", 31),
];

/// Reads a signal: a number, or a name with or without `SIG`, in any case; `RTMIN+3` and `RTMAX-1` too.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`].
pub fn parse_signal(text: &str) -> Result<i32> {
    let unknown = || Error::invalid(format!("unknown signal {text:?}"));
    if let Ok(number) = text.parse::<i32>() {
        return if (0..=64).contains(&number) { Ok(number) } else { Err(unknown()) };
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some((_, number)) = SIGNALS.iter().find(|(known, _)| *known == name) {
        return Ok(*number);
    }
    let real_time = |base: i32, rest: &str| {
        if rest.is_empty() { Some(base) } else { Some(base + rest.parse::<i32>().ok()?) }
    };
    let number = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(rest), _) => real_time(34, rest),
        (_, Some(rest)) => real_time(64, rest),
        _ => None,
    };
    number.filter(|number| (34..=64).contains(number)).ok_or_else(unknown)
}

/// Sends a signal.
///
/// # Errors
/// [`crate::ErrorKind::State`] for a container that is not running.
pub fn kill(root: &Root, id: &str, signal: i32, all: bool) -> Result<()> {
    let container = root.container(id)?;
    let state = container.state()?;
    let status = container.status(&state)?;
    let not_running = || Error::state("container not running");
    let shares_pids = state.namespaces & namespace::CLONE_NEWPID == 0;
    if all || (shares_pids && signal == 9 && status == Status::Stopped) {
        let cgroup = Cgroup::open(&state.cgroup);
        // With --all a container whose first process is gone is no error: callers kill what was left behind.
        let signalled = if signal == 9 { kill_all(&cgroup, &state) } else { cgroup.signal_all(signal) };
        return signalled.context(|| "signal all processes");
    }
    match status {
        Status::Created | Status::Running | Status::Paused => {}
        Status::Stopped | Status::Creating => return Err(not_running()),
    }
    if shares_pids && signal == 9 {
        // Without a pid namespace the others outlive the first process.
        return kill_all(&Cgroup::open(&state.cgroup), &state);
    }
    if !signal_first(&state, signal)? {
        return Err(not_running());
    }
    if signal == 9 && status == Status::Paused {
        // On v1 a frozen process dies when it thaws.
        Cgroup::open(&state.cgroup).thaw()?;
    }
    Ok(())
}

/// Kills those in the cgroup and the first process, which is in none where none was made, and may have left it where it
/// could.
fn kill_all(cgroup: &Cgroup, state: &State) -> Result<()> {
    cgroup.kill()?;
    signal_first(state, 9).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        for (text, number) in [
            ("9", 9),
            ("KILL", 9),
            ("SIGKILL", 9),
            ("sigterm", 15),
            ("0", 0),
            ("RTMIN+1", 35),
            ("SIGRTMAX", 64),
        ] {
            assert_eq!(parse_signal(text).unwrap(), number, "{text}");
        }
        for text in ["", "SIG", "FOO", "65", "-1", "RTMIN+99", "RTMINx"] {
            assert!(parse_signal(text).is_err(), "{text}");
        }
    }
}

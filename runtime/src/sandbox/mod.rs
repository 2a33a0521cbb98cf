// SPDX-License-Identifier: Apache-2.0
//! How one container is kept apart from the host: the only place that knows there are kinds of isolation.
//!
//! There is one kind so far: namespaces. The microVM's half of each function stands beside it when it comes.

pub mod build;
pub mod create;
pub mod exec;
pub mod foreground;

use crate::error::{Error, ErrorKind, Result};
use crate::state::State;
use runtime_sys::{AsFd, Errno, process};

/// How long a process may take to die of SIGKILL, in seconds.
const DEATH: u32 = 10;

/// Sends a signal to the first process; false when it has ended.
///
/// # Errors
/// EPERM, EINVAL.
pub fn signal_first(state: &State, signal: i32) -> Result<bool> {
    let Some(pidfd) = state.first_process()? else { return Ok(false) };
    match process::pidfd_send_signal(pidfd.as_fd(), signal) {
        Err(error) if error.errno == Errno::SRCH => Ok(false),
        other => Ok(other.map(|()| true)?),
    }
}

/// Kills the first process and waits until it is gone.
///
/// # Errors
/// When it does not die in ten seconds: it waits in the kernel for a device that does not answer.
pub fn end_first(state: &State) -> Result<()> {
    let Some(pidfd) = state.first_process()? else { return Ok(()) };
    match process::pidfd_send_signal(pidfd.as_fd(), 9) {
        Err(error) if error.errno == Errno::SRCH => return Ok(()),
        other => other?,
    }
    crate::cgroup::Cgroup::open(&state.cgroup).thaw_killed()?;
    if process::ended_within(pidfd.as_fd(), DEATH)? {
        return Ok(());
    }
    Err(Error::new(ErrorKind::System, format!("the first process does not die in {DEATH} s of SIGKILL")))
}

// SPDX-License-Identifier: Apache-2.0
//! `exec`: one more process in a container.

use crate::error::Result;
use crate::sandbox::exec::{ExecOptions, Executed};
use crate::sandbox::foreground::{block_signals, wait, wait_until};
use crate::state::Root;
use std::time::Instant;

/// Runs a process in the foreground and returns its exit code.
///
/// # Errors
/// See [`crate::sandbox::exec::exec`].
pub fn exec(root: &Root, options: &ExecOptions) -> Result<i32> {
    let blocked = block_signals()?;
    let Executed { mut launched, master } = crate::sandbox::exec::exec(root, options)?;
    wait(&mut launched, master, &blocked).map(|exit| exit.code())
}

/// Runs a process in the foreground until a time; nothing when it was killed then.
///
/// # Errors
/// See [`crate::sandbox::exec::exec`].
pub fn exec_until(root: &Root, options: &ExecOptions, deadline: Instant) -> Result<Option<i32>> {
    let blocked = block_signals()?;
    let Executed { mut launched, master } = crate::sandbox::exec::exec(root, options)?;
    Ok(wait_until(&mut launched, master, deadline, &blocked)?.map(|exit| exit.code()))
}

/// Runs a process and leaves it running.
///
/// # Errors
/// See [`crate::sandbox::exec::exec`].
pub fn exec_detached(root: &Root, options: &ExecOptions) -> Result<()> {
    crate::sandbox::exec::exec(root, options).map(drop)
}

// SPDX-License-Identifier: Apache-2.0
//! `run`: create, start, and unless detached wait and delete.

use super::{delete, start};
use crate::error::Result;
use crate::sandbox::create::{CreateOptions, Created, Start, create};
use crate::sandbox::foreground::{block_signals, wait, wait_and_notify};
use crate::state::Root;
use runtime_sys::AsFd;

/// Runs a container in the foreground and returns its exit code.
///
/// # Errors
/// As create and start. Nothing remains of the container unless `keep` says so.
pub fn run(root: &Root, options: &CreateOptions, keep: bool) -> Result<i32> {
    let blocked = block_signals()?;
    let Created { container, state, mut launched, master, notify } = create(root, options, Start::Now)?;
    if state.has_hooks {
        let started = launched.hear_the_end().and_then(|()| start::poststart(&container, &state));
        if let Err(error) = started {
            launched.kill()?;
            delete::remove(&container, &state)?;
            return Err(error);
        }
    }
    // Others may look at it and kill it while it runs.
    container.unlock()?;
    let exit = match notify {
        Some(listener) if master.is_none() => wait_and_notify(&mut launched, &listener, &blocked),
        _ => wait(&mut launched, master, &blocked),
    };
    if exit.is_err() || !keep {
        container.lock_again()?;
        delete::remove(&container, &state)?;
    }
    exit.map(|exit| exit.code())
}

/// Runs a container and leaves it running.
///
/// # Errors
/// As create and start.
pub fn run_detached(root: &Root, options: &CreateOptions) -> Result<()> {
    let Created { container, state, launched, notify, .. } = create(root, options, Start::Now)?;
    let started = launched.hear_the_end().and_then(|()| start::poststart(&container, &state));
    if started.is_err() {
        launched.kill()?;
        delete::remove(&container, &state)?;
    }
    started?;
    if let Some(listener) = notify {
        container.unlock()?;
        listener.wait(launched.pid, launched.pidfd()?.as_fd())?;
    }
    Ok(())
}

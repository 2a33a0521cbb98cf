// SPDX-License-Identifier: Apache-2.0
//! `run`: create, start, and unless detached wait and delete.

use super::{delete, start};
use crate::error::Result;
use crate::sandbox::create::{CreateOptions, Created, Start, create};
use crate::sandbox::foreground::{block_signals, wait, wait_and_notify};
use crate::state::{Container, Root, State};
use runtime_sys::AsFd;

/// Runs a container in the foreground and returns its exit code.
///
/// # Errors
/// As create and start. Nothing remains of the container unless `keep` says so.
pub fn run(root: &Root, options: &CreateOptions, keep: bool) -> Result<i32> {
    let blocked = block_signals()?;
    let Created { container, state, mut launched, master, notify } = create(root, options, Start::Now)?;
    let config = start::config_with_hooks(&container, &state);
    // Others may look at it and kill it while it runs, and its hooks may as well.
    container.unlock()?;
    if state.has_hooks {
        let started = launched.hear_the_start().and_then(|()| start::poststart(config?.as_deref(), &state));
        if let Err(error) = started {
            launched.kill()?;
            remove(&container, &state)?;
            return Err(error);
        }
    }
    let exit = match notify {
        Some(listener) if master.is_none() => wait_and_notify(&mut launched, &listener, &blocked),
        _ => wait(&mut launched, master, &blocked),
    };
    if exit.is_err() || !keep {
        remove(&container, &state)?;
    }
    exit.map(|exit| exit.code())
}

/// Removes the container, unless somebody else has: what has its name then is another one.
fn remove(container: &Container, state: &State) -> Result<()> {
    if container.lock_again()? { delete::remove(container, state) } else { Ok(()) }
}

/// Runs a container and leaves it running.
///
/// # Errors
/// As create and start.
pub fn run_detached(root: &Root, options: &CreateOptions) -> Result<()> {
    let Created { container, state, launched, notify, .. } = create(root, options, Start::Now)?;
    let config = start::config_with_hooks(&container, &state);
    container.unlock()?;
    let started = launched.hear_the_start().and_then(|()| start::poststart(config?.as_deref(), &state));
    if started.is_err() {
        launched.kill()?;
        remove(&container, &state)?;
    }
    started?;
    if let Some(listener) = notify {
        listener.wait(launched.pid, launched.pidfd()?.as_fd())?;
    }
    Ok(())
}

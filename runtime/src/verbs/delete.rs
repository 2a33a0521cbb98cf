// SPDX-License-Identifier: Apache-2.0
//! `delete`: everything that a container has on the host goes.

use crate::cgroup::Cgroup;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::sandbox::create::parse;
use crate::sandbox::end_first;
use crate::state::{Container, Root, State, Status};
use crate::{fault, hooks};

/// Deletes a container that is stopped, or with `force` one in whatever state; a missing one is no error then.
///
/// # Errors
/// [`ErrorKind::State`] for one that is not stopped.
pub fn delete(root: &Root, id: &str, force: bool) -> Result<()> {
    let container = match root.container(id) {
        Err(error) if force && error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let state = match container.load() {
        Ok(Some(state)) => state,
        // Its create died before it had anything but this folder.
        Ok(None) if force => return container.remove(),
        Err(error) if force && error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if force => {
            log::warn!("{error}");
            return container.remove();
        }
        other => other?.ok_or_else(|| {
            Error::state(format!("container {id} was not created whole: remove it with delete --force"))
        })?,
    };
    match container.status(&state)? {
        Status::Stopped => {}
        _ if force => end_first(&state)?,
        // As runc: what was created and never started has nothing to lose.
        Status::Created => end_first(&state)?,
        status => {
            return Err(Error::state(format!(
                "cannot delete container {id} that is not stopped: {}",
                status.as_str()
            )));
        }
    }
    remove(&container, &state)
}

/// Removes what a container that has ended still has: processes that outlived the first, cgroups, the state; then
/// poststop hooks run.
///
/// # Errors
/// When a process does not die or a cgroup cannot be removed; the state stays, and delete can be tried again.
pub(super) fn remove(container: &Container, state: &State) -> Result<()> {
    fault::point("delete the cgroup")?;
    let cgroup = Cgroup::open(&state.cgroup);
    cgroup.kill().and_then(|()| cgroup.remove()).context(|| "remove the cgroup")?;
    fault::point("delete the state")?;
    if !state.has_hooks {
        return container.remove();
    }
    let config = container.config()?;
    container.remove()?;
    if let Some(hooks) = &parse(&config, "config.json")?.hooks {
        hooks::run_poststop(&hooks.poststop, state);
    }
    Ok(())
}

// SPDX-License-Identifier: Apache-2.0
//! `start`: lets the payload of a created container run.

use crate::cgroup::Cgroup;
use crate::error::{Error, Result};
use crate::launch::serve::start_over;
use crate::notify::Listener;
use crate::sandbox::create::parse;
use crate::state::{Container, Root, State, Status};
use crate::{fault, hooks, sandbox};
use runtime_sys::AsFd;

/// Starts a container. With a supervisor (`NOTIFY_SOCKET`) of a container that was created with one, it returns when
/// the payload is ready or has ended.
///
/// # Errors
/// [`crate::ErrorKind::State`] unless it is created; what the stage reports. A container that fails is stopped.
pub fn start(root: &Root, id: &str, supervisor: Option<&str>) -> Result<()> {
    let container = root.container(id)?;
    let state = container.state()?;
    match container.status(&state)? {
        // As with runc. A process that is frozen hears nobody.
        Status::Created if Cgroup::open(&state.cgroup).is_frozen() => {
            return Err(Error::state(format!(
                "cannot start a container in the paused state: resume {id} first"
            )));
        }
        Status::Created => {}
        Status::Stopped => return Err(Error::state("cannot start a container that has stopped")),
        Status::Running | Status::Paused => {
            return Err(Error::state("cannot start an already running container"));
        }
        Status::Creating => return Err(Error::state(format!("container {id} was not created whole"))),
    }
    let config = config_with_hooks(&container, &state)?;
    let listener = supervisor.map_or(Ok(None), |name| Listener::bind(&container, name))?;
    let stage = container.connect_to_start()?;
    fault::point("connect to start")?;
    // From here on it counts as started: a second start finds no socket.
    container.forget_start_socket()?;
    fault::point("forget the start socket")?;
    // How long it takes is up to hooks, some of them the payload's own, and to who pauses it now: others may look at it,
    // resume it and kill it meanwhile.
    container.unlock()?;
    start_over(stage.as_fd(), state.pid.unwrap_or_default())?;
    // The specification's step 9: the container is stopped then, and what is left is delete's.
    poststart(config.as_deref(), &state).or_else(|error| sandbox::end_first(&state).and(Err(error)))?;
    match (listener, state.pid, state.first_process()?) {
        (Some(listener), Some(pid), Some(pidfd)) => listener.wait(pid, pidfd.as_fd()),
        _ => Ok(()),
    }
}

/// The configuration of a container with hooks; nothing of one without. To be read before the lock is given up: who has
/// it next may delete the container.
///
/// # Errors
/// What reading the state answers.
pub(super) fn config_with_hooks(container: &Container, state: &State) -> Result<Option<Vec<u8>>> {
    state.has_hooks.then(|| container.config()).transpose()
}

/// The hooks that follow a start.
///
/// # Errors
/// A hook that fails; the caller stops the container.
pub(super) fn poststart(config: Option<&[u8]>, state: &State) -> Result<()> {
    let Some(config) = config else { return Ok(()) };
    let spec = parse(config, "config.json")?;
    let Some(hooks) = &spec.hooks else { return Ok(()) };
    hooks::run_all("poststart", &hooks.poststart, state, Status::Running)
}

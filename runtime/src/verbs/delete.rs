// SPDX-License-Identifier: Apache-2.0
//! `delete`: everything that a container has on the host goes.

use crate::cgroup::Cgroup;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::sandbox::create::parse;
use crate::sandbox::end_first;
use crate::state::{Container, Root, State, Status};
use crate::{fault, hooks};
use runtime_sys::regex::Regex;
use std::ffi::CString;

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

/// Deletes all containers whose names match an extended regular expression, as crun does: each that can be, whatever
/// becomes of the others.
///
/// # Errors
/// [`ErrorKind::Invalid`] for what is no expression; the first of the failures, the others are told of in the log.
pub fn delete_matching(root: &Root, pattern: &str, force: bool) -> Result<()> {
    let bad = || Error::invalid(format!("--regex: {pattern:?} is no regular expression"));
    let regex = Regex::new(&CString::new(pattern).map_err(|_| bad())?).map_err(|_| bad())?;
    let mut result = Ok(());
    for id in root.ids()? {
        if !regex.matches(&CString::new(id.as_str()).expect("ids hold no NUL")) {
            continue;
        }
        match delete(root, &id, force).context(|| id) {
            // Another delete was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if result.is_err() => log::error!("{error}"),
            Err(error) => result = Err(error),
            Ok(()) => {}
        }
    }
    result
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

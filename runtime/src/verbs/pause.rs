// SPDX-License-Identifier: Apache-2.0
//! `pause` and `resume`: all processes of a container stop where they are, and go on.

use crate::cgroup::Cgroup;
use crate::error::{Error, Result};
use crate::state::{Root, Status};

/// Freezes all processes. As in runc one that is paused already is no running one.
///
/// # Errors
/// [`crate::ErrorKind::State`] for one that is not running.
pub fn pause(root: &Root, id: &str) -> Result<()> {
    let container = root.container(id)?;
    let state = container.state()?;
    let cgroup = Cgroup::open(&state.cgroup);
    match container.status(&state)? {
        // One that waits for `start` can be frozen too, and its status is "created" all the same.
        Status::Running | Status::Created if !cgroup.is_frozen() => cgroup.freeze(),
        Status::Created => Err(Error::state(format!("container not running: {id} is frozen"))),
        status => Err(Error::state(format!("container not running: {id} is {}", status.as_str()))),
    }
}

/// Lets a paused container go on.
///
/// # Errors
/// [`crate::ErrorKind::State`] for one that is not paused.
pub fn resume(root: &Root, id: &str) -> Result<()> {
    let container = root.container(id)?;
    let state = container.state()?;
    let status = container.status(&state)?;
    let cgroup = Cgroup::open(&state.cgroup);
    // Not by the status: see above.
    if status == Status::Stopped || !cgroup.is_frozen() {
        return Err(Error::state(format!("container not paused: {id} is {}", status.as_str())));
    }
    cgroup.thaw()
}

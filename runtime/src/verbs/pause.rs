// SPDX-License-Identifier: Apache-2.0
//! `pause` and `resume`: all processes of a container stop where they are, and go on.

use crate::cgroup::Cgroup;
use crate::error::{Error, Result};
use crate::state::{Root, Status};

/// Freezes all processes. A container that is paused stays so.
///
/// # Errors
/// [`crate::ErrorKind::State`] for one that is not running.
pub fn pause(root: &Root, id: &str) -> Result<()> {
    let container = root.container(id)?;
    let state = container.state()?;
    match container.status(&state)? {
        Status::Running | Status::Created | Status::Paused => {}
        status => return Err(Error::state(format!("container not running: {id} is {}", status.as_str()))),
    }
    Cgroup::open(&state.cgroup).freeze()
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
    // One that waits for `start` can be frozen too, and its status is "created" all the same.
    if status == Status::Stopped || !cgroup.is_frozen() {
        return Err(Error::state(format!("container not paused: {id} is {}", status.as_str())));
    }
    cgroup.thaw()
}

// SPDX-License-Identifier: Apache-2.0
//! The listener of a payload's filter on its way to the agent.
use crate::error::Result;
use runtime_sys::OwnedFd;

/// # Errors
/// What connect(2) answers.
pub fn send(_listener: OwnedFd, _path: &str, _metadata: Option<&str>, _pid: i32, _state: &str) -> Result<()> {
    Err(crate::error::Error::unsupported("seccomp notification"))
}

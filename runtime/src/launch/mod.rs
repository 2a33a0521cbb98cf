// SPDX-License-Identifier: Apache-2.0
//! Carries out a plan: the stage is cloned into its namespaces and cgroup, served while it works, and either waits
//! to be started or becomes the payload.

pub mod idmap;
mod program;
pub(crate) mod protocol;
pub mod serve;
pub mod sources;

use crate::error::{Context, Error, ErrorKind, Result};
use protocol::Channel;
use runtime_sys::clone::{Clone, clone3_execveat};
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, OwnedFd, fs, socket};
use stage::plan::Plan;
use stage::wire::Wire;

/// What the first clone needs beside the plan.
#[derive(Debug, Default)]
pub struct Birth<'f> {
    /// `CLONE_NEW*` bits.
    pub namespaces: u64,
    /// A cgroup v2 directory to be born in.
    pub cgroup: Option<BorrowedFd<'f>>,
    /// Descriptors that the plan names by number; the stage inherits them, we give them up.
    pub inherited: Vec<OwnedFd>,
}

/// A stage at work, then a payload.
#[derive(Debug)]
pub struct Launched {
    /// Its number in our pid namespace.
    pub pid: i32,
    /// The same process, whatever becomes of the number.
    pub pidfd: OwnedFd,
    pub(crate) channel: Channel,
}

/// Starts the stage with a plan. The plan's channel is set here.
///
/// # Errors
/// What clone3(2) answers, in the words of the caller's namespaces.
pub fn launch(birth: Birth<'_>, plan: &mut Plan<'_>) -> Result<Launched> {
    let (ours, theirs) = socket::packet_pair()?;
    plan.channel = theirs.as_raw_fd();
    #[cfg(feature = "fault")]
    let faults = crate::plan::arena::Arena::default();
    #[cfg(feature = "fault")]
    let fault = crate::fault::for_stage().map(|fault| faults.c_str(fault)).transpose()?;
    #[cfg(feature = "fault")]
    let plan = &mut Plan { fault, ..*plan };
    let mut encoded = Vec::with_capacity(8192);
    plan.put(&mut encoded);
    let program = program::program(&encoded)?;
    for fd in std::iter::once(&theirs).chain(&birth.inherited) {
        fs::keep_over_exec(fd.as_fd())?;
    }
    let length = std::ffi::CString::new(encoded.len().to_string()).expect("digits hold no NUL");
    let clone = Clone { namespaces: birth.namespaces, cgroup: birth.cgroup };
    let child = clone3_execveat(&clone, program.as_fd(), &[c"ctrun-init", &length], &[])
        .map_err(Error::from)
        .context(|| "clone into new namespaces")?;
    // The stage has its own copies now.
    drop(birth.inherited);
    if child.pid <= 0 {
        return Err(Error::new(ErrorKind::System, "clone3 returned no process"));
    }
    Ok(Launched { pid: child.pid, pidfd: child.pidfd, channel: Channel::new(ours) })
}

// SPDX-License-Identifier: Apache-2.0
//! Carries out a plan: the stage is cloned into its namespaces and cgroup, served while it works, and either waits
//! to be started or becomes the payload.

pub mod idmap;
pub mod program;
pub(crate) mod protocol;
pub mod serve;
pub mod sources;

use crate::error::{Context, Error, Result};
use program::Part;
use protocol::Channel;
use runtime_sys::clone::{Clone, clone3_execveat};
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, OwnedFd, fs, signal, socket};
use stage::plan::Plan;
use stage::wire::Wire;

const SIGCHLD: i32 = 17;

/// Who started us may have had this signal ignored, which we inherit: the kernel would give the numbers of our children
/// away before we ask how they ended.
pub(crate) fn keep_the_numbers_of_children() -> Result<()> {
    Ok(signal::set_default(SIGCHLD)?)
}

/// What the first clone needs beside the plan.
#[derive(Debug, Default)]
pub struct Birth<'f> {
    /// `CLONE_NEW*` bits.
    pub namespaces: u64,
    /// A cgroup v2 directory to be born in.
    pub cgroup: Option<BorrowedFd<'f>>,
    /// Whether it waits for no word of ours and sends no descriptor.
    pub is_only_heard: bool,
    /// Descriptors that the plan names by number; the stage inherits them, we give them up.
    pub inherited: Vec<OwnedFd>,
}

/// A stage at work, then a payload: a child of ours, whose number stays its own until we have waited for it.
#[derive(Debug)]
pub struct Launched {
    /// Its number in our pid namespace.
    pub pid: i32,
    /// Whether it will clone itself once more and go on in that process, which we have not heard of yet.
    pub(crate) moves: bool,
    pub(crate) channel: Channel,
}

/// Starts the stage with a plan. The plan's channel is set here.
///
/// # Errors
/// What clone3(2) answers, in the words of the caller's namespaces.
pub fn launch(part: Part, birth: Birth<'_>, plan: &mut Plan<'_>) -> Result<Launched> {
    keep_the_numbers_of_children()?;
    let (channel, theirs) = if birth.is_only_heard {
        let (ours, theirs) = socket::packet_pipe()?;
        (Channel::Pipe(ours), theirs)
    } else {
        let (ours, theirs) = socket::packet_pair()?;
        (Channel::Socket(ours), theirs)
    };
    plan.channel = theirs.as_raw_fd();
    #[cfg(feature = "fault")]
    let faults = crate::plan::arena::Arena::default();
    #[cfg(feature = "fault")]
    let fault = crate::fault::for_stage().map(|fault| faults.c_str(fault)).transpose()?;
    #[cfg(feature = "fault")]
    let plan = &mut Plan { fault, ..*plan };
    let mut encoded = Vec::with_capacity(2048);
    plan.put(&mut encoded);
    let program = program::program(part, &encoded)?;
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
    Ok(Launched { pid: child, moves: plan.clone_again.is_some(), channel })
}

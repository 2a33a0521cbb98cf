// SPDX-License-Identifier: Apache-2.0
//! The stage: what runs between clone3 and the payload's execve.
//!
//! It has no libc and no allocator, so that it starts in microseconds and charges the container's memory limit
//! little, and it lives in a sealed memfd, so that a container that gets hold of its executable has nothing to
//! write to (CVE-2019-5736). It reads a plan and walks the list of steps below. Under the `std` feature it is only
//! compiled, for the lints.
//!
//! It is built twice: with the feature `first` for a container's first process, and without it, at a third of the size,
//! for one more process in a container that is there already.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(feature = "std"), no_main)]
#![cfg_attr(
    not(feature = "first"),
    expect(dead_code, reason = "steps of a first process share modules with others")
)]

#[cfg(feature = "first")]
mod copy_up;
#[cfg(not(feature = "std"))]
mod entry;
mod fault;
mod files;
mod home;
#[cfg(feature = "first")]
mod hooks;
mod identity;
#[cfg(feature = "first")]
mod mounts;
mod payload;
#[cfg(feature = "first")]
mod root;
mod terminal;
mod wait;

use fault::Fault;
use runtime_sys::{BorrowedFd, OwnedFd, exec, fd, process};
use stage::message::{FromStage, LONGEST};
use stage::plan::Plan;
use stage::wire::{Reader, Wire};

/// What the steps share.
struct Stage<'a> {
    plan: Plan<'a>,
    /// To the runtime; from `start` on, to whoever started us.
    channel: BorrowedFd<'static>,
    /// The connection of `start`, which closes when the payload runs.
    started: Option<OwnedFd>,
    /// Whether the working directory must be entered as the payload's user.
    enter_directory_late: bool,
    /// The tmpfs that was mounted last, as long as nothing else was mounted on it.
    fresh: Option<files::Fresh<'a>>,
    /// What becomes read-only in the end.
    later: files::Later,
    /// The root's mount, once it is attached.
    tree: Option<BorrowedFd<'static>>,
    /// The mask that we were born with.
    umask: u32,
    /// `HOME=…` of the payload's user, when its environment has none.
    home: files::PathBuffer,
    /// The payload's arguments and environment.
    strings: Option<(exec::StringArray<'a>, exec::StringArray<'a>)>,
    /// Where the payload's program was found.
    program: files::PathBuffer,
}

type StepResult<'a> = Result<(), Fault<'a>>;

struct Step {
    name: &'static str,
    run: for<'a> fn(&mut Stage<'a>) -> StepResult<'a>,
}

const fn step(name: &'static str, run: for<'a> fn(&mut Stage<'a>) -> StepResult<'a>) -> Step {
    Step { name, run }
}

/// The launch; those that are marked make a container and are not in the program that joins one. Each step returns at once when the plan does not ask for it.
const STEPS: &[Step] = &[
    step("reset signals", identity::reset_signals),
    // Joining comes before unsharing: new namespaces belong to the user namespace that was joined.
    step("join namespaces", identity::join_namespaces),
    // A joined pid namespace holds only children, and new ones must be made inside a joined user namespace.
    step("clone into namespaces", identity::clone_again),
    // The runtime writes id maps and moves us into cgroups of v1; before that we have no identity to act with.
    step("wait for id maps and cgroups", identity::wait_at_gate),
    step("become root in the user namespace", identity::become_root),
    #[cfg(feature = "first")]
    step("unshare namespaces", identity::unshare),
    #[cfg(feature = "first")]
    step("set time offsets", identity::set_time_offsets),
    step("join session keyring", identity::join_keyring),
    step("start a session", identity::start_session),
    #[cfg(feature = "first")]
    step("bring up loopback", identity::bring_up_loopback),
    // Before the first mount of ours, so that none of them reaches the host.
    #[cfg(feature = "first")]
    step("cut mount propagation", root::cut_propagation),
    #[cfg(feature = "first")]
    step("attach root", root::attach),
    #[cfg(feature = "first")]
    step("mount", mounts::mount_all),
    #[cfg(feature = "first")]
    step("make devices", root::make_devices),
    #[cfg(feature = "first")]
    step("make links", root::make_links),
    // The spec runs prestart and createRuntime after the mounts and before pivot_root.
    #[cfg(feature = "first")]
    step("run runtime hooks", hooks::runtime_hooks),
    #[cfg(feature = "first")]
    step("run createContainer hooks", hooks::create_container),
    step("set up terminal", terminal::set_up),
    #[cfg(feature = "first")]
    step("make mounts read-only", root::finish_mounts),
    // Hiding comes last: a later mount could cover what was hidden.
    #[cfg(feature = "first")]
    step("hide paths", root::hide_paths),
    #[cfg(feature = "first")]
    step("make paths read-only", root::protect_paths),
    #[cfg(feature = "first")]
    step("enter root", root::enter),
    // The label's and the parameters' way into the host's proc stays.
    step("close descriptors", files::close_left),
    #[cfg(feature = "first")]
    step("set host name", identity::set_names),
    #[cfg(feature = "first")]
    step("write kernel parameters", identity::write_sysctls),
    step("set limits and priorities", payload::set_limits),
    step("find home directory", home::find),
    step("enter working directory", payload::enter_directory),
    // Looked up at create, so that a missing program is create's error and not start's.
    step("find program", payload::find_program),
    // With a listener the runtime must take it while it is still there.
    step("load seccomp filter for notification", payload::seccomp_notify),
    step("wait for start", wait::wait_for_start),
    step("become the payload's user", payload::become_user),
    // With no more rights than the payload has: the hook's program comes from the container's own files.
    #[cfg(feature = "first")]
    step("run startContainer hooks", hooks::start_container),
    step("execute program", payload::execute),
];

/// Walks the steps; comes back only after a failure that was reported.
fn run(encoded: &'static [u8]) -> i32 {
    let Ok(plan) = Plan::get(&mut Reader::new(encoded)) else { return 252 };
    let mut stage = Stage {
        plan,
        channel: fd::inherited(plan.channel),
        started: None,
        enter_directory_late: false,
        fresh: None,
        later: files::Later::default(),
        tree: None,
        umask: 0o022,
        home: files::PathBuffer::new(),
        strings: None,
        program: files::PathBuffer::new(),
    };
    // A name is for those who look with ps; a launch does not fail for it.
    drop(process::set_name(stage::message::NAME));
    for step in STEPS {
        let result = match injected(&stage, step.name) {
            Some(b"fail") => Err(Fault::new("fault", 5, b"injected")),
            Some(_) => {
                kill_runtime(&stage, step.name);
                (step.run)(&mut stage)
            }
            None => (step.run)(&mut stage),
        };
        if let Err(fault) = result {
            report(&stage, step.name, &fault);
            return 1;
        }
    }
    0
}

/// What a test wants to happen at this step: `fail STEP` or `kill STEP`. A shipped runtime never asks.
fn injected<'a>(stage: &Stage<'a>, step: &str) -> Option<&'a [u8]> {
    let wanted = stage.plan.fault?.to_bytes();
    wanted.strip_suffix(step.as_bytes())?.strip_suffix(b" ")
}

/// Has the runtime kill itself, and goes on when it is dead.
fn kill_runtime(stage: &Stage<'_>, step: &'static str) {
    report(stage, step, &Fault::new("kill", 5, b"injected"));
    let channel = stage.started.as_ref().map_or(stage.channel, runtime_sys::AsFd::as_fd);
    runtime_sys::socket::wait_for_close(channel);
}

/// Says on the channel which step failed, by write(2), which nearly every profile allows. A runtime that is gone needs
/// no report.
fn report(stage: &Stage<'_>, step: &'static str, fault: &Fault<'_>) {
    use runtime_sys::AsFd;
    let mut buffer = [0; LONGEST];
    let message = FromStage::Failed(fault.failure(step)).put(&mut buffer);
    let channel = stage.started.as_ref().map_or(stage.channel, AsFd::as_fd);
    drop(runtime_sys::fs::write_once(channel, message));
}

#[cfg(feature = "std")]
fn main() {
    // Built with std only to be linted: the runtime's build script builds the program that is shipped.
    let _ = run;
}

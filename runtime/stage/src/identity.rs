// SPDX-License-Identifier: Apache-2.0
//! Steps that decide who we are: namespaces, ids, names, kernel parameters.

use crate::fault::About;
use crate::files::{PathBuffer, as_fd};
use crate::wait::{hear_go, say};
use crate::{Fault, Stage, StepResult};
use core::ffi::CStr;
use runtime_sys::clone::{Clone, Forked, fork, move_to_sibling};
use runtime_sys::fs::OpenFlags;
use runtime_sys::rustix::system;
use runtime_sys::{Call, Errno, credentials, fd, fs, keyring, namespace, process, signal, socket};
use stage::message::{FromStage, MOVED};

pub(crate) fn reset_signals<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    // What the runtime blocked or ignored for itself is not the payload's business.
    signal::set_mask(0)?;
    signal::set_default(13)?;
    // Before a namespace is joined in which others live. A new one's id maps must be written first, which an
    // unprivileged runtime may do for a dumpable process only; nobody else is in there yet.
    if !stage.plan.join.is_empty() {
        credentials::set_not_dumpable()?;
    }
    Ok(())
}

pub(crate) fn wait_at_gate<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if stage.plan.wait_at_gate {
        hear_go(stage.channel)?;
    }
    Ok(credentials::set_not_dumpable()?)
}

pub(crate) fn join_namespaces<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    for join in stage.plan.join.iter() {
        namespace::setns(fd::inherited(join.fd), join.flags)?;
    }
    Ok(())
}

/// The new process goes on as a child of the runtime; this one says so and ends.
pub(crate) fn clone_again<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let Some(namespaces) = stage.plan.clone_again else { return Ok(()) };
    let clone = Clone { namespaces, cgroup: None };
    match move_to_sibling(&clone, stage.channel, MOVED) {
        // Memory is not shared between time namespaces; and there may be no clone3, or none that a filter lets through.
        Err(error) if matches!(error.errno, Errno::INVAL | Errno::NOSYS | Errno::PERM) => {}
        other => return Ok(other?),
    }
    match fork(&clone, true)? {
        Forked::Child => Ok(()),
        Forked::Parent(child) => {
            say(stage, FromStage::Moved(child.pid), None)?;
            process::exit_now(0)
        }
    }
}

pub(crate) fn become_root<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if !stage.plan.become_root {
        return Ok(());
    }
    // Group first: after the user id is 0 of a namespace the order does not matter, before it does.
    credentials::setresgid(0)?;
    credentials::setresuid(0)?;
    // A change of ids made us dumpable again.
    credentials::set_not_dumpable()?;
    Ok(())
}

pub(crate) fn unshare<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if stage.plan.unshare != 0 {
        namespace::unshare(stage.plan.unshare)?;
    }
    Ok(())
}

/// Writes to a file of the host's /proc, which no container can have covered (CVE-2025-52881).
fn write_proc<'a>(stage: &Stage<'a>, path: &CStr, value: &[u8]) -> Result<(), Fault<'a>> {
    let proc = stage.plan.proc.ok_or(Fault::new("openat", Errno::NOENT.raw_os_error(), b"/proc"))?;
    let file = fs::open(fd::inherited(proc), path, OpenFlags::WRONLY, 0)?;
    if fs::fs_magic(as_fd(&file))? != fs::PROC_MAGIC {
        return Err(Fault::new("fstatfs", Errno::PERM.raw_os_error(), b"/proc is not a proc file system"));
    }
    Ok(fs::write_once(as_fd(&file), value)?)
}

pub(crate) fn set_time_offsets<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let Some(offsets) = stage.plan.time_offsets else { return Ok(()) };
    // The file belongs to the host's root as long as we are not dumpable, and root of a user namespace is another. In a
    // pid namespace in which others live we stay so: they would have a moment to trace us.
    let shares_pids = stage.plan.join.iter().any(|join| join.flags == namespace::CLONE_NEWPID);
    let becomes_another = stage.plan.become_root && !shares_pids;
    if becomes_another {
        credentials::set_dumpable()?;
    }
    let written = write_proc(stage, c"self/timens_offsets", offsets).about(offsets);
    if becomes_another {
        credentials::set_not_dumpable()?;
    }
    written
}

pub(crate) fn join_keyring<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let join = match stage.plan.join_keyring {
        true => keyring::join_session_keyring,
        false => keyring::make_session_keyring,
    };
    match stage.plan.keyring.map(join) {
        // A kernel without keyrings has none to share, and a full quota is no reason not to run.
        Some(Err(error)) if error.errno == Errno::NOSYS || error.errno == Errno::DQUOT => Ok(()),
        Some(other) => Ok(other?),
        None => Ok(()),
    }
}

pub(crate) fn start_session<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if stage.plan.process.new_session {
        process::setsid()?;
    }
    Ok(())
}

pub(crate) fn bring_up_loopback<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if stage.plan.loopback {
        socket::loopback_up()?;
    }
    Ok(())
}

pub(crate) fn set_names<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if let Some(name) = stage.plan.hostname {
        system::sethostname(name).call("sethostname", format_args!("")).about(name)?;
    }
    if let Some(name) = stage.plan.domainname {
        system::setdomainname(name).call("setdomainname", format_args!("")).about(name)?;
    }
    Ok(())
}

pub(crate) fn write_sysctls<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    for sysctl in stage.plan.sysctls.iter() {
        let name = sysctl.path.to_bytes();
        let mut buffer = PathBuffer::new();
        let path = buffer.join(&[b"sys/", name]).ok_or(Fault::new(
            "openat",
            Errno::NAMETOOLONG.raw_os_error(),
            name,
        ))?;
        write_proc(stage, path, sysctl.value).about(name)?;
    }
    Ok(())
}

/// The LSM label of the payload's execve.
pub(crate) fn write_label<'a>(stage: &Stage<'a>) -> StepResult<'a> {
    let Some(label) = stage.plan.process.label else { return Ok(()) };
    let name = label.path.to_bytes();
    let mut buffer = PathBuffer::new();
    let path = buffer.join(&[b"self/", name]).ok_or(Fault::new(
        "openat",
        Errno::NAMETOOLONG.raw_os_error(),
        name,
    ))?;
    write_proc(stage, path, label.value).about(name)
}

// SPDX-License-Identifier: Apache-2.0
//! Steps that turn this process into the payload: limits, directory, program, user, capabilities, filter, execve.

use crate::fault::About;
use crate::files::as_fd;
use crate::identity::write_label;
use crate::wait::{hear_go, say, say_starting};
use crate::{Fault, Stage, StepResult};
use core::ffi::CStr;
use runtime_sys::exec::{self, StringArray};
use runtime_sys::rustix::process as rx;
use runtime_sys::scheduling::{self, SchedAttr};
use runtime_sys::seccomp;
use runtime_sys::{Call, Errno, credentials, fd, fs, namespace, process};
use stage::message::FromStage;
use stage::plan::{Capabilities, Process};
use stage::wire::List;

/// Pointers to strings of the plan.
pub(crate) fn strings<'a>(list: &List<'a, &'a CStr>) -> Result<StringArray<'a>, Fault<'a>> {
    let mut array = StringArray::new(list.len())?;
    for string in list.iter() {
        array.push(string);
    }
    Ok(array)
}

pub(crate) fn set_limits<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let plan = &stage.plan.process;
    if stage.plan.root.is_some() || plan.umask.is_some() {
        rx::umask(fs::FileMode::from_raw_mode(plan.umask.unwrap_or(stage.umask)));
    }
    // In a user namespace the runtime sets them, from outside.
    let limits = plan.rlimits.iter().filter(|_| !stage.plan.become_root);
    for (resource, (soft, hard)) in limits.filter_map(|limit| Some((limit.resource, limit.at_first()?))) {
        process::setrlimit(resource, soft, hard)?;
    }
    if let Some(plan) = plan.scheduler {
        scheduling::sched_setattr(&SchedAttr {
            size: 0,
            policy: plan.policy,
            flags: plan.flags,
            nice: plan.nice,
            priority: plan.priority,
            runtime: plan.runtime,
            deadline: plan.deadline,
            period: plan.period,
        })?;
    }
    if let Some(priority) = plan.io_priority {
        scheduling::ioprio_set(priority)?;
    }
    if let Some(mask) = plan.affinity {
        scheduling::sched_setaffinity(mask)?;
    }
    if let Some(domain) = plan.personality {
        scheduling::personality(domain)?;
    }
    Ok(())
}

/// As root first, which reaches more; a directory that only the payload's user may enter comes later.
pub(crate) fn enter_directory<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let is_at_the_root = stage.plan.root.is_some()
        || stage.plan.join.iter().any(|join| join.flags & namespace::CLONE_NEWNS != 0);
    if is_at_the_root && stage.plan.process.cwd == c"/" {
        // Where entering the root, or joining the mount namespace, has left us.
        return Ok(());
    }
    match change_directory(stage.plan.process.cwd) {
        Err(fault) if fault.is(Errno::ACCESS) && stage.plan.process.uid != 0 => {
            stage.enter_directory_late = true;
            Ok(())
        }
        other => other,
    }
}

/// Enters the directory and makes sure that it lies below the root: a descriptor of the host, named as
/// /proc/self/fd/N, would not (CVE-2024-21626).
fn change_directory<'a>(path: &'a CStr) -> StepResult<'a> {
    rx::chdir(path).call("chdir", format_args!("")).about(path.to_bytes())?;
    if fs::current_directory_is_reachable()? {
        return Ok(());
    }
    Err(Fault::new(
        "getcwd",
        Errno::PERM.raw_os_error(),
        b"the working directory is outside of the container's root",
    ))
}

pub(crate) fn find_program<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let Some(name) = stage.plan.process.args.iter().next() else {
        return Err(Fault::new("execve", Errno::INVAL.raw_os_error(), b"no program is named"));
    };
    let name_bytes = name.to_bytes();
    if name_bytes.contains(&b'/') {
        stage.program.join(&[name_bytes]).ok_or(Fault::new(
            "execve",
            Errno::NAMETOOLONG.raw_os_error(),
            name_bytes,
        ))?;
        if cfg!(feature = "first") {
            return fs::executable(name).about(name_bytes);
        }
        // Nobody waits between this and the execve, which will tell.
        return Ok(());
    }
    let mut denied = false;
    for directory in stage.plan.process.path.split(|byte| *byte == b':') {
        let directory = if directory.is_empty() { b"." } else { directory };
        let Some(path) = stage.program.join(&[directory, b"/", name_bytes]) else { continue };
        match fs::executable(path) {
            Ok(()) => return Ok(()),
            Err(error) => denied |= error.errno == Errno::ACCESS,
        }
    }
    let errno = if denied { Errno::ACCESS } else { Errno::NOENT };
    Err(Fault::new("lookup", errno.raw_os_error(), name_bytes))
}

/// With a listener: loaded while the runtime can still take it.
pub(crate) fn seccomp_notify<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let plan = stage.plan.process;
    let Some(filter) = plan.seccomp.filter(|filter| filter.notify) else { return Ok(()) };
    if plan.no_new_privs {
        credentials::set_no_new_privs()?;
    }
    if let Some(listener) = seccomp::set_mode_filter(filter.flags, filter.program)? {
        say(stage, FromStage::SeccompNotify, Some(as_fd(&listener)))?;
        hear_go(stage.channel)?;
    }
    Ok(())
}

fn load_filter<'a>(plan: &Process<'a>) -> StepResult<'a> {
    if let Some(filter) = plan.seccomp.filter(|filter| !filter.notify) {
        seccomp::set_mode_filter(filter.flags, filter.program)?;
    }
    Ok(())
}

pub(crate) fn become_user<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let plan = stage.plan.process;
    if plan.seccomp.is_some() {
        // Before the filter, see below.
        say_starting(stage);
    }
    write_label(stage)?;
    if plan.own_stdio {
        own_stdio(plan.uid)?;
    }
    for limit in plan.rlimits.iter().filter(stage::plan::Rlimit::is_lowered_last) {
        process::setrlimit(limit.resource, limit.soft, limit.hard)?;
    }
    // Before the filter: a profile need not allow what only we call.
    fd::close_range_on_exec(3 + plan.preserve_fds)?;
    stage.strings = Some((strings(&plan.args)?, environment(&plan)?));
    if let Some(sets) = plan.capabilities {
        drop_bounding(sets.bounding)?;
    }
    if plan.uid != 0 {
        credentials::keep_capabilities()?;
    }
    if let Some(groups) = plan.groups {
        match set_groups(&mut groups.iter()) {
            // A user namespace that a user made without rights may deny it to its root, who has the capability: there is
            // no way to give the groups up, as with runc.
            Err(fault) if fault.is(Errno::PERM) && groups.is_empty() && has_setgid()? => {}
            other => other?,
        }
    }
    credentials::setresgid(plan.gid)?;
    credentials::setresuid(plan.uid)?;
    if stage.enter_directory_late {
        change_directory(plan.cwd)?;
    }
    if !plan.no_new_privs {
        // Without no_new_privs a filter takes CAP_SYS_ADMIN, which goes next.
        load_filter_as_root(&plan)?;
    }
    if let Some(sets) = plan.capabilities {
        set_capabilities(&sets)?;
    }
    if plan.no_new_privs {
        credentials::set_no_new_privs()?;
        load_filter(&plan)?;
    }
    Ok(())
}

/// The environment, with room for HOME, which [`execute`] adds.
fn environment<'a>(plan: &Process<'a>) -> Result<StringArray<'a>, Fault<'a>> {
    let mut array = StringArray::new(plan.env.len() + usize::from(plan.find_home))?;
    plan.env.iter().for_each(|variable| array.push(variable));
    Ok(array)
}

/// The change to another user has taken the effective capabilities away; the permitted ones are still there.
fn load_filter_as_root<'a>(plan: &Process<'a>) -> StepResult<'a> {
    if plan.uid != 0 && plan.seccomp.is_some_and(|filter| !filter.notify) {
        let (_, permitted, inheritable) = credentials::capget()?;
        credentials::capset(permitted, permitted, inheritable)?;
    }
    load_filter(plan)
}

fn has_setgid<'a>() -> Result<bool, Fault<'a>> {
    const CAP_SETGID: u64 = 1 << 6;
    let (effective, ..) = credentials::capget()?;
    Ok(effective & CAP_SETGID != 0)
}

/// Linux takes at most 65,536 groups; more than fit here were refused by the runtime.
fn set_groups<'a>(groups: &mut dyn Iterator<Item = u32>) -> StepResult<'a> {
    let mut buffer = [0; 256];
    let mut len = 0;
    for group in groups {
        let slot = buffer.get_mut(len).ok_or(Fault::new("setgroups", Errno::INVAL.raw_os_error(), b""))?;
        *slot = group;
        len += 1;
    }
    Ok(credentials::setgroups(&buffer[..len])?)
}

/// Lets the payload's user reopen its standard descriptors. What cannot be given away stays as it is.
fn own_stdio<'a>(uid: u32) -> StepResult<'a> {
    for number in 0..3 {
        let file = fd::inherited(number);
        let Ok(stat) = fs::fstat(file) else { continue };
        if stat.st_uid == uid || fs::is_character_device(&stat, fs::makedev(1, 3)) {
            continue;
        }
        match fs::fchown(file, uid, stat.st_gid) {
            Err(error) if matches!(error.errno, Errno::INVAL | Errno::PERM | Errno::ROFS | Errno::BADF) => {}
            other => other?,
        }
    }
    Ok(())
}

fn drop_bounding<'a>(keep: u64) -> StepResult<'a> {
    for capability in 0..64 {
        if keep & (1 << capability) == 0 && !credentials::drop_bounding(capability)? {
            break;
        }
    }
    Ok(())
}

fn set_capabilities<'a>(sets: &Capabilities) -> StepResult<'a> {
    credentials::capset(sets.effective, sets.permitted, sets.inheritable)?;
    for capability in 0..64 {
        if sets.ambient & (1 << capability) != 0 {
            credentials::raise_ambient(capability)?;
        }
    }
    Ok(())
}

pub(crate) fn execute<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let Some((args, mut env)) = stage.strings.take() else {
        return Err(Fault::new("execve", Errno::INVAL.raw_os_error(), b"no program is named"));
    };
    let plan = &stage.plan.process;
    if plan.find_home {
        env.push(stage.home.as_c_str());
    }
    if plan.seccomp.is_none() {
        say_starting(stage);
    }
    let path = stage.program.as_c_str();
    let name = plan.args.iter().next().map_or(&b""[..], CStr::to_bytes);
    let error = exec::execve(path, &args, &env);
    if !cfg!(feature = "first") {
        fs::executable(path).about(name)?;
    }
    Err(error).about(name)
}

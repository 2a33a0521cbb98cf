// SPDX-License-Identifier: Apache-2.0
//! Hooks that run in the container's namespaces, and the word to the runtime to run the others.

use crate::fault::About;
use crate::files::as_fd;
use crate::payload::strings;
use crate::wait::{hear_go, say};
use crate::{Fault, Stage, StepResult};
use core::ffi::CStr;
use runtime_sys::clone::{Child, Clone, Forked, fork};
use runtime_sys::exec::{execve, map_for_reading};
use runtime_sys::fs::FileMode;
use runtime_sys::process::Exit;
use runtime_sys::rustix::process::umask;
use runtime_sys::{Errno, OwnedFd, fd, fs, process, tty};
use stage::message::FromStage;
use stage::plan::Hook;

pub(crate) fn runtime_hooks<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if !stage.plan.runtime_hooks {
        return Ok(());
    }
    say(stage, FromStage::RunHooks, None)?;
    hear_go(stage.channel)
}

/// The paths are the host's: the root is not entered yet.
pub(crate) fn create_container<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let hooks = stage.plan.create_container_hooks;
    hooks.iter().try_for_each(|hook| run_hook(stage, b"creating", &hook))
}

/// The paths are the container's.
pub(crate) fn start_container<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let hooks = stage.plan.start_container_hooks;
    hooks.iter().try_for_each(|hook| run_hook(stage, b"created", &hook))
}

/// Runs one hook with the container's state on its standard input; its output is part of the error, if there is one.
fn run_hook<'a>(stage: &Stage<'a>, status: &[u8], hook: &Hook<'a>) -> StepResult<'a> {
    let state = fs::memory_file(c"state")?;
    write_state(stage, status, &state)?;
    let output = fs::memory_file(c"output")?;
    let args = strings(&hook.args)?;
    let env = strings(&hook.env)?;
    match fork(&Clone::default(), false)? {
        Forked::Child => {
            // Ours is empty until the payload's is set.
            if stage.tree.is_some() {
                umask(FileMode::from_raw_mode(stage.umask));
            }
            let stdio = [&state, &output, &output];
            for (number, file) in (0..3).zip(stdio) {
                if tty::become_stdio(as_fd(file), number).is_err() {
                    process::exit_now(126);
                }
            }
            drop(fd::close_range_on_exec(3));
            let error = execve(hook.path, &args, &env);
            process::exit_now(if error.errno == Errno::NOENT { 127 } else { 126 })
        }
        Forked::Parent(child) => {
            let exit = wait_for(&child, hook.timeout)?;
            judge(exit, hook.path, &output)
        }
    }
}

fn write_state<'a>(stage: &Stage<'a>, status: &[u8], file: &OwnedFd) -> StepResult<'a> {
    let pid = runtime_sys::rustix::process::getpid().as_raw_nonzero().get();
    let mut digits = [0; 12];
    let before = stage.plan.state_before_status;
    for part in [before, status, b"\",\"pid\":", decimal(pid, &mut digits), stage.plan.state_after_pid] {
        if !part.is_empty() {
            fs::write_once(as_fd(file), part)?;
        }
    }
    Ok(fs::rewind(as_fd(file))?)
}

/// A number in decimal, without an allocator.
fn decimal(number: i32, digits: &mut [u8; 12]) -> &[u8] {
    let mut start = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            return &digits[start..];
        }
    }
}

/// Nothing when the time was up; the process is killed then.
fn wait_for<'a>(child: &Child, timeout_s: u32) -> Result<Option<Exit>, Fault<'a>> {
    if timeout_s != 0 && !process::ended_within(as_fd(&child.pidfd), timeout_s)? {
        process::pidfd_send_signal(as_fd(&child.pidfd), 9)?;
        process::wait(child.pid, true)?;
        return Ok(None);
    }
    Ok(process::wait(child.pid, true)?)
}

/// The words of strsignal(3) for those that a hook dies of.
fn name_of(signal: i32) -> &'static [u8] {
    match signal {
        6 => b": aborted, signal ",
        9 => b": killed, signal ",
        11 => b": segmentation fault, signal ",
        15 => b": terminated, signal ",
        31 => b": bad system call, signal ",
        _ => b": signal ",
    }
}

fn judge<'a>(exit: Option<Exit>, path: &CStr, output: &OwnedFd) -> StepResult<'a> {
    let (verdict, number): (&[u8], i32) = match exit {
        Some(Exit::Code(0)) => return Ok(()),
        Some(Exit::Code(code)) => (b": exit status ", code),
        Some(Exit::Signal(signal)) => (name_of(signal), signal),
        None => (b": timed out", -1),
    };
    let report = fs::memory_file(c"report")?;
    fs::write_once(as_fd(&report), path.to_bytes())?;
    fs::write_once(as_fd(&report), verdict)?;
    if number >= 0 {
        fs::write_once(as_fd(&report), decimal(number, &mut [0; 12]))?;
    }
    let printed = fs::fstat(as_fd(output))?.st_size;
    if printed > 0 {
        fs::write_once(as_fd(&report), b", output: ")?;
        fs::rewind(as_fd(output))?;
        fs::copy_all(as_fd(output), as_fd(&report))?;
    }
    let len = usize::try_from(fs::fstat(as_fd(&report))?.st_size).unwrap_or(0);
    let detail = map_for_reading(as_fd(&report), len)?;
    Err(Fault::new("hook", 0, detail)).about(detail)
}

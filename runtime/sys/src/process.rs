// SPDX-License-Identifier: Apache-2.0
//! Processes: waiting, signalling, limits, and the small attributes of the caller.

use crate::{Call, Result, SysError, raw};
use core::ffi::CStr;
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::process::{Pid, PidfdFlags, WaitOptions};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
}

impl Exit {
    /// The shell's convention: the code, or 128 + the signal.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Exit::Code(code) => code,
            Exit::Signal(signal) => 128 + signal,
        }
    }
}

/// Waits for a child to end; with `block` false returns `None` while it runs.
///
/// # Errors
/// ECHILD.
pub fn wait(pid: i32, block: bool) -> Result<Option<Exit>> {
    let options = if block { WaitOptions::empty() } else { WaitOptions::NOHANG };
    let waited = loop {
        match rustix::process::waitpid(Pid::from_raw(pid), options) {
            Err(crate::Errno::INTR) => {}
            other => break other.call("wait4", format_args!("{pid}"))?,
        }
    };
    Ok(waited.map(|(_, status)| exit_of(status)))
}

/// Waits for a child to end and leaves it to be waited for: its number stays its own.
///
/// # Errors
/// ECHILD.
pub fn wait_and_leave(pid: i32) -> Result<Exit> {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let id = Pid::from_raw(pid)
        .ok_or_else(|| SysError::with("waitid", crate::Errno::CHILD, format_args!("{pid}")))?;
    let status = loop {
        match waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(crate::Errno::INTR) => {}
            other => break other.call("waitid", format_args!("{pid}"))?,
        }
    };
    let signal = status.as_ref().and_then(rustix::process::WaitIdStatus::terminating_signal);
    let code = status.as_ref().and_then(rustix::process::WaitIdStatus::exit_status);
    Ok(signal.map_or_else(|| Exit::Code(code.unwrap_or(255)), Exit::Signal))
}

/// Takes the end of any child that has ended: its number and how. `None` while all of them run.
///
/// # Errors
/// ECHILD when there is none.
pub fn wait_any() -> Result<Option<(i32, Exit)>> {
    let waited = loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Err(crate::Errno::INTR) => {}
            other => break other.call("wait4", format_args!("-1"))?,
        }
    };
    Ok(waited.map(|(pid, status)| (pid.as_raw_pid(), exit_of(status))))
}

fn exit_of(status: rustix::process::WaitStatus) -> Exit {
    match status.terminating_signal() {
        Some(signal) => Exit::Signal(signal),
        None => Exit::Code(status.exit_status().unwrap_or(255)),
    }
}

/// A descriptor for a process of this pid (Linux 5.3).
///
/// # Errors
/// ESRCH.
pub fn pidfd_open(pid: i32) -> Result<OwnedFd> {
    let id = Pid::from_raw(pid)
        .ok_or_else(|| SysError::with("pidfd_open", crate::Errno::SRCH, format_args!("{pid}")))?;
    rustix::process::pidfd_open(id, PidfdFlags::empty()).call("pidfd_open", format_args!("{pid}"))
}

/// Sends a signal to the process behind a pidfd.
///
/// # Errors
/// ESRCH when it has ended, EINVAL for a signal that does not exist, EPERM.
pub fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: i32) -> Result<()> {
    let args = [pidfd.as_raw_fd().cast_unsigned() as usize, signal.cast_unsigned() as usize, 0, 0, 0, 0];
    // SAFETY: a null siginfo makes the kernel fill one as kill(2) would; no other pointers.
    unsafe { raw::syscall(libc::SYS_pidfd_send_signal, args) }
        .map(drop)
        .map_err(|errno| SysError::with("pidfd_send_signal", errno, format_args!("{signal}")))
}

/// Sends a signal to a process by number.
///
/// # Errors
/// ESRCH, EINVAL, EPERM.
pub fn kill(pid: i32, signal: i32) -> Result<()> {
    let args = [pid.cast_unsigned() as usize, signal.cast_unsigned() as usize, 0, 0, 0, 0];
    // SAFETY: kill takes no pointers.
    unsafe { raw::syscall(libc::SYS_kill, args) }
        .map(drop)
        .map_err(|errno| SysError::with("kill", errno, format_args!("{pid}, {signal}")))
}

/// Whether the process behind a pidfd ends within so many seconds.
///
/// # Errors
/// None that is expected.
pub fn ended_within(pidfd: BorrowedFd<'_>, timeout_s: u32) -> Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let timeout = Timespec { tv_sec: i64::from(timeout_s), tv_nsec: 0 };
    let mut fds = [PollFd::from_borrowed_fd(pidfd, PollFlags::IN)];
    let ready = poll(&mut fds, Some(&timeout)).call("poll", format_args!("{timeout_s} s"))?;
    Ok(ready > 0)
}

/// Waits until the process behind a pidfd has ended, however long that takes.
///
/// # Errors
/// None that is expected.
pub fn ended(pidfd: BorrowedFd<'_>) -> Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    loop {
        let mut fds = [PollFd::from_borrowed_fd(pidfd, PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(crate::Errno::INTR) => {}
            other => return other.call("poll", format_args!("a pidfd")).map(drop),
        }
    }
}

/// Sets a resource limit of the caller by the kernel's number.
///
/// # Errors
/// EPERM when the hard limit would grow, EINVAL for soft above hard.
pub fn setrlimit(resource: u32, soft: u64, hard: u64) -> Result<()> {
    setrlimit_of(0, resource, soft, hard)
}

/// The same for another process by number; 0 is the caller.
///
/// # Errors
/// As [`setrlimit`]; EPERM without rights over the process, ESRCH.
pub fn setrlimit_of(pid: i32, resource: u32, soft: u64, hard: u64) -> Result<()> {
    let limits = [soft, hard];
    let args = [pid.cast_unsigned() as usize, resource as usize, limits.as_ptr() as usize, 0, 0, 0];
    // SAFETY: the kernel reads two 64-bit words from `limits`, which lives on this frame; no old value is asked for.
    unsafe { raw::syscall(libc::SYS_prlimit64, args) }
        .map(drop)
        .map_err(|errno| SysError::with("prlimit64", errno, format_args!("{resource}, {soft}, {hard}")))
}

/// Leads a new session.
///
/// # Errors
/// EPERM when the caller leads a process group already.
pub fn setsid() -> Result<()> {
    rustix::process::setsid().call("setsid", format_args!("")).map(drop)
}

/// The name that `ps` shows while the caller runs this program.
///
/// # Errors
/// None that is expected.
pub fn set_name(name: &CStr) -> Result<()> {
    rustix::thread::set_name(name).call("prctl", format_args!("PR_SET_NAME, {name:?}"))
}

/// Dies of `signal` when the parent does.
///
/// # Errors
/// EINVAL for a signal that does not exist.
pub fn set_parent_death_signal(signal: i32) -> Result<()> {
    let args = [libc::PR_SET_PDEATHSIG as usize, signal.cast_unsigned() as usize, 0, 0, 0, 0];
    // SAFETY: this prctl takes no pointers.
    unsafe { raw::syscall(libc::SYS_prctl, args) }
        .map(drop)
        .map_err(|errno| SysError::with("prctl", errno, format_args!("PR_SET_PDEATHSIG, {signal}")))
}

/// Adopts the orphans among the caller's descendants.
///
/// # Errors
/// None that is expected.
pub fn set_child_subreaper() -> Result<()> {
    let args = [libc::PR_SET_CHILD_SUBREAPER as usize, 1, 0, 0, 0, 0];
    // SAFETY: this prctl takes no pointers.
    unsafe { raw::syscall(libc::SYS_prctl, args) }
        .map(drop)
        .map_err(|errno| SysError::with("prctl", errno, format_args!("PR_SET_CHILD_SUBREAPER, 1")))
}

/// Ends the process at once, without destructors.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: exit_group takes no pointers and does not return.
    let _ = unsafe { raw::syscall(libc::SYS_exit_group, [code.cast_unsigned() as usize, 0, 0, 0, 0, 0]) };
    loop {
        core::hint::spin_loop();
    }
}

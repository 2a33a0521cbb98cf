// SPDX-License-Identifier: Apache-2.0
//! Signal masks and dispositions.

use crate::{Errno, Result, SysError, raw};

/// What a handler of three arguments is told: `siginfo_t`.
pub use libc::siginfo_t as SignalInfo;

/// A set of signals; bit n-1 is signal n.
pub type Mask = u64;

/// All signals.
pub const ALL: Mask = u64::MAX;

/// Sets the caller's signal mask and returns the old one.
///
/// # Errors
/// None that is expected.
pub fn set_mask(mask: Mask) -> Result<Mask> {
    let mut old: Mask = 0;
    let args = [
        libc::SIG_SETMASK.cast_unsigned() as usize,
        &raw const mask as usize,
        &raw mut old as usize,
        size_of::<Mask>(),
        0,
        0,
    ];
    // SAFETY: the kernel reads and writes one 64-bit word each; both live on this frame.
    unsafe { raw::syscall(libc::SYS_rt_sigprocmask, args) }
        .map_err(|errno| SysError::with("rt_sigprocmask", errno, format_args!("{mask:#x}")))?;
    Ok(old)
}

/// `struct sigaction` as the kernel has it.
#[repr(C)]
struct KernelAction {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

fn set_action(signal: i32, handler: usize) -> Result<()> {
    const SA_RESTORER: u64 = 0x0400_0000;
    // The restorer is never reached: handlers set here do not return. x86_64 demands the flag all the same.
    let action = KernelAction { handler, flags: SA_RESTORER, restorer: 0, mask: ALL };
    let args = [signal.cast_unsigned() as usize, &raw const action as usize, 0, size_of::<Mask>(), 0, 0];
    // SAFETY: the kernel reads `action` during the call; the handler, if any, is a function that never returns.
    unsafe { raw::syscall(libc::SYS_rt_sigaction, args) }
        .map(drop)
        .map_err(|errno| SysError::with("rt_sigaction", errno, format_args!("{signal}")))
}

/// Gives a signal its default effect.
///
/// # Errors
/// EINVAL for KILL and STOP.
pub fn set_default(signal: i32) -> Result<()> {
    set_action(signal, libc::SIG_DFL)
}

/// Ignores a signal.
///
/// # Errors
/// EINVAL for KILL and STOP.
pub fn ignore(signal: i32) -> Result<()> {
    set_action(signal, libc::SIG_IGN)
}

/// Has a program begin with no signal blocked, whatever is blocked here.
#[cfg(feature = "std")]
pub fn block_none_in(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    let unblock = || set_mask(0).map(drop).map_err(|error| error.errno.into());
    // SAFETY: between fork and execve only async-signal-safe functions may be called: this is one system call.
    unsafe { command.pre_exec(unblock) };
}

/// Has a program begin as a job of its own, in the foreground of the terminal on standard input if there is one, with no
/// signal blocked. All are blocked here: a terminal stops no job that is not in its foreground yet.
#[cfg(feature = "std")]
pub fn lead_the_terminal(command: &mut std::process::Command) {
    use rustix::process::{Pid, getpid, setpgid};
    use std::os::unix::process::CommandExt;
    let lead = || -> std::io::Result<()> {
        setpgid(None, None::<Pid>)?;
        // Standard input is no terminal, or not ours to lead: nothing to be in the foreground of.
        let _none = rustix::termios::tcsetpgrp(rustix::stdio::stdin(), getpid());
        set_mask(0).map(drop).map_err(|error| error.errno.into())
    };
    // SAFETY: between fork and execve only async-signal-safe functions may be called: these are four system calls.
    unsafe { command.pre_exec(lead) };
}

extern "C" fn exit_by_signal(signal: i32) -> ! {
    crate::process::exit_now(128 + signal)
}

/// Lets a signal end the caller even where it is process 1 of its namespace, which the kernel shields from the
/// default effect.
///
/// # Errors
/// EINVAL for KILL and STOP.
pub fn end_on(signal: i32) -> Result<()> {
    set_action(signal, exit_by_signal as *const () as usize)
}

/// Waits for a signal of `mask`, which must be blocked.
///
/// # Errors
/// None that is expected; an interruption is waited out.
pub fn wait_for(mask: Mask) -> Result<i32> {
    loop {
        // SAFETY: the kernel reads one word of `mask`; no siginfo and no timeout are passed.
        let result = unsafe {
            raw::syscall(libc::SYS_rt_sigtimedwait, [&raw const mask as usize, 0, 0, size_of::<Mask>(), 0, 0])
        };
        match result {
            Ok(signal) => return Ok(i32::try_from(signal).unwrap_or(0)),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(SysError::with("rt_sigtimedwait", errno, format_args!("{mask:#x}"))),
        }
    }
}

/// A descriptor that becomes readable when a blocked signal of `mask` arrives.
///
/// # Errors
/// EMFILE.
#[cfg(feature = "std")]
pub fn signalfd(mask: Mask) -> Result<crate::OwnedFd> {
    let flags = (libc::SFD_CLOEXEC | libc::SFD_NONBLOCK).cast_unsigned() as usize;
    // SAFETY: the kernel reads one word of `mask`; -1 asks for a new descriptor.
    let number = unsafe {
        raw::syscall(
            libc::SYS_signalfd4,
            [usize::MAX, &raw const mask as usize, size_of::<Mask>(), flags, 0, 0],
        )
    }
    .map_err(|errno| SysError::with("signalfd4", errno, format_args!("{mask:#x}")))?;
    Ok(crate::fd::take_inherited(i32::try_from(number).unwrap_or(-1)))
}

/// The next signal of a [`signalfd`], if one has arrived.
///
/// # Errors
/// None that is expected.
#[cfg(feature = "std")]
pub fn next_signal(signalfd: crate::BorrowedFd<'_>) -> Result<Option<i32>> {
    // struct signalfd_siginfo has 128 bytes; the first word is the signal.
    let mut info = [0u8; 128];
    match rustix::io::read(signalfd, &mut info) {
        Ok(len) if len >= 4 => {
            let number = u32::from_ne_bytes([info[0], info[1], info[2], info[3]]);
            Ok(i32::try_from(number).ok())
        }
        Ok(_) | Err(Errno::AGAIN) => Ok(None),
        Err(errno) => Err(SysError::with("read", errno, format_args!("signalfd"))),
    }
}

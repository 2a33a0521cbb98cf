// SPDX-License-Identifier: Apache-2.0
//! Descriptors: those that cross an `execve`, and closing what must not.

use crate::{Result, SysError, raw};
use rustix::fd::{BorrowedFd, FromRawFd, OwnedFd};

/// A descriptor that this process got by inheritance, known by its number only.
///
/// Used by the stage for the numbers in its plan; nobody there closes them.
#[must_use]
pub fn inherited(number: i32) -> BorrowedFd<'static> {
    assert!(number >= 0, "a descriptor number is not negative");
    // SAFETY: borrow_raw requires a descriptor that stays open for 'static and is not -1: the plan names only
    // descriptors that were inherited for the life of this process, and the number was just checked.
    unsafe { BorrowedFd::borrow_raw(number) }
}

/// Takes ownership of an inherited descriptor.
#[must_use]
pub fn take_inherited(number: i32) -> OwnedFd {
    assert!(number >= 0, "a descriptor number is not negative");
    // SAFETY: from_raw_fd requires an open descriptor without another owner: it was inherited and is named once.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Keeps a descriptor open for the life of this process.
#[must_use]
pub fn keep(fd: OwnedFd) -> BorrowedFd<'static> {
    use rustix::fd::IntoRawFd;
    inherited(fd.into_raw_fd())
}

/// Whether this number is a descriptor that this process was started with: its own are closed on execve.
#[must_use]
pub fn is_inherited(number: i32) -> bool {
    let flags = (number >= 0).then(|| rustix::io::fcntl_getfd(inherited(number)));
    flags.is_some_and(|flags| flags.is_ok_and(|flags| !flags.contains(rustix::io::FdFlags::CLOEXEC)))
}

/// Closes all descriptors from `first` to `last` but those in `keep`, which is sorted.
///
/// Whoever calls it owns none of the others in a value that it still uses.
///
/// # Errors
/// ENOSYS before Linux 5.9.
pub fn close_all_but(first: u32, keep: &[u32]) -> Result<()> {
    let mut from = first;
    for next in keep.iter().copied().chain([u32::MAX]).filter(|next| *next >= first) {
        if from < next {
            let last = if next == u32::MAX { next } else { next - 1 };
            // SAFETY: close_range takes no pointers; that nobody uses these descriptors is the caller's part.
            unsafe { raw::syscall(libc::SYS_close_range, [from as usize, last as usize, 0, 0, 0, 0]) }
                .map_err(|errno| SysError::with("close_range", errno, format_args!("{from}..={last}")))?;
        }
        from = next.saturating_add(1);
    }
    Ok(())
}

/// Has a program begin with its standard descriptors and no others, whatever is open here.
#[cfg(feature = "std")]
pub fn inherit_only_stdio_in(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    let mark = || close_range_on_exec(3).map_err(|error| error.errno.into());
    // SAFETY: between fork and execve only async-signal-safe functions may be called: this is one system call. Only an
    // error of it uses the heap, which programs of one thread may.
    unsafe { command.pre_exec(mark) };
}

/// Marks all descriptors from `first` on close-on-exec (Linux 5.11).
///
/// # Errors
/// ENOSYS before 5.9, EINVAL before 5.11.
pub fn close_range_on_exec(first: u32) -> Result<()> {
    let args = [first as usize, u32::MAX as usize, libc::CLOSE_RANGE_CLOEXEC as usize, 0, 0, 0];
    // SAFETY: close_range with CLOEXEC closes nothing now and takes no pointers.
    unsafe { raw::syscall(libc::SYS_close_range, args) }
        .map(drop)
        .map_err(|errno| SysError::with("close_range", errno, format_args!("{first}.., cloexec")))
}

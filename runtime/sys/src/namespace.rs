// SPDX-License-Identifier: Apache-2.0
//! Joining and leaving namespaces.

use crate::{Result, SysError, raw};
use rustix::fd::{AsRawFd, BorrowedFd};

/// `CLONE_NEWTIME`, which is no flag of clone(2) but of clone3, unshare and setns (Linux 5.6).
pub const CLONE_NEWTIME: u64 = 0x80;
/// A mount namespace.
pub const CLONE_NEWNS: u64 = libc::CLONE_NEWNS as u64;
/// A cgroup namespace (Linux 4.6).
pub const CLONE_NEWCGROUP: u64 = libc::CLONE_NEWCGROUP as u64;
/// A UTS namespace: host name and domain name.
pub const CLONE_NEWUTS: u64 = libc::CLONE_NEWUTS as u64;
/// A System V IPC and POSIX message queue namespace.
pub const CLONE_NEWIPC: u64 = libc::CLONE_NEWIPC as u64;
/// A user namespace.
pub const CLONE_NEWUSER: u64 = libc::CLONE_NEWUSER as u64;
/// A process id namespace.
pub const CLONE_NEWPID: u64 = libc::CLONE_NEWPID as u64;
/// A network namespace.
pub const CLONE_NEWNET: u64 = libc::CLONE_NEWNET as u64;

/// Joins the namespace behind `fd`, or with a pidfd all the namespaces in `flags` of that process (Linux 5.8).
///
/// # Errors
/// EINVAL when the descriptor is of another type than `flags`, EPERM.
pub fn setns(fd: BorrowedFd<'_>, flags: u64) -> Result<()> {
    let args = [fd.as_raw_fd().cast_unsigned() as usize, word(flags), 0, 0, 0, 0];
    // SAFETY: setns takes no pointers; its callers are processes of one thread, so no other thread is surprised.
    unsafe { raw::syscall(libc::SYS_setns, args) }
        .map(drop)
        .map_err(|errno| SysError::with("setns", errno, format_args!("{flags:#x}")))
}

/// The `CLONE_NEW*` bit of the namespace behind a descriptor (NS_GET_NSTYPE, Linux 4.11).
///
/// # Errors
/// ENOTTY when it is no namespace.
pub fn kind(fd: BorrowedFd<'_>) -> Result<u64> {
    const NS_GET_NSTYPE: usize = 0xb703;
    let args = [fd.as_raw_fd().cast_unsigned() as usize, NS_GET_NSTYPE, 0, 0, 0, 0];
    // SAFETY: this ioctl takes no argument.
    unsafe { raw::syscall(libc::SYS_ioctl, args) }
        .map(|bits| bits as u64)
        .map_err(|errno| SysError::with("ioctl", errno, format_args!("NS_GET_NSTYPE")))
}

/// Makes new namespaces for the caller.
///
/// # Errors
/// EINVAL when the kernel lacks the type, EPERM, ENOSPC for the limits under /proc/sys/user.
pub fn unshare(flags: u64) -> Result<()> {
    // SAFETY: unshare takes no pointers; with CLONE_NEW* bits alone no memory or descriptor table changes hands.
    unsafe { raw::syscall(libc::SYS_unshare, [word(flags), 0, 0, 0, 0, 0]) }
        .map(drop)
        .map_err(|errno| SysError::with("unshare", errno, format_args!("{flags:#x}")))
}

/// A 64-bit flag word as a register; every target of this crate has 64-bit registers.
fn word(flags: u64) -> usize {
    usize::try_from(flags).unwrap_or(usize::MAX)
}

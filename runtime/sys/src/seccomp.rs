// SPDX-License-Identifier: Apache-2.0
//! Loading a seccomp filter.

use crate::{Errno, Result, SysError, raw};
use rustix::fd::{FromRawFd, OwnedFd};

/// Bytes of one `struct sock_filter`.
pub const INSTRUCTION: usize = 8;

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    len: u16,
    filter: usize,
}

/// Loads a filter: `program` is an array of `struct sock_filter`, eight bytes each. With
/// `SECCOMP_FILTER_FLAG_NEW_LISTENER` in `flags` the listener is returned.
///
/// # Errors
/// EACCES without no_new_privs and without CAP_SYS_ADMIN, EINVAL for a program that the kernel rejects or a flag
/// that it does not know, EBUSY for a second listener.
pub fn set_mode_filter(flags: u32, program: &[u8]) -> Result<Option<OwnedFd>> {
    let fail = |errno| SysError::with("seccomp", errno, format_args!("SECCOMP_SET_MODE_FILTER, {flags:#x}"));
    let len = u16::try_from(program.len() / INSTRUCTION).map_err(|_| fail(Errno::INVAL))?;
    let fprog = Program { len, filter: program.as_ptr() as usize };
    let args = [libc::SECCOMP_SET_MODE_FILTER as usize, flags as usize, &raw const fprog as usize, 0, 0, 0];
    // SAFETY: the kernel copies `len` instructions of eight bytes from `program`, which holds that many (the
    // division rounds down), whatever their alignment.
    let result = unsafe { raw::syscall(libc::SYS_seccomp, args) }.map_err(fail)?;
    if u64::from(flags) & libc::SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
        return Ok(None);
    }
    let number = i32::try_from(result).map_err(|_| fail(Errno::BADF))?;
    // SAFETY: with NEW_LISTENER the call returns a fresh descriptor that nobody else owns.
    Ok(Some(unsafe { OwnedFd::from_raw_fd(number) }))
}

/// Whether this kernel knows these flags of a filter. Nothing is loaded.
#[must_use]
pub fn knows_flags(flags: u32) -> bool {
    let args = [libc::SECCOMP_SET_MODE_FILTER as usize, flags as usize, 0, 0, 0, 0];
    // SAFETY: the kernel looks at the flags before the program, which is at address 0 and so cannot be read.
    let result = unsafe { raw::syscall(libc::SYS_seccomp, args) };
    result == Err(Errno::FAULT)
}

// SPDX-License-Identifier: Apache-2.0
//! Session keyrings, keyctl(2).

use crate::{Result, SysError, raw};
use core::ffi::CStr;

const KEYCTL_JOIN_SESSION_KEYRING: usize = 1;

/// Joins a session keyring of this name, making it if there is none.
///
/// # Errors
/// ENOSYS when the kernel has no keyrings, EDQUOT.
pub fn join_session_keyring(name: &CStr) -> Result<()> {
    let args = [KEYCTL_JOIN_SESSION_KEYRING, name.as_ptr() as usize, 0, 0, 0, 0];
    // SAFETY: the kernel reads the NUL-terminated name during the call.
    unsafe { raw::syscall(libc::SYS_keyctl, args) }
        .map(drop)
        .map_err(|errno| SysError::with("keyctl", errno, format_args!("join_session_keyring, {name:?}")))
}

// SPDX-License-Identifier: Apache-2.0
//! Session keyrings, keyctl(2).

use crate::{Result, SysError, raw};
use core::ffi::CStr;

const KEYCTL_JOIN_SESSION_KEYRING: usize = 1;
const KEYCTL_SETPERM: usize = 5;
/// All for who has it in a keyring of its own, and for its owner to see, read, link and find it.
const FOUND_BY_ITS_OWNER: usize = 0x3f1b_0000;

fn keyctl(operation: usize, first: usize, second: usize, name: &str) -> Result<usize> {
    // SAFETY: the operations below take numbers, or a NUL-terminated name that the caller holds during the call.
    unsafe { raw::syscall(libc::SYS_keyctl, [operation, first, second, 0, 0, 0]) }
        .map_err(|errno| SysError::with("keyctl", errno, format_args!("{name}")))
}

/// Joins a session keyring of this name, making it if the caller finds none.
///
/// # Errors
/// ENOSYS when the kernel has no keyrings, EDQUOT.
pub fn join_session_keyring(name: &CStr) -> Result<()> {
    keyctl(KEYCTL_JOIN_SESSION_KEYRING, name.as_ptr() as usize, 0, "join_session_keyring").map(drop)
}

/// The same, and lets later processes of the same owner find it by its name: without this right each would make
/// another one.
///
/// # Errors
/// As [`join_session_keyring`].
pub fn make_session_keyring(name: &CStr) -> Result<()> {
    let serial = keyctl(KEYCTL_JOIN_SESSION_KEYRING, name.as_ptr() as usize, 0, "join_session_keyring")?;
    keyctl(KEYCTL_SETPERM, serial, FOUND_BY_ITS_OWNER, "setperm").map(drop)
}

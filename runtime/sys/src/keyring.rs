// SPDX-License-Identifier: Apache-2.0
//! Session keyrings, keyctl(2).

use crate::{Result, SysError, raw};
use core::ffi::CStr;

const KEYCTL_JOIN_SESSION_KEYRING: usize = 1;
const KEYCTL_SETPERM: usize = 5;
/// All for who has it in a keyring of its own. Other processes of its owner find it, if they know its name; they do not
/// see the name.
const FOUND_BY_ITS_OWNER: usize = 0x3f08_0000;

fn keyctl(operation: usize, first: usize, second: usize, name: &str) -> Result<usize> {
    // SAFETY: the operations below take numbers, or a NUL-terminated name that the caller holds during the call.
    unsafe { raw::syscall(libc::SYS_keyctl, [operation, first, second, 0, 0, 0]) }
        .map_err(|errno| SysError::with("keyctl", errno, format_args!("{name}")))
}

/// A number that nobody guesses, for a name.
///
/// # Errors
/// ENOSYS before Linux 3.17.
pub fn random() -> Result<u64> {
    let mut number = 0_u64;
    let place = &raw mut number as usize;
    // SAFETY: the kernel writes eight bytes, which `number` has.
    let made = unsafe { raw::syscall(libc::SYS_getrandom, [place, size_of::<u64>(), 0, 0, 0, 0]) };
    made.map(|_| number).map_err(|errno| SysError::with("getrandom", errno, format_args!("")))
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

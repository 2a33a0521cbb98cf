// SPDX-License-Identifier: Apache-2.0
//! Users, groups and capabilities of the calling process (which has one thread).

use crate::{Call, Result, SysError, raw};
use rustix::thread::{CapabilitySet, CapabilitySets};

/// Sets real, effective and saved group id.
///
/// # Errors
/// EPERM; EINVAL when the id is not mapped in the user namespace.
pub fn setresgid(gid: u32) -> Result<()> {
    let args = [gid as usize, gid as usize, gid as usize, 0, 0, 0];
    // SAFETY: setresgid takes no pointers.
    unsafe { raw::syscall(libc::SYS_setresgid, args) }
        .map(drop)
        .map_err(|errno| SysError::with("setresgid", errno, format_args!("{gid}")))
}

/// Sets real, effective and saved user id.
///
/// # Errors
/// EPERM; EINVAL when the id is not mapped in the user namespace.
pub fn setresuid(uid: u32) -> Result<()> {
    let args = [uid as usize, uid as usize, uid as usize, 0, 0, 0];
    // SAFETY: setresuid takes no pointers.
    unsafe { raw::syscall(libc::SYS_setresuid, args) }
        .map(drop)
        .map_err(|errno| SysError::with("setresuid", errno, format_args!("{uid}")))
}

/// Sets the supplementary groups.
///
/// # Errors
/// EPERM, also where /proc/PID/setgroups says `deny`; EINVAL for more than 65,536 or an unmapped one.
pub fn setgroups(groups: &[u32]) -> Result<()> {
    // SAFETY: the kernel reads `groups.len()` 32-bit ids during the call.
    unsafe { raw::syscall(libc::SYS_setgroups, [groups.len(), groups.as_ptr() as usize, 0, 0, 0, 0]) }
        .map(drop)
        .map_err(|errno| SysError::with("setgroups", errno, format_args!("{groups:?}")))
}

/// Keeps the permitted capabilities over a change of the user id away from 0.
///
/// # Errors
/// EPERM where the securebit is locked.
pub fn keep_capabilities() -> Result<()> {
    rustix::thread::set_keep_capabilities(true).call("prctl", format_args!("PR_SET_KEEPCAPS, 1"))
}

/// Removes one capability from the bounding set; `false` when the kernel does not know its number.
///
/// # Errors
/// EPERM without CAP_SETPCAP.
pub fn drop_bounding(capability: u32) -> Result<bool> {
    const PR_CAPBSET_DROP: usize = libc::PR_CAPBSET_DROP as usize;
    // SAFETY: this prctl takes no pointers.
    match unsafe { raw::syscall(libc::SYS_prctl, [PR_CAPBSET_DROP, capability as usize, 0, 0, 0, 0]) } {
        Ok(_) => Ok(true),
        Err(crate::Errno::INVAL) => Ok(false),
        Err(errno) => Err(SysError::with("prctl", errno, format_args!("PR_CAPBSET_DROP, {capability}"))),
    }
}

/// Sets the effective, permitted and inheritable sets in one call; bit n is capability n.
///
/// # Errors
/// EPERM when the permitted set would grow.
pub fn capset(effective: u64, permitted: u64, inheritable: u64) -> Result<()> {
    let sets = CapabilitySets {
        effective: CapabilitySet::from_bits_retain(effective),
        permitted: CapabilitySet::from_bits_retain(permitted),
        inheritable: CapabilitySet::from_bits_retain(inheritable),
    };
    rustix::thread::set_capabilities(None, sets)
        .call("capset", format_args!("{effective:#x}, {permitted:#x}, {inheritable:#x}"))
}

/// The effective, permitted and inheritable sets.
///
/// # Errors
/// None that is expected.
pub fn capget() -> Result<(u64, u64, u64)> {
    let sets = rustix::thread::capabilities(None).call("capget", format_args!(""))?;
    Ok((sets.effective.bits(), sets.permitted.bits(), sets.inheritable.bits()))
}

/// Empties the ambient set.
///
/// # Errors
/// EINVAL before Linux 4.3.
pub fn clear_ambient() -> Result<()> {
    rustix::thread::clear_ambient_capability_set()
        .call("prctl", format_args!("PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL"))
}

/// Raises one capability in the ambient set.
///
/// # Errors
/// EPERM when it is not both permitted and inheritable.
pub fn raise_ambient(capability: u32) -> Result<()> {
    let args =
        [libc::PR_CAP_AMBIENT as usize, libc::PR_CAP_AMBIENT_RAISE as usize, capability as usize, 0, 0, 0];
    // SAFETY: this prctl takes no pointers.
    unsafe { raw::syscall(libc::SYS_prctl, args) }
        .map(drop)
        .map_err(|errno| SysError::with("prctl", errno, format_args!("PR_CAP_AMBIENT_RAISE, {capability}")))
}

/// Gives up gaining privileges by execve, for good.
///
/// # Errors
/// None that is expected.
pub fn set_no_new_privs() -> Result<()> {
    rustix::thread::set_no_new_privs(true).call("prctl", format_args!("PR_SET_NO_NEW_PRIVS, 1"))
}

/// Makes the process's memory, descriptors and executable unreachable for ptrace from less privileged ones.
///
/// # Errors
/// None that is expected.
pub fn set_not_dumpable() -> Result<()> {
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .call("prctl", format_args!("PR_SET_DUMPABLE, 0"))
}

/// The contrary. Files of the process in /proc then belong to its user instead of the host's root.
///
/// # Errors
/// None that is expected.
pub fn set_dumpable() -> Result<()> {
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable)
        .call("prctl", format_args!("PR_SET_DUMPABLE, 1"))
}

/// The caller's real user.
#[must_use]
pub fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

/// The caller's effective user.
#[must_use]
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether the caller is in another user namespace than the host's first one.
#[must_use]
pub fn has_user_namespace() -> bool {
    let mut buffer = [0; 128];
    // The first namespace has all ids, and no other one can have the last of them.
    let whole = |map: &[u8]| map.split(|byte| byte.is_ascii_whitespace()).any(|word| word == b"4294967295");
    crate::fs::read_once(c"/proc/self/uid_map", &mut buffer).is_ok_and(|map| !whole(map))
}

/// The caller's effective group.
#[must_use]
pub fn effective_group() -> u32 {
    rustix::process::getegid().as_raw()
}

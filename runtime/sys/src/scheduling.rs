// SPDX-License-Identifier: Apache-2.0
//! How a process is scheduled: sched_setattr(2), ioprio_set(2), sched_setaffinity(2), personality(2).

use crate::{Result, SysError, raw};

/// `struct sched_attr` of sched_setattr(2), its first version.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SchedAttr {
    /// Size of this structure in bytes.
    pub size: u32,
    /// `SCHED_*`.
    pub policy: u32,
    /// `SCHED_FLAG_*`.
    pub flags: u64,
    /// Nice value for SCHED_OTHER and SCHED_BATCH.
    pub nice: i32,
    /// Priority for SCHED_FIFO and SCHED_RR.
    pub priority: u32,
    /// Nanoseconds, SCHED_DEADLINE.
    pub runtime: u64,
    /// Nanoseconds, SCHED_DEADLINE.
    pub deadline: u64,
    /// Nanoseconds, SCHED_DEADLINE.
    pub period: u64,
}

/// Sets the caller's scheduling policy.
///
/// # Errors
/// EPERM, EINVAL.
pub fn sched_setattr(attr: &SchedAttr) -> Result<()> {
    // SAFETY: the kernel reads `attr.size` bytes, and `size` is set here to the structure's.
    let attr = SchedAttr { size: 48, ..*attr };
    // SAFETY: `attr` lives on this frame during the call.
    unsafe { raw::syscall(libc::SYS_sched_setattr, [0, &raw const attr as usize, 0, 0, 0, 0]) }
        .map(drop)
        .map_err(|errno| SysError::with("sched_setattr", errno, format_args!("{attr:?}")))
}

/// Sets the caller's I/O priority: class in the upper bits (13 and up), level in the lower.
///
/// # Errors
/// EPERM, EINVAL.
pub fn ioprio_set(priority: u32) -> Result<()> {
    const IOPRIO_WHO_PROCESS: usize = 1;
    // SAFETY: ioprio_set takes no pointers.
    unsafe { raw::syscall(libc::SYS_ioprio_set, [IOPRIO_WHO_PROCESS, 0, priority as usize, 0, 0, 0]) }
        .map(drop)
        .map_err(|errno| SysError::with("ioprio_set", errno, format_args!("{priority:#x}")))
}

/// Sets the caller's processors; `mask` has one bit a processor, lowest first.
///
/// # Errors
/// EINVAL when no processor of the mask may be used.
pub fn sched_setaffinity(mask: &[u8]) -> Result<()> {
    // SAFETY: the kernel reads `mask.len()` bytes of `mask` during the call.
    unsafe { raw::syscall(libc::SYS_sched_setaffinity, [0, mask.len(), mask.as_ptr() as usize, 0, 0, 0]) }
        .map(drop)
        .map_err(|errno| SysError::with("sched_setaffinity", errno, format_args!("{mask:?}")))
}

/// Sets the caller's execution domain.
///
/// # Errors
/// EINVAL.
pub fn personality(domain: u32) -> Result<()> {
    // SAFETY: personality takes no pointers.
    unsafe { raw::syscall(libc::SYS_personality, [domain as usize, 0, 0, 0, 0, 0]) }
        .map(drop)
        .map_err(|errno| SysError::with("personality", errno, format_args!("{domain:#x}")))
}

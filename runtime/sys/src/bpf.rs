// SPDX-License-Identifier: Apache-2.0
//! bpf(2), as far as the device filter of a cgroup needs it: load, attach, query, detach.

use crate::error::{Errno, Result, SysError};
use crate::raw;
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// One instruction of the eBPF machine, as the kernel reads it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// Class, source and operation.
    pub code: u8,
    /// Destination in the low four bits, source in the high four.
    pub registers: u8,
    /// Of a jump or a load.
    pub offset: i16,
    /// The constant operand.
    pub immediate: i32,
}

const PROG_LOAD: usize = 5;
const PROG_ATTACH: usize = 8;
const PROG_DETACH: usize = 9;
#[cfg(feature = "std")]
const PROG_GET_FD_BY_ID: usize = 13;
#[cfg(feature = "std")]
const PROG_QUERY: usize = 16;

const PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const CGROUP_DEVICE: u32 = 6;
const F_ALLOW_MULTI: u32 = 2;
const F_REPLACE: u32 = 4;

/// How many programs of one cgroup [`attached`] can tell of; the kernel's own limit is the same (BPF_CGROUP_MAX_PROGS).
#[cfg(feature = "std")]
const MOST_PROGRAMS: u32 = 64;

#[repr(C)]
#[derive(Default)]
struct Load {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; 16],
    prog_ifindex: u32,
    expected_attach_type: u32,
}

#[repr(C)]
#[derive(Default)]
struct Attach {
    target_fd: u32,
    attach_bpf_fd: u32,
    attach_type: u32,
    attach_flags: u32,
    replace_bpf_fd: u32,
    unused: u32,
}

/// Larger than what the kernel knows of it (64 bytes in 6.18): it writes answers into this one.
#[cfg(feature = "std")]
#[repr(C)]
#[derive(Default)]
struct Query {
    target_fd: u32,
    attach_type: u32,
    query_flags: u32,
    attach_flags: u32,
    prog_ids: u64,
    prog_cnt: u32,
    rest: [u32; 25],
}

fn raw_fd(fd: BorrowedFd<'_>) -> u32 {
    fd.as_raw_fd().cast_unsigned()
}

fn owned(number: usize) -> Result<OwnedFd> {
    let number = i32::try_from(number).map_err(|_| SysError::new("bpf", Errno::BADF))?;
    // SAFETY: from_raw_fd requires an open descriptor without another owner: bpf(2) just made this one for us.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Loads a program that decides on the use of devices; it is attached to nothing yet.
///
/// # Errors
/// EPERM without CAP_BPF (or in a user namespace), EINVAL or EACCES when the verifier refuses it.
pub fn load_device_program(program: &[Instruction]) -> Result<OwnedFd> {
    let count = u32::try_from(program.len()).map_err(|_| SysError::new("bpf", Errno::TOOBIG))?;
    let attr = Load {
        prog_type: PROG_TYPE_CGROUP_DEVICE,
        insn_cnt: count,
        insns: program.as_ptr() as u64,
        license: c"Apache-2.0".as_ptr() as u64,
        expected_attach_type: CGROUP_DEVICE,
        ..Load::default()
    };
    let args = [PROG_LOAD, &raw const attr as usize, size_of::<Load>(), 0, 0, 0];
    // SAFETY: the kernel reads `attr`, `insn_cnt` instructions of `program` and the static licence string, all of
    // which outlive the call, and writes to none of them (no log buffer is given).
    let number = unsafe { raw::syscall(libc::SYS_bpf, args) }
        .map_err(|errno| SysError::with("bpf", errno, format_args!("BPF_PROG_LOAD, {count} instructions")))?;
    owned(number)
}

/// Attaches a loaded program to a cgroup, in the place of `replaced` if there is one: without a moment in which
/// neither of them decides.
///
/// # Errors
/// EPERM, E2BIG for the 65th program, ENOENT when `replaced` is not attached there.
pub fn attach(
    cgroup: BorrowedFd<'_>,
    program: BorrowedFd<'_>,
    replaced: Option<BorrowedFd<'_>>,
) -> Result<()> {
    let attr = Attach {
        target_fd: raw_fd(cgroup),
        attach_bpf_fd: raw_fd(program),
        attach_type: CGROUP_DEVICE,
        attach_flags: F_ALLOW_MULTI | if replaced.is_some() { F_REPLACE } else { 0 },
        replace_bpf_fd: replaced.map_or(0, raw_fd),
        unused: 0,
    };
    let args = [PROG_ATTACH, &raw const attr as usize, size_of::<Attach>(), 0, 0, 0];
    // SAFETY: the kernel reads `attr`, which outlives the call; the descriptors in it are borrowed by the caller.
    unsafe { raw::syscall(libc::SYS_bpf, args) }
        .map(drop)
        .map_err(|errno| SysError::with("bpf", errno, format_args!("BPF_PROG_ATTACH")))
}

/// Takes a program off a cgroup.
///
/// # Errors
/// ENOENT when it is not attached there.
pub fn detach(cgroup: BorrowedFd<'_>, program: BorrowedFd<'_>) -> Result<()> {
    let attr = Attach {
        target_fd: raw_fd(cgroup),
        attach_bpf_fd: raw_fd(program),
        attach_type: CGROUP_DEVICE,
        ..Attach::default()
    };
    let args = [PROG_DETACH, &raw const attr as usize, size_of::<Attach>(), 0, 0, 0];
    // SAFETY: the kernel reads `attr`, which outlives the call; the descriptors in it are borrowed by the caller.
    unsafe { raw::syscall(libc::SYS_bpf, args) }
        .map(drop)
        .map_err(|errno| SysError::with("bpf", errno, format_args!("BPF_PROG_DETACH")))
}

/// The device programs attached to this cgroup itself, as descriptors.
///
/// # Errors
/// EPERM without CAP_SYS_ADMIN or CAP_BPF.
#[cfg(feature = "std")]
pub fn attached(cgroup: BorrowedFd<'_>) -> Result<Vec<OwnedFd>> {
    let mut ids = [0u32; MOST_PROGRAMS as usize];
    let mut attr = Query {
        target_fd: raw_fd(cgroup),
        attach_type: CGROUP_DEVICE,
        prog_ids: ids.as_mut_ptr() as u64,
        prog_cnt: MOST_PROGRAMS,
        ..Query::default()
    };
    let args = [PROG_QUERY, &raw mut attr as usize, size_of::<Query>(), 0, 0, 0];
    // SAFETY: the kernel reads and writes `attr` within its size and writes at most `prog_cnt` ids into `ids`;
    // both outlive the call and nothing else refers to them during it.
    unsafe { raw::syscall(libc::SYS_bpf, args) }
        .map_err(|errno| SysError::with("bpf", errno, format_args!("BPF_PROG_QUERY")))?;
    let count = (attr.prog_cnt as usize).min(ids.len());
    ids[..count].iter().map(|id| program_by_id(*id)).collect()
}

#[cfg(feature = "std")]
fn program_by_id(id: u32) -> Result<OwnedFd> {
    // prog_id, next_id, open_flags
    let attr = [id, 0u32, 0];
    let args = [PROG_GET_FD_BY_ID, attr.as_ptr() as usize, size_of_val(&attr), 0, 0, 0];
    // SAFETY: the kernel reads `attr`, which outlives the call.
    let number = unsafe { raw::syscall(libc::SYS_bpf, args) }
        .map_err(|errno| SysError::with("bpf", errno, format_args!("BPF_PROG_GET_FD_BY_ID, {id}")))?;
    owned(number)
}

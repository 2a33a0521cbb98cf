// SPDX-License-Identifier: Apache-2.0
//! Making processes: clone3(2), in the two shapes that the runtime needs, and clone(2) where there is no clone3.

use crate::{Errno, Result, SysError, raw};
use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicU64, Ordering};
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// `struct clone_args` of clone3(2).
#[repr(C)]
#[derive(Debug, Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

const SIGCHLD: u64 = libc::SIGCHLD as u64;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// What a new process is made with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clone<'fd> {
    /// `CLONE_NEW*` bits.
    pub namespaces: u64,
    /// A cgroup v2 directory to be born in (Linux 5.7).
    pub cgroup: Option<BorrowedFd<'fd>>,
}

/// A new process and the descriptor that means it and no other.
#[derive(Debug)]
pub struct Child {
    /// Its number in the caller's pid namespace.
    pub pid: i32,
    /// Refers to it even after its number is used again.
    pub pidfd: OwnedFd,
}

fn clone_args(clone: &Clone<'_>, flags: u64) -> CloneArgs {
    CloneArgs {
        flags: clone.namespaces | flags | if clone.cgroup.is_some() { CLONE_INTO_CGROUP } else { 0 },
        exit_signal: SIGCHLD,
        cgroup: clone.cgroup.map_or(0, |fd| u64::from(fd.as_raw_fd().cast_unsigned())),
        ..CloneArgs::default()
    }
}

/// The part of clone(2)'s flags that is the exit signal, where clone3 has further flags (CLONE_NEWTIME).
const CSIGNAL: u64 = 0xff;

/// The first two arguments of the call.
#[derive(Debug, Clone, Copy)]
struct Registers {
    number: libc::c_long,
    first: usize,
    second: usize,
}

impl Registers {
    fn clone3(args: &CloneArgs) -> Self {
        let first = core::ptr::from_ref(args) as usize;
        Registers { number: libc::SYS_clone3, first, second: size_of::<CloneArgs>() }
    }

    /// The same by clone(2), on the caller's stack or a copy of it, if that has words for it.
    fn clone(args: &CloneArgs) -> Option<Self> {
        if args.flags & (CSIGNAL | CLONE_INTO_CGROUP) != 0 {
            return None;
        }
        let first = usize::try_from(args.flags | args.exit_signal).ok()?;
        Some(Registers { number: libc::SYS_clone, first, second: 0 })
    }
}

/// Calls with clone3's registers, and once more with clone(2)'s when it is clone3 that is missing: from an older kernel,
/// or denied by a filter that cannot look into its arguments (Docker's profile, EPERM in those of older engines).
///
/// ENOSYS for what clone(2) cannot do: [`Clone::cgroup`], a time namespace.
fn by_either(
    args: &CloneArgs,
    mut call: impl FnMut(Registers) -> core::result::Result<usize, Errno>,
) -> core::result::Result<usize, Errno> {
    match call(Registers::clone3(args)) {
        Err(Errno::NOSYS | Errno::PERM) if !has_clone3() => {
            Registers::clone(args).map_or(Err(Errno::NOSYS), call)
        }
        other => other,
    }
}

/// Whether clone3 itself works. To be asked after an error, which is about the arguments then.
fn has_clone3() -> bool {
    // SAFETY: the kernel refuses a structure of no size before it looks at the pointer.
    let answer = unsafe { raw::syscall(libc::SYS_clone3, [0; 6]) };
    answer == Err(Errno::INVAL)
}

fn error(clone: &Clone<'_>, errno: Errno) -> SysError {
    SysError::with("clone3", errno, format_args!("namespaces {:#x}", clone.namespaces))
}

fn child(pid: usize, pidfd: i32) -> Child {
    let pid = i32::try_from(pid).unwrap_or(-1);
    // SAFETY: from_raw_fd needs a descriptor without another owner: clone3 succeeded with CLONE_PIDFD, so the kernel
    // stored a fresh one in `pidfd`.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Child { pid, pidfd }
}

/// Starts `program` (an executable's descriptor) in a new process, as `vfork` and `execveat` in one.
///
/// Returns the child's number, which stays its own until the caller has waited for it.
///
/// The child runs nothing of ours between the two calls: it has the caller's memory until `execveat` replaces it,
/// and touches neither stack nor heap. A child whose `execveat` fails exits with the errno as its code.
///
/// # Errors
/// What clone3(2) answers: EINVAL for namespaces that the kernel lacks, EPERM, EBUSY for the cgroup; ENOSYS where there
/// is no clone3 for a birth in a cgroup, which clone(2) cannot do.
#[cfg(target_arch = "x86_64")]
pub fn clone3_execveat(
    clone: &Clone<'_>,
    program: BorrowedFd<'_>,
    argv: &[&CStr; 2],
    envp: &[&CStr; 0],
) -> Result<i32> {
    let _ = envp;
    let argv: [*const c_char; 3] = [argv[0].as_ptr(), argv[1].as_ptr(), core::ptr::null()];
    let envp: [*const c_char; 1] = [core::ptr::null()];
    let args = clone_args(clone, (libc::CLONE_VM | libc::CLONE_VFORK) as u64);
    by_either(&args, |registers| clone_execveat(registers, program, &argv, &envp))
        .map(|pid| i32::try_from(pid).unwrap_or(-1))
        .map_err(|errno| error(clone, errno))
}

/// The two calls, by whichever of the clones these registers are for: clone(2) takes the rest of its arguments from
/// registers too, and with zeros there it does what clone3 does.
#[cfg(target_arch = "x86_64")]
fn clone_execveat(
    registers: Registers,
    program: BorrowedFd<'_>,
    argv: &[*const c_char; 3],
    envp: &[*const c_char; 1],
) -> core::result::Result<usize, Errno> {
    let ret: isize;
    // SAFETY: the child shares our memory (CLONE_VM) while we are stopped (CLONE_VFORK). Inside this block it makes
    // two system calls with values that are in registers already and uses no stack, so nothing of ours changes.
    // The pointers are the caller's, who outlives the block.
    unsafe {
        core::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "mov edi, r12d",
            "mov rsi, r13",
            "mov rdx, r14",
            "mov r10, r15",
            "mov r8d, {at_empty_path}",
            "mov eax, {execveat}",
            "syscall",
            "mov edi, eax",
            "neg edi",
            "mov eax, {exit_group}",
            "syscall",
            "2:",
            at_empty_path = const libc::AT_EMPTY_PATH,
            execveat = const libc::SYS_execveat,
            exit_group = const libc::SYS_exit_group,
            inlateout("rax") registers.number => ret,
            in("rdi") registers.first,
            in("rsi") registers.second,
            inlateout("rdx") 0_usize => _,
            inlateout("r10") 0_usize => _,
            inlateout("r8") 0_usize => _,
            in("r12") program.as_raw_fd(),
            in("r13") c"".as_ptr(),
            in("r14") argv.as_ptr(),
            in("r15") envp.as_ptr(),
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    raw::decode(ret)
}

/// Goes on in a new process that is a child of the caller's parent and has the caller's memory; the caller itself only
/// sends five bytes on `channel`, `letter` and the new process's number, and ends.
///
/// No memory is copied, unlike with [`fork`], and the message is nowhere that the one that goes on could reach first.
///
/// # Errors
/// What clone3(2) answers.
#[cfg(target_arch = "x86_64")]
pub fn move_to_sibling(clone: &Clone<'_>, channel: BorrowedFd<'_>, letter: u8) -> Result<()> {
    static MESSAGE: AtomicU64 = AtomicU64::new(0);
    MESSAGE.store(u64::from(letter), Ordering::Relaxed);
    let args = CloneArgs {
        flags: clone.namespaces | (libc::CLONE_VM | libc::CLONE_PARENT) as u64,
        ..CloneArgs::default()
    };
    let ret: isize;
    // SAFETY: both processes have this memory (CLONE_VM). The one that returns from the block is the new one, or the
    // caller after an error. The caller makes two system calls with values that are in registers already, writes
    // into MESSAGE alone, which nobody else uses (processes of ours have one thread), and neither uses the stack nor
    // returns, so nothing changes below the one that goes on.
    unsafe {
        core::arch::asm!(
            "syscall",
            "test rax, rax",
            "jle 2f",
            "mov dword ptr [r13 + 1], eax",
            "mov edi, r12d",
            "mov rsi, r13",
            "mov edx, 5",
            "mov eax, {write}",
            "syscall",
            "xor edi, edi",
            "mov eax, {exit_group}",
            "syscall",
            "2:",
            write = const libc::SYS_write,
            exit_group = const libc::SYS_exit_group,
            inlateout("rax") libc::SYS_clone3 => ret,
            in("rdi") &raw const args,
            in("rsi") size_of::<CloneArgs>(),
            in("r12") channel.as_raw_fd(),
            in("r13") MESSAGE.as_ptr(),
            lateout("rcx") _, lateout("r11") _, out("rdx") _,
            options(nostack),
        );
    }
    raw::decode(ret).map(drop).map_err(|errno| error(clone, errno))
}

/// Which side of a fork this is.
#[derive(Debug)]
pub enum Forked {
    /// The process that called.
    Parent(Child),
    /// The new one.
    Child,
}

/// Forks; with `sibling` the new process is a child of the caller's parent (`CLONE_PARENT`).
///
/// Only for processes of one thread: the stage, and programs of ours that start none.
///
/// # Errors
/// What clone3(2) answers.
pub fn fork(clone: &Clone<'_>, sibling: bool) -> Result<Forked> {
    let mut pidfd = -1;
    let flags = if sibling { libc::CLONE_PARENT as u64 } else { 0 };
    let mut args = clone_args(clone, flags | libc::CLONE_PIDFD as u64);
    args.pidfd = core::ptr::from_mut(&mut pidfd) as u64;
    if sibling {
        // clone3 demands it: the exit signal of the caller is used.
        args.exit_signal = 0;
    }
    // clone(2) has another place for it.
    let pidfd_place = args.pidfd;
    let cloned = by_either(&args, |registers| {
        let Registers { number, first, second } = registers;
        let third = usize::try_from(pidfd_place).unwrap_or(0);
        // SAFETY: without CLONE_VM the child has its own copy of the memory, so both sides may go on in Rust, clone(2)'s
        // on its copy of our stack; `args` and `pidfd` live on this frame during the call.
        unsafe { raw::syscall(number, [first, second, third, 0, 0, 0]) }
    });
    match cloned {
        Ok(0) => Ok(Forked::Child),
        Ok(pid) => Ok(Forked::Parent(child(pid, pidfd))),
        Err(errno) => Err(error(clone, errno)),
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The system call instruction, for calls that rustix does not wrap.

use rustix::io::Errno;

/// Makes one system call; the wrappers of this crate state what makes it sound.
///
/// # Safety
/// As the call demands: pointers valid for what the kernel reads and writes, descriptors owned by the caller.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) unsafe fn syscall(number: libc::c_long, args: [usize; 6]) -> Result<usize, Errno> {
    let ret: isize;
    // SAFETY: the kernel's calling convention on x86_64; the caller vouches for the arguments.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") number => ret,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
            options(nostack, preserves_flags),
        );
    }
    decode(ret)
}

/// Makes one system call; the wrappers of this crate state what makes it sound.
///
/// # Safety
/// As the call demands: pointers valid for what the kernel reads and writes, descriptors owned by the caller.
#[cfg(target_arch = "aarch64")]
#[inline]
pub(crate) unsafe fn syscall(number: libc::c_long, args: [usize; 6]) -> Result<usize, Errno> {
    let ret: isize;
    // SAFETY: the kernel's calling convention on aarch64; the caller vouches for the arguments.
    unsafe {
        core::arch::asm!(
            "svc 0",
            in("x8") number, inlateout("x0") args[0] as isize => ret,
            in("x1") args[1], in("x2") args[2], in("x3") args[3], in("x4") args[4], in("x5") args[5],
            options(nostack),
        );
    }
    decode(ret)
}

pub(crate) fn decode(ret: isize) -> Result<usize, Errno> {
    if (-4095..0).contains(&ret) {
        let number = i32::try_from(-ret).unwrap_or(libc::EIO);
        return Err(Errno::from_raw_os_error(number));
    }
    Ok(ret.cast_unsigned())
}

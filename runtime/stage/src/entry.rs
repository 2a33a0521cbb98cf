// SPDX-License-Identifier: Apache-2.0
//! What a libc would do: the entry point, the panic handler, and the memory functions that the compiler calls.
#![expect(unsafe_code, reason = "a program without a libc brings its own entry point and memory functions")]

use core::panic::PanicInfo;
use runtime_sys::{exec, process};
use stage::plan::PLAN_ADDRESS;

#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call stage_entry",
    "ud2",
);

/// Called by `_start` with the kernel's stack pointer: argc, argv, envp.
///
/// # Safety
/// Only `_start` calls it, with the stack pointer at entry.
// SAFETY: the name is ours alone; nothing else in this program defines it.
#[unsafe(no_mangle)]
unsafe extern "C" fn stage_entry(stack: *const usize) -> ! {
    // SAFETY: `_start` passes the stack pointer as the kernel left it.
    let argument = unsafe { exec::entry_argument(stack, 1) };
    let length = argument.map_or(0, |text| {
        text.to_bytes().iter().fold(0, |number: usize, digit| number * 10 + usize::from(digit - b'0'))
    });
    if length == 0 {
        process::exit_now(249);
    }
    // SAFETY: the runtime gave the program a segment of this length at this address, to be read and never unmapped.
    let plan = unsafe { core::slice::from_raw_parts(PLAN_ADDRESS as *const u8, length) };
    process::exit_now(crate::run(plan))
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    process::exit_now(253)
}

/// memcpy(3).
///
/// # Safety
/// As memcpy(3): `len` bytes readable at `source` and writable at `target`, not overlapping.
// SAFETY: the compiler expects a function of this name with the C standard's meaning, which this has.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(target: *mut u8, source: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the direction flag is clear (System V ABI); the caller vouches for both ranges.
    unsafe {
        core::arch::asm!("rep movsb", inout("rcx") len => _, inout("rdi") target => _, inout("rsi") source => _,
            options(nostack, preserves_flags));
    }
    target
}

/// memmove(3).
///
/// # Safety
/// As memmove(3).
// SAFETY: as for memcpy.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(target: *mut u8, source: *const u8, len: usize) -> *mut u8 {
    if (target as usize).wrapping_sub(source as usize) >= len {
        // SAFETY: copying upwards never reads a byte that it has written.
        return unsafe { memcpy(target, source, len) };
    }
    let mut left = len;
    while left > 0 {
        left -= 1;
        // SAFETY: `left < len`, so both are inside the ranges that the caller vouches for.
        let (from, to) = unsafe { (source.add(left), target.add(left)) };
        // SAFETY: as above; copying downwards reads each byte before it is overwritten.
        let byte = unsafe { from.read_volatile() };
        // SAFETY: as above.
        unsafe { to.write_volatile(byte) };
    }
    target
}

/// memset(3).
///
/// # Safety
/// As memset(3).
// SAFETY: as for memcpy.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(target: *mut u8, byte: i32, len: usize) -> *mut u8 {
    // SAFETY: the direction flag is clear; the caller vouches for the range.
    unsafe {
        core::arch::asm!("rep stosb", inout("rcx") len => _, inout("rdi") target => _, in("eax") byte,
            options(nostack, preserves_flags));
    }
    target
}

/// memcmp(3).
///
/// # Safety
/// As memcmp(3).
// SAFETY: as for memcpy.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    let mut index = 0;
    while index < len {
        // SAFETY: `index < len`: inside the caller's range. Volatile, or the compiler makes a call to memcmp of it.
        let a = unsafe { left.add(index).read_volatile() };
        // SAFETY: as above.
        let b = unsafe { right.add(index).read_volatile() };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
        index += 1;
    }
    0
}

/// bcmp(3).
///
/// # Safety
/// As bcmp(3).
// SAFETY: as for memcpy.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: the same contract.
    unsafe { memcmp(left, right, len) }
}

/// strlen(3).
///
/// # Safety
/// As strlen(3).
// SAFETY: as for memcpy.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(string: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: the caller vouches for a NUL; nothing behind it is read.
    while unsafe { string.add(len).read_volatile() } != 0 {
        len += 1;
    }
    len
}

// SPDX-License-Identifier: Apache-2.0
//! execve(2) with arrays that need no allocator.

use crate::{Call, Result, SysError, raw};
use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::mm::{MapFlags, ProtFlags};

/// A NULL-terminated array of string pointers, as execve(2) wants it.
#[derive(Debug)]
pub struct StringArray<'a> {
    start: *mut *const c_char,
    len: usize,
    capacity: usize,
    strings: PhantomData<&'a CStr>,
}

/// Room for the arrays of most programs, in a page that is touched anyhow: a mapping is a call, a page fault and a
/// mapping to be taken away.
struct Pool(UnsafeCell<[*const c_char; POOL]>);

const POOL: usize = 480;

// SAFETY: slots are only reached through pieces that `take` gives out, each to one owner.
unsafe impl Sync for Pool {}

static SLOTS: Pool = Pool(UnsafeCell::new([ptr::null(); POOL]));
static TAKEN: AtomicUsize = AtomicUsize::new(0);

impl Pool {
    /// A piece of so many empty slots; nothing when there are not so many left.
    fn take(&self, slots: usize) -> Option<*mut *const c_char> {
        let end = |taken: usize| taken.checked_add(slots).filter(|end| *end <= POOL);
        let taken = TAKEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, end).ok()?;
        // SAFETY: `taken + slots` was just found to lie inside the array.
        Some(unsafe { self.0.get().cast::<*const c_char>().add(taken) })
    }
}

impl<'a> StringArray<'a> {
    /// An array for `capacity` strings; its memory is given back at `execve` or exit.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new(capacity: usize) -> Result<Self> {
        if let Some(start) = SLOTS.take(capacity + 1) {
            return Ok(StringArray { start, len: 0, capacity, strings: PhantomData });
        }
        let bytes = (capacity + 1) * size_of::<*const c_char>();
        // SAFETY: a fresh anonymous mapping aliases nothing.
        let start = unsafe {
            rustix::mm::mmap_anonymous(
                ptr::null_mut(),
                bytes,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        }
        .call("mmap", format_args!("{bytes} bytes"))?;
        Ok(StringArray { start: start.cast(), len: 0, capacity, strings: PhantomData })
    }

    /// Appends one string.
    ///
    /// # Panics
    /// When more are pushed than `new` was told.
    pub fn push(&mut self, string: &'a CStr) {
        assert!(self.len < self.capacity, "the array was made for fewer strings");
        // SAFETY: the piece or mapping holds `capacity + 1` pointers and `len < capacity` was just checked.
        let slot = unsafe { self.start.add(self.len) };
        // SAFETY: `slot` lies in it, is aligned and writable; the last slot stays zero, the terminator.
        unsafe { slot.write(string.as_ptr()) };
        self.len += 1;
    }
}

/// Replaces the program; returns only on failure.
#[must_use]
pub fn execve(path: &CStr, argv: &StringArray<'_>, envp: &StringArray<'_>) -> SysError {
    let args = [path.as_ptr() as usize, argv.start as usize, envp.start as usize, 0, 0, 0];
    // SAFETY: the path and both arrays are NUL- and NULL-terminated and live during the call.
    let result = unsafe { raw::syscall(libc::SYS_execve, args) };
    SysError::with("execve", result.err().unwrap_or(crate::Errno::IO), format_args!("{path:?}"))
}

/// Replaces the program by the one behind a descriptor; returns only on failure.
#[must_use]
pub fn fexecve(program: BorrowedFd<'_>, argv: &StringArray<'_>, envp: &StringArray<'_>) -> SysError {
    let args = [
        program.as_raw_fd().cast_unsigned() as usize,
        c"".as_ptr() as usize,
        argv.start as usize,
        envp.start as usize,
        libc::AT_EMPTY_PATH.cast_unsigned() as usize,
        0,
    ];
    // SAFETY: the path and both arrays are NUL- and NULL-terminated and live during the call.
    let result = unsafe { raw::syscall(libc::SYS_execveat, args) };
    SysError::with("execveat", result.err().unwrap_or(crate::Errno::IO), format_args!("{program:?}"))
}

/// The number and the strings that the kernel left on the stack of a program without a libc.
///
/// # Safety
/// `stack` must be the stack pointer's value at the program's entry.
#[must_use]
pub unsafe fn entry_argument(stack: *const usize, index: usize) -> Option<&'static CStr> {
    // SAFETY: the word at the entry's stack pointer is argc (System V ABI); the caller vouches for `stack`.
    let argc = unsafe { stack.read() };
    if index >= argc {
        return None;
    }
    // SAFETY: argv follows argc and holds argc pointers.
    let slot = unsafe { stack.add(1 + index) };
    // SAFETY: `slot` is inside argv.
    let string = unsafe { slot.read() } as *const c_char;
    // SAFETY: the kernel NUL-terminates each argument; it lives as long as the process.
    Some(unsafe { CStr::from_ptr(string) })
}

/// Maps a descriptor's first `len` bytes for reading, for the life of the process.
///
/// # Errors
/// What mmap(2) answers.
pub fn map_for_reading(fd: BorrowedFd<'_>, len: usize) -> Result<&'static [u8]> {
    // SAFETY: a private, read-only mapping at an address that the kernel chooses aliases nothing.
    let start = unsafe {
        rustix::mm::mmap(ptr::null_mut(), len, ProtFlags::READ, MapFlags::PRIVATE | MapFlags::POPULATE, fd, 0)
    }
    .call("mmap", format_args!("{len} bytes"))?;
    // SAFETY: the mapping has `len` readable bytes and is never unmapped; the file behind it is a sealed memfd, so
    // they do not change.
    Ok(unsafe { core::slice::from_raw_parts(start.cast::<u8>(), len) })
}

// SPDX-License-Identifier: Apache-2.0
//! The entry of a program that lives for a millisecond.
//!
//! What std does before `main` and after it (a second stack with a guard, handlers that explain a stack overflow, the
//! name of the thread) is a dozen calls and five page faults, a fiftieth of an exec. [`main!`](crate::main) takes its
//! place and does what the rest of std relies on: descriptors 0–2 are open, and a closed pipe is an error, not death.
//! `std::env::args` is empty then.

use core::ffi::{CStr, c_char, c_int};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::vec::Vec;

/// Makes `fn(Vec<OsString>) -> i32` the program's entry: it takes the words behind the program's name and returns its
/// exit code.
#[macro_export]
macro_rules! main {
    ($main:path) => {
        // SAFETY: nothing else in a program is called so, and the C library calls it as declared.
        #[unsafe(no_mangle)]
        extern "C" fn main(
            count: ::core::ffi::c_int,
            words: *const *const ::core::ffi::c_char,
        ) -> ::core::ffi::c_int {
            // SAFETY: both come from the C library.
            let words = unsafe { $crate::start::begin(count, words) };
            $crate::start::end($main(words))
        }
    };
}

/// What comes before the program's own code. Returns its arguments without its name.
///
/// # Safety
/// With the arguments that the C library calls `main` with, once.
pub unsafe fn begin(count: c_int, words: *const *const c_char) -> Vec<OsString> {
    open_standard_descriptors();
    // A mask that is asked for and not granted is not to be expected.
    drop(crate::signal::ignore(libc::SIGPIPE));
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the C library passes `count` pointers to strings that live as long as the program.
    let words = unsafe { core::slice::from_raw_parts(words, count) };
    let text = |word: &*const c_char| {
        // SAFETY: as above.
        let text = unsafe { CStr::from_ptr(*word) };
        OsString::from_vec(text.to_bytes().to_vec())
    };
    words.iter().skip(1).map(text).collect()
}

/// What comes after it.
pub fn end(code: i32) -> c_int {
    // A reader that went away is not told of.
    drop(std::io::stdout().flush());
    crate::process::exit_now(code)
}

/// A descriptor that the caller closed would be taken by the first file of ours, and the payload would have that as
/// its standard input.
fn open_standard_descriptors() {
    let standard = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    let mut fds = standard.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::empty()));
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    if !matches!(poll(&mut fds, Some(&now)), Ok(1..)) {
        return;
    }
    for fd in &fds {
        if fd.revents().contains(PollFlags::NVAL) {
            // The lowest number that is free: this one, as those below it are open by now.
            let null = rustix::fs::open(c"/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty());
            core::mem::forget(null);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Pseudo terminals.

use crate::{Call, Result, SysError, raw};
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::pty::OpenptFlags;

const TIOCSWINSZ: usize = 0x5414;

/// Rows and columns of a terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Characters up and down.
    pub rows: u16,
    /// Characters across.
    pub columns: u16,
}

/// The terminal behind a pty's master: unlocked, opened without a path that another could swap (Linux 4.13).
///
/// # Errors
/// EIO when it is gone.
pub fn peer(master: BorrowedFd<'_>) -> Result<OwnedFd> {
    rustix::pty::unlockpt(master).call("ioctl", format_args!("TIOCSPTLCK, 0"))?;
    rustix::pty::ioctl_tiocgptpeer(master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
        .call("ioctl", format_args!("TIOCGPTPEER"))
}

/// Makes the terminal the caller's controlling one; the caller leads a session without one.
///
/// # Errors
/// EPERM when it is another session's.
pub fn set_controlling(terminal: BorrowedFd<'_>) -> Result<()> {
    rustix::process::ioctl_tiocsctty(terminal).call("ioctl", format_args!("TIOCSCTTY"))
}

/// Sets a terminal's size.
///
/// # Errors
/// ENOTTY.
pub fn set_size(terminal: BorrowedFd<'_>, size: Size) -> Result<()> {
    let words = [size.rows, size.columns, 0, 0];
    let args = [terminal.as_raw_fd().cast_unsigned() as usize, TIOCSWINSZ, words.as_ptr() as usize, 0, 0, 0];
    // SAFETY: TIOCSWINSZ reads four 16-bit words, which `words` holds.
    unsafe { raw::syscall(libc::SYS_ioctl, args) }
        .map(drop)
        .map_err(|errno| SysError::with("ioctl", errno, format_args!("TIOCSWINSZ, {size:?}")))
}

/// A terminal's size.
///
/// # Errors
/// ENOTTY.
pub fn size(terminal: BorrowedFd<'_>) -> Result<Size> {
    let size = rustix::termios::tcgetwinsize(terminal).call("ioctl", format_args!("TIOCGWINSZ"))?;
    Ok(Size { rows: size.ws_row, columns: size.ws_col })
}

/// Puts `source` in the place of descriptor 0, 1 or 2.
///
/// # Errors
/// EBADF.
pub fn become_stdio(source: BorrowedFd<'_>, number: i32) -> Result<()> {
    let args = [source.as_raw_fd().cast_unsigned() as usize, number.cast_unsigned() as usize, 0, 0, 0, 0];
    assert!((0..3).contains(&number), "only the standard descriptors are replaced");
    // SAFETY: descriptors 0 to 2 have no owner in this program (std and the stage borrow them), so replacing what
    // they refer to breaks nobody's OwnedFd.
    unsafe { raw::syscall(libc::SYS_dup3, args) }
        .map(drop)
        .map_err(|errno| SysError::with("dup3", errno, format_args!("{number}")))
}

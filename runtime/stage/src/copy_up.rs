// SPDX-License-Identifier: Apache-2.0
//! `tmpcopyup`: what a tmpfs would hide is copied into it first.
//!
//! The source belongs to the image and may be hostile: each entry is opened below its parent without following
//! links, and only regular files, directories and links are copied.

use crate::fault::About;
use crate::files::{self, as_fd};
use crate::{Fault, StepResult};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use runtime_sys::fs::{self, EntryKind, Links, OpenFlags};
use runtime_sys::{BorrowedFd, Errno};

/// Deeper trees than this are no directory that someone wants in memory.
const DEEPEST: u32 = 32;

/// The bits that give a file's user or group to who runs it, or a directory's group to what is made in it.
const SPECIAL: u32 = 0o6000;

/// Copies the directory at `path` below `root` into `target`.
pub(crate) fn copy_tree<'a>(
    root: BorrowedFd<'_>,
    path: &'a CStr,
    links: Links,
    target: BorrowedFd<'_>,
) -> StepResult<'a> {
    let place = files::find(root, path, links)?;
    copy_directory(as_fd(&place), target, 0).about(path.to_bytes())
}

fn copy_directory<'a>(source: BorrowedFd<'_>, target: BorrowedFd<'_>, depth: u32) -> StepResult<'a> {
    if depth > DEEPEST {
        return Err(Fault::new("copy", Errno::LOOP.raw_os_error(), b""));
    }
    let source = fs::open_in_root(source, c".", OpenFlags::RDONLY | OpenFlags::DIRECTORY, Links::None)?;
    let mut buffer = [MaybeUninit::uninit(); 2048];
    let mut entries = fs::Entries::new(as_fd(&source), &mut buffer);
    while let Some(entry) = entries.next()? {
        let name = entry.name();
        match entry.kind() {
            EntryKind::Directory => {
                let inner = fs::open_in_root(as_fd(&source), name, OpenFlags::PATH, Links::None)?;
                let stat = fs::fstat(as_fd(&inner))?;
                fs::ensure_directory(target, name, stat.st_mode & 0o7777)?;
                fs::chownat(target, name, stat.st_uid, stat.st_gid)?;
                let made = fs::open_in_root(target, name, OpenFlags::PATH, Links::None)?;
                copy_directory(as_fd(&inner), as_fd(&made), depth + 1)?;
                if stat.st_mode & SPECIAL != 0 {
                    // mkdir(2) leaves them out.
                    fs::chmod_directory(as_fd(&made), stat.st_mode & 0o7777)?;
                }
            }
            EntryKind::File => copy_file(as_fd(&source), name, target)?,
            EntryKind::Link => {
                let mut link = [MaybeUninit::uninit(); 4096];
                fs::symlinkat(fs::readlinkat(as_fd(&source), name, &mut link)?, target, name)?;
            }
            EntryKind::Itself | EntryKind::Other => {}
        }
    }
    Ok(())
}

fn copy_file<'a>(source: BorrowedFd<'_>, name: &CStr, target: BorrowedFd<'_>) -> StepResult<'a> {
    let from = fs::open_in_root(source, name, OpenFlags::RDONLY | OpenFlags::NONBLOCK, Links::None)?;
    let stat = fs::fstat(as_fd(&from))?;
    if !fs::is_regular(&stat) {
        return Ok(());
    }
    let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
    let to = fs::open(target, name, flags, stat.st_mode & 0o7777)?;
    fs::copy_all(as_fd(&from), as_fd(&to))?;
    fs::fchown(as_fd(&to), stat.st_uid, stat.st_gid)?;
    if stat.st_mode & SPECIAL != 0 {
        // A change of owner takes them away.
        fs::fchmod(as_fd(&to), stat.st_mode & 0o7777)?;
    }
    Ok(())
}

// SPDX-License-Identifier: Apache-2.0
//! What openat2(2) does below a root, one component at a time, for hosts where it is missing or denied.
//!
//! The kernel gets single names alone, and never a link to follow: a component is opened with `O_NOFOLLOW` in a
//! directory that is open already, what a link says is put before the rest of the path, and `..` goes back to the
//! directory that the walk came from. Whatever is renamed meanwhile, each step starts where the walk has been, below
//! the root.

use crate::Errno;
use crate::fs::Links;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::retry_on_intr;

type Result<T> = core::result::Result<T, Errno>;

/// The longest path that the kernel takes, with its NUL.
const PATH_MAX: usize = 4096;
/// How many links the kernel follows.
const MOST_LINKS: u32 = 40;
/// How many directories above can be gone back to: a deep path must not use up the descriptors.
const KEPT: usize = 32;
/// `ST_NOSYMFOLLOW`: of mounts on which links are not followed.
const NO_LINKS: u64 = 0x2000;
/// `PROC_ROOT_INO`: the links in this directory of a proc file system have a text that says where they lead.
const PROC_ROOT: u64 = 1;

/// Opens a path as `openat2(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)` would.
#[cold]
#[inline(never)]
pub(crate) fn open_in_root(
    root: BorrowedFd<'_>,
    path: &CStr,
    flags: OFlags,
    links: Links,
) -> Result<OwnedFd> {
    let mut way = Way { root, kept: [const { None }; KEPT], depth: 0 };
    let mut rest = Rest { text: [0; PATH_MAX], start: PATH_MAX - 1 };
    rest.put_before(path.to_bytes())?;
    let mut links_left = MOST_LINKS;
    loop {
        let here = way.here()?;
        let Some(Name { name, is_last }) = rest.next() else { return open(here, c".", flags) };
        if name == c"." {
            continue;
        }
        if name == c".." {
            way.up();
            continue;
        }
        let link = match if is_last { last(here, name, flags)? } else { middle(here, name)? } {
            Step::Reached(file) if is_last => return Ok(file),
            Step::Reached(directory) => {
                way.down(directory);
                continue;
            }
            Step::Link(link) => link,
        };
        if links == Links::None || links_left == 0 || !may_be_followed(here, &link)? {
            return Err(Errno::LOOP);
        }
        links_left -= 1;
        if !is_last {
            rest.put_before(b"/")?;
        }
        let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
        let (target, _) = rustix::fs::readlinkat_raw(&link, c"", &mut buffer)?;
        if target.is_empty() {
            return Err(Errno::NOENT);
        }
        if target.starts_with(b"/") {
            way.restart();
        }
        rest.put_before(target)?;
    }
}

/// The directories that the walk came through.
struct Way<'r> {
    root: BorrowedFd<'r>,
    /// That of depth `n` at `(n - 1) % KEPT`; a deeper one takes the place of one too far above.
    kept: [Option<OwnedFd>; KEPT],
    depth: usize,
}

impl Way<'_> {
    fn here(&self) -> Result<BorrowedFd<'_>> {
        let Some(above) = self.depth.checked_sub(1) else { return Ok(self.root) };
        self.kept[above % KEPT].as_ref().map(AsFd::as_fd).ok_or(Errno::NAMETOOLONG)
    }

    fn down(&mut self, directory: OwnedFd) {
        self.kept[self.depth % KEPT] = Some(directory);
        self.depth += 1;
    }

    /// Above the root is the root.
    fn up(&mut self) {
        if let Some(above) = self.depth.checked_sub(1) {
            self.kept[above % KEPT] = None;
            self.depth = above;
        }
    }

    fn restart(&mut self) {
        self.kept = [const { None }; KEPT];
        self.depth = 0;
    }
}

/// What is still to be walked, at the end of a buffer whose last byte is a NUL.
struct Rest {
    text: [u8; PATH_MAX],
    start: usize,
}

/// One component.
struct Name<'t> {
    name: &'t CStr,
    /// Whether nothing stands behind it, not even a slash: what has one there is a directory.
    is_last: bool,
}

impl Rest {
    fn put_before(&mut self, text: &[u8]) -> Result<()> {
        let start = self.start.checked_sub(text.len()).ok_or(Errno::NAMETOOLONG)?;
        self.text[start..self.start].copy_from_slice(text);
        self.start = start;
        Ok(())
    }

    /// Takes the next component, with one slash behind it.
    fn next(&mut self) -> Option<Name<'_>> {
        let rest = &self.text[self.start..PATH_MAX - 1];
        let from = self.start + rest.iter().position(|byte| *byte != b'/')?;
        let slash = self.text[from..PATH_MAX - 1].iter().position(|byte| *byte == b'/');
        let end = slash.map_or(PATH_MAX - 1, |length| from + length);
        self.text[end] = 0;
        self.start = if slash.is_some() { end + 1 } else { end };
        let name = CStr::from_bytes_with_nul(&self.text[from..=end]).ok()?;
        Some(Name { name, is_last: slash.is_none() })
    }
}

/// What a component is.
enum Step {
    Reached(OwnedFd),
    Link(OwnedFd),
}

const PLACE: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW);

fn open(dir: BorrowedFd<'_>, name: &CStr, flags: OFlags) -> Result<OwnedFd> {
    retry_on_intr(|| rustix::fs::openat(dir, name, flags | OFlags::CLOEXEC, Mode::empty()))
}

fn kind(file: &OwnedFd) -> Result<FileType> {
    Ok(FileType::from_raw_mode(rustix::fs::fstat(file)?.st_mode))
}

/// A component with others behind it.
fn middle(dir: BorrowedFd<'_>, name: &CStr) -> Result<Step> {
    match open(dir, name, PLACE | OFlags::DIRECTORY) {
        Err(Errno::NOTDIR) => {}
        other => return other.map(Step::Reached),
    }
    let place = open(dir, name, PLACE)?;
    match kind(&place)? {
        FileType::Symlink => Ok(Step::Link(place)),
        FileType::Directory => Ok(Step::Reached(place)),
        _ => Err(Errno::NOTDIR),
    }
}

/// The last component, opened as the caller wants it.
fn last(dir: BorrowedFd<'_>, name: &CStr, flags: OFlags) -> Result<Step> {
    let opened = |file| Ok(Step::Reached(file));
    if flags.contains(OFlags::NOFOLLOW) {
        return opened(open(dir, name, flags)?);
    }
    for _ in 0..MOST_LINKS {
        let why = match open(dir, name, flags | OFlags::NOFOLLOW) {
            // As a place it may be the link itself.
            Ok(file) if flags.contains(OFlags::PATH) && kind(&file)? == FileType::Symlink => {
                return Ok(Step::Link(file));
            }
            Ok(file) => return opened(file),
            Err(errno @ (Errno::LOOP | Errno::NOTDIR)) => errno,
            Err(errno) => return Err(errno),
        };
        let place = open(dir, name, PLACE)?;
        match kind(&place)? {
            FileType::Symlink => return Ok(Step::Link(place)),
            // Something else was put there between the two.
            FileType::Directory => {}
            _ if why == Errno::LOOP => {}
            _ => return Err(why),
        }
    }
    Err(Errno::LOOP)
}

/// Whether a link is one by its text: those that lead to a process's files and folders have one for people to read.
fn may_be_followed(dir: BorrowedFd<'_>, link: &OwnedFd) -> Result<bool> {
    let system = rustix::fs::fstatfs(link)?;
    if system.f_flags.cast_unsigned() & NO_LINKS != 0 {
        return Ok(false);
    }
    if system.f_type.cast_unsigned() != crate::fs::PROC_MAGIC {
        return Ok(true);
    }
    let above = rustix::fs::statat(dir, c"", AtFlags::EMPTY_PATH)?;
    Ok(above.st_ino == PROC_ROOT && above.st_dev == rustix::fs::fstat(link)?.st_dev)
}

#[cfg(test)]
mod tests;

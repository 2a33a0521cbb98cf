// SPDX-License-Identifier: Apache-2.0
//! Making and removing what a tree of files consists of, one name in an open directory at a time. The last part of a
//! name is never followed when it is a link.

use crate::fs::{self, Entries, EntryKind, OpenFlags};
use crate::{AsFd, AsRawFd, Call, Errno, Result};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, Stat, Timespec, Timestamps, UTIME_OMIT};
use std::ffi::CString;
use std::vec::Vec;

/// An extended attribute: its name and its value.
pub type Attribute = (CString, Vec<u8>);

/// What a name is, a link itself and not what it leads to.
///
/// # Errors
/// ENOENT.
pub fn lstat(dir: BorrowedFd<'_>, name: &CStr) -> Result<Stat> {
    rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).call("fstatat", format_args!("{name:?}"))
}

/// Makes a directory.
///
/// # Errors
/// EEXIST, ENOSPC.
pub fn mkdirat(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<()> {
    rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(mode))
        .call("mkdirat", format_args!("{name:?}, {mode:o}"))
}

/// Makes a second name for a file; a link at `from` is not followed.
///
/// # Errors
/// ENOENT, EEXIST, EPERM for a directory.
pub fn linkat(from: (BorrowedFd<'_>, &CStr), to: (BorrowedFd<'_>, &CStr)) -> Result<()> {
    rustix::fs::linkat(from.0, from.1, to.0, to.1, AtFlags::empty())
        .call("linkat", format_args!("{:?}, {:?}", from.1, to.1))
}

/// Removes a name that is no directory's.
///
/// # Errors
/// ENOENT, EISDIR.
pub fn unlinkat(dir: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    rustix::fs::unlinkat(dir, name, AtFlags::empty()).call("unlinkat", format_args!("{name:?}"))
}

/// Sets the permission bits of a name that is known to be no link: fchmodat(2) would follow one.
///
/// # Errors
/// EPERM.
pub fn chmodat(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<()> {
    rustix::fs::chmodat(dir, name, Mode::from_raw_mode(mode), AtFlags::empty())
        .call("fchmodat", format_args!("{name:?}, {mode:o}"))
}

/// Sets the time of the last change, in seconds and nanoseconds since 1970. The time of access stays.
///
/// # Errors
/// EPERM.
pub fn set_modified(dir: BorrowedFd<'_>, name: &CStr, (seconds, nanoseconds): (i64, u32)) -> Result<()> {
    let kept = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let set = Timespec { tv_sec: seconds, tv_nsec: nanoseconds.into() };
    let times = Timestamps { last_access: kept, last_modification: set };
    rustix::fs::utimensat(dir, name, &times, AtFlags::SYMLINK_NOFOLLOW)
        .call("utimensat", format_args!("{name:?}, {seconds}.{nanoseconds:09}"))
}

/// Sets an extended attribute, of a link too.
///
/// # Errors
/// ENOTSUP where the file system has none of this kind, EPERM.
pub fn set_attribute(dir: BorrowedFd<'_>, name: &CStr, attribute: &CStr, value: &[u8]) -> Result<()> {
    // There is no such call with a directory's descriptor before Linux 6.13; the last part of the path is a plain
    // name, and lsetxattr does not follow it.
    let mut path = std::format!("/proc/self/fd/{}/", dir.as_raw_fd()).into_bytes();
    path.extend_from_slice(name.to_bytes());
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::lsetxattr(path.as_slice(), attribute, value, flags)
        .call("lsetxattr", format_args!("{name:?}, {attribute:?}"))
}

/// All extended attributes, of a link too, sorted by name.
///
/// # Errors
/// What llistxattr(2) and lgetxattr(2) answer; none where the file system has no attributes.
pub fn attributes(dir: BorrowedFd<'_>, name: &CStr) -> Result<Vec<Attribute>> {
    let mut path = std::format!("/proc/self/fd/{}/", dir.as_raw_fd()).into_bytes();
    path.extend_from_slice(name.to_bytes());
    let path = path.as_slice();
    // The kernel's own limits for a list and for one value (XATTR_LIST_MAX, XATTR_SIZE_MAX).
    let mut buffer = std::vec![0_u8; 65_536];
    let length = match rustix::fs::llistxattr(path, &mut buffer[..]) {
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        other => other.call("llistxattr", format_args!("{name:?}"))?,
    };
    let names: Vec<CString> =
        buffer[..length].split(|byte| *byte == 0).filter_map(|name| CString::new(name).ok()).collect();
    let mut found = Vec::new();
    for attribute in names.into_iter().filter(|name| !name.is_empty()) {
        match rustix::fs::lgetxattr(path, &*attribute, &mut buffer[..]) {
            // Gone meanwhile, or a kind that is listed and cannot be read.
            Err(Errno::NODATA | Errno::NOTSUP) => {}
            other => {
                let length = other.call("lgetxattr", format_args!("{name:?}, {attribute:?}"))?;
                found.push((attribute, buffer[..length].to_vec()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Removes an extended attribute, of a link too.
///
/// # Errors
/// What lremovexattr(2) answers.
pub fn remove_attribute(dir: BorrowedFd<'_>, name: &CStr, attribute: &CStr) -> Result<()> {
    let mut path = std::format!("/proc/self/fd/{}/", dir.as_raw_fd()).into_bytes();
    path.extend_from_slice(name.to_bytes());
    rustix::fs::lremovexattr(path.as_slice(), attribute)
        .call("lremovexattr", format_args!("{name:?}, {attribute:?}"))
}

/// Removes a file or a whole tree; what is not there is removed already.
///
/// A tree may be deeper than the descriptors and the stack that we have: folders that are not empty are moved up
/// before they are emptied, so that two descriptors do for any depth.
///
/// # Errors
/// EBUSY for a mount point; EPERM for what is immutable.
pub fn remove(dir: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    match rustix::fs::unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {}
        other => return other.call("unlinkat", format_args!("{name:?}")),
    }
    let top = open_folder(dir, name)?;
    let mut moved = 0_u64;
    let mut folders = empty(&top, &top, &mut moved)?;
    while let Some(next) = folders.pop() {
        let folder = open_folder(top.as_fd(), &next)?;
        folders.append(&mut empty(&folder, &top, &mut moved)?);
        rmdir(top.as_fd(), &next)?;
    }
    rmdir(dir, name)
}

fn open_folder(dir: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    fs::open(dir, name, OpenFlags::RDONLY | OpenFlags::DIRECTORY | OpenFlags::NOFOLLOW, 0)
}

fn rmdir(dir: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR).call("unlinkat", format_args!("{name:?}, REMOVEDIR"))
}

/// Unlinks all that is in `folder`. Folders that are not empty go to `top` under names that are given back.
fn empty(folder: &OwnedFd, top: &OwnedFd, moved: &mut u64) -> Result<Vec<CString>> {
    let mut folders = Vec::new();
    let mut names: Vec<(CString, bool)> = Vec::new();
    let mut buffer = [MaybeUninit::uninit(); 8192];
    let mut entries = Entries::new(folder.as_fd(), &mut buffer);
    while let Some(entry) = entries.next()? {
        if entry.kind() != EntryKind::Itself {
            names.push((entry.name().to_owned(), entry.kind() == EntryKind::Directory));
        }
    }
    for (name, is_folder) in names {
        if !is_folder {
            rustix::fs::unlinkat(folder, &*name, AtFlags::empty())
                .call("unlinkat", format_args!("{name:?}"))?;
            continue;
        }
        match rustix::fs::unlinkat(folder, &*name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTEMPTY | Errno::EXIST) => folders.push(move_up(folder, &name, top, moved)?),
            other => other.call("unlinkat", format_args!("{name:?}, REMOVEDIR"))?,
        }
    }
    Ok(folders)
}

fn move_up(folder: &OwnedFd, name: &CStr, top: &OwnedFd, moved: &mut u64) -> Result<CString> {
    loop {
        let new = CString::new(std::format!(".removed-{moved}")).expect("digits hold no NUL");
        *moved += 1;
        let flags = rustix::fs::RenameFlags::NOREPLACE;
        match rustix::fs::renameat_with(folder, name, top, &*new, flags) {
            Err(Errno::EXIST) => {}
            other => {
                other.call("renameat2", format_args!("{name:?}, {new:?}"))?;
                return Ok(new);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_any_depth_is_removed() {
        let place = std::env::temp_dir().join(std::format!("tree-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        let dir: OwnedFd = std::fs::File::open(&place).unwrap().into();
        std::fs::write(place.join("keep"), "x").unwrap();
        mkdirat(dir.as_fd(), c"deep", 0o755).unwrap();
        let mut at = open_folder(dir.as_fd(), c"deep").unwrap();
        std::os::unix::fs::symlink(place.join("keep"), place.join("deep/link")).unwrap();
        for _ in 0..5000 {
            // A name that the removal would like to use itself.
            mkdirat(at.as_fd(), c".removed-0", 0o000).unwrap();
            mkdirat(at.as_fd(), c"d", 0o755).unwrap();
            at = open_folder(at.as_fd(), c"d").unwrap();
        }
        remove(dir.as_fd(), c"deep").unwrap();
        assert!(std::fs::symlink_metadata(place.join("deep")).is_err());
        remove(dir.as_fd(), c"deep").unwrap();
        assert_eq!(std::fs::read(place.join("keep")).unwrap(), b"x");
        remove(dir.as_fd(), c"keep").unwrap();
        std::fs::remove_dir(&place).unwrap();
    }
}

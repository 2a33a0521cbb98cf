// SPDX-License-Identifier: Apache-2.0
//! A tree of files in one order that depends on nothing but the tree: folder before content, names as bytes.
//!
//! The tree belongs to us alone while it is read. Names are opened one below the other, links never followed.

use crate::{Context, Error, Result};
use runtime_sys::fs::{self, OpenFlags, Stat};
use runtime_sys::tree::{self, Attribute};
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStringExt;

/// Folders below each other: each takes a descriptor while it is read, and no archive holds a longer path.
const DEPTH: usize = 400;

/// What an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    /// With its size.
    File(u64),
    /// With what it says.
    Link(Vec<u8>),
    /// Another name of what was found before, at this path.
    HardLink(Vec<u8>),
    /// `c`, `b`, `p` or, for a socket, `s`, with the device's numbers.
    Node(u8, u32, u32),
}

/// One file, folder or other thing of a tree.
#[derive(Debug)]
pub(crate) struct Item {
    /// From the root, without a slash before; empty for the root itself.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Seconds and nanoseconds since 1970.
    pub(crate) modified: (i64, u32),
    pub(crate) attributes: Vec<Attribute>,
}

/// What is told of each item: with the folder that it lies in and its name there, so that it can be opened.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&Item, BorrowedFd<'_>, &CStr) -> Result<()>;

/// Walks a tree.
///
/// # Errors
/// What the file system answers, and what `visit` does; `Unsupported` for trees that are too deep.
pub(crate) fn walk(root: BorrowedFd<'_>, visit: Visit<'_>) -> Result<()> {
    let mut walker = Walker { visit, seen: HashMap::new() };
    let stat = fs::fstat(root)?;
    let folder = fs::open(root, c".", OpenFlags::RDONLY | OpenFlags::DIRECTORY, 0)?;
    let item = item(Vec::new(), Kind::Folder, &stat, tree::attributes(folder.as_fd(), c".")?);
    (walker.visit)(&item, folder.as_fd(), c".")?;
    walker.content(&folder, &[], 0)
}

/// Opens a file that [`walk`] told of.
pub(crate) fn open_file(folder: BorrowedFd<'_>, name: &CStr) -> Result<std::fs::File> {
    let flags = OpenFlags::RDONLY | OpenFlags::NOFOLLOW | OpenFlags::NONBLOCK;
    Ok(std::fs::File::from(fs::open(folder, name, flags, 0)?))
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: BorrowedFd<'_>) -> Result<Vec<CString>> {
    let path = format!("/proc/self/fd/{}", folder.as_raw_fd());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&path).context(|| "read a folder")? {
        let name = entry.context(|| "read a folder")?.file_name().into_vec();
        names.push(CString::new(name).map_err(|_| Error::invalid("a zero in a name"))?);
    }
    names.sort();
    Ok(names)
}

/// What a symbolic link says.
pub(crate) fn link_target(folder: BorrowedFd<'_>, name: &CStr) -> Result<Vec<u8>> {
    let mut buffer = [MaybeUninit::uninit(); 4097];
    Ok(fs::readlinkat(folder, name, &mut buffer)?.to_bytes().to_vec())
}

struct Walker<'v> {
    visit: Visit<'v>,
    /// Files of several names, by device and number: the path that was met first.
    seen: HashMap<(u64, u64), Vec<u8>>,
}

impl Walker<'_> {
    fn content(&mut self, folder: &OwnedFd, path: &[u8], depth: usize) -> Result<()> {
        if depth > DEPTH {
            let path = String::from_utf8_lossy(&path[..40.min(path.len())]).into_owned();
            return Err(Error::unsupported(format!(
                "more than {DEPTH} folders below each other in {path:?}"
            )));
        }
        for name in names(folder.as_fd())? {
            let mut below = path.to_vec();
            if !below.is_empty() {
                below.push(b'/');
            }
            below.extend_from_slice(name.to_bytes());
            self.one(folder.as_fd(), &name, &below, depth)?;
        }
        Ok(())
    }

    fn one(&mut self, folder: BorrowedFd<'_>, name: &CStr, path: &[u8], depth: usize) -> Result<()> {
        let shown = || String::from_utf8_lossy(path).into_owned();
        let stat = tree::lstat(folder, name).context(shown)?;
        let kind = self.kind(folder, name, &stat, path).context(shown)?;
        let attributes = tree::attributes(folder, name).context(shown)?;
        let is_folder = kind == Kind::Folder;
        let item = item(path.to_vec(), kind, &stat, attributes);
        (self.visit)(&item, folder, name)?;
        if is_folder {
            let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY | OpenFlags::NOFOLLOW;
            let next = fs::open(folder, name, flags, 0).context(shown)?;
            self.content(&next, path, depth + 1)?;
        }
        Ok(())
    }

    fn kind(&mut self, folder: BorrowedFd<'_>, name: &CStr, stat: &Stat, path: &[u8]) -> Result<Kind> {
        let format = stat.st_mode & 0o170_000;
        if format == 0o040_000 {
            return Ok(Kind::Folder);
        }
        // A device of the numbers 0:0 is a removed name of an overlay, and all of them may be one file.
        let is_whiteout = format == 0o020_000 && stat.st_rdev == 0;
        // A socket is left out of archives, and no other name may lead to what is not there.
        if stat.st_nlink > 1 && !is_whiteout && format != 0o140_000 {
            if let Some(first) = self.seen.get(&(stat.st_dev, stat.st_ino)) {
                return Ok(Kind::HardLink(first.clone()));
            }
            self.seen.insert((stat.st_dev, stat.st_ino), path.to_vec());
        }
        Ok(match format {
            0o100_000 => Kind::File(u64::try_from(stat.st_size).unwrap_or(0)),
            0o120_000 => Kind::Link(link_target(folder, name)?),
            0o020_000 => node(b'c', stat),
            0o060_000 => node(b'b', stat),
            0o010_000 => Kind::Node(b'p', 0, 0),
            _ => Kind::Node(b's', 0, 0),
        })
    }
}

fn node(letter: u8, stat: &Stat) -> Kind {
    Kind::Node(letter, fs::major(stat.st_rdev), fs::minor(stat.st_rdev))
}

fn item(path: Vec<u8>, kind: Kind, stat: &Stat, attributes: Vec<Attribute>) -> Item {
    Item {
        path,
        kind,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        modified: (stat.st_mtime, u32::try_from(stat.st_mtime_nsec).unwrap_or(0)),
        attributes,
    }
}

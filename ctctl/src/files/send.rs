// SPDX-License-Identifier: Apache-2.0
//! The side that reads. Names change under its hands: each is opened as a handle first, which opens nothing, and only
//! what turns out to be a regular file or a folder is opened again through that handle.

use super::agent::Reopener;
use super::place::{check_file_system, kernels_own};
use super::stream::{DEEPEST, Failure, Meta, PIECE, Record, Result, Writer};
use crate::error::{Context, Error, Exit};
use runtime_sys::fs::{self, Entries, EntryKind, OpenFlags, Stat};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd};
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::unix::fs::FileExt;

/// Attributes that belong to a file whatever host it is on; others name the host's policy or its overlays.
const KEPT: &[&str] = &["security.capability", "system.posix_acl_access", "system.posix_acl_default"];
const KEPT_BEGINNING: &[u8] = b"user.";

/// The longest list of attributes, and the longest value (XATTR_LIST_MAX, XATTR_SIZE_MAX).
const LONGEST: usize = 64 << 10;

/// One thing to copy.
#[derive(Debug)]
pub(super) struct Source {
    /// Nothing for standard input.
    handle: Option<OwnedFd>,
    name: CString,
    /// As the caller has it.
    path: String,
}

impl Source {
    pub(super) fn stdin() -> Source {
        Source { handle: None, name: c"stdin".to_owned(), path: "standard input".to_owned() }
    }

    pub(super) fn file(handle: OwnedFd, name: CString, path: String) -> Source {
        Source { handle: Some(handle), name, path }
    }
}

/// The sending side.
#[derive(Debug)]
pub(super) struct Sender {
    out: Writer,
    reopener: Reopener,
    recursive: bool,
    /// Names of files that have several, by device and number.
    seen: HashMap<(u64, u64), Vec<CString>>,
    /// Where it is, from the top.
    path: Vec<CString>,
    left_out: Vec<String>,
    buffer: Vec<u8>,
}

/// So many of what is left out are named; more are counted by the last one.
const NAMED: usize = 1000;
/// The longest of these lines.
const LONGEST_LINE: usize = 4096;

impl Sender {
    pub(super) fn new(out: Writer, reopener: Reopener, recursive: bool) -> Sender {
        Sender {
            out,
            reopener,
            recursive,
            seen: HashMap::new(),
            path: Vec::new(),
            left_out: Vec::new(),
            buffer: vec![0; PIECE],
        }
    }

    /// Lines about what was no file, folder or link, and stayed where it was.
    pub(super) fn left_out(&mut self) -> Vec<String> {
        std::mem::take(&mut self.left_out)
    }

    pub(super) fn end(&mut self) -> Result<()> {
        self.out.put(&Record::Done)
    }

    /// Sends one of the things that the caller named.
    pub(super) fn source(&mut self, source: &Source) -> Result<()> {
        let Some(handle) = &source.handle else { return self.standard_input(source) };
        let stat = fs::fstat(handle.as_fd()).map_err(Error::from)?;
        let refused = |what: &str, hint: &str| {
            Err(Error::new(Exit::Value, format!("{} is {what}", source.path)).hint(hint).into())
        };
        match rx::FileType::from_raw_mode(stat.st_mode) {
            rx::FileType::RegularFile | rx::FileType::Symlink => {}
            rx::FileType::Directory if self.recursive => {}
            rx::FileType::Directory => return refused("a folder", "-r copies it with all that is in it"),
            _ => return refused("a device, FIFO or socket", "those are never opened; - is standard input"),
        }
        check_file_system(handle.as_fd(), &source.path)?;
        self.item(handle.as_fd(), &stat, &source.name)
    }

    fn standard_input(&mut self, source: &Source) -> Result<()> {
        let meta = Meta { mode: 0o644, ..Meta::default() };
        self.out.put(&Record::File { name: source.name.clone(), meta })?;
        let mut size = 0;
        let mut input = std::io::stdin().lock();
        loop {
            let read = match input.read(&mut self.buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                other => other.context(|| "read standard input")?,
            };
            if read == 0 {
                return self.out.put(&Record::End { size });
            }
            self.out.piece(size, &self.buffer[..read])?;
            size += read as u64;
        }
    }

    fn item(&mut self, handle: BorrowedFd<'_>, stat: &Stat, name: &CStr) -> Result<()> {
        self.path.push(name.to_owned());
        let sent = match rx::FileType::from_raw_mode(stat.st_mode) {
            rx::FileType::RegularFile => self.file(handle, stat, name),
            rx::FileType::Directory => self.folder(handle, stat, name),
            rx::FileType::Symlink => self.link(handle, stat, name),
            _ => self.leave_out("a device, FIFO or socket"),
        };
        self.path.pop();
        sent
    }

    fn here(&self) -> String {
        let parts: Vec<_> = self.path.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    }

    fn leave_out(&mut self, what: &str) -> Result<()> {
        if self.left_out.len() > NAMED {
            return Ok(());
        }
        let mut line = if self.left_out.len() == NAMED {
            "more than can be named".to_owned()
        } else {
            format!("{}: {what}", self.here())
        };
        // Whoever works inside has made the names: they are for a terminal of the host.
        line = line.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        line.truncate(line.floor_char_boundary(LONGEST_LINE));
        self.out.put(&Record::LeftOut { line: line.clone() })?;
        self.left_out.push(line);
        Ok(())
    }

    fn open(&self, handle: BorrowedFd<'_>, flags: OpenFlags) -> Result<OwnedFd> {
        Ok(self.reopener.open(handle, flags).context(|| self.here())?)
    }

    fn file(&mut self, handle: BorrowedFd<'_>, stat: &Stat, name: &CStr) -> Result<()> {
        if kernels_own(handle)?.is_some() {
            return self.leave_out("a file of the kernel's");
        }
        let name = name.to_owned();
        if self.recursive && stat.st_nlink > 1 {
            if let Some(path) = self.seen.get(&(stat.st_dev, stat.st_ino)) {
                return self.out.put(&Record::Same { name, path: path.clone() });
            }
            self.seen.insert((stat.st_dev, stat.st_ino), self.path.clone());
        }
        // Not blocking: a lease of somebody inside does not hold us.
        let file = self.open(handle, OpenFlags::RDONLY | OpenFlags::NONBLOCK)?;
        let meta = self.meta(stat, Some(file.as_fd()))?;
        self.out.put(&Record::File { name, meta })?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        self.content(&File::from(file), size)
    }

    /// The parts of a file that hold data, up to the size that it had: one that grows all the time has an end too.
    fn content(&mut self, file: &File, size: u64) -> Result<()> {
        let mut at = 0;
        while at < size {
            let Some(begin) = seek(file, rx::SeekFrom::Data(at)).unwrap_or(Some(at)) else { break };
            let end = seek(file, rx::SeekFrom::Hole(begin)).unwrap_or(Some(size)).unwrap_or(size).min(size);
            at = begin;
            while at < end {
                let wanted = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
                let read = match file.read_at(&mut self.buffer[..wanted], at) {
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    other => other.context(|| format!("read {}", self.here()))?,
                };
                if read == 0 {
                    // It was cut meanwhile.
                    return self.out.put(&Record::End { size: at });
                }
                self.out.piece(at, &self.buffer[..read])?;
                at += read as u64;
            }
            at = at.max(end).max(begin + 1);
        }
        self.out.put(&Record::End { size })
    }

    fn link(&mut self, handle: BorrowedFd<'_>, stat: &Stat, name: &CStr) -> Result<()> {
        let target = rx::readlinkat(handle, c"", Vec::new()).map_err(std::io::Error::from);
        let target = target.context(|| self.here())?;
        let meta = self.meta(stat, None)?;
        self.out.put(&Record::Link { name: name.to_owned(), target, meta })
    }

    fn folder(&mut self, handle: BorrowedFd<'_>, stat: &Stat, name: &CStr) -> Result<()> {
        if kernels_own(handle)?.is_some() {
            return self.leave_out("a file system of the kernel's");
        }
        if self.path.len() > DEEPEST {
            let text = format!("{}: deeper than {DEEPEST} folders", self.here());
            return Err(Error::new(Exit::Failure, text).into());
        }
        let folder = self.open(handle, OpenFlags::RDONLY | OpenFlags::DIRECTORY)?;
        let meta = self.meta(stat, Some(folder.as_fd()))?;
        self.out.put(&Record::Folder { name: name.to_owned(), meta })?;
        for name in names(folder.as_fd())? {
            let flags = OpenFlags::PATH | OpenFlags::NOFOLLOW;
            let opened = match fs::open(folder.as_fd(), &name, flags, 0) {
                // Somebody removed it since the folder was read.
                Err(error) if error.errno == Errno::NOENT => continue,
                other => other,
            };
            let here = || format!("{}/{}", self.here(), name.to_string_lossy());
            let opened = opened.context(here)?;
            let stat = fs::fstat(opened.as_fd()).context(here)?;
            self.item(opened.as_fd(), &stat, &name)?;
        }
        self.out.put(&Record::Leave)
    }

    fn meta(&self, stat: &Stat, file: Option<BorrowedFd<'_>>) -> Result<Meta> {
        let attributes = match file {
            Some(file) if self.recursive => attributes(file).context(|| self.here())?,
            _ => Vec::new(),
        };
        Ok(Meta {
            mode: stat.st_mode,
            uid: stat.st_uid,
            gid: stat.st_gid,
            accessed: (stat.st_atime, stat.st_atime_nsec),
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            attributes,
        })
    }
}

/// Where data or a hole begins; nothing behind the last data. An error where the file system has no such question.
fn seek(file: &File, to: rx::SeekFrom) -> std::result::Result<Option<u64>, Errno> {
    match rx::seek(file, to) {
        Ok(at) => Ok(Some(at)),
        Err(Errno::NXIO) => Ok(None),
        Err(errno) => Err(errno),
    }
}

fn names(folder: BorrowedFd<'_>) -> Result<Vec<CString>> {
    let mut names = Vec::new();
    let mut buffer = [MaybeUninit::uninit(); 8192];
    let mut entries = Entries::new(folder, &mut buffer);
    while let Some(entry) = entries.next().map_err(Error::from)? {
        if entry.kind() != EntryKind::Itself {
            names.push(entry.name().to_owned());
        }
    }
    Ok(names)
}

fn attributes(file: BorrowedFd<'_>) -> std::io::Result<Vec<(CString, Vec<u8>)>> {
    let mut list = vec![0; LONGEST];
    let length = match rx::flistxattr(file, &mut list) {
        Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for name in list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        if !name.starts_with(KEPT_BEGINNING) && !KEPT.iter().any(|kept| kept.as_bytes() == name) {
            continue;
        }
        let mut value = vec![0; LONGEST];
        let length = match rx::fgetxattr(file, name, &mut value) {
            // Removed meanwhile; or a name in an overlay's list that has no value.
            Err(Errno::NODATA) => continue,
            other => other?,
        };
        value.truncate(length);
        let Ok(name) = CString::new(name) else { continue };
        found.push((name, value));
    }
    Ok(found)
}

impl From<runtime_sys::SysError> for Failure {
    fn from(error: runtime_sys::SysError) -> Failure {
        Failure::Own(error.into())
    }
}

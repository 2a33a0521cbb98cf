// SPDX-License-Identifier: Apache-2.0
//! The side that writes. It stands in folders that it has opened, makes one name at a time there, and puts a file in
//! its place only when it is whole; a link that is in the way is replaced, never followed.

use super::stream::{DEEPEST, Failure, Meta, Reader, Record, Result};
use crate::error::{Context, Error, Exit};
use runtime_sys::fs::{self, OpenFlags};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;

/// What the copies are to be like, beside what a tree keeps.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The owner of everything, in the system's ids when it is copied in.
    pub owner: Option<(u32, u32)>,
    /// The permissions of a single file.
    pub mode: Option<u32>,
    /// Takes set-user-id, set-group-id and capabilities away: on the host they would be the host's.
    pub without_privileges: bool,
}

const SETUID_SETGID: u32 = 0o6000;
const FILE_CAPABILITY: &CStr = c"security.capability";

/// A folder that is being filled.
#[derive(Debug)]
struct Open {
    folder: OwnedFd,
    /// What it is to be like in the end; nothing for one that was there before.
    meta: Option<Meta>,
    /// For messages.
    name: CString,
}

/// The receiving side.
#[derive(Debug)]
pub(super) struct Receiver {
    from: Reader,
    /// The destination first; nothing when all goes to standard output.
    open: Vec<Open>,
    /// The name of the one thing that comes, if it gets another one here.
    name: Option<CString>,
    recursive: bool,
    wishes: Wishes,
    left_out: Vec<String>,
    serial: u32,
}

impl Receiver {
    /// One that fills a folder; with a name, the one thing that comes is called so.
    pub(super) fn new(
        from: Reader,
        (folder, name): (OwnedFd, Option<CString>),
        recursive: bool,
        wishes: Wishes,
    ) -> Receiver {
        let open = vec![Open { folder, meta: None, name: CString::default() }];
        Receiver { from, open, name, recursive, wishes, left_out: Vec::new(), serial: 0 }
    }

    pub(super) fn to_stdout(from: Reader) -> Receiver {
        let wishes = Wishes::default();
        Receiver {
            from,
            open: Vec::new(),
            name: None,
            recursive: false,
            wishes,
            left_out: Vec::new(),
            serial: 0,
        }
    }

    pub(super) fn left_out(&mut self) -> Vec<String> {
        std::mem::take(&mut self.left_out)
    }

    /// Receives to the end, for one who says nothing of what was left out.
    pub(super) fn receive_all(mut self) -> Result<()> {
        self.receive()
    }

    /// Receives to the end.
    pub(super) fn receive(&mut self) -> Result<()> {
        loop {
            match self.from.next()? {
                Record::Done if self.open.len() <= 1 => return Ok(()),
                Record::File { name, meta } if self.open.is_empty() => self.print(&name, &meta)?,
                Record::LeftOut { line } => self.left_out.push(line),
                record if self.open.is_empty() => return Err(unexpected(&record)),
                Record::Folder { name, meta } => self.enter(&name, meta)?,
                Record::Leave if self.open.len() > 1 => self.leave()?,
                Record::File { name, meta } => self.file(&name, &meta)?,
                Record::Link { name, target, meta } => self.link(&name, &target, &meta)?,
                Record::Same { name, path } => self.same(&name, &path)?,
                record => return Err(unexpected(&record)),
            }
        }
    }

    fn here(&self) -> BorrowedFd<'_> {
        self.open.last().expect("a folder is open: receive() asks first").folder.as_fd()
    }

    /// The name that something gets here.
    fn named(&self, name: &CStr) -> CString {
        match &self.name {
            Some(other) if self.open.len() == 1 => other.clone(),
            _ => name.to_owned(),
        }
    }

    fn path(&self, name: &CStr) -> String {
        let parts = self.open.iter().skip(1).map(|open| open.name.to_string_lossy());
        parts.chain([name.to_string_lossy()]).collect::<Vec<_>>().join("/")
    }

    fn enter(&mut self, name: &CStr, meta: Meta) -> Result<()> {
        let name = self.named(name);
        if self.open.len() > DEEPEST + 1 {
            return Err(unexpected(&Record::Leave));
        }
        let made = match rx::mkdirat(self.here(), &*name, rx::Mode::from_raw_mode(0o700)) {
            Err(Errno::EXIST) => false,
            other => {
                other.map_err(std::io::Error::from).context(|| format!("make {}", self.path(&name)))?;
                true
            }
        };
        let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY | OpenFlags::NOFOLLOW;
        let folder = fs::open(self.here(), &name, flags, 0).context(|| self.path(&name))?;
        super::place::check_file_system(folder.as_fd(), &self.path(&name))?;
        self.open.push(Open { folder, meta: made.then_some(meta), name });
        Ok(())
    }

    fn leave(&mut self) -> Result<()> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        if let Some(meta) = &open.meta {
            self.become_like(open.folder.as_fd(), meta).context(|| self.path(&open.name))?;
        }
        Ok(())
    }

    /// A name of ours that nobody else has.
    fn temporary<T>(
        &mut self,
        mut make: impl FnMut(BorrowedFd<'_>, &CStr) -> std::result::Result<T, Errno>,
    ) -> std::io::Result<(CString, T)> {
        // As often as somebody else may have taken it, on purpose too.
        for _ in 0..1000 {
            self.serial += 1;
            let name = CString::new(format!(".ctctl-copy.{}.{}", std::process::id(), self.serial))?;
            match make(self.here(), &name) {
                Err(Errno::EXIST) => {}
                other => return Ok((name, other?)),
            }
        }
        Err(Errno::EXIST.into())
    }

    /// Gives what was made under a name of ours its own name, or removes it.
    fn put_in_place(&self, temporary: &CStr, name: &CStr, made: Result<()>) -> Result<()> {
        let placed = made.and_then(|()| {
            let renamed = rx::renameat(self.here(), temporary, self.here(), name);
            Ok(renamed.map_err(std::io::Error::from).context(|| format!("replace {}", self.path(name)))?)
        });
        if placed.is_err() {
            // The cause is the error to report.
            let _stays = rx::unlinkat(self.here(), temporary, rx::AtFlags::empty());
        }
        placed
    }

    fn file(&mut self, name: &CStr, meta: &Meta) -> Result<()> {
        let name = self.named(name);
        let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
        let flags = flags | OpenFlags::CLOEXEC;
        let made =
            self.temporary(|folder, name| rx::openat(folder, name, flags, rx::Mode::from_raw_mode(0o600)));
        let (temporary, file) = made.context(|| format!("make {}", self.path(&name)))?;
        let file = File::from(file);
        let written = self
            .content(&file, &name)
            .and_then(|()| Ok(self.become_like(file.as_fd(), meta).context(|| self.path(&name))?));
        self.put_in_place(&temporary, &name, written)
    }

    fn content(&mut self, file: &File, name: &CStr) -> Result<()> {
        loop {
            match self.from.next()? {
                Record::Piece { offset, bytes } => {
                    file.write_all_at(&bytes, offset).context(|| format!("write {}", self.path(name)))?;
                }
                Record::End { size } => {
                    return Ok(file.set_len(size).context(|| format!("write {}", self.path(name)))?);
                }
                record => return Err(unexpected(&record)),
            }
        }
    }

    fn link(&mut self, name: &CStr, target: &CStr, meta: &Meta) -> Result<()> {
        let name = self.named(name);
        let made = self.temporary(|folder, name| rx::symlinkat(target, folder, name));
        let (temporary, ()) = made.context(|| format!("make {}", self.path(&name)))?;
        let changed = || -> crate::error::Result<()> {
            if let Some((uid, gid)) = self.owner(meta) {
                fs::chownat(self.here(), &temporary, uid, gid)?;
            }
            if self.recursive {
                let flags = rx::AtFlags::SYMLINK_NOFOLLOW;
                let set = rx::utimensat(self.here(), &*temporary, &times(meta), flags);
                set.map_err(std::io::Error::from).context(|| "set its times")?;
            }
            Ok(())
        };
        let changed = changed().context(|| self.path(&name)).map_err(Failure::from);
        self.put_in_place(&temporary, &name, changed)
    }

    /// A second name of a file that came before: its path is walked from the destination on, link by link refused.
    fn same(&mut self, name: &CStr, path: &[CString]) -> Result<()> {
        let name = self.named(name);
        let (Some((last, above)), Some(top)) = (path.split_last(), self.open.first()) else {
            return Err(unexpected(&Record::Leave));
        };
        let mut folder = top.folder.try_clone().context(|| "duplicate a descriptor")?;
        let flags = OpenFlags::PATH | OpenFlags::DIRECTORY | OpenFlags::NOFOLLOW;
        for (depth, part) in above.iter().enumerate() {
            let part = self.name.as_ref().filter(|_| depth == 0).unwrap_or(part);
            folder = fs::open(folder.as_fd(), part, flags, 0).context(|| self.path(&name))?;
        }
        let last = self.name.as_ref().filter(|_| above.is_empty()).unwrap_or(last).clone();
        let made = self.temporary(|here, name| rx::linkat(&folder, &*last, here, name, rx::AtFlags::empty()));
        let (temporary, ()) = made.context(|| format!("make {}", self.path(&name)))?;
        self.put_in_place(&temporary, &name, Ok(()))?;
        // rename(2) of two names of one file does nothing and leaves both.
        match rx::unlinkat(self.here(), &*temporary, rx::AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(Error::new(Exit::Failure, format!("{}: {errno}", self.path(&name))).into()),
        }
    }

    fn owner(&self, meta: &Meta) -> Option<(u32, u32)> {
        self.wishes.owner.or(self.recursive.then_some((meta.uid, meta.gid)))
    }

    /// Owner, attributes, permissions, times, in the order in which none takes another away.
    fn become_like(&self, file: BorrowedFd<'_>, meta: &Meta) -> crate::error::Result<()> {
        if let Some((uid, gid)) = self.owner(meta) {
            fs::fchown(file, uid, gid).map_err(|error| {
                let is_unknown = error.errno == Errno::INVAL;
                let error = Error::from(error).wrap(format!("give it to {uid}:{gid}"));
                if is_unknown {
                    error.hint("the system has no such id: --owner UID:GID gives another")
                } else {
                    error
                }
            })?;
        }
        for (name, value) in &meta.attributes {
            if self.wishes.without_privileges && name.as_c_str() == FILE_CAPABILITY {
                continue;
            }
            let set = rx::fsetxattr(file, &**name, value, rx::XattrFlags::empty());
            set.map_err(std::io::Error::from).context(|| format!("set {}", name.to_string_lossy()))?;
        }
        let mode = self.wishes.mode.unwrap_or(meta.mode & 0o7777);
        let taken = if self.wishes.without_privileges { SETUID_SETGID } else { 0 };
        // A folder's set-group-id gives nobody anything but a group to files in it.
        let is_folder = rx::FileType::from_raw_mode(meta.mode) == rx::FileType::Directory;
        fs::fchmod(file, if is_folder { mode } else { mode & !taken })?;
        if self.recursive {
            rx::futimens(file, &times(meta)).map_err(std::io::Error::from).context(|| "set its times")?;
        }
        Ok(())
    }

    /// Writes a file to standard output, holes as zeros.
    fn print(&mut self, name: &CStr, _meta: &Meta) -> Result<()> {
        let mut out = std::io::stdout().lock();
        let mut at = 0_u64;
        let zeros = [0; 4096];
        let what = || format!("write {} to standard output", name.to_string_lossy());
        loop {
            let (until, bytes) = match self.from.next()? {
                Record::Piece { offset, bytes } => (offset, Some(bytes)),
                Record::End { size } => (size, None),
                record => return Err(unexpected(&record)),
            };
            while at < until {
                let length = usize::try_from(until - at).unwrap_or(zeros.len()).min(zeros.len());
                out.write_all(&zeros[..length]).context(what)?;
                at += length as u64;
            }
            let Some(bytes) = bytes else { return Ok(out.flush().context(what)?) };
            out.write_all(&bytes).context(what)?;
            at += bytes.len() as u64;
        }
    }
}

fn times(meta: &Meta) -> rx::Timestamps {
    let time = |(seconds, nanoseconds): (i64, u64)| rx::Timespec {
        tv_sec: seconds,
        tv_nsec: i64::try_from(nanoseconds).unwrap_or(0),
    };
    rx::Timestamps { last_access: time(meta.accessed), last_modification: time(meta.modified) }
}

fn unexpected(record: &Record) -> Failure {
    let text = format!("the other side of the copy sent {record:?} where it has no place");
    Failure::Own(Error::new(Exit::Failure, text))
}

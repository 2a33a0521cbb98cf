// SPDX-License-Identifier: Apache-2.0
//! Entries become files below one open directory.

use super::entries::{Entries, Entry, Kind};
use super::{Hashed, compression, whiteout};
use crate::{Context, Error, ErrorKind, Result};
use runtime_sys::fs::{Links, OpenFlags};
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd, SysError, fs, tree};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;

const CHUNK: usize = 128 * 1024;
/// Bytes of paths of folders whose times are set at the end; beyond that they keep the time of the unpacking.
const PATHS_KEPT: usize = 64 << 20;
/// An overlay takes a device with these numbers for a removed name.
const REMOVED: (u32, u32) = (0, 0);
const OPAQUE: &CStr = c"trusted.overlay.opaque";

/// What may come out of an archive, and what its names mean.
#[derive(Debug, Clone)]
pub struct Options {
    /// Entries, at most.
    pub entries: u64,
    /// Bytes of all files together that are stored, at most.
    pub bytes: u64,
    /// Bytes that one file may have with its holes.
    pub file: u64,
    /// `.wh.NAME` removes NAME from the layers below, as in OCI images.
    pub whiteouts: bool,
    /// What lies below `dev` is left out: each system gets its own at start.
    pub without_dev: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { entries: 4_000_000, bytes: 256 << 30, file: 1 << 40, whiteouts: false, without_dev: true }
    }
}

/// What was unpacked.
#[derive(Debug)]
pub struct Layer {
    /// `sha256-HEX` of the stream below the compression: an OCI image's diff id.
    pub digest: String,
    /// What could not be kept, such as attributes that this file system does not have.
    pub warnings: Vec<String>,
}

/// Unpacks an archive, compressed or not, into an empty directory of our own.
///
/// # Errors
/// `Invalid` for what is no archive, leads out of the directory, or is larger than `options` allow; what the file
/// system answers. The directory is left as it is then.
pub fn unpack(stream: impl Read, root: BorrowedFd<'_>, options: &Options) -> Result<Layer> {
    let stream = Hashed::new(compression::open(stream)?);
    let mut extractor = Extractor {
        root,
        options,
        parent: None,
        folders: Vec::new(),
        paths_kept: 0,
        entries: 0,
        stored: 0,
        warnings: Vec::new(),
        buffer: vec![0; CHUNK],
    };
    let mut entries = Entries::new(stream);
    while let Some(entry) = entries.next()? {
        extractor
            .take(&entry, &mut entries)
            .context(|| format!("unpack {:?}", String::from_utf8_lossy(&entry.path)))?;
    }
    extractor.finish()?;
    // What follows the end belongs to the digest; it is not let on for ever.
    let mut rest = entries.into_rest();
    let limit = 1 << 30;
    let drained = std::io::copy(&mut (&mut rest).take(limit), &mut std::io::sink());
    if drained.context(|| "read the end of the archive")? == limit {
        return Err(Error::invalid("the archive goes on after its end"));
    }
    let digest = format!("sha256-{}", rest.digest());
    Ok(Layer { digest, warnings: extractor.warnings })
}

struct Extractor<'a> {
    root: BorrowedFd<'a>,
    options: &'a Options,
    /// The folder of the last entry, by its path in the archive, as long as that path leads there for sure.
    parent: Option<(Vec<u8>, OwnedFd)>,
    /// Folders whose times are set when nothing comes into them any more.
    folders: Vec<(CString, (i64, u32))>,
    paths_kept: usize,
    entries: u64,
    stored: u64,
    warnings: Vec<String>,
    buffer: Vec<u8>,
}

impl Extractor<'_> {
    fn take(&mut self, entry: &Entry, data: &mut impl Read) -> Result<()> {
        self.entries += 1;
        if self.entries > self.options.entries {
            let limit = self.options.entries;
            return Err(Error::invalid(format!("the archive has more than {limit} entries")));
        }
        let parts = parts(&entry.path)?;
        let Some((last, above)) = parts.split_last() else { return self.root_folder(entry) };
        if self.options.without_dev && above.first().is_some_and(|first| *first == b"dev") {
            return Ok(());
        }
        let folder = above.join(&b'/');
        let parent = self.parent(&folder)?;
        let dir = parent.as_fd();
        let name = if self.options.whiteouts { whiteout::read(last)? } else { whiteout::Name::Plain };
        match name {
            whiteout::Name::Note => {}
            whiteout::Name::Opaque => tree::set_attribute(dir, c".", OPAQUE, b"y")?,
            whiteout::Name::Removed(name) => {
                let name = c_string(name)?;
                tree::remove(dir, &name)?;
                let made = fs::mknodat(dir, &name, b'c', 0, fs::makedev(REMOVED.0, REMOVED.1));
                made.context(|| "a removed name, which not every file system can hold (ext4 and xfs can)")?;
            }
            whiteout::Name::Plain => self.make(entry, dir, &c_string(last)?, data)?,
        }
        // A link or a new folder may stand where the way to the last folder led through.
        if matches!(entry.kind, Kind::File | Kind::HardLink(_)) {
            self.parent = Some((folder, parent));
        }
        Ok(())
    }

    /// The entry for the directory itself, `./`.
    fn root_folder(&mut self, entry: &Entry) -> Result<()> {
        if entry.kind != Kind::Folder {
            return Err(Error::invalid("an entry without a name that is no folder"));
        }
        self.dress(entry, self.root, c".")?;
        self.folders.push((c".".to_owned(), entry.modified));
        Ok(())
    }

    /// The folder that an entry lies in, links inside the tree followed as if the tree's root were `/`. Folders that
    /// the archive did not name are made.
    fn parent(&mut self, path: &[u8]) -> Result<OwnedFd> {
        if let Some((known, fd)) = self.parent.take()
            && known == path
        {
            return Ok(fd);
        }
        match self.open_folder(path) {
            Err(error) if error.errno == Errno::NOENT => {}
            other => return Ok(other?),
        }
        let mut folder = self.open_folder(b"")?;
        let ends = (0..=path.len()).filter(|at| path.get(*at).is_none_or(|byte| *byte == b'/'));
        let mut start = 0;
        for end in ends {
            fs::ensure_directory(folder.as_fd(), &c_string(&path[start..end])?, 0o755)?;
            folder = self.open_folder(&path[..end])?;
            start = end + 1;
        }
        Ok(folder)
    }

    fn open_folder(&self, path: &[u8]) -> std::result::Result<OwnedFd, SysError> {
        let path = CString::new(path).unwrap_or_default();
        let flags = OpenFlags::PATH | OpenFlags::DIRECTORY;
        fs::open_in_root(self.root, &path, flags, Links::InRoot)
    }

    fn make(&mut self, entry: &Entry, dir: BorrowedFd<'_>, name: &CStr, data: &mut impl Read) -> Result<()> {
        match &entry.kind {
            Kind::File => return self.file(entry, dir, name, data),
            Kind::Folder => {
                replaced(dir, name, || tree::mkdirat(dir, name, 0o700), true)?;
                self.keep_time(entry);
            }
            Kind::Link(target) => {
                let target = c_string(target)?;
                replaced(dir, name, || fs::symlinkat(&target, dir, name), false)?;
            }
            Kind::HardLink(target) => return self.hard_link(target, dir, name),
            Kind::Node(letter, major, minor) => {
                let device = fs::makedev(*major, *minor);
                replaced(dir, name, || fs::mknodat(dir, name, *letter, 0o600, device), false)?;
            }
        }
        self.dress(entry, dir, name)?;
        if entry.kind != Kind::Folder {
            tree::set_modified(dir, name, entry.modified)?;
        }
        Ok(())
    }

    fn file(&mut self, entry: &Entry, dir: BorrowedFd<'_>, name: &CStr, data: &mut impl Read) -> Result<()> {
        if entry.size > self.options.file {
            return Err(Error::invalid(format!("{} bytes: more than one file may have", entry.size)));
        }
        let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
        let mut made = None;
        replaced(dir, name, || fs::open(dir, name, flags, 0o600).map(|fd| made = Some(fd)), false)?;
        let Some(fd) = made else { return Err(Error::invalid("a folder of this name is in the way")) };
        let file = File::from(fd);
        match &entry.parts {
            None => self.copy(data, entry.size, &mut &file)?,
            Some(parts) => {
                file.set_len(entry.size).context(|| "set the size")?;
                for (offset, length) in parts {
                    self.copy(data, *length, &mut At(&file, *offset))?;
                }
            }
        }
        self.dress(entry, dir, name)?;
        Ok(tree::set_modified(dir, name, entry.modified)?)
    }

    /// Copies exactly `length` bytes.
    fn copy(&mut self, data: &mut impl Read, length: u64, to: &mut impl Write) -> Result<()> {
        self.stored = self.stored.saturating_add(length);
        if self.stored > self.options.bytes {
            let limit = self.options.bytes;
            return Err(Error::invalid(format!("the archive has more than {limit} bytes in its files")));
        }
        let mut left = length;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let count = match data.read(&mut self.buffer[..wanted]) {
                Ok(0) => return Err(Error::invalid("the archive ends in the middle of a file")),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                other => other.context(|| "read the archive")?,
            };
            to.write_all(&self.buffer[..count]).context(|| "write")?;
            left -= count as u64;
        }
        Ok(())
    }

    fn hard_link(&mut self, target: &[u8], dir: BorrowedFd<'_>, name: &CStr) -> Result<()> {
        let parts = parts(target)?;
        let shown = || format!("link to {:?}", String::from_utf8_lossy(target));
        let Some((last, above)) = parts.split_last() else {
            return Err(Error::invalid(format!("{}: a folder", shown())));
        };
        let from = self.open_folder(&above.join(&b'/')).context(shown)?;
        let last = c_string(last)?;
        let existing = tree::lstat(from.as_fd(), &last).context(shown)?;
        if let Ok(there) = tree::lstat(dir, name)
            && (there.st_dev, there.st_ino) == (existing.st_dev, existing.st_ino)
        {
            // Linked already, or to itself: removing the name first would remove the file.
            return Ok(());
        }
        replaced(dir, name, || tree::linkat((from.as_fd(), &last), (dir, name)), false).context(shown)
    }

    /// Owner, mode and attributes, in the order in which one does not take the other away.
    fn dress(&mut self, entry: &Entry, dir: BorrowedFd<'_>, name: &CStr) -> Result<()> {
        fs::chownat(dir, name, entry.uid, entry.gid)?;
        if !matches!(entry.kind, Kind::Link(_)) {
            tree::chmodat(dir, name, entry.mode)?;
        }
        for (attribute, value) in &entry.attributes {
            if !is_kept(attribute) {
                continue;
            }
            match tree::set_attribute(dir, name, &c_string(attribute)?, value) {
                Err(error) if error.errno == Errno::NOTSUP => self.warn(attribute, entry),
                other => other?,
            }
        }
        Ok(())
    }

    fn warn(&mut self, attribute: &[u8], entry: &Entry) {
        let (attribute, path) = (String::from_utf8_lossy(attribute), String::from_utf8_lossy(&entry.path));
        if self.warnings.len() < 10 {
            self.warnings.push(format!("{path:?}: this file system does not keep {attribute:?}"));
        }
    }

    fn keep_time(&mut self, entry: &Entry) {
        self.paths_kept += entry.path.len();
        if self.paths_kept <= PATHS_KEPT
            && let Ok(parts) = parts(&entry.path)
            && let Ok(path) = CString::new(parts.join(&b'/'))
        {
            self.folders.push((path, entry.modified));
        }
    }

    /// Sets the times of folders, the last made first: what is done in one changes the one above.
    fn finish(&mut self) -> Result<()> {
        while let Some((path, modified)) = self.folders.pop() {
            let flags = OpenFlags::PATH | OpenFlags::DIRECTORY | OpenFlags::NOFOLLOW;
            match fs::open_in_root(self.root, &path, flags, Links::InRoot) {
                Ok(folder) => tree::set_modified(folder.as_fd(), c".", modified)?,
                // A later entry put something else there.
                Err(error) if matches!(error.errno, Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

struct At<'f>(&'f File, u64);

impl Write for At<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.0.write_at(bytes, self.1)?;
        self.1 += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Makes something, in the place of what has the name. A folder stays where a folder is to be made.
fn replaced(
    dir: BorrowedFd<'_>,
    name: &CStr,
    mut make: impl FnMut() -> std::result::Result<(), SysError>,
    is_folder: bool,
) -> Result<()> {
    match make() {
        Err(error) if error.errno == Errno::EXIST => {}
        other => return Ok(other?),
    }
    if is_folder && fs::is_directory(&tree::lstat(dir, name)?) {
        return Ok(());
    }
    tree::remove(dir, name)?;
    Ok(make()?)
}

/// The parts of a path below the root: no part is empty, `.` or `..`.
fn parts(path: &[u8]) -> Result<Vec<&[u8]>> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.pop().is_some() => {}
            b".." => return Err(Error::invalid("the path leads out of the archive")),
            part => parts.push(part),
        }
    }
    Ok(parts)
}

fn c_string(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| Error::new(ErrorKind::Invalid, "a zero in a name"))
}

/// Attributes that belong to the file. Those of the overlay would say to ours what lies below it, and labels are
/// those of the host that made the archive.
fn is_kept(attribute: &[u8]) -> bool {
    let foreign: [&[u8]; 4] = [b"trusted.", b"user.overlay.", b"security.selinux", b"system.nfs4_acl"];
    !foreign.iter().any(|prefix| attribute.starts_with(prefix))
}

// SPDX-License-Identifier: Apache-2.0
//! Files of the host put into a root, whatever earlier steps have left there: through descriptors, links followed as
//! if the root were `/`, and the last name never followed.

use crate::step::{Copy, read_again};
use crate::walk::{Item, Kind, open_file, walk};
use crate::{Context, Error, Result};
use runtime_sys::fs::{self, Links, OpenFlags};
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd, tree};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;

/// Carries a copy out: `source` is what [`open_source`](crate::step::open_source) found; `base` is the host's id of the
/// root's user 0.
///
/// # Errors
/// A special file in the source; what the file system answers.
pub fn put(copy: &Copy, source: &OwnedFd, root: BorrowedFd<'_>, base: u32) -> Result<()> {
    let owner = (base + copy.owner.0, base + copy.owner.1);
    let place = Place { root, owner, mode: copy.mode };
    let to = copy.to.trim_matches('/');
    let stat = fs::fstat(source.as_fd())?;
    if fs::is_directory(&stat) {
        return place.tree(source.as_fd(), to.as_bytes());
    }
    let is_folder = copy.to.ends_with('/') || place.open_folder(to.as_bytes()).is_ok();
    let own_name = copy.from.file_name().unwrap_or_default().as_bytes();
    let (folder, name) = match (is_folder, to.rsplit_once('/')) {
        (true, _) => (to.as_bytes(), own_name),
        (false, Some((folder, name))) => (folder.as_bytes(), name.as_bytes()),
        (false, None) => (&b""[..], to.as_bytes()),
    };
    let folder = place.folder(folder)?;
    let modified = (stat.st_mtime, u32::try_from(stat.st_mtime_nsec).unwrap_or(0));
    place.file(&read_again(source)?, (folder.as_fd(), &c_string(name)?), stat.st_mode & 0o777, modified)
}

struct Place<'r> {
    root: BorrowedFd<'r>,
    owner: (u32, u32),
    mode: Option<u32>,
}

impl Place<'_> {
    fn open_folder(&self, path: &[u8]) -> runtime_sys::Result<OwnedFd> {
        let path = CString::new(path).unwrap_or_default();
        fs::open_in_root(self.root, &path, OpenFlags::PATH | OpenFlags::DIRECTORY, Links::InRoot)
    }

    /// A folder; those on the way that are not there are made.
    fn folder(&self, path: &[u8]) -> Result<OwnedFd> {
        match self.open_folder(path) {
            Err(error) if error.errno == Errno::NOENT => {}
            other => return Ok(other?),
        }
        let cut = path.iter().rposition(|byte| *byte == b'/');
        let (above, name) = cut.map_or((&b""[..], path), |at| (&path[..at], &path[at + 1..]));
        let above = self.folder(above)?;
        let name = c_string(name)?;
        tree::mkdirat(above.as_fd(), &name, 0o755)?;
        self.dress((above.as_fd(), &name), 0o755)?;
        Ok(self.open_folder(path)?)
    }

    fn tree(&self, source: BorrowedFd<'_>, to: &[u8]) -> Result<()> {
        let top = self.folder(to)?;
        walk(source, &mut |item, folder, name| {
            if item.path.is_empty() {
                return Ok(());
            }
            let shown = || String::from_utf8_lossy(&item.path).into_owned();
            self.item(item, (folder, name), top.as_fd()).context(shown)
        })
    }

    /// One item of a tree. Its own folder was put there before it, and stays below `top` through no link.
    fn item(&self, item: &Item, from: (BorrowedFd<'_>, &CStr), top: BorrowedFd<'_>) -> Result<()> {
        let cut = item.path.iter().rposition(|byte| *byte == b'/');
        let (above, name) =
            cut.map_or((&b""[..], &item.path[..]), |at| (&item.path[..at], &item.path[at + 1..]));
        let (above, name) = (c_string(above)?, c_string(name)?);
        let flags = OpenFlags::PATH | OpenFlags::DIRECTORY;
        let above = fs::open_in_root(top, &above, flags, Links::None)?;
        let to = (above.as_fd(), &*name);
        let mode = item.mode & 0o777;
        match &item.kind {
            Kind::Folder => {
                if !tree::lstat(to.0, to.1).is_ok_and(|stat| fs::is_directory(&stat)) {
                    tree::remove(to.0, to.1)?;
                    tree::mkdirat(to.0, to.1, 0o755)?;
                }
                self.dress(to, mode)
            }
            Kind::Link(target) => {
                tree::remove(to.0, to.1)?;
                fs::symlinkat(&c_string(target)?, to.0, to.1)?;
                Ok(fs::chownat(to.0, to.1, self.owner.0, self.owner.1)?)
            }
            Kind::File(_) | Kind::HardLink(_) => {
                self.file(&open_file(from.0, from.1)?, to, mode, item.modified)
            }
            Kind::Node(..) => {
                Err(Error::unsupported("a special file: make it in a step with mknod or mkfifo"))
            }
        }
    }

    fn file(&self, from: &File, to: (BorrowedFd<'_>, &CStr), mode: u32, modified: (i64, u32)) -> Result<()> {
        if tree::lstat(to.0, to.1).is_ok_and(|stat| fs::is_directory(&stat)) {
            return Err(Error::invalid(format!("{:?}: a folder of this name is in the way", to.1)));
        }
        tree::remove(to.0, to.1)?;
        let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
        let mut file = File::from(fs::open(to.0, to.1, flags, 0o600)?);
        std::io::copy(&mut &*from, &mut file).context(|| format!("write {:?}", to.1))?;
        self.dress(to, self.mode.unwrap_or(mode))?;
        Ok(tree::set_modified(to.0, to.1, modified)?)
    }

    fn dress(&self, to: (BorrowedFd<'_>, &CStr), mode: u32) -> Result<()> {
        fs::chownat(to.0, to.1, self.owner.0, self.owner.1)?;
        Ok(tree::chmodat(to.0, to.1, mode)?)
    }
}

fn c_string(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| Error::invalid("a zero in a name"))
}

// SPDX-License-Identifier: Apache-2.0
//! Paths below the container's root: finding them and making what is missing, always from the root's descriptor.

use crate::fault::{About, Fault};
use crate::{Stage, StepResult};
use core::ffi::CStr;
use runtime_sys::fs::{self, Links, OpenFlags};
use runtime_sys::{BorrowedFd, Errno, OwnedFd, fd};

/// The longest path that the kernel takes, with its NUL.
const PATH_MAX: usize = 4096;

/// A NUL-terminated copy of part of a path.
pub(crate) struct PathBuffer {
    bytes: [u8; PATH_MAX],
}

impl PathBuffer {
    pub(crate) fn new() -> Self {
        PathBuffer { bytes: [0; PATH_MAX] }
    }

    /// The parts joined by nothing, or nothing when they are longer than a path may be.
    pub(crate) fn join(&mut self, parts: &[&[u8]]) -> Option<&CStr> {
        let mut len = 0;
        for part in parts {
            let end = len + part.len();
            self.bytes.get_mut(len..end)?.copy_from_slice(part);
            len = end;
        }
        *self.bytes.get_mut(len)? = 0;
        CStr::from_bytes_with_nul(&self.bytes[..=len]).ok()
    }

    /// What was joined last.
    pub(crate) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or(c"")
    }
}

fn too_long<'a>(path: &'a [u8]) -> Fault<'a> {
    Fault::new("openat2", Errno::NAMETOOLONG.raw_os_error(), path)
}

/// Splits a path at its last slash.
pub(crate) fn split_last(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

/// Opens a path below the root as a place (O_PATH).
pub(crate) fn find(root: BorrowedFd<'_>, path: &CStr, links: Links) -> runtime_sys::Result<OwnedFd> {
    fs::open_in_root(root, path, OpenFlags::PATH, links)
}

/// How many links that lead nowhere are followed, as many as the kernel follows of the others.
const MOST_LINKS: u8 = 40;

/// What a path below the root is made as, when it is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Mode 0755.
    Directory,
    /// Empty, mode 0644.
    File,
}

/// Opens a directory below the root, making it and what is missing on the way to it (mode 0755).
///
/// A missing component is made in a directory that is open already and opened without following links, so a
/// component that another process swaps for a link is refused (CVE-2021-30465, CVE-2024-45310).
pub(crate) fn ensure_directory<'a>(
    root: BorrowedFd<'_>,
    path: &'a [u8],
    links: Links,
) -> Result<OwnedFd, Fault<'a>> {
    ensure(root, path, links, Kind::Directory, MOST_LINKS)
}

fn ensure<'a>(
    root: BorrowedFd<'_>,
    path: &'a [u8],
    links: Links,
    kind: Kind,
    links_left: u8,
) -> Result<OwnedFd, Fault<'a>> {
    let mut buffer = PathBuffer::new();
    let whole = buffer.join(&[path]).ok_or_else(|| too_long(path))?;
    match find(root, whole, links) {
        Err(error) if error.errno == Errno::NOENT => {}
        other => return other.about(path),
    }
    let (parent, name) = split_last(path);
    if name.is_empty() && kind == Kind::Directory {
        return Err(Fault::new("openat2", Errno::NOENT.raw_os_error(), path));
    }
    let directory = ensure(root, parent, links, Kind::Directory, links_left)?;
    let mut buffer = PathBuffer::new();
    let name = buffer.join(&[name]).ok_or_else(|| too_long(path))?;
    match kind {
        Kind::Directory => fs::ensure_directory(as_fd(&directory), name, 0o755).about(path)?,
        Kind::File => match fs::mknodat(as_fd(&directory), name, b'-', 0o644, 0) {
            Err(error) if error.errno == Errno::EXIST => {}
            other => other.about(path)?,
        },
    }
    match find(as_fd(&directory), name, Links::None) {
        Err(error) if error.errno == Errno::LOOP && links == Links::InRoot && links_left > 0 => {
            let mut target = [core::mem::MaybeUninit::uninit(); PATH_MAX];
            let target = fs::readlinkat(as_fd(&directory), name, &mut target).about(path)?.to_bytes();
            // It leads nowhere yet: images have /etc/resolv.conf like this. What it names is made, inside the root.
            let mut place = PathBuffer::new();
            let place = match target.strip_prefix(b"/") {
                Some(absolute) => place.join(&[absolute]),
                None => place.join(&[parent, b"/", target]),
            };
            let place = place.ok_or_else(|| too_long(path))?;
            ensure(root, place.to_bytes(), links, kind, links_left - 1).map_err(|fault| fault.at(path))
        }
        other => other.about(path),
    }
}

/// The root directory of a tmpfs that the stage has just mounted: nobody else has been in it, so a name in it is what
/// the stage made of it, and it is reached without walking the path again.
pub(crate) struct Fresh<'a> {
    /// Where it is mounted: one component below the root.
    pub(crate) path: &'a [u8],
    /// Its root.
    pub(crate) directory: OwnedFd,
}

impl Fresh<'_> {
    /// Whether a path lies below it.
    pub(crate) fn holds(&self, path: &[u8]) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.first() == Some(&b'/'))
    }

    /// Whether a path is this directory.
    pub(crate) fn is(&self, path: &[u8]) -> bool {
        self.path == path
    }
}

/// How many mounts are kept for [`Later`]; those after them are found again by their paths.
const MOST_KEPT: usize = 32;

/// The mounts that become read-only when all is made in them, in the plan's order. Another may have been mounted on one
/// by then, and its path is that one's.
#[derive(Default)]
pub(crate) struct Later {
    mounts: [Option<OwnedFd>; MOST_KEPT],
    count: usize,
}

impl Later {
    pub(crate) fn keep(&mut self, mount: Option<OwnedFd>) {
        if let Some(place) = self.mounts.get_mut(self.count) {
            *place = mount;
        }
        self.count += 1;
    }

    pub(crate) fn take(&mut self, index: usize) -> Option<OwnedFd> {
        self.mounts.get_mut(index)?.take()
    }
}

/// As [`ensure_directory`], shorter where the parent is the fresh one.
pub(crate) fn ensure_directory_at<'a>(
    fresh: Option<&Fresh<'_>>,
    root: BorrowedFd<'_>,
    path: &'a [u8],
    links: Links,
) -> Result<OwnedFd, Fault<'a>> {
    let (parent, name) = split_last(path);
    let Some(fresh) = fresh.filter(|fresh| fresh.is(parent) && !name.is_empty()) else {
        return ensure_directory(root, path, links);
    };
    let mut buffer = PathBuffer::new();
    let name = buffer.join(&[name]).ok_or_else(|| too_long(path))?;
    fs::ensure_directory(as_fd(&fresh.directory), name, 0o755).about(path)?;
    find(as_fd(&fresh.directory), name, Links::None).about(path)
}

/// Opens a regular file below the root, making it empty when it is missing.
pub(crate) fn ensure_file<'a>(
    root: BorrowedFd<'_>,
    path: &'a [u8],
    links: Links,
) -> Result<OwnedFd, Fault<'a>> {
    ensure(root, path, links, Kind::File, MOST_LINKS)
}

/// The number from which descriptors are closed at once: limits of open files begin at 1,024, and some mounts come with
/// thousands of others.
const MANY: i32 = 200;

/// Leaves a descriptor open until [`close_left`], which closes many with one call.
pub(crate) fn leave(fd: OwnedFd) {
    use runtime_sys::AsRawFd;
    if fd.as_raw_fd() < MANY {
        core::mem::forget(fd);
    }
}

/// Closes what building the root has left open, and what was inherited for it: a created container waits with no more
/// than it needs, and the payload's limit of open files may be a low one.
pub(crate) fn close_left<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if stage.plan.root.is_none() {
        return Ok(());
    }
    stage.fresh = None;
    stage.tree = None;
    let needed = [Some(stage.plan.channel), stage.plan.start_socket, stage.plan.proc];
    let mut keep = needed.map(|number| number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0));
    keep.sort_unstable();
    Ok(fd::close_all_but(3 + stage.plan.process.preserve_fds, &keep)?)
}

/// Borrows; saves an import of the trait at each place.
pub(crate) fn as_fd(fd: &OwnedFd) -> BorrowedFd<'_> {
    use runtime_sys::AsFd;
    fd.as_fd()
}

// SPDX-License-Identifier: Apache-2.0
//! The files of a cgroup hierarchy: opened below a descriptor of its mount, written in one write(2), waited for.

use crate::error::{Call, Errno, Result, SysError};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::path::Arg;
use std::ffi::CString;
use std::fmt::Debug;

const CGROUP2_SUPER_MAGIC: i64 = 0x6367_7270;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To be read.
    Read,
    /// To be written.
    Write,
    /// Both: a pressure trigger.
    ReadWrite,
    /// A directory, to look into or to clone into.
    Directory,
}

impl Access {
    fn flags(self) -> OFlags {
        let flags = match self {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::WRONLY,
            Access::ReadWrite => OFlags::RDWR,
            Access::Directory => OFlags::RDONLY | OFlags::DIRECTORY,
        };
        flags | OFlags::CLOEXEC | OFlags::NOFOLLOW
    }
}

/// Opens the directory on which hierarchies are mounted, by its absolute path.
///
/// # Errors
/// ENOENT, EACCES.
pub fn open_mount(path: &str) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, path, flags, Mode::empty()).call("openat", format_args!("{path:?}"))
}

/// Whether a descriptor lies on cgroup version 2.
///
/// # Errors
/// None that is expected.
pub fn is_cgroup2(directory: BorrowedFd<'_>) -> Result<bool> {
    let info = rustix::fs::fstatfs(directory).call("fstatfs", format_args!(""))?;
    #[allow(clippy::useless_conversion, reason = "the field's type differs between architectures")]
    let magic = i64::try_from(info.f_type).unwrap_or_default();
    Ok(magic == CGROUP2_SUPER_MAGIC)
}

/// Opens a relative path below `root`; no step of it may be a link or lead out (openat2, Linux 5.6).
///
/// # Errors
/// ENOENT, EXDEV for a path that leads out, ELOOP for a link.
pub fn open_beneath(root: BorrowedFd<'_>, path: &str, access: Access) -> Result<OwnedFd> {
    let path = if path.is_empty() { "." } else { path };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(root, path, access.flags(), Mode::empty(), resolve) {
        // Not there before 5.6, and refused by old seccomp profiles.
        Err(Errno::NOSYS | Errno::PERM) => open_stepwise(root, path, access),
        other => other.call("openat2", format_args!("{path:?}")),
    }
}

/// What openat2 does, one component at a time.
fn open_stepwise(root: BorrowedFd<'_>, path: &str, access: Access) -> Result<OwnedFd> {
    let failed = |errno| SysError::with("openat", errno, format_args!("{path:?}"));
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(failed(Errno::XDEV));
    }
    let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
    let mut reached: Option<OwnedFd> = None;
    while let Some(part) = parts.next() {
        let at = reached.as_ref().map_or(root, AsFd::as_fd);
        let step = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let flags = if parts.peek().is_none() { access.flags() } else { step };
        reached = Some(rustix::fs::openat(at, part, flags, Mode::empty()).map_err(failed)?);
    }
    reached.ok_or_else(|| failed(Errno::NOENT))
}

/// Makes a directory; `false` when it was there already.
///
/// # Errors
/// ENOENT without its parent, EACCES, EROFS.
pub fn mkdir(root: BorrowedFd<'_>, path: &str) -> Result<bool> {
    match rustix::fs::mkdirat(root, path, Mode::from_raw_mode(0o755)) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(errno) => Err(SysError::with("mkdirat", errno, format_args!("{path:?}"))),
    }
}

/// Removes a directory without children; one that is not there is no error.
///
/// # Errors
/// EBUSY while processes or children are in it.
pub fn rmdir<P: Arg + Copy + Debug>(root: BorrowedFd<'_>, path: P) -> Result<()> {
    match rustix::fs::unlinkat(root, path, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(SysError::with("rmdir", errno, format_args!("{path:?}"))),
    }
}

/// Opens one file of a directory.
///
/// # Errors
/// ENOENT where the controller is not enabled, EACCES.
pub fn open_file<P: Arg + Copy + Debug>(
    directory: BorrowedFd<'_>,
    name: P,
    access: Access,
) -> Result<OwnedFd> {
    rustix::fs::openat(directory, name, access.flags(), Mode::empty())
        .call("openat", format_args!("{name:?}"))
}

/// Writes a value in one write(2), as these files want it.
///
/// # Errors
/// EINVAL, EBUSY and ENODEV from the controller; EIO for a short write.
pub fn write(file: BorrowedFd<'_>, value: &str) -> Result<()> {
    let written = rustix::io::write(file, value.as_bytes()).call("write", format_args!("{value:?}"))?;
    if written == value.len() {
        return Ok(());
    }
    Err(SysError::with("write", Errno::IO, format_args!("{value:?}: {written} bytes taken")))
}

/// Reads a file of a cgroup from its start to its end.
///
/// # Errors
/// ENODEV when the cgroup is gone, EOPNOTSUPP for the processes of a threaded one.
pub fn read(file: BorrowedFd<'_>) -> Result<String> {
    let mut text = Vec::new();
    let mut buffer = [0u8; 4096];
    loop {
        let count =
            rustix::io::pread(file, &mut buffer, text.len() as u64).call("pread64", format_args!(""))?;
        text.extend_from_slice(&buffer[..count]);
        // One short read ends a small file; a list (cgroup.procs) is given in pieces until nothing is left.
        if count == 0 || (text.len() == count && count < 1024) {
            break;
        }
    }
    String::from_utf8(text).map_err(|_| SysError::new("pread64", Errno::ILSEQ))
}

/// /proc/PID/cgroup of a process, or of `self`.
///
/// # Errors
/// ENOENT or ESRCH when it has ended.
pub fn of_process(pid: &str) -> Result<String> {
    let path = format!("/proc/{pid}/cgroup");
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file =
        rustix::fs::openat(CWD, &path, flags, Mode::empty()).call("openat", format_args!("{path:?}"))?;
    read(file.as_fd())
}

/// The names of the directories in a directory. A container that may divide its cgroup chooses their bytes.
///
/// # Errors
/// ENODEV, EACCES.
pub fn subdirectories(directory: BorrowedFd<'_>) -> Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory).call("openat", format_args!("\".\""))? {
        let entry = entry.call("getdents64", format_args!(""))?;
        let name = entry.file_name();
        if entry.file_type() == FileType::Directory && name != c"." && name != c".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Gives a file to a user; the group stays.
///
/// # Errors
/// ENOENT, EPERM.
pub fn chown(directory: BorrowedFd<'_>, name: &str, uid: u32, gid: Option<u32>) -> Result<()> {
    let (uid, gid) = (Uid::from_raw(uid), gid.map(Gid::from_raw));
    rustix::fs::chownat(directory, name, Some(uid), gid, AtFlags::SYMLINK_NOFOLLOW)
        .call("fchownat", format_args!("{name:?}, {uid:?}"))
}

/// Which of these files have news: a notification of the kernel (POLLPRI) or something to read.
/// All `false` when the time ran out; no limit without one.
///
/// # Errors
/// None that is expected.
pub fn wait_for_news<const N: usize>(
    files: [(BorrowedFd<'_>, News); N],
    timeout_ms: Option<u32>,
) -> Result<[bool; N]> {
    let mut polled = files.map(|(file, news)| {
        let flags = match news {
            News::Notified => PollFlags::PRI,
            News::Readable => PollFlags::IN,
        };
        PollFd::from_borrowed_fd(file, flags)
    });
    let timeout = timeout_ms
        .map(|ms| Timespec { tv_sec: i64::from(ms / 1000), tv_nsec: i64::from(ms % 1000) * 1_000_000 });
    match rustix::event::poll(&mut polled, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(errno) => return Err(SysError::new("ppoll", errno)),
    }
    Ok(polled.map(|file| !file.revents().is_empty()))
}

/// What [`wait_for_news`] waits for in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The kernel's word that its content changed.
    Notified,
    /// Something to read, or its end.
    Readable,
}

/// A counter that the kernel can add to: how cgroup v1 tells of events.
///
/// # Errors
/// EMFILE, ENOMEM.
pub fn eventfd() -> Result<OwnedFd> {
    rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC).call("eventfd2", format_args!(""))
}

/// Takes what a counter has counted.
///
/// # Errors
/// None that is expected.
pub fn take_count(counter: BorrowedFd<'_>) -> Result<u64> {
    let mut value = [0u8; 8];
    rustix::io::read(counter, &mut value).call("read", format_args!("eventfd"))?;
    Ok(u64::from_ne_bytes(value))
}

/// Whether a directory has an entry of this name.
#[must_use]
pub fn exists(directory: BorrowedFd<'_>, name: &str) -> bool {
    rustix::fs::accessat(directory, name, rustix::fs::Access::EXISTS, AtFlags::empty()).is_ok()
}

/// Whether the caller is user 0 of its user namespace.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

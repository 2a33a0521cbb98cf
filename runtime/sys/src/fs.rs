// SPDX-License-Identifier: Apache-2.0
//! Files and directories through descriptors; paths below a hostile root by openat2(2), or as it would.

use crate::{Call, Errno, Result, SysError};
use core::ffi::CStr;
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Dev, FileType, Mode, OFlags, ResolveFlags};
pub use rustix::fs::{CWD, Gid, Stat, Uid, major, makedev, minor};
pub use rustix::fs::{Mode as FileMode, OFlags as OpenFlags};

/// What a path below a root may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// Symbolic links, resolved as if the root were `/`.
    InRoot,
    /// No symbolic link at all: ELOOP.
    None,
}

/// Opens a path below `root` as if `root` were `/` (openat2 with RESOLVE_IN_ROOT, Linux 5.6).
/// `..` and absolute links stay inside; magic links (/proc/PID/fd) are refused. Where the call is missing or denied, or
/// cannot finish because somebody renames without end, the path is walked (walk.rs).
///
/// # Errors
/// ENOENT, ELOOP for links that are not allowed.
pub fn open_in_root(root: BorrowedFd<'_>, path: &CStr, flags: OFlags, links: Links) -> Result<OwnedFd> {
    let mut resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    if links == Links::None {
        resolve |= ResolveFlags::NO_SYMLINKS;
    }
    let path_or_dot = if path.is_empty() { c"." } else { path };
    for _ in 0..TRIES {
        match rustix::fs::openat2(root, path_or_dot, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
            // A rename anywhere on the host raced with `..` (EAGAIN): the kernel asks to try again.
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(errno @ (Errno::NOSYS | Errno::PERM)) if is_missing(root, errno) => break,
            other => return other.call("openat2", format_args!("{path:?}, {flags:?}, {resolve:?}")),
        }
    }
    let walked = crate::walk::open_in_root(root, path, flags, links);
    walked.call("openat", format_args!("{path:?}, {flags:?}, {links:?}"))
}

/// How often openat2 is asked before somebody who renames all the time has won against it.
const TRIES: u32 = 64;

/// Whether openat2 answers this because of itself and not because of a file: nothing is wrong with a root.
#[cold]
fn is_missing(root: BorrowedFd<'_>, errno: Errno) -> bool {
    let resolve = ResolveFlags::IN_ROOT;
    let tried = rustix::fs::openat2(root, c".", OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve);
    tried.is_err_and(|other| other == errno)
}

/// Opens a path, following links as the caller's own namespace has them. Never for paths below a container's root.
///
/// # Errors
/// What openat(2) answers.
pub fn open(dir: BorrowedFd<'_>, path: &CStr, flags: OFlags, mode: u32) -> Result<OwnedFd> {
    rustix::fs::openat(dir, path, flags | OFlags::CLOEXEC, Mode::from_raw_mode(mode))
        .call("openat", format_args!("{path:?}, {flags:?}"))
}

/// Has everything on the disk that was written to a file system.
///
/// # Errors
/// ENOSPC, EIO: what a write met that had been said to be done.
pub fn sync_file_system(file: BorrowedFd<'_>) -> Result<()> {
    rustix::fs::syncfs(file).call("syncfs", format_args!(""))
}

/// Gives a file another name, which nothing has yet.
///
/// # Errors
/// EEXIST.
#[cfg(feature = "std")]
pub fn rename_new(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    let flags = rustix::fs::RenameFlags::NOREPLACE;
    rustix::fs::renameat_with(CWD, from, CWD, to, flags).call("renameat2", format_args!("{}", to.display()))
}

/// Makes a directory; one that exists already is left alone.
///
/// # Errors
/// What mkdirat(2) answers, but for EEXIST.
pub fn ensure_directory(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<()> {
    match rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(mode)) {
        Err(Errno::EXIST) => Ok(()),
        other => other.call("mkdirat", format_args!("{name:?}, {mode:o}")),
    }
}

/// The device number of a device node's type: `c` and `u` character, `b` block, `p` FIFO, else a regular file.
#[must_use]
pub fn file_type(kind: u8) -> FileType {
    match kind {
        b'c' | b'u' => FileType::CharacterDevice,
        b'b' => FileType::BlockDevice,
        b'p' => FileType::Fifo,
        _ => FileType::RegularFile,
    }
}

/// Makes a node.
///
/// # Errors
/// EEXIST, EPERM in a user namespace.
pub fn mknodat(dir: BorrowedFd<'_>, name: &CStr, kind: u8, mode: u32, device: Dev) -> Result<()> {
    rustix::fs::mknodat(dir, name, file_type(kind), Mode::from_raw_mode(mode), device)
        .call("mknodat", format_args!("{name:?}"))
}

/// Makes a symbolic link.
///
/// # Errors
/// EEXIST.
pub fn symlinkat(target: &CStr, dir: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    rustix::fs::symlinkat(target, dir, name).call("symlinkat", format_args!("{target:?}, {name:?}"))
}

/// What is behind a descriptor.
///
/// # Errors
/// None that is expected.
pub fn fstat(fd: BorrowedFd<'_>) -> Result<Stat> {
    rustix::fs::fstat(fd).call("fstat", format_args!(""))
}

/// Whether a mode is a directory's.
#[must_use]
pub fn is_directory(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

/// Whether a stat is that of a character device of this number.
#[must_use]
pub fn is_character_device(stat: &Stat, device: Dev) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == device
}

/// The magic number of the file system behind a descriptor.
///
/// # Errors
/// None that is expected.
pub fn fs_magic(fd: BorrowedFd<'_>) -> Result<u64> {
    let info = rustix::fs::fstatfs(fd).call("fstatfs", format_args!(""))?;
    Ok(info.f_type.cast_unsigned())
}

/// `PROC_SUPER_MAGIC`.
pub const PROC_MAGIC: u64 = 0x9fa0;
/// `PID_FS_MAGIC`: of pidfds, since Linux 6.9.
pub const PIDFD_MAGIC: u64 = 0x5049_4446;
/// `TMPFS_MAGIC`.
pub const TMPFS_MAGIC: u64 = 0x0102_1994;
/// `DEVPTS_SUPER_MAGIC`.
pub const DEVPTS_MAGIC: u64 = 0x1cd1;
/// `CGROUP2_SUPER_MAGIC`.
pub const CGROUP2_MAGIC: u64 = 0x6367_7270;

/// Gives a file to an owner, through its descriptor.
///
/// # Errors
/// EPERM, EINVAL for an id without a mapping.
pub fn fchown(fd: BorrowedFd<'_>, uid: u32, gid: u32) -> Result<()> {
    rustix::fs::chownat(fd, c"", Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)), AtFlags::EMPTY_PATH)
        .call("fchownat", format_args!("{uid}, {gid}"))
}

/// Gives a file to an owner by name in a directory, links not followed.
///
/// # Errors
/// EPERM, EINVAL for an id without a mapping.
pub fn chownat(dir: BorrowedFd<'_>, name: &CStr, uid: u32, gid: u32) -> Result<()> {
    rustix::fs::chownat(
        dir,
        name,
        Some(Uid::from_raw(uid)),
        Some(Gid::from_raw(gid)),
        AtFlags::SYMLINK_NOFOLLOW,
    )
    .call("fchownat", format_args!("{name:?}, {uid}, {gid}"))
}

/// Writes all of a small value in one write(2), as control files want it.
///
/// # Errors
/// What the file answers; EIO for a short write.
pub fn write_once(fd: BorrowedFd<'_>, value: &[u8]) -> Result<()> {
    let written = rustix::io::write(fd, value).call("write", format_args!("{} bytes", value.len()))?;
    if written == value.len() {
        return Ok(());
    }
    Err(SysError::with("write", Errno::IO, format_args!("{written} of {} bytes", value.len())))
}

/// Whether a mode is a regular file's.
#[must_use]
pub fn is_regular(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

/// Whether a stat is that of a node of this kind (see [`file_type`]) and device number.
#[must_use]
pub fn is_node(stat: &Stat, kind: u8, device: Dev) -> bool {
    let same_kind = FileType::from_raw_mode(stat.st_mode) == file_type(kind);
    same_kind && (kind == b'p' || stat.st_rdev == device)
}

/// Sets a file's permission bits.
///
/// # Errors
/// EPERM, EROFS.
pub fn fchmod(file: BorrowedFd<'_>, mode: u32) -> Result<()> {
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode)).call("fchmod", format_args!("{mode:o}"))
}

/// Sets a directory's permission bits; the descriptor may be O_PATH, so the directory is opened below it.
///
/// # Errors
/// EPERM, EROFS.
pub fn chmod_directory(directory: BorrowedFd<'_>, mode: u32) -> Result<()> {
    rustix::fs::chmodat(directory, c".", Mode::from_raw_mode(mode), AtFlags::empty())
        .call("fchmodat", format_args!("{mode:o}"))
}

/// What an entry of a directory is, as far as copying cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// `.` or `..`.
    Itself,
    /// A device, FIFO or socket.
    Other,
}

/// One entry of a directory.
pub struct Entry<'e> {
    raw: rustix::fs::RawDirEntry<'e>,
}

impl core::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} {:?}", self.kind(), self.name())
    }
}

impl Entry<'_> {
    /// Its name, without a slash.
    #[must_use]
    pub fn name(&self) -> &CStr {
        self.raw.file_name()
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        match self.raw.file_type() {
            FileType::Directory if matches!(self.name().to_bytes(), b"." | b"..") => EntryKind::Itself,
            FileType::Directory => EntryKind::Directory,
            FileType::RegularFile => EntryKind::File,
            FileType::Symlink => EntryKind::Link,
            _ => EntryKind::Other,
        }
    }
}

/// The entries of a directory, read without an allocator.
pub struct Entries<'fd, 'buf> {
    raw: rustix::fs::RawDir<'buf, BorrowedFd<'fd>>,
}

impl core::fmt::Debug for Entries<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Entries")
    }
}

impl<'fd, 'buf> Entries<'fd, 'buf> {
    /// Reads `directory` from where its descriptor stands.
    pub fn new(directory: BorrowedFd<'fd>, buffer: &'buf mut [core::mem::MaybeUninit<u8>]) -> Self {
        Entries { raw: rustix::fs::RawDir::new(directory, buffer) }
    }

    /// The next entry, or nothing at the end.
    ///
    /// # Errors
    /// What getdents64(2) answers.
    #[expect(clippy::should_implement_trait, reason = "entries borrow the buffer: no Iterator can say that")]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>> {
        let Some(entry) = self.raw.next() else { return Ok(None) };
        Ok(Some(Entry { raw: entry.call("getdents64", format_args!(""))? }))
    }
}

/// What a symbolic link says, in `buffer`.
///
/// # Errors
/// EINVAL when it is no link; ENAMETOOLONG when it does not fit.
pub fn readlinkat<'b>(
    dir: BorrowedFd<'_>,
    name: &CStr,
    buffer: &'b mut [core::mem::MaybeUninit<u8>],
) -> Result<&'b CStr> {
    let last = buffer.len().saturating_sub(1);
    let read = {
        let (text, _) = rustix::fs::readlinkat_raw(dir, name, &mut buffer[..last])
            .call("readlinkat", format_args!("{name:?}"))?;
        text.len()
    };
    if read == last {
        return Err(SysError::with("readlinkat", Errno::NAMETOOLONG, format_args!("{name:?}")));
    }
    buffer[read].write(0);
    let start = buffer.as_ptr().cast::<u8>();
    // SAFETY: readlinkat initialised `read` bytes and the NUL behind them was just written.
    let bytes = unsafe { core::slice::from_raw_parts(start, read + 1) };
    CStr::from_bytes_until_nul(bytes).map_err(|_| SysError::new("readlinkat", Errno::INVAL))
}

/// Copies from one file's position to another's until the end.
///
/// # Errors
/// What read(2) and write(2) answer.
pub fn copy_all(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<()> {
    let mut buffer = [0; 2048];
    loop {
        let read = rustix::io::read(from, &mut buffer).call("read", format_args!(""))?;
        if read == 0 {
            return Ok(());
        }
        let mut rest = &buffer[..read];
        while !rest.is_empty() {
            let written = rustix::io::write(to, rest).call("write", format_args!(""))?;
            rest = &rest[written..];
        }
    }
}

/// An anonymous file in memory.
///
/// # Errors
/// EMFILE, ENOMEM.
pub fn memory_file(name: &CStr) -> Result<OwnedFd> {
    rustix::fs::memfd_create(name, rustix::fs::MemfdFlags::CLOEXEC)
        .call("memfd_create", format_args!("{name:?}"))
}

/// Goes back to a file's start.
///
/// # Errors
/// ESPIPE.
pub fn rewind(file: BorrowedFd<'_>) -> Result<()> {
    rustix::fs::seek(file, rustix::fs::SeekFrom::Start(0)).call("lseek", format_args!("0")).map(drop)
}

/// Whether the working directory lies below the caller's root.
///
/// # Errors
/// ENOENT when it was removed.
pub fn current_directory_is_reachable() -> Result<bool> {
    let mut buffer = [0u8; 4096];
    let args = [buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0, 0];
    // SAFETY: the kernel writes at most `buffer.len()` bytes into `buffer`.
    unsafe { crate::raw::syscall(libc::SYS_getcwd, args) }
        .map_err(|errno| SysError::with("getcwd", errno, format_args!("")))?;
    // The kernel puts "(unreachable)" before a directory that is not below the root.
    Ok(buffer[0] == b'/')
}

/// Whether a path names a regular file that the caller may execute.
///
/// # Errors
/// EACCES when it may not or when it is no regular file, ENOENT.
pub fn executable(path: &CStr) -> Result<()> {
    let stat =
        rustix::fs::statat(CWD, path, AtFlags::empty()).call("newfstatat", format_args!("{path:?}"))?;
    if !is_regular(&stat) {
        return Err(SysError::with("newfstatat", Errno::ACCESS, format_args!("{path:?} is no regular file")));
    }
    rustix::fs::accessat(CWD, path, rustix::fs::Access::EXEC_OK, AtFlags::EACCESS)
        .call("faccessat2", format_args!("{path:?}"))
}

/// An anonymous program with this content that nobody can change: not by write, not by mmap, not by truncation.
///
/// # Errors
/// EMFILE, ENOMEM; EACCES where `vm.memfd_noexec` is 2.
pub fn sealed_memory_file<const N: usize>(name: &CStr, content: [&[u8]; N]) -> Result<OwnedFd> {
    use rustix::fs::{MemfdFlags, SealFlags};
    // MFD_EXEC
    let exec = MemfdFlags::from_bits_retain(0x10);
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = match rustix::fs::memfd_create(name, flags | exec) {
        // Before 6.3 the kernel does not know MFD_EXEC.
        Err(Errno::INVAL) => rustix::fs::memfd_create(name, flags),
        other => other,
    }
    .call("memfd_create", format_args!("{name:?}"))?;
    let fd = rustix::fd::AsFd::as_fd(&file);
    let parts = content.map(rustix::io::IoSlice::new);
    let length: usize = content.iter().map(|part| part.len()).sum();
    let written = rustix::io::writev(fd, &parts).call("writev", format_args!("{name:?}"))?;
    if written != length {
        return Err(SysError::with("writev", Errno::NOMEM, format_args!("{written} of {length} bytes")));
    }
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    rustix::fs::fcntl_add_seals(fd, seals).call("fcntl", format_args!("F_ADD_SEALS, {name:?}"))?;
    Ok(file)
}

/// Lets a descriptor cross the next execve.
///
/// # Errors
/// None that is expected.
pub fn keep_over_exec(fd: BorrowedFd<'_>) -> Result<()> {
    rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::empty()).call("fcntl", format_args!("F_SETFD, 0"))
}

/// Closes a descriptor at the next execve.
///
/// # Errors
/// None that is expected.
pub fn close_on_exec(fd: BorrowedFd<'_>) -> Result<()> {
    rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC)
        .call("fcntl", format_args!("F_SETFD, FD_CLOEXEC"))
}

/// Reads a file of the kernel's, which gives all that it has in one read(2) when the buffer is large enough.
///
/// # Errors
/// What openat(2) and read(2) answer.
pub fn read_once<'b>(path: &CStr, buffer: &'b mut [u8]) -> Result<&'b [u8]> {
    let file = open(CWD, path, OFlags::RDONLY, 0)?;
    let len = rustix::io::read(&file, &mut *buffer).call("read", format_args!("{path:?}"))?;
    Ok(&buffer[..len])
}

/// Reads the rest of a file, at most `limit` bytes.
///
/// # Errors
/// What read(2) answers; EFBIG for a longer file.
#[cfg(feature = "std")]
pub fn read_all(file: BorrowedFd<'_>, limit: usize) -> Result<std::vec::Vec<u8>> {
    let mut bytes = std::vec::Vec::with_capacity(4 << 10);
    loop {
        if bytes.len() == bytes.capacity() {
            bytes.reserve(bytes.len());
        }
        match rustix::io::read(file, rustix::buffer::spare_capacity(&mut bytes)) {
            Ok(0) => return Ok(bytes),
            Ok(_) if bytes.len() > limit => {
                return Err(SysError::with("read", Errno::FBIG, format_args!("more than {limit} bytes")));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(SysError::with("read", errno, format_args!(""))),
        }
    }
}

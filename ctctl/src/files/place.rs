// SPDX-License-Identifier: Apache-2.0
//! Finding paths on one side of a copy: the host's as the caller has them, a system's below its root alone.

use crate::error::{Context, Error, Exit, Result};
use runtime_sys::fs::{self, CWD, Links, OpenFlags};
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd, SysError, tree};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Where paths of a side begin.
#[derive(Debug)]
pub(crate) enum Base {
    /// The caller's own root and working directory.
    Host,
    /// A system's root. Somebody inside may change everything below it at any moment.
    Root(OwnedFd),
}

/// Why a place was not found.
#[derive(Debug)]
pub(crate) struct NotFound(SysError);

impl NotFound {
    /// Whether something else could be made there.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.0.errno, Errno::NOENT | Errno::NOTDIR)
    }

    pub(crate) fn about(self, path: &Path) -> Error {
        let failed: std::io::Result<()> = Err(self.0.errno.into());
        failed.context(|| path.display().to_string()).expect_err("it has failed")
    }
}

type Found = std::result::Result<OwnedFd, NotFound>;

impl Base {
    fn open(&self, path: &Path, flags: OpenFlags) -> Found {
        let Ok(name) = CString::new(path.as_os_str().as_bytes()) else {
            return Err(NotFound(SysError::new("open", Errno::INVAL)));
        };
        let opened = match self {
            Base::Host => fs::open(CWD, &name, flags, 0),
            Base::Root(root) => fs::open_in_root(root.as_fd(), &name, flags, Links::InRoot),
        };
        opened.map_err(NotFound)
    }

    /// A folder, as a handle.
    pub(crate) fn folder(&self, path: &Path) -> Found {
        self.open(path, OpenFlags::PATH | OpenFlags::DIRECTORY)
    }

    /// A folder to copy into. On the host a link that is the last part is no folder: an earlier copy out of a system may
    /// have brought it, and it leads where somebody inside wants files to be written. With a slash behind it the caller
    /// says that it is followed.
    pub(super) fn destination(&self, path: &Path) -> Found {
        let nofollow = if matches!(self, Base::Host) { OpenFlags::NOFOLLOW } else { OpenFlags::empty() };
        self.open(path, OpenFlags::PATH | OpenFlags::DIRECTORY | nofollow)
    }

    /// Whatever is there, links followed, as a handle that opens nothing.
    pub(crate) fn followed(&self, path: &Path) -> Result<OwnedFd> {
        self.open(path, OpenFlags::PATH).map_err(|error| error.about(path))
    }

    /// The same, but a link as the last part is itself.
    pub(crate) fn handle(&self, path: &Path) -> Result<OwnedFd> {
        match split(path) {
            // `/`, or a path that ends with `..`: a folder.
            Err(_) => self.followed(path),
            Ok((above, name)) => {
                let folder = self.folder(&above).map_err(|error| error.about(&above))?;
                let flags = OpenFlags::PATH | OpenFlags::NOFOLLOW;
                fs::open(folder.as_fd(), &name, flags, 0).context(|| path.display().to_string())
            }
        }
    }

    /// A folder that is made, with those above it, where there is none.
    pub(crate) fn made(&self, path: &Path) -> Result<OwnedFd> {
        let mut at = PathBuf::new();
        let start = if path.is_absolute() { Path::new("/") } else { Path::new(".") };
        let mut folder = self.folder(start).map_err(|error| error.about(start))?;
        for part in path.components() {
            at.push(part);
            folder = match self.folder(&at) {
                Err(error) if error.is_absent() => {
                    let Component::Normal(name) = part else { return Err(error.about(&at)) };
                    let name = as_c(name.as_bytes())?;
                    // Owned by whoever this process is: the system's root, or the caller.
                    let made = tree::mkdirat(folder.as_fd(), &name, 0o755);
                    made.context(|| format!("make {}", at.display()))?;
                    let flags = OpenFlags::PATH | OpenFlags::DIRECTORY | OpenFlags::NOFOLLOW;
                    fs::open(folder.as_fd(), &name, flags, 0).context(|| at.display().to_string())?
                }
                other => other.map_err(|error| error.about(&at))?,
            };
        }
        Ok(folder)
    }
}

/// The last part of a path and what is above it.
pub(crate) fn split(path: &Path) -> Result<(PathBuf, CString)> {
    let name = name_of(path).ok_or_else(|| {
        Error::new(Exit::Value, format!("{}: a file has a name behind the last slash", path.display()))
    })?;
    let above = match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above.to_owned(),
        _ if path.is_absolute() => PathBuf::from("/"),
        _ => PathBuf::from("."),
    };
    Ok((above, name))
}

/// The last part of a path, if it is a name.
pub(super) fn name_of(path: &Path) -> Option<CString> {
    path.file_name().and_then(|name| CString::new(name.as_bytes()).ok())
}

fn as_c(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| Error::new(Exit::Value, "a path holds a NUL"))
}

/// File systems whose files are the kernel's: to read or write one is to act on the host.
const OF_THE_KERNEL: &[(u64, &str)] = &[
    (fs::PROC_MAGIC, "proc"),
    (0x6265_6572, "sysfs"),
    (0x0027_e0eb, "cgroup"),
    (fs::CGROUP2_MAGIC, "cgroup2"),
    (fs::DEVPTS_MAGIC, "devpts"),
    (0x6462_6720, "debugfs"),
    (0x7472_6163, "tracefs"),
    (0x7363_6673, "securityfs"),
    (0xcafe_4a11, "bpf"),
    (0x6265_6570, "configfs"),
    (0x1980_0202, "mqueue"),
    (0x4249_4e4d, "binfmt_misc"),
    (0x6e73_6673, "nsfs"),
    (0x6165_676c, "pstore"),
    (0xde5e_81e4, "efivarfs"),
    (0xf97c_ff8c, "selinuxfs"),
    (0x0765_5821, "resctrl"),
    (0x6573_5543, "fusectl"),
];

/// The name of a kernel's own file system that a file is on; nothing for one that holds files of people.
///
/// # Errors
/// None that is expected.
pub(super) fn kernels_own(file: BorrowedFd<'_>) -> Result<Option<&'static str>> {
    let magic = fs::fs_magic(file)?;
    Ok(OF_THE_KERNEL.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name))
}

/// Refuses what is on a file system of the kernel's own.
///
/// # Errors
/// `Value`, with the path and the file system.
pub(super) fn check_file_system(file: BorrowedFd<'_>, path: &str) -> Result<()> {
    match kernels_own(file)? {
        None => Ok(()),
        Some(kind) => {
            Err(Error::new(Exit::Value, format!("{path} is on {kind}, which holds no files to copy"))
                .hint("ctctl exec reads and writes it as the system may"))
        }
    }
}

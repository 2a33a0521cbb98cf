// SPDX-License-Identifier: Apache-2.0
//! The state directory: one folder per container, locked while a verb works on it.
//!
//! `state.json` holds what is known of it, see `record`; `start.sock` exists exactly while the container is created and
//! not started.

use super::record::{self, Record};
use super::{State, Status, identity};
use crate::cgroup::Cgroup;
use crate::error::{Context, Error, ErrorKind, Result};
use runtime_sys::fs::{self, OpenFlags};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{AsFd, AsRawFd, Call, Errno, OwnedFd, socket};
use std::ffi::CString;
use std::path::{Path, PathBuf};

/// The largest file of ours that is read, in bytes: config.json may have 16 MiB, and its annotations are in each line
/// of state once more.
const LARGEST: usize = 64 << 20;

/// The folder of all containers (`--root`).
#[derive(Debug)]
pub struct Root {
    directory: OwnedFd,
    path: PathBuf,
}

/// One container's folder; locked until it is dropped, but for [`Root::look`].
#[derive(Debug)]
pub struct Container {
    /// Its name.
    pub id: String,
    /// Its folder.
    pub directory: OwnedFd,
    path: PathBuf,
    /// `state.json`, as long as its first writer goes on.
    file: Option<OwnedFd>,
}

/// Refuses what is no id: empty, too long, with other characters than `[A-Za-z0-9_+.-]`, or with a leading dot,
/// which is reserved.
///
/// # Errors
/// [`ErrorKind::Invalid`].
pub fn check_id(id: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+.-".contains(&byte);
    if !id.is_empty() && id.len() <= 255 && !id.starts_with('.') && id.bytes().all(allowed) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "invalid container ID format: {id:?}: use letters, digits and _+.-, not a dot first"
    )))
}

fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::invalid(format!("{text:?} holds a NUL")))
}

fn c_path(path: &Path) -> Result<CString> {
    use std::os::unix::ffi::OsStrExt;
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| Error::invalid(format!("{} holds a NUL", path.display())))
}

impl Root {
    /// Opens the folder, making it (0700, whatever the umask) with what is missing above it.
    ///
    /// # Errors
    /// What mkdir(2) and open(2) answer.
    pub fn open(path: &Path) -> Result<Root> {
        use std::os::unix::fs::DirBuilderExt;
        let c = c_path(path)?;
        let flags = OpenFlags::DIRECTORY | OpenFlags::RDONLY;
        let directory = match fs::open(fs::CWD, &c, flags, 0) {
            Err(error) if error.errno == Errno::NOENT => {
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(path)
                    .context(|| format!("make the state directory {}", path.display()))?;
                fs::open(fs::CWD, &c, flags, 0)
            }
            other => other,
        }
        .context(|| format!("open the state directory {}", path.display()))?;
        Ok(Root { directory, path: path.to_owned() })
    }

    /// This boot, for records that outlive it: not on a tmpfs, as /run is one.
    #[must_use]
    pub fn boot(&self) -> Option<String> {
        match fs::fs_magic(self.directory.as_fd()) {
            Ok(fs::TMPFS_MAGIC) => None,
            _ => identity::boot(),
        }
    }

    /// Where the folder of a container is, or will be.
    #[must_use]
    pub fn folder(&self, id: &str) -> PathBuf {
        self.path.join(id)
    }

    /// Makes the folder of a new container, with an empty record in it.
    ///
    /// The record makes it ours: until we have the lock, a delete may take the folder away again, and another create
    /// make the next of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] when there is one of this name.
    pub fn reserve(&self, id: &str) -> Result<Container> {
        check_id(id)?;
        let name = c_string(id)?;
        let exists =
            || Error::new(ErrorKind::Exists, format!("container with given ID already exists: {id}"));
        loop {
            match rx::mkdirat(&self.directory, &name, rx::Mode::from_raw_mode(0o700)) {
                Err(Errno::EXIST) => return Err(exists()),
                other => other.call("mkdirat", format_args!("{id}")).context(|| format!("reserve {id}"))?,
            }
            let mut container = match self.lock(id) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other?,
            };
            let flags = OpenFlags::WRONLY | OpenFlags::CREATE | OpenFlags::EXCL | OpenFlags::APPEND;
            match fs::open(container.directory.as_fd(), c"state.json", flags, 0o600) {
                Err(error) if error.errno == Errno::NOENT => {}
                Err(error) if error.errno == Errno::EXIST => return Err(exists()),
                other => {
                    container.file = Some(other?);
                    return Ok(container);
                }
            }
        }
    }

    /// Opens the folder of a container that exists, and waits for its lock.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub fn container(&self, id: &str) -> Result<Container> {
        check_id(id)?;
        self.lock(id)
    }

    /// Opens the folder of a container that exists, to look at it and no more: what is kept of it only grows, so a
    /// reader needs no lock.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub fn look(&self, id: &str) -> Result<Container> {
        check_id(id)?;
        self.open_folder(id)
    }

    fn lock(&self, id: &str) -> Result<Container> {
        let container = self.open_folder(id)?;
        let lock = rx::flock(&container.directory, rx::FlockOperation::LockExclusive);
        lock.call("flock", format_args!("{id}"))?;
        Ok(container)
    }

    fn open_folder(&self, id: &str) -> Result<Container> {
        let name = c_string(id)?;
        let flags = OpenFlags::DIRECTORY | OpenFlags::RDONLY | OpenFlags::NOFOLLOW;
        let directory = match fs::open(self.directory.as_fd(), &name, flags, 0) {
            Err(error) if error.errno == Errno::NOENT => return Err(missing(id)),
            other => other.context(|| format!("open the state of {id}"))?,
        };
        Ok(Container { id: id.to_owned(), directory, path: self.path.join(id), file: None })
    }

    /// The ids of all containers, sorted.
    ///
    /// # Errors
    /// What readdir(3) answers.
    pub fn ids(&self) -> Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path).context(|| format!("read {}", self.path.display()))?;
        let mut ids: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| check_id(name).is_ok())
            .collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

fn missing(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("container \"{id}\" does not exist"))
}

impl Container {
    /// Its folder's path, for texts and for programs.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads `state.json`; nothing when create died before it wrote one.
    ///
    /// # Errors
    /// [`ErrorKind::System`] when it is damaged, [`ErrorKind::NotFound`] when the folder was removed meanwhile.
    pub fn load(&self) -> Result<Option<State>> {
        Ok(self.record()?.map(|record| record.state))
    }

    fn record(&self) -> Result<Option<Record>> {
        let flags = OpenFlags::RDONLY | OpenFlags::NOFOLLOW;
        let file = match fs::open(self.directory.as_fd(), c"state.json", flags, 0) {
            Err(error) if error.errno == Errno::NOENT => {
                if fs::fstat(self.directory.as_fd())?.st_nlink == 0 {
                    return Err(missing(&self.id));
                }
                return Ok(None);
            }
            other => other?,
        };
        let bytes =
            fs::read_all(file.as_fd(), LARGEST).context(|| format!("read the state of {}", self.id))?;
        Record::read(bytes).map_err(|error| {
            Error::new(ErrorKind::System, format!("{}/state.json: {error}", self.path.display()))
        })
    }

    fn not_whole(&self) -> Error {
        Error::state(format!("container {} was not created whole: remove it with delete --force", self.id))
    }

    /// Reads `state.json` of a container that was created.
    ///
    /// # Errors
    /// As [`Container::load`]; [`ErrorKind::State`] when create did not come far enough.
    pub fn state(&self) -> Result<State> {
        self.load()?.ok_or_else(|| self.not_whole())
    }

    /// The state, and the bundle's config.json as it was at create.
    ///
    /// # Errors
    /// As [`Container::state`].
    pub fn state_and_config(&self) -> Result<(State, Vec<u8>)> {
        let mut record = self.record()?.ok_or_else(|| self.not_whole())?;
        Ok((std::mem::take(&mut record.state), record.into_config()))
    }

    /// The bundle's config.json as it was at create.
    ///
    /// # Errors
    /// [`ErrorKind::State`] when there is none.
    pub fn config(&self) -> Result<Vec<u8>> {
        self.state_and_config().map(|(_, config)| config)
    }

    /// Writes what is known before anything is made, and keeps the bundle's config.json with it.
    ///
    /// # Errors
    /// ENOSPC.
    pub fn save_first(&self, state: &State, config: &[u8]) -> Result<()> {
        self.write(&record::first(state, config))
    }

    /// The socket on which the payload waits for `start`.
    ///
    /// # Errors
    /// What bind(2) answers.
    pub fn listen_for_start(&self) -> Result<OwnedFd> {
        socket::listen_packets(&self.start_socket())
            .context(|| format!("make the start socket of {}", self.id))
    }

    /// Connects to it.
    ///
    /// # Errors
    /// ECONNREFUSED when the payload is gone.
    pub fn connect_to_start(&self) -> Result<OwnedFd> {
        socket::connect(&self.start_socket(), socket::Carries::Packets)
            .context(|| format!("reach the first process of {}", self.id))
    }

    /// Through the folder's descriptor: a socket's path has at most 107 bytes, and a folder's may have more.
    fn start_socket(&self) -> CString {
        let path = format!("/proc/self/fd/{}/start.sock", self.directory.as_raw_fd());
        CString::new(path).expect("digits hold no NUL")
    }

    /// Adds what has become known, after [`Container::save_first`].
    ///
    /// # Errors
    /// ENOSPC.
    pub fn save(&self, state: &State) -> Result<()> {
        self.write(&record::next(state))
    }

    fn write(&self, bytes: &[u8]) -> Result<()> {
        let file = self.file.as_ref().ok_or_else(|| Error::state("its first writer is another"))?;
        fs::write_once(file.as_fd(), bytes).context(|| format!("write the state of {}", self.id))
    }

    /// Whether the payload waits for `start`.
    #[must_use]
    pub fn awaits_start(&self) -> bool {
        rx::accessat(&self.directory, c"start.sock", rx::Access::EXISTS, rx::AtFlags::empty()).is_ok()
    }

    /// Takes the mark that the payload waits for `start`.
    ///
    /// # Errors
    /// None that is expected.
    pub fn forget_start_socket(&self) -> Result<()> {
        match rx::unlinkat(&self.directory, c"start.sock", rx::AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            other => Ok(other.call("unlinkat", format_args!("start.sock"))?),
        }
    }

    /// Lets others work on it while its payload runs.
    ///
    /// # Errors
    /// None that is expected.
    pub fn unlock(&self) -> Result<()> {
        Ok(rx::flock(&self.directory, rx::FlockOperation::Unlock)
            .call("flock", format_args!("{}", self.id))?)
    }

    /// Takes the lock back; false when the container was deleted meanwhile: another may have its name by now.
    ///
    /// # Errors
    /// None that is expected.
    pub fn lock_again(&self) -> Result<bool> {
        let lock = rx::flock(&self.directory, rx::FlockOperation::LockExclusive);
        lock.call("flock", format_args!("{}", self.id))?;
        Ok(fs::fstat(self.directory.as_fd())?.st_nlink != 0)
    }

    /// Where it stands, from the kernel.
    ///
    /// # Errors
    /// What reading the freezer answers.
    pub fn status(&self, state: &State) -> Result<Status> {
        if state.pid.is_none() {
            return Ok(Status::Creating);
        }
        if !state.is_alive()? {
            return Ok(Status::Stopped);
        }
        Ok(self.status_alive(&Cgroup::open(&state.cgroup)))
    }

    /// The same of a container whose first process is known to live.
    #[must_use]
    pub fn status_alive(&self, cgroup: &Cgroup) -> Status {
        if self.awaits_start() {
            return Status::Created;
        }
        if cgroup.is_frozen() { Status::Paused } else { Status::Running }
    }

    /// Removes the folder; what is missing already is no error.
    ///
    /// # Errors
    /// What unlink(2) and rmdir(2) answer.
    pub fn remove(&self) -> Result<()> {
        // What an interrupted start left is found by the last step.
        match rx::unlinkat(&self.directory, c"state.json", rx::AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => {
                return Err(errno)
                    .call("unlinkat", format_args!("state.json"))
                    .context(|| "remove the state");
            }
        }
        match std::fs::remove_dir(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
                std::fs::remove_dir_all(&self.path).context(|| format!("remove {}", self.path.display()))
            }
            other => other.context(|| format!("remove {}", self.path.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> (PathBuf, Root) {
        let path = std::env::temp_dir().join(format!(
            "ctrun-store-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let root = Root::open(&path).unwrap();
        (path, root)
    }

    #[test]
    fn ids_are_names_and_not_paths() {
        for id in ["a", "web-1", "A_b+c.d", "0"] {
            check_id(id).unwrap();
        }
        for id in ["", ".", "..", ".hidden", "a/b", "a b", "ä", "a\0b", &"x".repeat(300)] {
            assert_eq!(check_id(id).unwrap_err().kind(), ErrorKind::Invalid, "{id:?}");
        }
    }

    #[test]
    fn a_state_comes_back_and_a_second_reserve_is_refused() {
        let (path, root) = root();
        let container = root.reserve("web").unwrap();
        assert!(container.load().unwrap().is_none());
        let state = |pid| State { id: "web".into(), pid, ..State::default() };
        container.save_first(&state(None), b"{}\n").unwrap();
        assert_eq!(container.state().unwrap().pid, None);
        container.save(&state(Some(7))).unwrap();
        assert_eq!(container.state().unwrap().pid, Some(7));
        assert_eq!(container.config().unwrap(), b"{}\n");
        drop(container);
        assert_eq!(root.reserve("web").unwrap_err().kind(), ErrorKind::Exists);
        assert_eq!(root.ids().unwrap(), ["web"]);
        root.container("web").unwrap().remove().unwrap();
        assert_eq!(root.container("web").unwrap_err().kind(), ErrorKind::NotFound);
        std::fs::remove_dir(path).unwrap();
    }
}

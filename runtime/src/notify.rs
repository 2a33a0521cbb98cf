// SPDX-License-Identifier: Apache-2.0
//! sd_notify(3) for a payload: it gets a socket of the container's own, and what it says there is passed on to the
//! supervisor that called us, which knows our process and not the payload's.

use crate::error::{Context, Error, Result};
use crate::spec::Mount;
use crate::spec::items::Items;
use crate::state::Container;
use runtime_sys::cgroupfs::{News, wait_for_news};
use runtime_sys::{AsFd, AsRawFd, BorrowedFd};
use std::fs::{DirBuilder, Permissions};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};

/// The folder in a container's, and where the payload finds it, as with runc.
const FOLDER: &str = "notify";
const INSIDE: &str = "/run/notify";
const NAME: &str = "notify.sock";

/// The variable that tells a payload of its socket.
pub const VARIABLE: &str = "NOTIFY_SOCKET=/run/notify/notify.sock";

/// The longest message, in bytes; systemd's own limit.
const LONGEST: usize = 4096;

/// The mount that shows it, for a container with this folder.
#[must_use]
pub fn mount<'m>(container: &Path) -> Mount<'m> {
    let options = ["bind", "nosuid", "noexec", "nodev", "ro"];
    Mount {
        destination: INSIDE.into(),
        kind: Some("bind".into()),
        source: Some(container.join(FOLDER).to_string_lossy().into_owned().into()),
        options: Items(options.map(Into::into).to_vec()),
        ..Mount::default()
    }
}

/// Makes the folder that the payload's socket will be in.
///
/// # Errors
/// ENOSPC.
pub fn make_folder(container: &Container) -> Result<()> {
    let folder = folder(container);
    DirBuilder::new().mode(0o755).create(&folder).context(|| format!("make {}", folder.display()))
}

fn folder(container: &Container) -> PathBuf {
    container.path().join(FOLDER)
}

/// The payload's socket, and the supervisor's name.
#[derive(Debug)]
pub struct Listener {
    socket: UnixDatagram,
    supervisor: String,
}

impl Listener {
    /// Listens, before the payload runs. Nothing when the container was made without such a socket.
    ///
    /// # Errors
    /// What bind(2) answers.
    pub fn bind(container: &Container, supervisor: &str) -> Result<Option<Listener>> {
        if !folder(container).is_dir() {
            return Ok(None);
        }
        // Through the folder's descriptor: a socket's path has at most 107 bytes, and the folder's may have more.
        let path = format!("/proc/self/fd/{}/{FOLDER}/{NAME}", container.directory.as_raw_fd());
        let what = || format!("listen on {}", folder(container).join(NAME).display());
        let socket = UnixDatagram::bind(&path).context(what)?;
        // The payload may be any user of the container.
        std::fs::set_permissions(&path, Permissions::from_mode(0o777)).context(what)?;
        socket.set_nonblocking(true).context(what)?;
        Ok(Some(Listener { socket, supervisor: supervisor.to_owned() }))
    }

    /// To be polled.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Passes on one thing that was said; true when that was `READY=1`. Other words are the payload's own affair. No
    /// more than one: a payload that never stops talking must not keep us from what else there is to do.
    ///
    /// # Errors
    /// When the supervisor cannot be reached.
    pub fn relay(&self, pid: i32) -> Result<bool> {
        let mut buffer = [0; LONGEST];
        let Ok(length) = self.socket.recv(&mut buffer) else { return Ok(false) };
        let is_ready = buffer[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1");
        if is_ready {
            self.tell(&format!("MAINPID={pid}\nREADY=1\n"))?;
        }
        Ok(is_ready)
    }

    fn tell(&self, text: &str) -> Result<()> {
        let send = || {
            let address = match self.supervisor.strip_prefix('@') {
                Some(name) => SocketAddr::from_abstract_name(name)?,
                None => SocketAddr::from_pathname(&self.supervisor)?,
            };
            UnixDatagram::unbound()?.send_to_addr(text.as_bytes(), &address)
        };
        send().map(drop).context(|| format!("NOTIFY_SOCKET {}", self.supervisor))
    }

    /// Waits until the payload is ready or has ended.
    ///
    /// # Errors
    /// As [`Listener::relay`].
    pub fn wait(&self, pid: i32, pidfd: BorrowedFd<'_>) -> Result<()> {
        loop {
            let [said, ended] = wait_for_news([(self.fd(), News::Readable), (pidfd, News::Readable)], None)
                .map_err(Error::from)?;
            if (said && self.relay(pid)?) || ended {
                return Ok(());
            }
        }
    }
}

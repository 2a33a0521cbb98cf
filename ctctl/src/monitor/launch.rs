// SPDX-License-Identifier: Apache-2.0
//! The two ends of a system's life: from its configuration to a running init, and what is left to remove.

use super::watch::End;
use crate::config::{Config, Ready};
use crate::container::{copying, state};
use crate::error::{Context, Result};
use crate::host::{Host, private_dir};
use crate::{bundle, devices, storage, store};
use runtime::launch::Launched;
use runtime::sandbox::create::{CreateOptions, Created, Start, create_with};
use runtime::state::Root;
use runtime::verbs::delete;
use runtime_sys::process::{Exit, pidfd_open};
use runtime_sys::{AsFd, OwnedFd, credentials};
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

/// An init that runs, and what its monitor holds of it.
#[derive(Debug)]
pub struct Started {
    /// Init.
    pub launched: Launched,
    /// Its console.
    pub master: Option<OwnedFd>,
    /// Where it says that it is ready.
    pub notify: Option<UnixDatagram>,
    /// Where its console is logged.
    pub log: PathBuf,
}

/// Starts a system.
///
/// # Errors
/// Everything that can go wrong; nothing runs then, and nothing is left.
pub fn launch(host: &Host, name: &str) -> Result<Started> {
    let config = store::read(host, name)?;
    private_dir(&host.run(name))?;
    gone(fs::remove_file(host.exit_file(name))).context(|| "forget the last exit")?;
    let notify = notify_socket(host, &config)?;
    let (_, capabilities, _) = credentials::capget()?;
    let rules = devices::rules(&config)?;
    let facts = bundle::Facts { notify: &host.notify_socket(name), capabilities, devices: &rules };
    let spec = bundle::spec(&config, &facts);
    let path = host.run(name).join("config.json");
    fs::write(&path, format!("{spec:#}\n")).context(|| format!("write {}", path.display()))?;
    copying::wait(host, name)?;
    let rootfs = storage::mount(host, &config)?;
    let root = Root::open(&host.oci_root())?;
    let options = CreateOptions {
        id: name.to_owned(),
        bundle: host.run(name),
        rootfs: Some(rootfs),
        ..CreateOptions::default()
    };
    let mut give_devices = |init: i32| {
        let given = pidfd_open(init).map_err(Into::into);
        let given = given.and_then(|init| devices::attach_all(host, &config, init.as_fd()));
        given.map_err(|error| runtime::Error::invalid(error.to_string()))
    };
    let created = create_with(&root, &options, Start::Now, &mut give_devices)?;
    let Created { container, launched, master, .. } = created;
    if let Err(error) = launched.hear_the_end() {
        drop(container);
        launched.kill()?;
        delete::delete(&root, name, true)?;
        return Err(error.into());
    }
    Ok(Started { launched, master, notify, log: host.log_file(name) })
}

/// The socket for READY=1. Anybody inside may write to it, and it says no more than that.
fn notify_socket(host: &Host, config: &Config) -> Result<Option<UnixDatagram>> {
    let path = host.notify_socket(&config.name);
    gone(fs::remove_file(&path)).context(|| format!("remove {}", path.display()))?;
    if config.ready != Ready::Notify {
        return Ok(None);
    }
    let make = || -> std::io::Result<_> {
        let socket = UnixDatagram::bind(&path)?;
        socket.set_nonblocking(true)?;
        fs::set_permissions(&path, Permissions::from_mode(0o666))?;
        Ok(Some(socket))
    };
    make().context(|| format!("make {}", path.display()))
}

/// Notes how init ended and removes what it left.
///
/// # Errors
/// A process that does not die, a cgroup that stays.
pub fn clean_up(host: &Host, name: &str, end: End) -> Result<()> {
    let root = Root::open(&host.oci_root())?;
    delete::delete(&root, name, true).context(|| format!("remove what {name} left"))?;
    note_exit(host, name, end)
}

/// Removes the bundle and writes the exit down.
///
/// # Errors
/// What the file system answers.
pub fn note_exit(host: &Host, name: &str, end: End) -> Result<()> {
    let folder = host.run(name);
    for path in [folder.join("config.json"), host.notify_socket(name)] {
        gone(fs::remove_file(&path)).context(|| format!("remove {}", path.display()))?;
    }
    let words = match end {
        End::Known(Exit::Code(code)) => format!("exited with {code}"),
        // reboot(2) in a pid namespace ends its init by one of these two.
        End::Known(Exit::Signal(2)) => "halted".to_owned(),
        End::Known(Exit::Signal(1)) => state::REBOOTED.to_owned(),
        End::Known(Exit::Signal(signal)) => format!("killed by signal {signal}"),
        End::Unknown => "unknown".to_owned(),
    };
    let path = host.exit_file(name);
    fs::write(&path, format!("{words}\n")).context(|| format!("write {}", path.display()))
}

/// A file that is not there needs no removal.
fn gone(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

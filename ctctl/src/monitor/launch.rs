// SPDX-License-Identifier: Apache-2.0
//! The two ends of a system's life: from its configuration to a running init, and what is left to remove.

use super::wishes::Wishes;
use crate::config::{Config, Ready};
use crate::container::machine::machine;
use crate::container::scripts::{self, Step};
use crate::container::{copying, state};
use crate::error::{Context, Error, Result};
use crate::events;
use crate::host::{Host, gone, private_dir};
use crate::{bundle, devices, network, resources, storage, store};
use runtime::launch::Launched;
use runtime::sandbox::create::{CreateOptions, Created, Moment, OnMoment, Start, create_with};
use runtime::state::Root;
use runtime::verbs::delete;
use runtime_sys::process::pidfd_open;
use runtime_sys::{AsFd, OwnedFd, credentials};
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;

/// An init that runs, and what its monitor holds of it.
#[derive(Debug)]
pub struct Started {
    /// Init.
    pub launched: Launched,
    /// Its console, unless it has descriptors of the caller's.
    pub master: Option<OwnedFd>,
    /// Where it says that it is ready.
    pub notify: Option<UnixDatagram>,
    /// What it was started with.
    pub config: Config,
}

/// Starts a system.
///
/// # Errors
/// Everything that can go wrong; nothing runs then, and nothing is left.
pub fn launch(host: &Host, name: &str, wishes: &Wishes) -> Result<Started> {
    let mut config = store::read(host, name)?;
    wishes.apply(&mut config)?;
    private_dir(&host.run(name))?;
    let notify = notify_socket(host, &config)?;
    let started = connected(host, &config, wishes);
    if started.is_err() {
        // The cause is the error to report; what stays is the next start's to remove.
        drop(network::disconnect(host, name));
    }
    let (launched, master) = started?;
    Ok(Started { launched, master, notify, config })
}

/// The part of a launch that is taken back from the networks when it fails.
fn connected(host: &Host, config: &Config, wishes: &Wishes) -> Result<(Launched, Option<OwnedFd>)> {
    network::prepare(host, config)?;
    write_bundle(host, config, wishes)?;
    // One of the two files is there all the time: who follows the log learns that it goes on.
    gone(fs::remove_file(host.exit_file(&config.name))).context(|| "forget the last exit")?;
    scripts::run_on_host(host, config, Step::Premount, None)?;
    copying::wait(host, &config.name)?;
    let rootfs = storage::mount(host, config)?;
    let started = scripts::run_on_host(host, config, Step::Mount, Some(rootfs.as_fd()))
        // Before it runs: behind that nothing may fail.
        .and_then(|()| state::remember_up(host, &config.name))
        .and_then(|()| wishes.with_stdio(|| run_init(host, config, rootfs)));
    if started.is_err() {
        // The file system is no longer mounted: whoever prepared for it hears of that.
        scripts::after_the_end(host, config);
    }
    started
}

fn write_bundle(host: &Host, config: &Config, wishes: &Wishes) -> Result<()> {
    let init = if config.mini_init { Some(host.helper("ctctl-init")?) } else { None };
    let (_, capabilities, _) = credentials::capget()?;
    let (notify_socket, networkd) = (host.notify_socket(&config.name), host.networkd_file(&config.name));
    let machine = machine(host, &resources::given(config))?;
    let rules = devices::rules(config)?;
    let facts = bundle::Facts {
        notify: &notify_socket,
        networkd: config.network.is_ours().then_some(networkd.as_path()),
        capabilities,
        machine: &machine,
        init: init.as_deref(),
        terminal: wishes.stdio.is_none(),
        devices: &rules,
    };
    let spec = bundle::spec(config, &facts)?;
    let path = host.run(&config.name).join("config.json");
    fs::write(&path, format!("{spec:#}\n")).context(|| format!("write {}", path.display()))
}

fn run_init(host: &Host, config: &Config, rootfs: OwnedFd) -> Result<(Launched, Option<OwnedFd>)> {
    let name = &config.name;
    let root = Root::open(&host.oci_root())?;
    let options = CreateOptions {
        id: name.to_owned(),
        bundle: host.run(name),
        rootfs: Some(rootfs),
        ..CreateOptions::default()
    };
    let mut error = None;
    // First the network, then devices, each when the system can have it.
    let mut provide = |moment: Moment, pid: i32| {
        let done = match moment {
            Moment::Runtime => network::connect(host, name, pid),
            Moment::Go => give_devices(host, config, pid),
        };
        // It goes back as it is, with its hint; the runtime needs a sentence.
        done.map_err(|failed| {
            let told = runtime::Error::invalid(failed.to_string());
            error = Some(failed);
            told
        })
    };
    let is_needed = config.network.is_ours() || !config.all_devices().is_empty();
    let provide: Option<OnMoment<'_>> = if is_needed { Some(&mut provide) } else { None };
    let created = create_with(&root, &options, Start::Now, provide);
    let Created { container, launched, master, .. } = created.map_err(|told| match error {
        Some(failed) => failed,
        None => Error::from(told),
    })?;
    if let Err(error) = launched.hear_the_start() {
        drop(container);
        launched.kill()?;
        delete::delete(&root, name, true)?;
        return Err(error.into());
    }
    Ok((launched, master))
}

fn give_devices(host: &Host, config: &Config, pid: i32) -> Result<()> {
    let init = pidfd_open(pid)?;
    devices::attach_all(host, config, init.as_fd())
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

/// Removes what init left and notes how it ended.
///
/// # Errors
/// A process that does not die, a cgroup that stays.
pub fn clean_up(host: &Host, name: &str, words: &str) -> Result<()> {
    let root = Root::open(&host.oci_root())?;
    delete::delete(&root, name, true).context(|| format!("remove what {name} left"))?;
    let disconnected = network::disconnect(host, name);
    note_exit(host, name, words)?;
    disconnected
}

/// Writes the exit down and removes the bundle.
///
/// # Errors
/// What the file system answers.
pub fn note_exit(host: &Host, name: &str, words: &str) -> Result<()> {
    let path = host.exit_file(name);
    let written = fs::write(&path, format!("{words}\n")).context(|| format!("write {}", path.display()));
    // Told when the note is there: who hears of the end reads why.
    events::tell(host, name, "stopped", json!({ "reason": words }));
    written?;
    forget_bundle(host, name)
}

/// Removes what a start was made from.
///
/// # Errors
/// What the file system answers.
pub fn forget_bundle(host: &Host, name: &str) -> Result<()> {
    for path in [host.run(name).join("config.json"), host.notify_socket(name)] {
        gone(fs::remove_file(&path)).context(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

// SPDX-License-Identifier: Apache-2.0
//! Names of systems: dnsmasq on the bridge, for as long as a system is on it. It asks the host's own resolvers for the
//! rest. Why it and not a file in every system: docs/decisions/network.md.

use super::attachment::{Attachment, Mode};
use super::firewall::program;
use super::settings::Settings;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use runtime_sys::{AsFd, process, signal};
use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// Seconds that it may take to end.
const PATIENCE: u32 = 10;

/// The domain that names of systems are in, beside being names of their own.
pub(super) const DOMAIN: &str = "ctctl";

fn pid_file(host: &Host) -> PathBuf {
    host.network_run().join("dnsmasq.pid")
}

fn config_file(host: &Host) -> PathBuf {
    host.network_run().join("dnsmasq.conf")
}

fn names_folder(host: &Host) -> PathBuf {
    host.network_run().join("names")
}

/// Writes the names of all systems down and has dnsmasq run.
pub(super) fn serve(host: &Host, settings: &Settings, systems: &[Attachment]) -> Result<()> {
    make_folders(host)?;
    write_names(host, systems)?;
    if running(host).is_some() {
        return Ok(());
    }
    let text = config(host, settings);
    let path = config_file(host);
    fs::write(&path, text).context(|| format!("write {}", path.display()))?;
    let dnsmasq = program("dnsmasq").ok_or_else(|| {
        Error::new(Exit::Unsupported, "no program dnsmasq, which answers for the names of systems")
            .hint("install the package dnsmasq-base")
    })?;
    let mut command = Command::new(&dnsmasq);
    command.arg(format!("--conf-file={}", path.display())).current_dir("/").env_clear();
    // It leaves for the background when it serves, and keeps nothing of ours.
    signal::block_none_in(&mut command);
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.context(|| format!("run {}", dnsmasq.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::new(Exit::Failure, format!("dnsmasq does not start: {said}")).hint(format!(
        "its configuration is {}; another name server may have port 53 of {}",
        path.display(),
        settings.gateway4()
    )))
}

/// It reads names after it has become another user: these folders alone let it through.
fn make_folders(host: &Host) -> Result<()> {
    let open = |path: PathBuf, mode: u32| -> Result<()> {
        let made = DirBuilder::new().recursive(true).mode(mode).create(&path);
        made.and_then(|()| fs::set_permissions(&path, Permissions::from_mode(mode)))
            .context(|| format!("make {}", path.display()))
    };
    let folder = host.network_run();
    if let Some(run) = folder.parent() {
        open(run.to_owned(), 0o711)?;
    }
    open(folder, 0o711)?;
    open(names_folder(host), 0o755)
}

/// One file per system: dnsmasq sees one that comes, changes or goes.
fn write_names(host: &Host, systems: &[Attachment]) -> Result<()> {
    let folder = names_folder(host);
    let on_bridge = |name: &str| systems.iter().any(|one| one.name == name && one.mode == Mode::Nat);
    let entries = fs::read_dir(&folder).context(|| folder.display().to_string())?;
    for entry in entries.flatten() {
        if !entry.file_name().to_str().is_some_and(&on_bridge) {
            let path = entry.path();
            fs::remove_file(&path).context(|| format!("remove {}", path.display()))?;
        }
    }
    for one in systems.iter().filter(|one| one.mode == Mode::Nat) {
        let path = folder.join(&one.name);
        let lines: String =
            one.addresses.iter().map(|block| format!("{} {}\n", block.address, one.name)).collect();
        if fs::read_to_string(&path).is_ok_and(|now| now == lines) {
            continue;
        }
        let write =
            fs::write(&path, lines).and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o644)));
        write.context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

fn config(host: &Host, settings: &Settings) -> String {
    format!(
        "# Written by ctctl at each start of it.
bind-interfaces
interface={bridge}
except-interface=lo
listen-address={gateway4}
{listen6}no-hosts
hostsdir={names}
domain={DOMAIN}
local=/{DOMAIN}/
expand-hosts
domain-needed
bogus-priv
pid-file={pid}
",
        bridge = settings.bridge,
        gateway4 = settings.gateway4(),
        listen6 = if super::has_ipv6() {
            format!("listen-address={}\n", settings.gateway6())
        } else {
            String::new()
        },
        names = names_folder(host).display(),
        pid = pid_file(host).display(),
    )
}

/// Ends it and removes what it had. Whether it is ours is asked of its command line, behind a descriptor that never
/// means a later process.
pub(super) fn end(host: &Host) -> Result<()> {
    if let Some(pidfd) = running(host) {
        process::pidfd_send_signal(pidfd.as_fd(), SIGTERM)?;
        if !process::ended_within(pidfd.as_fd(), PATIENCE)? {
            process::pidfd_send_signal(pidfd.as_fd(), SIGKILL)?;
            process::ended(pidfd.as_fd())?;
        }
    }
    match fs::remove_dir_all(host.network_run()) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).context(|| format!("remove {}", host.network_run().display()))
        }
        _ => Ok(()),
    }
}

/// The process that serves, if one does.
pub(super) fn running(host: &Host) -> Option<runtime_sys::OwnedFd> {
    let pid: i32 = fs::read_to_string(pid_file(host)).ok()?.trim().parse().ok()?;
    let pidfd = process::pidfd_open(pid).ok()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let ours = format!("--conf-file={}", config_file(host).display());
    line.split(|byte| *byte == 0).any(|word| word == ours.as_bytes()).then_some(pidfd)
}

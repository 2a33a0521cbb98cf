// SPDX-License-Identifier: Apache-2.0
//! What tells one system from another made of the same template.

use crate::config::Config;
use crate::error::{Context, Result};
use crate::host::Host;
use runtime_sys::AsFd;
use runtime_sys::fs::{self as sysfs, OpenFlags};
use std::collections::BTreeSet;
use std::ffi::{CString, OsString};
use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

/// Writes machine-id and host name into the system's own layer.
///
/// No program has run on these files yet and the layer was empty until now, so plain paths are safe here; what the
/// template has at `/etc` decides only whether anything is written.
pub(super) fn write(host: &Host, config: &Config) -> Result<()> {
    let store = host.templates();
    let folders = config.layers.iter().rev().map(|layer| store.layer(layer).join("etc"));
    let Some(lower) = folders.into_iter().find(|etc| etc.symlink_metadata().is_ok_and(|data| data.is_dir()))
    else {
        return Ok(());
    };
    let upper = host.data(&config.name).join("upper/etc");
    like(&lower, &upper).context(|| format!("make {}", upper.display()))?;
    own_ssh_keys(host, config).context(|| "give the system SSH host keys of its own")?;
    let machine_id = config.uuid.replace('-', "").to_lowercase();
    file(&upper.join("machine-id"), &format!("{machine_id}\n"), 0o444)?;
    file(&upper.join("hostname"), &format!("{}\n", config.hostname()), 0o644)
}

/// What makes the keys where no service of the distribution does, as Debian's.
const SSH_UNIT: &str = "[Unit]
Description=SSH host keys of this system
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
Before=ssh.service ssh.socket sshd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/ssh-keygen -A

[Install]
WantedBy=multi-user.target
";

/// Keys that came with a template would be the same in all its systems: they are taken out, and made anew when the
/// system first starts. RHEL's and Alpine's services see to that themselves, Debian's do not.
fn own_ssh_keys(host: &Host, config: &Config) -> Result<()> {
    let store = host.templates();
    // The topmost layer that has a path decides.
    let found = |path: &str| {
        let mut layers = config.layers.iter().rev().map(|layer| store.layer(layer).join(path));
        layers.find(|path| path.symlink_metadata().is_ok())
    };
    let Some(lower) = found("etc/ssh").filter(|path| is_folder(path)) else { return Ok(()) };
    let layers = config.layers.iter().map(|layer| store.layer(layer).join("etc/ssh"));
    let names: BTreeSet<OsString> =
        layers.filter(|path| is_folder(path)).flat_map(|path| keys(&path)).collect();
    if names.is_empty() {
        return Ok(());
    }
    let etc = host.data(&config.name).join("upper/etc");
    let upper = etc.join("ssh");
    like(&lower, &upper).context(|| format!("make {}", upper.display()))?;
    let path = CString::new(upper.as_os_str().as_bytes()).unwrap_or_default();
    let folder = sysfs::open(sysfs::CWD, &path, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
    for name in names {
        // A device 0:0 is what an overlay takes for "not there".
        let name = CString::new(name.as_bytes()).unwrap_or_default();
        sysfs::mknodat(folder.as_fd(), &name, b'c', 0, 0)?;
    }
    let units = found("etc/systemd/system").filter(|path| is_folder(path));
    let (Some(units), Some(_)) = (units, found("usr/bin/ssh-keygen")) else { return Ok(()) };
    let (systemd, own) = (etc.join("systemd"), etc.join("systemd/system"));
    let wants = own.join("multi-user.target.wants");
    let above = units.parent().unwrap_or(&units).to_owned();
    like(&above, &systemd).context(|| format!("make {}", systemd.display()))?;
    like(&units, &own).context(|| format!("make {}", own.display()))?;
    let lower_wants = found("etc/systemd/system/multi-user.target.wants").filter(|path| is_folder(path));
    like(&lower_wants.unwrap_or(units), &wants).context(|| format!("make {}", wants.display()))?;
    file(&own.join("ctctl-ssh-keys.service"), SSH_UNIT, 0o644)?;
    symlink("../ctctl-ssh-keys.service", wants.join("ctctl-ssh-keys.service")).context(|| "enable the unit")
}

fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|data| data.is_dir())
}

/// Names of SSH host keys in a folder, private and public.
fn keys(folder: &Path) -> Vec<OsString> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.as_bytes().starts_with(b"ssh_host_")).collect()
}

/// A folder of the upper layer hides owner and mode of the one below it: it gets the same.
fn like(lower: &Path, upper: &Path) -> std::io::Result<()> {
    let data = fs::metadata(lower)?;
    DirBuilder::new().mode(0o700).create(upper)?;
    chown(upper, Some(data.uid()), Some(data.gid()))?;
    fs::set_permissions(upper, Permissions::from_mode(data.mode() & 0o7777))
}

fn file(path: &Path, text: &str, mode: u32) -> Result<()> {
    let write = || {
        fs::write(path, text)?;
        fs::set_permissions(path, Permissions::from_mode(mode))
    };
    write().context(|| format!("write {}", path.display()))
}

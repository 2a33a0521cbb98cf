// SPDX-License-Identifier: Apache-2.0
//! A whole copy of the template whose files have the system's ids on the disk, for file systems that take no id maps.

use super::{c_path, etc, overlay};
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use runtime_sys::mount::{self, MountAttr};
use runtime_sys::{AsFd, AsRawFd, OwnedFd};
use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, lchown};
use std::path::Path;
use std::process::{Command, Stdio};

const MOUNT_ATTR_NODEV: u64 = 0x04;

/// Who owns what has an id that no system has.
const NOBODY: u32 = 65_534;

/// Bits that a change of the owner takes away.
const SETUID_SETGID: u32 = 0o6000;

/// Whether a system, by the folder of its files, has a copy.
pub(super) fn is_there(own: &Path) -> bool {
    own.join("root").exists()
}

/// The copy, made if it is not there, as a detached mount.
pub(super) fn mount(host: &Host, config: &Config, base: u32) -> Result<OwnedFd> {
    let root = host.data(&config.name).join("root");
    if !root.exists() {
        make(host, config, base).context(|| "copy the template for this system's ids")?;
    }
    let none = MountAttr::default();
    let nodev = MountAttr { set: MOUNT_ATTR_NODEV, ..none };
    let tree = mount::open_source(&c_path(&root)?, false, true, &nodev, &none)
        .context(|| root.display().to_string())?;
    etc::Texts::of(host, config)?.write_or_say(tree.as_fd(), Some(base));
    Ok(tree)
}

/// It has its name only when it is whole. Nobody has worked in it yet, so plain paths are safe.
fn make(host: &Host, config: &Config, base: u32) -> Result<()> {
    let own = host.data(&config.name);
    let new = own.join("root.new");
    templates::remove_tree(&new).context(|| format!("remove {}", new.display()))?;
    fs::create_dir(&new).context(|| format!("make {}", new.display()))?;
    match config.layers.as_slice() {
        [one] => copy(&host.templates().layer(one), &new)?,
        // What one layer removes of those below only an overlay knows.
        _ => {
            let merged = overlay::merged(host, config)?;
            copy(Path::new(&format!("/proc/{}/fd/{}", std::process::id(), merged.as_raw_fd())), &new)?;
        }
    }
    copy(&own.join("upper"), &new)?;
    take_out(&new)?;
    shift(&new, base, &mut HashSet::new())?;
    fs::rename(&new, own.join("root")).context(|| format!("rename {}", new.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut command = Command::new("/bin/cp");
    command.args(["--archive", "--reflink=auto"]).arg(from.join(".")).arg(to);
    let status = command.stdin(Stdio::null()).status().context(|| "run cp")?;
    if status.success() {
        return Ok(());
    }
    Err(Error::new(Exit::Failure, format!("cp {} {}: {status}", from.display(), to.display())))
}

/// Takes out what an upper layer marks as not there, which the copy of it has put in place of what it hid.
fn take_out(path: &Path) -> Result<()> {
    for entry in fs::read_dir(path).context(|| path.display().to_string())? {
        let path = entry.context(|| path.display().to_string())?.path();
        let data = path.symlink_metadata().context(|| path.display().to_string())?;
        if data.is_dir() {
            take_out(&path)?;
        } else if data.file_type().is_char_device() && data.rdev() == 0 {
            fs::remove_file(&path).context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Adds `base` to the owner and the group of everything; a file of several names once. Capabilities of files are lost
/// with that.
fn shift(path: &Path, base: u32, seen: &mut HashSet<u64>) -> Result<()> {
    let data = path.symlink_metadata().context(|| path.display().to_string())?;
    if data.is_dir() || data.nlink() == 1 || seen.insert(data.ino()) {
        let change = || {
            let inside = |id: u32| Some(base + id.min(NOBODY));
            lchown(path, inside(data.uid()), inside(data.gid()))?;
            if data.mode() & SETUID_SETGID != 0 && !data.is_symlink() {
                fs::set_permissions(path, Permissions::from_mode(data.mode() & 0o7777))?;
            }
            Ok(())
        };
        std::io::Result::<()>::context(change(), || format!("give {} to {base}", path.display()))?;
    }
    if data.is_dir() {
        for entry in fs::read_dir(path).context(|| path.display().to_string())? {
            shift(&entry.context(|| path.display().to_string())?.path(), base, seen)?;
        }
    }
    Ok(())
}

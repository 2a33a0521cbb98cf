// SPDX-License-Identifier: Apache-2.0
//! What tells one system from another made of the same template.

use crate::config::Config;
use crate::error::{Context, Result};
use crate::host::Host;
use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
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
    let machine_id = config.uuid.replace('-', "").to_lowercase();
    file(&upper.join("machine-id"), &format!("{machine_id}\n"), 0o444)?;
    file(&upper.join("hostname"), &format!("{}\n", config.hostname()), 0o644)
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

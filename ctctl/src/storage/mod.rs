// SPDX-License-Identifier: Apache-2.0
//! A system's files: the template's layers below and its own layer on top, as one root file system for its ids.

mod copy;
pub mod etc;
pub mod files;
pub mod hostname;
mod overlay;

use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, private_dir};
use crate::idmap::IdMap;
use runtime::launch::idmap::IdMaps;
use runtime::launch::sources;
use runtime::spec::IdMapping;
use runtime_sys::mount::{self, MountAttr};
use runtime_sys::{AsRawFd, BorrowedFd, Errno, OwnedFd};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const MOUNT_ATTR_IDMAP: u64 = 0x10_0000;

/// A user namespace with a system's id maps, and the first of its ids on the host.
#[derive(Debug)]
struct Ids {
    namespace: OwnedFd,
    base: u32,
}

/// A system's root file system, mounted and detached. The caller has one thread.
///
/// Where the file system of the data takes no id maps, the system gets a copy of its template with ids of its own, at
/// its first start.
///
/// # Errors
/// A layer that is not there; a file system that is none for an upper layer.
pub fn mount(host: &Host, config: &Config) -> Result<OwnedFd> {
    let Some(ids) = ids(config.idmap)? else { return overlay::mount(host, config, None) };
    let own = host.data(&config.name);
    if copy::is_there(&own) || !takes_id_maps(&own, &ids)? {
        return copy::mount(host, config, ids.base);
    }
    overlay::mount(host, config, Some(ids))
}

/// A template's layers as one root, for reading.
///
/// # Errors
/// A layer that is not there.
pub fn merged(host: &Host, layers: &[String]) -> Result<OwnedFd> {
    // An overlay has two layers at least.
    if let [one] = layers {
        let path = host.templates().layer(one);
        return Ok(std::fs::File::open(&path).context(|| path.display().to_string())?.into());
    }
    let mut config = Config::new("merged");
    config.layers = layers.to_vec();
    private_dir(&host.locks())?;
    overlay::merged_at(host, &config, host.locks())
}

/// The same for the steps of a recipe, without a host name written into it: what they change becomes a layer.
///
/// # Errors
/// `Unsupported` where the file system takes no id maps.
pub fn mount_for_steps(host: &Host, config: &Config) -> Result<OwnedFd> {
    overlay::mount_for_steps(host, config, ids_for_steps(host, config)?, None)
}

/// Whether the file system of a system's data can hold what steps change.
///
/// # Errors
/// As [`mount_for_steps`].
pub fn check_for_steps(host: &Host, config: &Config) -> Result<()> {
    ids_for_steps(host, config).map(drop)
}

/// Changes the files of such a system: `work` gets its root and the host's id of its user 0, as which it works, with
/// all capabilities.
///
/// # Errors
/// As [`mount_for_steps`], and what `work` says.
pub fn change(host: &Host, config: &Config, work: Work<'_>) -> Result<()> {
    overlay::mount_for_steps(host, config, ids_for_steps(host, config)?, Some(work)).map(drop)
}

/// What is done to a mounted root.
pub type Work<'w> = &'w dyn Fn(BorrowedFd<'_>, u32) -> Result<()>;

fn ids_for_steps(host: &Host, config: &Config) -> Result<Option<Ids>> {
    let Some(ids) = ids(config.idmap)? else { return Ok(None) };
    let own = host.data(&config.name);
    if takes_id_maps(&own, &ids)? {
        return Ok(Some(ids));
    }
    let text = format!("the file system of {} takes no id maps, which steps need", own.display());
    Err(Error::new(Exit::Unsupported, text).hint(
        "keep the data on ext4, xfs or btrfs (--data-dir), or build on another host, export, and import here",
    ))
}

/// The same for the host to work on: files show the system's own ids, but for a copy, whose files have them shifted.
///
/// # Errors
/// As [`mount`].
pub fn mount_for_host(host: &Host, config: &Config) -> Result<OwnedFd> {
    let Some(ids) = ids(config.idmap)? else { return overlay::mount(host, config, None) };
    let own = host.data(&config.name);
    if copy::is_there(&own) || !takes_id_maps(&own, &ids)? {
        return copy::mount(host, config, ids.base);
    }
    overlay::mount(host, config, None)
}

/// A user namespace with a system's ids; nothing for one with the host's.
///
/// # Errors
/// The kernel's, for the maps.
pub fn users(config: &Config) -> Result<Option<OwnedFd>> {
    Ok(ids(config.idmap)?.map(|ids| ids.namespace))
}

fn ids(idmap: IdMap) -> Result<Option<Ids>> {
    let IdMap::Range { base, size } = idmap else { return Ok(None) };
    let map = [IdMapping { container_id: 0, host_id: base, size }];
    let namespace = sources::namespace_with(IdMaps { uid: &map, gid: &map })
        .context(|| "make a user namespace for the layers' ids")?;
    Ok(Some(Ids { namespace, base }))
}

/// Becomes the first of a system's ids on the host, with all capabilities: what is made then belongs to its root.
pub(crate) fn become_user(id: u32) -> Result<()> {
    overlay::become_user(id)
}

/// Whether user namespaces can be made here.
///
/// # Errors
/// What the kernel answers.
pub fn probe_user_namespace() -> Result<()> {
    ids(PROBE).map(drop)
}

/// Whether the file system of a folder takes id maps.
///
/// # Errors
/// What the kernel answers.
pub fn probe_id_maps(folder: &Path) -> Result<bool> {
    ids(PROBE)?.map_or(Ok(true), |ids| takes_id_maps(folder, &ids))
}

/// Some ids to try with.
const PROBE: IdMap = IdMap::Range { base: 1 << 20, size: 1 << 16 };

fn takes_id_maps(folder: &Path, ids: &Ids) -> Result<bool> {
    match mapped(folder, Some(ids)) {
        Err(error) if error.errno == Errno::INVAL => Ok(false),
        Err(error) => Err(error).context(|| folder.display().to_string()),
        Ok(_) => Ok(true),
    }
}

/// A detached mount of a folder, with its ids mapped.
fn mapped(folder: &Path, ids: Option<&Ids>) -> runtime_sys::Result<OwnedFd> {
    let none = MountAttr::default();
    let map = ids.map_or(none, |ids| MountAttr {
        set: MOUNT_ATTR_IDMAP,
        userns_fd: u64::from(ids.namespace.as_raw_fd().cast_unsigned()),
        ..none
    });
    // No path of ours holds a NUL: they come from the command line and the environment.
    let path = CString::new(folder.as_os_str().as_bytes()).unwrap_or_default();
    mount::open_source(&path, false, true, &map, &none)
}

fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| Error::new(Exit::Value, format!("{} holds a NUL", path.display())))
}

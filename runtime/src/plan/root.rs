// SPDX-License-Identifier: Apache-2.0
//! Devices and links that every container has, and the ones that config.json adds.

use super::arena::Arena;
use super::mounts::below_root;
use crate::error::{Error, Result};
use crate::spec;
use runtime_sys::fs::makedev;
use stage::plan::{Device, Link};

const DEFAULT_DEVICES: [(&str, u32, u32); 6] = [
    ("dev/null", 1, 3),
    ("dev/zero", 1, 5),
    ("dev/full", 1, 7),
    ("dev/random", 1, 8),
    ("dev/urandom", 1, 9),
    ("dev/tty", 5, 0),
];

const LINKS: [(&str, &str); 6] = [
    ("pts/ptmx", "dev/ptmx"),
    ("/proc/self/fd", "dev/fd"),
    ("/proc/self/fd/0", "dev/stdin"),
    ("/proc/self/fd/1", "dev/stdout"),
    ("/proc/self/fd/2", "dev/stderr"),
    ("/proc/kcore", "dev/core"),
];

/// Whether /dev is the container's own to fill: not when the host's is bound there.
#[must_use]
pub fn fills_dev(spec: &spec::Spec<'_>) -> bool {
    !spec.mounts.iter().any(|mount| {
        let is_bind = mount.kind.as_deref() == Some("bind")
            || mount.options.iter().any(|option| matches!(&**option, "bind" | "rbind"));
        is_bind && below_root(&mount.destination) == "dev"
    })
}

/// The nodes to make. In a user namespace nobody may make nodes: the host's are bound then.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] with a JSON pointer.
pub fn devices<'a>(arena: &'a Arena, linux: &spec::Linux<'_>, bind: bool) -> Result<Vec<Device<'a>>> {
    let mut list = Vec::with_capacity(DEFAULT_DEVICES.len() + linux.devices.len());
    for (path, major, minor) in DEFAULT_DEVICES {
        if linux.devices.iter().any(|device| below_root(&device.path) == path) {
            continue;
        }
        list.push(Device {
            path: arena.c_str(path)?,
            kind: b'c',
            mode: 0o666,
            device: makedev(major, minor),
            uid: 0,
            gid: 0,
            bind,
        });
    }
    for (index, device) in linux.devices.iter().enumerate() {
        let at = |field: &str, why: &str| Error::invalid(format!("/linux/devices/{index}/{field}: {why}"));
        let kind = match &*device.kind {
            "c" | "u" => b'c',
            "b" => b'b',
            "p" => b'p',
            other => return Err(at("type", &format!("unknown type {other:?}: use c, u, b or p"))),
        };
        let number =
            |value: i64, field: &str| u32::try_from(value).map_err(|_| at(field, "must not be negative"));
        let (major, minor) = if kind == b'p' {
            (0, 0)
        } else {
            (number(device.major, "major")?, number(device.minor, "minor")?)
        };
        list.push(Device {
            path: arena.c_str(&below_root(&device.path))?,
            kind,
            mode: device.file_mode.unwrap_or(0o666) & 0o7777,
            device: makedev(major, minor),
            uid: device.uid.unwrap_or(0),
            gid: device.gid.unwrap_or(0),
            // A pipe is no device: everybody may make one.
            bind: bind && kind != b'p',
        });
    }
    Ok(list)
}

/// The links in /dev.
///
/// # Errors
/// None: the texts are constants.
pub fn links(arena: &Arena) -> Result<Vec<Link<'_>>> {
    LINKS
        .iter()
        .map(|(target, path)| Ok(Link { target: arena.c_str(target)?, path: arena.c_str(path)? }))
        .collect()
}

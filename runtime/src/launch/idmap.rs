// SPDX-License-Identifier: Apache-2.0
//! Writing the id maps of a new user namespace, and user namespaces that exist for their maps alone.

use crate::error::{Context, Error, ErrorKind, Result};
use crate::spec::IdMapping;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind as IoKind, Write as _};
use std::process::Command;

/// The mappings of one user namespace.
#[derive(Debug, Clone, Copy)]
pub struct IdMaps<'m> {
    /// Users.
    pub uid: &'m [IdMapping],
    /// Groups.
    pub gid: &'m [IdMapping],
}

fn lines(mappings: &[IdMapping]) -> String {
    mappings.iter().fold(String::new(), |mut text, map| {
        let _ignored = writeln!(text, "{} {} {}", map.container_id, map.host_id, map.size);
        text
    })
}

fn open(pid: i32, name: &str) -> Result<File> {
    let path = format!("/proc/{pid}/{name}");
    OpenOptions::new().write(true).open(&path).context(|| format!("open {path}"))
}

/// Writes both maps of the user namespace that `pid` was born into. Without the right to do so, the setuid programs
/// newuidmap and newgidmap write what /etc/subuid and /etc/subgid grant.
///
/// # Errors
/// EPERM and EINVAL of the kernel, or what the programs say.
pub fn write(pid: i32, maps: IdMaps<'_>) -> Result<()> {
    write_one(pid, "uid_map", "newuidmap", maps.uid)?;
    if maps.gid.is_empty() {
        return Ok(());
    }
    let text = lines(maps.gid);
    match write_direct(pid, "gid_map", &text) {
        Err(error) if error.kind() == IoKind::PermissionDenied => {}
        other => return other.context(|| format!("write {:?} to gid_map", text.trim_end())),
    }
    if let [map] = maps.gid
        && map.size == 1
    {
        // An unprivileged process may map its own group once it has given up changing groups.
        open(pid, "setgroups")?.write_all(b"deny").context(|| "write to setgroups")?;
        if write_direct(pid, "gid_map", &text).is_ok() {
            return Ok(());
        }
    }
    run(pid, "newgidmap", maps.gid)
}

fn write_direct(pid: i32, file: &str, text: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).open(format!("/proc/{pid}/{file}"))?.write_all(text.as_bytes())
}

fn write_one(pid: i32, file: &str, program: &str, mappings: &[IdMapping]) -> Result<()> {
    if mappings.is_empty() {
        return Ok(());
    }
    let text = lines(mappings);
    match write_direct(pid, file, &text) {
        Err(error) if error.kind() == IoKind::PermissionDenied => run(pid, program, mappings),
        other => other.context(|| format!("write {:?} to {file}", text.trim_end())),
    }
}

fn run(pid: i32, program: &str, mappings: &[IdMapping]) -> Result<()> {
    let mut command = Command::new(program);
    command.arg(pid.to_string());
    for map in mappings {
        command.args([map.container_id.to_string(), map.host_id.to_string(), map.size.to_string()]);
    }
    // A setuid program.
    runtime_sys::fd::inherit_only_stdio_in(&mut command);
    let output = command.output().context(|| format!("run {program} (package uidmap)"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::new(ErrorKind::System, format!("{program}: {}", said.trim())))
}

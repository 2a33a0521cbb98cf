// SPDX-License-Identifier: Apache-2.0
//! Passwords, keys and new users of a system, in its own files.

use super::edit;
use crate::accounts;
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::storage::files::{self, Old};
use runtime_sys::fs::{self, Links, OpenFlags};
use runtime_sys::{AsFd, BorrowedFd, OwnedFd};
use std::ffi::{CStr, CString};
use std::time::{SystemTime, UNIX_EPOCH};

/// What is to be done to a user.
#[derive(Debug, Default)]
pub struct Change {
    /// Who.
    pub user: String,
    /// Make the user if there is none.
    pub create: bool,
    /// The new password, hashed.
    pub hash: Option<String>,
    /// Public keys to log in with, one line each.
    pub keys: Vec<String>,
}

/// Where new users get their home directories.
const HOMES: &str = "home";

const PASSWD: &CStr = c"passwd";
const SHADOW: &CStr = c"shadow";
const GROUP: &CStr = c"group";

/// Carries it out below a root, by a process with the ids of the system's root.
///
/// # Errors
/// `Value` for a user who is not there; files that are none.
pub fn change(root: BorrowedFd<'_>, config: &Config, change: &Change) -> Result<()> {
    let etc = files::own_folder(root, c"etc")?;
    let _locked = edit::lock_accounts(etc.as_fd())?;
    let mut passwd = files::read(etc.as_fd(), PASSWD)?
        .ok_or_else(|| Error::new(Exit::Unsupported, "the system has no /etc/passwd"))?;
    if !accounts::has_user(&passwd.bytes, &change.user) {
        if !change.create {
            return Err(Error::new(Exit::Value, format!("no user {:?} in the system", change.user))
                .hint("make it with --create"));
        }
        create(root, etc.as_fd(), config, &mut passwd, &change.user)?;
    }
    if let Some(hash) = &change.hash {
        set_hash(etc.as_fd(), config, &mut passwd, &change.user, hash)?;
    }
    if !change.keys.is_empty() {
        let text = String::from_utf8_lossy(&passwd.bytes).into_owned();
        add_keys(root, config, &text, change)?;
    }
    Ok(())
}

fn days() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() / 86_400)
}

fn root_only(config: &Config, mode: u32) -> Result<(u32, u32, u32)> {
    let root = edit::on_host(config, 0)?;
    Ok((root, root, mode))
}

/// The hash belongs into shadow, to which the line in passwd refers by `x`.
fn set_hash(etc: BorrowedFd<'_>, config: &Config, passwd: &mut Old, user: &str, hash: &str) -> Result<()> {
    let (old, like) = match files::read(etc, SHADOW)? {
        Some(Old { bytes, like }) => (bytes, like),
        None => (Vec::new(), root_only(config, 0o600)?),
    };
    let shadow = accounts::with_password(&old, user, hash, days());
    files::replace(etc, SHADOW, &shadow, like)?;
    if let Some(referring) = accounts::referring_to_shadow(&passwd.bytes, user) {
        files::replace(etc, PASSWD, &referring, passwd.like)?;
        passwd.bytes = referring;
    }
    Ok(())
}

/// The line in passwd comes last: it makes the user exist.
fn create(
    root: BorrowedFd<'_>,
    etc: BorrowedFd<'_>,
    config: &Config,
    passwd: &mut Old,
    user: &str,
) -> Result<()> {
    accounts::check_name(user)?;
    let group = match files::read(etc, GROUP)? {
        Some(group) => group,
        None => Old { bytes: Vec::new(), like: root_only(config, 0o644)? },
    };
    let id = accounts::free_id(&passwd.bytes, &group.bytes)
        .ok_or_else(|| Error::new(Exit::Failure, "no number from 1000 to 59999 is free for a user"))?;
    let owner = edit::on_host(config, id)?;
    let top = edit::on_host(config, 0)?;
    drop(files::folder_made(root, &c_string(HOMES)?, 0o755, (top, top))?);
    let homes = files::own_folder(root, &c_string(HOMES)?)?;
    let name = c_string(user)?;
    drop(files::folder_made(homes.as_fd(), &name, 0o700, (owner, owner))?);
    let group_line = format!("{user}:x:{id}:");
    files::replace(etc, GROUP, &accounts::with_line(&group.bytes, user, &group_line), group.like)?;
    let shadow = match files::read(etc, SHADOW)? {
        Some(shadow) => shadow,
        None => Old { bytes: Vec::new(), like: root_only(config, 0o600)? },
    };
    let locked = accounts::with_password(&shadow.bytes, user, "!", days());
    files::replace(etc, SHADOW, &locked, shadow.like)?;
    let shell = if has_program(root, c"bin/bash") { "/bin/bash" } else { "/bin/sh" };
    let line = format!("{user}:x:{id}:{id}::/{HOMES}/{user}:{shell}");
    passwd.bytes = accounts::with_line(&passwd.bytes, user, &line);
    files::replace(etc, PASSWD, &passwd.bytes, passwd.like)
}

fn has_program(root: BorrowedFd<'_>, path: &CStr) -> bool {
    let found = fs::open_in_root(root, path, OpenFlags::PATH, Links::InRoot);
    found.is_ok_and(|file| fs::fstat(file.as_fd()).is_ok_and(|stat| fs::is_regular(&stat)))
}

fn add_keys(root: BorrowedFd<'_>, config: &Config, passwd: &str, change: &Change) -> Result<()> {
    const KEYS: &CStr = c"authorized_keys";
    let user = accounts::find(&change.user, passwd, "")?;
    let owner = (edit::on_host(config, user.uid)?, edit::on_host(config, user.gid)?);
    let home = user.home.trim_start_matches('/');
    let home: OwnedFd = files::own_folder(root, &c_string(home)?)
        .map_err(|error| error.hint(format!("the home directory of {} must be there", change.user)))?;
    let ssh = files::folder_made(home.as_fd(), c".ssh", 0o700, owner)?;
    let (mut bytes, like) = match files::read(ssh.as_fd(), KEYS)? {
        Some(Old { bytes, like }) => (bytes, like),
        None => (Vec::new(), (owner.0, owner.1, 0o600)),
    };
    for key in &change.keys {
        if bytes.split(|byte| *byte == b'\n').any(|line| line == key.as_bytes()) {
            continue;
        }
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(key.as_bytes());
        bytes.push(b'\n');
    }
    files::replace(ssh.as_fd(), KEYS, &bytes, like).context(|| "write the keys")
}

fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::new(Exit::Value, format!("{text:?} holds a NUL")))
}

// SPDX-License-Identifier: Apache-2.0
//! The user that an image asks for: `USER[:GROUP]`, each a name or a number, as the image's own files know them.

use crate::{Error, Result, Store};
use runtime_sys::fs::{self, CWD, Links, OpenFlags};
use runtime_sys::{AsFd, Errno};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

/// How many ids a system has.
const IDS: u32 = 65_536;
/// Bytes of such a file that are read.
const LONGEST: usize = 1 << 20;

/// The numbers of a user and a group.
///
/// # Errors
/// `Invalid` for a name that the image does not have.
pub(super) fn resolve(text: &str, store: &Store, layers: &[String]) -> Result<(u32, u32)> {
    let (user, group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
    let unknown = |what: &str, name: &str| {
        Error::invalid(format!("it asks for the {what} {name:?}, which its own files do not have"))
    };
    let passwd = file(c"etc/passwd", store, layers)?;
    let found = entry(&passwd, user);
    let uid = user.parse().ok().or_else(|| found.as_ref().map(|(uid, _)| *uid));
    let uid = uid.ok_or_else(|| unknown("user", user))?;
    let gid = match group {
        None => found.map_or(0, |(_, gid)| gid),
        Some(group) => {
            let groups = file(c"etc/group", store, layers)?;
            let named = || line(&groups, group).and_then(|fields| fields.get(2)?.parse().ok());
            group.parse().ok().or_else(named).ok_or_else(|| unknown("group", group))?
        }
    };
    if uid.max(gid) >= IDS {
        let text = format!("it asks for the user {uid}:{gid}: systems have numbers below {IDS}");
        return Err(Error::unsupported(text));
    }
    Ok((uid, gid))
}

/// The numbers in the line of a user, found by its name or by its number.
fn entry(passwd: &str, user: &str) -> Option<(u32, u32)> {
    let by_number = || passwd.lines().map(fields).find(|fields| fields.get(2) == Some(&user));
    let fields = line(passwd, user).or_else(by_number)?;
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}

fn line<'t>(text: &'t str, name: &str) -> Option<Vec<&'t str>> {
    text.lines().map(fields).find(|fields| fields.first() == Some(&name))
}

fn fields(line: &str) -> Vec<&str> {
    line.split(':').collect()
}

/// A file as the topmost layer that has its name has it; nothing when it was removed, or is something else.
fn file(path: &std::ffi::CStr, store: &Store, layers: &[String]) -> Result<String> {
    for layer in layers.iter().rev() {
        let name = CString::new(store.layer(layer).as_os_str().as_bytes()).unwrap_or_default();
        let root = fs::open(CWD, &name, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
        // Neither held up by a FIFO nor led to another file.
        let flags = OpenFlags::RDONLY | OpenFlags::NONBLOCK;
        match fs::open_in_root(root.as_fd(), path, flags, Links::None) {
            Err(error) if matches!(error.errno, Errno::NOENT | Errno::NOTDIR) => {}
            Ok(found) if fs::is_regular(&fs::fstat(found.as_fd())?) => {
                return Ok(String::from_utf8_lossy(&fs::read_all(found.as_fd(), LONGEST)?).into_owned());
            }
            // A whiteout, a link, a device.
            _ => return Ok(String::new()),
        }
    }
    Ok(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_name_or_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n# 7\nbad:x:y\n";
        assert_eq!(entry(passwd, "web"), Some((33, 34)));
        assert_eq!(entry(passwd, "33"), Some((33, 34)));
        assert_eq!(entry(passwd, "34"), None);
        assert_eq!(entry(passwd, "bad"), None);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The files of a distribution that an init inside reads its host name from and believes: they must say what the
//! configuration says.

use super::files::{self, Old};
use crate::error::Result;
use runtime_sys::{AsFd, BorrowedFd};
use std::ffi::CStr;

/// How a file holds the name.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// As all that it holds.
    Whole,
    /// Behind a word at the beginning of a line, between quotes or not.
    Behind(&'static str, &'static str),
}

/// Folder, file, its form, and whether it is made when it is not there.
type Place = (&'static CStr, &'static CStr, Form, bool);

/// Where distributions have it.
const PLACES: &[Place] = &[
    // Debian, Alpine, Arch, RHEL from 7 on, and whatever runs systemd.
    (c"etc", c"hostname", Form::Whole, true),
    // SUSE, Slackware.
    (c"etc", c"HOSTNAME", Form::Whole, false),
    // RHEL and CentOS to 6; later ones have the file without that line.
    (c"etc/sysconfig", c"network", Form::Behind("HOSTNAME=", ""), false),
    // Gentoo, and OpenRC elsewhere.
    (c"etc/conf.d", c"hostname", Form::Behind("hostname=", "\""), false),
    // Debian's installer writes a line for the machine itself.
    (c"etc", c"hosts", Form::Behind("127.0.1.1\t", ""), false),
];

/// Writes the name where it is not yet, below a root that somebody else has worked on; nothing where there is no real
/// folder. New files belong to `owner`, if the caller is somebody else.
///
/// # Errors
/// What the file system answers.
pub fn write(root: BorrowedFd<'_>, hostname: &str, owner: Option<u32>) -> Result<()> {
    for (folder, file, form, is_made) in PLACES {
        let Ok(folder) = files::own_folder(root, folder) else { continue };
        // What is no regular file counts as absent, and is replaced where the name must be.
        let old = files::read(folder.as_fd(), file).unwrap_or_default();
        let owner = owner.unwrap_or_else(own_uid);
        let new = match (form, &old) {
            (_, None) if !is_made => continue,
            (Form::Whole, _) => Some(format!("{hostname}\n").into_bytes()),
            (Form::Behind(word, quote), Some(old)) => behind(&old.bytes, word, quote, hostname),
            (Form::Behind(..), None) => continue,
        };
        let Some(new) = new else { continue };
        let like = old.as_ref().map_or((owner, owner, 0o644), |old| old.like);
        if old.as_ref().map(|old: &Old| &old.bytes) != Some(&new) {
            files::replace(folder.as_fd(), file, &new, like)?;
        }
    }
    Ok(())
}

/// Who the caller is.
pub(super) fn own_uid() -> u32 {
    runtime_sys::rustix::process::geteuid().as_raw()
}

/// The file with the name behind a word; nothing when no line begins with the word.
fn behind(text: &[u8], word: &str, quote: &str, hostname: &str) -> Option<Vec<u8>> {
    let mut is_there = false;
    let lines = text.split_inclusive(|byte| *byte == b'\n').map(|line| {
        if !line.starts_with(word.as_bytes()) {
            return line.to_vec();
        }
        is_there = true;
        format!("{word}{quote}{hostname}{quote}\n").into_bytes()
    });
    let new: Vec<u8> = lines.collect::<Vec<_>>().concat();
    is_there.then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    // VZ-71
    #[test]
    fn a_name_stands_behind_its_word() {
        let new =
            behind(b"NETWORKING=yes\nHOSTNAME=old.example\nGATEWAY=1\n", "HOSTNAME=", "", "web").unwrap();
        assert_eq!(new, b"NETWORKING=yes\nHOSTNAME=web\nGATEWAY=1\n");
        assert_eq!(
            behind(b"# hostname=x\nhostname=\"a\"", "hostname=", "\"", "b").unwrap(),
            b"# hostname=x\nhostname=\"b\"\n"
        );
        assert_eq!(behind(b"NETWORKING=yes\n", "HOSTNAME=", "", "web"), None);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What is in a layer, one line for each item: what it is named by, and what `template verify` compares it with.
//!
//! `PATH KIND MODE UID:GID TIME [CONTENT] [ATTRIBUTE=VALUE…]`, where nothing holds a space: other bytes than the
//! plain ones are written as `%HEX`.

use crate::archive::Hashed;
use crate::recipe::hex;
use crate::walk::{Item, Kind, open_file, walk};
use crate::{Context, Result};
use runtime_sys::BorrowedFd;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The attribute of an overlay that belongs to a layer's content: nothing shows through from below.
pub(crate) const OPAQUE: &str = "trusted.overlay.opaque";

/// The names of a line's parts before the attributes, for people.
const PARTS: [&str; 5] = ["kind", "mode", "owner", "time", "content"];

/// A tree as text.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The lines.
    pub(crate) text: String,
    /// `sha256-HEX` of all but the times: two builds of the same have the same name.
    pub(crate) digest: String,
    /// Bytes of all files.
    pub(crate) size: u64,
    /// How many items there are beside the root.
    pub(crate) items: usize,
}

/// Reads a tree.
///
/// # Errors
/// What the file system answers.
pub(crate) fn of(root: BorrowedFd<'_>) -> Result<Listing> {
    let mut listing = Listing::default();
    let mut hash = Sha256::new();
    walk(root, &mut |item, folder, name| {
        let content = match &item.kind {
            Kind::File(size) => {
                listing.size += size;
                let mut stream = Hashed::new(open_file(folder, name)?);
                let shown = || String::from_utf8_lossy(&item.path).into_owned();
                std::io::copy(&mut stream, &mut std::io::sink()).context(shown)?;
                stream.digest()
            }
            Kind::Folder => "-".to_owned(),
            Kind::Link(target) | Kind::HardLink(target) => plain(target),
            Kind::Node(_, major, minor) => format!("{major}:{minor}"),
        };
        let [before, time, after] = line(item, &content);
        hash.update(format!("{before} {after}\n"));
        // Writing to a String does not fail.
        let _ = writeln!(listing.text, "{before} {time} {after}");
        listing.items += usize::from(!item.path.is_empty());
        Ok(())
    })?;
    listing.digest = format!("sha256-{}", hex(&hash.finalize()));
    Ok(listing)
}

/// A line in three pieces, the time in the middle.
fn line(item: &Item, content: &str) -> [String; 3] {
    let kind = match item.kind {
        Kind::Folder => "folder",
        Kind::File(_) => "file",
        Kind::Link(_) => "link",
        Kind::HardLink(_) => "hardlink",
        Kind::Node(b'c', ..) => "character",
        Kind::Node(b'b', ..) => "block",
        Kind::Node(b'p', ..) => "fifo",
        Kind::Node(..) => "socket",
    };
    let path = if item.path.is_empty() { ".".to_owned() } else { plain(&item.path) };
    let before = format!("{path} {kind} {:04o} {}:{}", item.mode, item.uid, item.gid);
    let time = format!("{}.{:09}", item.modified.0, item.modified.1);
    let mut after = content.to_owned();
    for (name, value) in &item.attributes {
        let _ = write!(after, " {}={}", plain(name.to_bytes()), hex(value));
    }
    [before, time, after]
}

/// Bytes as one word.
fn plain(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_graphic() && *byte != b'%' && *byte != b'=' {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02x}");
        }
    }
    // An empty target would be no word.
    if text.is_empty() { "%".to_owned() } else { text }
}

/// What is different between a listing that was kept and one that was made now, one line each.
pub(crate) fn differences(kept: &str, found: &str) -> Vec<String> {
    let by_path = |text: &str| -> BTreeMap<String, String> {
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(path, rest)| (path.to_owned(), rest.to_owned())).collect()
    };
    let (kept, found) = (by_path(kept), by_path(found));
    let mut all = Vec::new();
    for (path, before) in &kept {
        match found.get(path) {
            None => all.push(format!("{path}: missing")),
            Some(now) if now != before => all.push(format!("{path}: {}", changes(before, now))),
            Some(_) => {}
        }
    }
    all.extend(
        found.keys().filter(|path| !kept.contains_key(*path)).map(|path| format!("{path}: not of it")),
    );
    all
}

fn changes(before: &str, now: &str) -> String {
    let (mut old, mut new) = (before.split(' '), now.split(' '));
    let mut words = Vec::new();
    for part in PARTS {
        let (old, new) = (old.next().unwrap_or_default(), new.next().unwrap_or_default());
        match part {
            _ if old == new => {}
            "content" => words.push("its content".to_owned()),
            _ => words.push(format!("{part} {old}, now {new}")),
        }
    }
    if !old.eq(new) {
        words.push("its attributes".to_owned());
    }
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_what_it_is() {
        let kept = ". folder 0755 0:0 1.0 -\na file 0644 0:0 1.0 aa\nb file 0644 0:0 1.0 bb user.x=00\nc fifo 0600 0:0 1.0 0:0\n";
        let found = ". folder 0755 0:0 1.0 -\na file 4755 0:0 1.0 ab\nb file 0644 0:0 1.0 bb user.x=01\nd fifo 0600 0:0 1.0 0:0\n";
        assert_eq!(differences(kept, kept), Vec::<String>::new());
        let expected =
            ["a: mode 0644, now 4755; its content", "b: its attributes", "c: missing", "d: not of it"];
        assert_eq!(differences(kept, found), expected);
    }

    #[test]
    fn every_path_is_one_word() {
        assert_eq!(plain(b"a b\n%="), "a%20b%0a%25%3d");
        assert_eq!(plain(b""), "%");
        assert_eq!(plain("\u{e9}".as_bytes()), "%c3%a9");
    }
}

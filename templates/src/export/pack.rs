// SPDX-License-Identifier: Apache-2.0
//! A tree as a tar stream: POSIX.1-2001 pax, where the fixed headers do not do. The same tree is the same bytes.

use crate::walk::{Item, Kind, open_file, walk};
use crate::{Context, Error, Result, listing};
use runtime_sys::BorrowedFd;
use std::io::{Read, Write};
use tar::{EntryType, Header};

const BLOCK: usize = 512;
/// What a name or a target of the fixed header has room for.
const NAME: usize = 100;
const WHITEOUT: &[u8] = b".wh.";
const CAPABILITY: &[u8] = b"security.capability";

/// What is written of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    /// Everything as it is.
    RootFs,
    /// What an overlay has for removed names becomes whiteouts (image-spec, layer.md).
    Layer,
    /// Names and content alone: no times, no owners.
    Content,
}

/// Writes a tree.
///
/// # Errors
/// A name in a layer that an archive would have another meaning for; what the file system answers.
pub(crate) fn pack(root: BorrowedFd<'_>, what: As, out: &mut impl Write) -> Result<()> {
    walk(root, &mut |item, folder, name| {
        let shown = || String::from_utf8_lossy(&item.path).into_owned();
        let last = item.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if what == As::Layer {
            if item.kind == Kind::Node(b'c', 0, 0) {
                return mark(out, &item.path, last);
            }
            if last.starts_with(WHITEOUT) {
                let text = format!("{}: an image's layer has another meaning for this name", shown());
                return Err(Error::unsupported(text));
            }
        }
        // A removed name with nothing below it; and as tar does: a socket is nothing without the program that listens.
        if matches!(item.kind, Kind::Node(b's', ..) | Kind::Node(b'c', 0, 0)) {
            return Ok(());
        }
        entry(out, item, what).context(shown)?;
        if let Kind::File(size) = item.kind {
            content(out, open_file(folder, name)?, size).context(shown)?;
        }
        let is_opaque = item.attributes.iter().any(|(name, _)| name.to_bytes() == listing::OPAQUE.as_bytes());
        if what == As::Layer && is_opaque {
            let mut path = item.path.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(b".wh..wh..opq");
            empty_file(out, &path)?;
        }
        Ok(())
    })?;
    out.write_all(&[0; 2 * BLOCK]).context(|| "write the end of the archive")
}

/// A whiteout for a name.
fn mark(out: &mut impl Write, path: &[u8], last: &[u8]) -> Result<()> {
    let mut marked = path[..path.len() - last.len()].to_vec();
    marked.extend_from_slice(WHITEOUT);
    marked.extend_from_slice(last);
    empty_file(out, &marked)
}

fn empty_file(out: &mut impl Write, path: &[u8]) -> Result<()> {
    let item = Item {
        path: path.to_vec(),
        kind: Kind::File(0),
        mode: 0o600,
        uid: 0,
        gid: 0,
        modified: (0, 0),
        attributes: Vec::new(),
    };
    entry(out, &item, As::Layer)
}

fn entry(out: &mut impl Write, item: &Item, what: As) -> Result<()> {
    let mut records = Vec::new();
    let mut header = Header::new_ustar();
    let (kind, size) = match &item.kind {
        Kind::Folder => (EntryType::Directory, 0),
        Kind::File(size) => (EntryType::Regular, *size),
        Kind::Link(_) => (EntryType::Symlink, 0),
        Kind::HardLink(_) => (EntryType::Link, 0),
        Kind::Node(b'c', ..) => (EntryType::Char, 0),
        Kind::Node(b'b', ..) => (EntryType::Block, 0),
        Kind::Node(..) => (EntryType::Fifo, 0),
    };
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(item.mode);
    let is_bare = what == As::Content;
    let (modified, uid, gid) = if is_bare { ((0, 0), 0, 0) } else { (item.modified, item.uid, item.gid) };
    header.set_uid(uid.into());
    header.set_gid(gid.into());
    header.set_mtime(u64::try_from(modified.0).unwrap_or(0));
    if modified.1 != 0 || modified.0 < 0 {
        record(&mut records, b"mtime", decimal(modified).as_bytes());
    }
    if let Kind::Node(_, major, minor) = item.kind {
        let set = header.set_device_major(major).and_then(|()| header.set_device_minor(minor));
        set.context(|| "a device's numbers")?;
    }
    let mut path = if item.path.is_empty() { b".".to_vec() } else { item.path.clone() };
    if item.kind == Kind::Folder {
        path.push(b'/');
    }
    let fields = header.as_old_mut();
    put(&mut fields.name, &path, &mut records, b"path");
    if let Kind::Link(target) | Kind::HardLink(target) = &item.kind {
        put(&mut fields.linkname, target, &mut records, b"linkpath");
    }
    if !is_bare {
        attributes(item, &mut records);
    }
    if !records.is_empty() {
        extended(out, &records)?;
    }
    header.set_cksum();
    out.write_all(header.as_bytes()).context(|| "write the archive")
}

/// A text into its field, or into a record where it is too long for that.
fn put(field: &mut [u8; NAME], text: &[u8], records: &mut Vec<u8>, key: &[u8]) {
    let length = text.len().min(NAME);
    field[..length].copy_from_slice(&text[..length]);
    if text.len() > NAME {
        record(records, key, text);
    }
}

fn attributes(item: &Item, records: &mut Vec<u8>) {
    for (name, value) in &item.attributes {
        let name = name.to_bytes();
        // Those of an overlay, which mean nothing elsewhere.
        if name.starts_with(b"trusted.") {
            continue;
        }
        let key = [b"SCHILY.xattr.", name].concat();
        if name == CAPABILITY {
            record(records, &key, &for_everyone(value));
        } else {
            record(records, &key, value);
        }
    }
}

/// Capabilities that were given in a user namespace whose root is the tree's own: the same without a namespace.
fn for_everyone(value: &[u8]) -> Vec<u8> {
    let is_of_own_root = value.len() == 24 && value[3] == 3 && value[20..] == [0; 4];
    if !is_of_own_root {
        return value.to_vec();
    }
    let mut older = value[..20].to_vec();
    older[3] = 2;
    older
}

fn decimal((seconds, nanoseconds): (i64, u32)) -> String {
    // The part behind the point counts upwards from the next smaller number, and the text counts from zero.
    if seconds < 0 && nanoseconds > 0 {
        return format!("-{}.{:09}", -(seconds + 1), 1_000_000_000 - nanoseconds);
    }
    if nanoseconds == 0 { seconds.to_string() } else { format!("{seconds}.{nanoseconds:09}") }
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

fn extended(out: &mut impl Write, records: &[u8]) -> Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::XHeader);
    header.set_size(records.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.as_old_mut().name[..3].copy_from_slice(b"pax");
    header.set_cksum();
    let write = |out: &mut dyn Write| {
        out.write_all(header.as_bytes())?;
        out.write_all(records)?;
        fill(out, records.len() as u64)
    };
    write(out).context(|| "write the archive")
}

fn content(out: &mut impl Write, file: std::fs::File, size: u64) -> Result<()> {
    let copied = std::io::copy(&mut file.take(size), out).context(|| "read it")?;
    if copied != size {
        return Err(Error::invalid("it became shorter while it was read"));
    }
    fill(out, size).context(|| "write the archive")
}

fn fill(out: &mut (impl Write + ?Sized), size: u64) -> std::io::Result<()> {
    let filling = usize::try_from(size.wrapping_neg() % BLOCK as u64).unwrap_or(0);
    out.write_all(&[0; BLOCK][..filling])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_length() {
        for (value, expected) in [("", "5 k=\n"), ("1234", "9 k=1234\n"), ("12345", "11 k=12345\n")] {
            let mut records = Vec::new();
            record(&mut records, b"k", value.as_bytes());
            assert_eq!(String::from_utf8(records).unwrap(), expected);
        }
        let mut records = Vec::new();
        record(&mut records, b"path", &[b'x'; 200]);
        assert_eq!(records.len(), 210);
        assert!(records.starts_with(b"210 path="));
    }

    #[test]
    fn times_before_1970_are_below_zero() {
        assert_eq!(decimal((5, 0)), "5");
        assert_eq!(decimal((5, 7)), "5.000000007");
        assert_eq!(decimal((-1, 500_000_000)), "-0.500000000");
        assert_eq!(decimal((-2, 0)), "-2");
    }
}

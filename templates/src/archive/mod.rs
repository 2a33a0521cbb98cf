// SPDX-License-Identifier: Apache-2.0
//! Archives become trees of files, whoever made the archive.
//!
//! - [`compression`]: what the first bytes say, and the stream below it.
//! - [`entries`], [`pax`], [`sparse`]: what the stream says: one entry after the other (POSIX.1-2017 pax, GNU tar).
//! - [`extract`]: entries become files below one open directory, in which no name leads out of it.
//! - [`whiteout`]: what an OCI layer says about the layers below it.
//!
//! An archive is an attacker: links, `..`, devices and sizes in it are whatever it likes. The directory that it is
//! unpacked into belongs to us alone, so nothing changes there between two calls.

mod compression;
mod entries;
mod extract;
mod pax;
mod sparse;
#[cfg(test)]
mod tests;
mod whiteout;

use crate::Result;
use crate::recipe::hex;
pub use extract::{Layer, Options, unpack};
use sha2::{Digest, Sha256};
use std::io::Read;

/// A stream whose bytes are hashed as they pass.
pub(crate) struct Hashed<R> {
    stream: R,
    hash: Sha256,
}

impl<R> Hashed<R> {
    pub(crate) fn new(stream: R) -> Self {
        Hashed { stream, hash: Sha256::new() }
    }

    /// The sha256 of what has passed, in hexadecimal.
    pub(crate) fn digest(self) -> String {
        hex(&self.hash.finalize())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// Whether an archive is an image rather than a root file system, by the first names that only one of them has.
///
/// # Errors
/// `Invalid` for what is no archive.
pub(crate) fn is_image(stream: impl Read) -> Result<bool> {
    let mut entries = entries::Entries::new(compression::open(stream)?);
    while let Some(entry) = entries.next()? {
        let path = entry.path.strip_prefix(b"./").unwrap_or(&entry.path);
        let top = path.split(|byte| *byte == b'/').next().unwrap_or_default();
        match top {
            b"oci-layout" | b"index.json" | b"manifest.json" => return Ok(true),
            // What both may have, and the folders that docker save named by layers.
            b"" | b"." | b"blobs" | b"repositories" => {}
            _ if top.len() >= 64 && top[..64].iter().all(u8::is_ascii_hexdigit) => {}
            _ => return Ok(false),
        }
    }
    Ok(false)
}

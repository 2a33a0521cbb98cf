// SPDX-License-Identifier: Apache-2.0
//! A tar stream becomes a layer, with owners, modes, links and extended attributes as they are in the stream.

use crate::recipe::hex;
use crate::{Context, Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use std::io::{ErrorKind as IoKind, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const CHUNK: usize = 128 * 1024;

/// Unpacks into `folder` and returns the digest of the stream.
///
/// Nodes of the stream's `dev` are left out: each system gets its own at start.
pub(super) fn unpack(mut stream: impl Read, folder: &Path) -> Result<String> {
    let mut tar = Command::new("tar")
        .args(["--extract", "--numeric-owner", "--same-owner", "--same-permissions"])
        .args(["--xattrs", "--xattrs-include=*", "--exclude=./dev/*", "--file=-"])
        .arg("--directory")
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context(|| "run tar")?;
    let copied = match tar.stdin.take() {
        Some(stdin) => copy_hashed(&mut stream, stdin),
        None => Err(Error::invalid("tar takes no input")),
    };
    let status = tar.wait().context(|| "wait for tar")?;
    if !status.success() {
        return Err(Error::new(ErrorKind::System, format!("unpack to {}: tar: {status}", folder.display())));
    }
    copied
}

fn copy_hashed(stream: &mut impl Read, mut to: impl Write) -> Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) => break,
            Err(error) if error.kind() == IoKind::Interrupted => continue,
            other => other.context(|| "read the archive")?,
        };
        hash.update(&buffer[..count]);
        to.write_all(&buffer[..count]).context(|| "hand the archive to tar")?;
    }
    Ok(format!("sha256-{}", hex(&hash.finalize())))
}

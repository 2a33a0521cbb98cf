// SPDX-License-Identifier: Apache-2.0
//! A root file system in a tar archive, whatever it is compressed with.

use super::{Filled, Watched, Work, open, unpack};
use crate::recipe::{Tar, hex};
use crate::{Context, Error, Result, archive};
use sha2::{Digest, Sha256};
use std::io::Read;

pub(crate) fn fill(source: &Tar, work: &mut Work<'_>) -> Result<Filled> {
    let path = work.folder.join(&source.path);
    let (file, length) = open(&path)?;
    let staging = work.store.stage()?;
    let mut stream = Hashed { stream: Watched::new(file, Some(length), work.progress), hash: Sha256::new() };
    let layer =
        unpack(&mut stream, &staging, &archive::Options::default()).context(|| path.display().to_string())?;
    if let Some(expected) = &source.sha256 {
        // What the archive has behind its end was not read.
        std::io::copy(&mut stream, &mut std::io::sink()).context(|| format!("read {}", path.display()))?;
        let found = hex(&stream.hash.finalize());
        if !found.eq_ignore_ascii_case(expected) {
            let text =
                format!("{}: its sha256 is {found}, and the recipe expects {expected}", path.display());
            return Err(Error::invalid(text));
        }
    }
    staging.publish(work.store, &layer.digest)?;
    Ok(Filled { layers: vec![layer.digest], warnings: layer.warnings, ..Filled::default() })
}

/// A stream whose bytes are hashed as they pass.
pub(crate) struct Hashed<R> {
    pub(crate) stream: R,
    pub(crate) hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

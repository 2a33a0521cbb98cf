// SPDX-License-Identifier: Apache-2.0
//! A root file system in a tar archive, whatever it is compressed with.

use super::{Filled, Watched, Work, fetch, open, unpack};
use crate::archive::{self, Hashed};
use crate::recipe::Tar;
use crate::{Context, Error, Result};

pub(crate) fn fill(source: &Tar, work: &mut Work<'_>) -> Result<Filled> {
    let staging = work.store.stage()?;
    let path = match (&source.path, &source.url) {
        (Some(path), _) => work.folder.join(path),
        (None, url) => {
            let url = url.as_deref().unwrap_or_default();
            let path = staging.note("download");
            let sha256 = source.sha256.as_deref().unwrap_or_default();
            fetch::fetch(url, sha256, &path, work.progress)?;
            path
        }
    };
    let shown = || source.url.clone().unwrap_or_else(|| path.display().to_string());
    let (file, length) = open(&path)?;
    let mut stream = Hashed::new(Watched::new(file, Some(length), work.progress));
    let layer = unpack(&mut stream, &staging, &archive::Options::default()).context(shown)?;
    if let Some(expected) = &source.sha256 {
        let found = stream.digest();
        if !found.eq_ignore_ascii_case(expected) {
            let text = format!("{}: its sha256 is {found}, and the recipe expects {expected}", shown());
            return Err(Error::invalid(text));
        }
    }
    staging.publish(work.store, &layer.digest)?;
    Ok(Filled { layers: vec![layer.digest], warnings: layer.warnings, ..Filled::default() })
}

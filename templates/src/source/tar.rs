// SPDX-License-Identifier: Apache-2.0
//! A root file system in a tar archive, whatever it is compressed with.

use super::{Filled, Watched, Work, open, unpack};
use crate::archive::{self, Hashed};
use crate::recipe::Tar;
use crate::{Context, Error, Result};

pub(crate) fn fill(source: &Tar, work: &mut Work<'_>) -> Result<Filled> {
    let path = work.folder.join(&source.path);
    let (file, length) = open(&path)?;
    let staging = work.store.stage()?;
    let mut stream = Hashed::new(Watched::new(file, Some(length), work.progress));
    let layer =
        unpack(&mut stream, &staging, &archive::Options::default()).context(|| path.display().to_string())?;
    if let Some(expected) = &source.sha256 {
        let found = stream.digest();
        if !found.eq_ignore_ascii_case(expected) {
            let text =
                format!("{}: its sha256 is {found}, and the recipe expects {expected}", path.display());
            return Err(Error::invalid(text));
        }
    }
    staging.publish(work.store, &layer.digest)?;
    Ok(Filled { layers: vec![layer.digest], warnings: layer.warnings, ..Filled::default() })
}

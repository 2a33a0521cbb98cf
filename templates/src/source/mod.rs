// SPDX-License-Identifier: Apache-2.0
//! Where the files of a template come from. Each source puts layers into the store and says which.

pub(crate) mod busybox;
pub(crate) mod fetch;
pub(crate) mod mmdebstrap;
pub(crate) mod oci;
pub(crate) mod tar;
mod users;

use crate::recipe::Source;
use crate::store::Staging;
use crate::{Context, Result, Store, archive};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An overlay's option takes this many of our short names.
pub(crate) const LAYERS: usize = 60;

/// What a source gave.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    /// Digests of layers, lowest first, all in the store.
    pub(crate) layers: Vec<String>,
    /// Configuration that comes with the files, below what the recipe says.
    pub(crate) defaults: toml::Table,
    /// What could not be kept.
    pub(crate) warnings: Vec<String>,
}

/// Tells how far the reading of an archive is: bytes read, and of how many where that is known.
pub type Progress<'p> = &'p mut dyn FnMut(u64, Option<u64>);

/// What a source works with.
pub(crate) struct Work<'w> {
    pub(crate) store: &'w Store,
    /// The folder that relative paths of the recipe begin in.
    pub(crate) folder: PathBuf,
    pub(crate) progress: Progress<'w>,
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Work({:?})", self.folder)
    }
}

/// Carries a source out.
pub(crate) fn fill(source: &Source, work: &mut Work<'_>) -> Result<Filled> {
    match source {
        Source::Busybox(busybox) => {
            let staging = work.store.stage()?;
            let digest = busybox::fill(busybox, &staging)?;
            staging.publish(work.store, &digest)?;
            Ok(Filled { layers: vec![digest], ..Filled::default() })
        }
        Source::Mmdebstrap(debian) => mmdebstrap::fill(debian, work),
        Source::Tar(tar) => tar::fill(tar, work),
        Source::Oci(oci) => oci::fill(oci, work),
        Source::Template(template) => {
            let manifest = work.store.manifest(&template.name)?;
            Ok(Filled { layers: manifest.layers, defaults: manifest.defaults, ..Filled::default() })
        }
        Source::Container(container) => {
            let text = format!("source.container: {:?}: only the manager knows systems", container.name);
            Err(crate::Error::unsupported(text))
        }
    }
}

/// A stream that tells how far it is.
pub(crate) struct Watched<'p, R> {
    stream: R,
    progress: &'p mut dyn FnMut(u64, Option<u64>),
    done: u64,
    total: Option<u64>,
}

impl<'p, R> Watched<'p, R> {
    pub(crate) fn new(stream: R, total: Option<u64>, progress: &'p mut dyn FnMut(u64, Option<u64>)) -> Self {
        Watched { stream, progress, done: 0, total }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.done += count as u64;
        (self.progress)(self.done, self.total);
        Ok(count)
    }
}

/// Unpacks into a staged layer's root, and reads what follows the archive's end: it belongs to a digest of the whole, and
/// a program that writes the stream and is not heard to the end dies of it.
pub(crate) fn unpack(
    stream: &mut impl Read,
    staging: &Staging,
    options: &archive::Options,
) -> Result<archive::Layer> {
    let root = staging.root();
    let folder = File::open(&root).context(|| root.display().to_string())?;
    let layer = archive::unpack(&mut *stream, std::os::fd::AsFd::as_fd(&folder), options)?;
    std::io::copy(stream, &mut std::io::sink()).context(|| "read to the end")?;
    Ok(layer)
}

/// The host's architecture, by the name that images have for it.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// A file of the recipe's.
pub(crate) fn open(path: &Path) -> Result<(File, u64)> {
    let file = File::open(path).context(|| format!("open {}", path.display()))?;
    let data = file.metadata().context(|| path.display().to_string())?;
    if !data.is_file() {
        return Err(crate::Error::invalid(format!("{} is no file", path.display())));
    }
    Ok((file, data.len()))
}

/// Whether a path is an image rather than a plain root file system: a directory, or an archive of one.
pub(crate) fn is_image(path: &Path) -> Result<bool> {
    if path.is_dir() {
        return Ok(true);
    }
    let (file, _) = open(path)?;
    archive::is_image(file).context(|| path.display().to_string())
}

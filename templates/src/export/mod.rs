// SPDX-License-Identifier: Apache-2.0
//! Templates for other programs: a root file system in an archive, or an image of the OCI.
//!
//! What is written has its name only when it is whole; what is there already is not overwritten.

mod pack;

use crate::archive::Hashed;
use crate::recipe::hex;
use crate::source::architecture;
use crate::{Context, Error, ErrorKind, Manifest, Result, Store, remove_tree};
use pack::{As, pack};
use runtime_sys::{AsFd, BorrowedFd};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A tar archive of the whole root; compressed, if the file's name says so.
    RootFs,
    /// A layout directory of the OCI.
    Oci,
    /// The same in an archive.
    OciArchive,
}

impl Format {
    /// What a file's name says.
    #[must_use]
    pub fn of_name(path: &Path) -> Format {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".oci") || name.ends_with(".oci.tar") {
            return Format::OciArchive;
        }
        let archives = [".tar", ".tar.gz", ".tgz", ".tar.zst"];
        if archives.iter().any(|ending| name.ends_with(ending)) { Format::RootFs } else { Format::Oci }
    }
}

/// Writes a root file system, which the caller has mounted or opened.
///
/// # Errors
/// `Exists`; what the file system answers. Nothing is left then.
pub fn root_fs(root: BorrowedFd<'_>, path: &Path) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    whole(path, |new| {
        let file = File::create_new(new).context(|| new.display().to_string())?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        if name.ends_with(".gz") || name.ends_with(".tgz") {
            // No name and no time of the compressing in its header.
            let mut packed = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
            pack(root, As::RootFs, &mut packed)?;
            packed.finish().context(|| "compress")?;
        } else if name.ends_with(".zst") {
            let mut packed = zstd::stream::write::Encoder::new(&mut out, 0).context(|| "zstd")?;
            pack(root, As::RootFs, &mut packed)?;
            packed.finish().context(|| "compress")?;
        } else {
            pack(root, As::RootFs, &mut out)?;
        }
        on_disk(out)
    })
}

/// Writes an image: a layout directory, or an archive of one.
///
/// # Errors
/// As [`root_fs`].
pub fn image(store: &Store, manifest: &Manifest, path: &Path, format: Format) -> Result<()> {
    // Nobody removes a layer meanwhile.
    let _use = store.in_use()?;
    if format == Format::Oci {
        return whole(path, |new| layout(store, manifest, new));
    }
    whole(path, |new| {
        let folder = beside(new, "layout");
        remove_tree(&folder)?;
        let write = || {
            layout(store, manifest, &folder)?;
            let root = File::open(&folder).context(|| folder.display().to_string())?;
            let file = File::create_new(new).context(|| new.display().to_string())?;
            let mut out = BufWriter::with_capacity(1 << 20, file);
            pack(root.as_fd(), As::Content, &mut out)?;
            on_disk(out)
        };
        let written = write();
        written.and(remove_tree(&folder))
    })
}

/// Has something written under another name, which it loses when it is whole.
fn whole(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let taken = || Error::new(ErrorKind::Exists, format!("{} is there already", path.display()));
    if path.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let new = beside(path, "new");
    // What a killed one of our number left.
    remove_tree(&new)?;
    let written = write(&new).and_then(|()| match runtime_sys::fs::rename_new(&new, path) {
        Err(error) if error.errno == runtime_sys::Errno::EXIST => Err(taken()),
        other => Ok(other?),
    });
    if written.is_err() {
        // The cause is the error to report.
        drop(remove_tree(&new));
        drop(remove_tree(&beside(&new, "layout")));
    }
    written
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{what}-{}", std::process::id()))
}

fn on_disk(out: BufWriter<File>) -> Result<()> {
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error).context(|| "write")?;
    file.sync_all().context(|| "write")
}

fn layout(store: &Store, manifest: &Manifest, folder: &Path) -> Result<()> {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).context(|| format!("make {}", blobs.display()))?;
    let mut layers = Vec::new();
    for layer in &manifest.layers {
        let tree = store.layer(layer);
        let root = File::open(&tree).context(|| tree.display().to_string())?;
        layers.push(layer_blob(&blobs, root.as_fd()).context(|| layer.clone())?);
    }
    let diff_ids: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
    let config = json!({
        "architecture": architecture(),
        "os": "linux",
        "config": runtime_config(&manifest.defaults),
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = blob(&blobs, "application/vnd.oci.image.config.v1+json", &config)?;
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let image = json!({ "schemaVersion": 2, "mediaType": kind, "config": config, "layers": layers });
    let mut image = blob(&blobs, kind, &image)?;
    image["annotations"] = json!({ "org.opencontainers.image.ref.name": manifest.name });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [image],
    });
    file(&folder.join("oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }).to_string().as_bytes())?;
    file(&folder.join("index.json"), index.to_string().as_bytes())
}

/// A layer's archive under the name of its digest.
fn layer_blob(blobs: &Path, root: BorrowedFd<'_>) -> Result<Value> {
    let new = blobs.join("layer.new");
    let path = File::create(&new).context(|| new.display().to_string())?;
    let mut out = BufWriter::with_capacity(1 << 20, path);
    pack(root, As::Layer, &mut out)?;
    on_disk(out)?;
    let file = File::open(&new).context(|| new.display().to_string())?;
    let size = file.metadata().context(|| new.display().to_string())?.len();
    let mut stream = Hashed::new(BufReader::with_capacity(1 << 20, file));
    std::io::copy(&mut stream, &mut std::io::sink()).context(|| new.display().to_string())?;
    let digest = stream.digest();
    fs::rename(&new, blobs.join(&digest)).context(|| new.display().to_string())?;
    let kind = "application/vnd.oci.image.layer.v1.tar";
    Ok(json!({ "mediaType": kind, "digest": format!("sha256:{digest}"), "size": size }))
}

fn blob(blobs: &Path, kind: &str, document: &Value) -> Result<Value> {
    let text = document.to_string();
    let digest = hex(&Sha256::digest(&text));
    file(&blobs.join(&digest), text.as_bytes())?;
    Ok(json!({ "mediaType": kind, "digest": format!("sha256:{digest}"), "size": text.len() }))
}

fn file(path: &Path, text: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(text)?;
        file.sync_all()
    };
    write().context(|| format!("write {}", path.display()))
}

/// What an image says about its first program, from the configuration of systems. The other keys are this program's
/// own, and no image may set them.
fn runtime_config(defaults: &toml::Table) -> Value {
    let mut config = json!({});
    let words = |key: &str| Some(json!(defaults.get(key)?.as_array()?));
    let text = |key: &str| defaults.get(key)?.as_str();
    let keys = [
        ("Entrypoint", words("init")),
        ("Env", words("env")),
        ("WorkingDir", text("cwd").map(|text| json!(text))),
        ("User", text("user").map(|text| json!(text))),
        ("StopSignal", text("halt_signal").map(|text| json!(format!("SIG{text}")))),
    ];
    for (key, value) in keys {
        if let Some(value) = value {
            config[key] = value;
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_says_what_it_is_to_hold() {
        for (name, format) in [
            ("a.tar", Format::RootFs),
            ("a.tar.gz", Format::RootFs),
            ("a.tgz", Format::RootFs),
            ("a.oci", Format::OciArchive),
            ("a.oci.tar", Format::OciArchive),
            ("a", Format::Oci),
        ] {
            assert_eq!(Format::of_name(Path::new(name)), format, "{name}");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! An image of the OCI: a layout directory, the same in an archive, or what `docker save` writes.
//!
//! Nothing in an image names a path of the host: digests are checked before they become names, and files are opened
//! below the image's own folder (SEC-63).

use super::{Filled, LAYERS, Watched, Work, architecture, open, users};
use crate::archive::{self, Hashed};
use crate::recipe::{HALT_SIGNALS, Oci, hex};
use crate::{Context, Error, ErrorKind, Result};
use runtime_sys::fs::{CWD, Links, OpenFlags};
use runtime_sys::{AsFd, OwnedFd};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::ffi::CString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

/// Bytes of a JSON document of an image.
const DOCUMENT: u64 = 8 << 20;

#[derive(Debug, Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    #[serde(default)]
    platform: Option<Platform>,
    #[serde(default)]
    annotations: std::collections::HashMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Platform {
    architecture: String,
    os: String,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// `manifest.json` of `docker save`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Image {
    architecture: String,
    os: String,
    rootfs: Rootfs,
    #[serde(default)]
    config: Option<Defaults>,
}

#[derive(Debug, Deserialize)]
struct Rootfs {
    #[serde(default)]
    diff_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Defaults {
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    env: Option<Vec<String>>,
    working_dir: Option<String>,
    user: Option<String>,
    stop_signal: Option<String>,
}

/// A layer's file in the image's folder, and the digest that it has there, if the image names it by one.
struct Blob {
    path: String,
    digest: Option<String>,
}

pub(crate) fn fill(source: &Oci, work: &mut Work<'_>) -> Result<Filled> {
    let path = work.folder.join(&source.path);
    // An archive is unpacked beside a layer that is never published, and goes with it.
    let staging = work.store.stage()?;
    let folder = if path.is_dir() {
        let name = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
        runtime_sys::fs::open(CWD, &name, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)
            .context(|| path.display().to_string())?
    } else {
        let (file, length) = open(&path)?;
        let options = archive::Options { without_dev: false, ..archive::Options::default() };
        let mut stream = Watched::new(file, Some(length), work.progress);
        super::unpack(&mut stream, &staging, &options).context(|| path.display().to_string())?;
        OwnedFd::from(File::open(staging.root()).context(|| staging.root().display().to_string())?)
    };
    let folder = Folder(folder);
    let filled = folder.manifest(source.image.as_deref()).and_then(|(config, layers)| {
        let image: Image = folder.document(&config)?;
        check(&image, layers.len())?;
        let mut filled = Filled::default();
        filled.defaults = defaults(&image, &mut filled.warnings);
        for (blob, diff_id) in layers.iter().zip(&image.rootfs.diff_ids) {
            let digest = store_name(diff_id)?;
            if !work.store.layer(&digest).exists() {
                filled.warnings.append(&mut folder.layer(blob, &digest, work).context(|| blob.path.clone())?);
            }
            filled.layers.push(digest);
        }
        let user = image.config.as_ref().and_then(|config| config.user.as_deref());
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            let (uid, gid) = users::resolve(user, work.store, &filled.layers)?;
            if (uid, gid) != (0, 0) {
                filled.defaults.insert("user".to_owned(), toml::Value::String(format!("{uid}:{gid}")));
            }
        }
        Ok(filled)
    });
    filled.context(|| format!("image {}", path.display()))
}

fn check(image: &Image, layers: usize) -> Result<()> {
    if image.os != "linux" || image.architecture != architecture() {
        let text = format!(
            "it is for {} on {}: this host has linux on {}",
            image.os,
            image.architecture,
            architecture()
        );
        return Err(Error::unsupported(text));
    }
    if layers != image.rootfs.diff_ids.len() {
        let text = format!("{layers} layers, and {} in its configuration", image.rootfs.diff_ids.len());
        return Err(Error::invalid(text));
    }
    if layers == 0 || layers > LAYERS {
        return Err(Error::unsupported(format!("{layers} layers: from 1 to {LAYERS} are possible")));
    }
    Ok(())
}

/// What the image says about its first program, as keys of a system's configuration.
fn defaults(image: &Image, warnings: &mut Vec<String>) -> toml::Table {
    let mut table = toml::Table::new();
    let Some(config) = &image.config else { return table };
    let list = |words: &mut dyn Iterator<Item = &String>| {
        let words: Vec<_> = words.map(|word| toml::Value::String(word.clone())).collect();
        (!words.is_empty()).then_some(toml::Value::Array(words))
    };
    let mut init = config.entrypoint.iter().flatten().chain(config.cmd.iter().flatten());
    let mut env = config.env.iter().flatten().filter(|variable| variable.contains('='));
    let keys = [("init", list(&mut init)), ("env", list(&mut env))];
    table.extend(keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    if let Some(folder) = config.working_dir.as_ref().filter(|folder| folder.starts_with('/')) {
        table.insert("cwd".to_owned(), toml::Value::String(folder.clone()));
    }
    if let Some(signal) = &config.stop_signal {
        let name = signal.strip_prefix("SIG").unwrap_or(signal);
        if HALT_SIGNALS.contains(&name) {
            table.insert("halt_signal".to_owned(), toml::Value::String(name.to_owned()));
        } else {
            warnings.push(format!("its stop signal {signal:?} is not known: TERM is used"));
        }
    }
    table
}

/// `sha256:HEX` as `sha256-HEX`, which is safe as a name.
fn store_name(digest: &str) -> Result<String> {
    let hex = digest.strip_prefix("sha256:").filter(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    });
    let hex = hex.ok_or_else(|| Error::unsupported(format!("the digest {digest:?}: expected sha256:HEX")))?;
    Ok(format!("sha256-{hex}"))
}

/// Where a layout has what it names by a digest.
fn blob(digest: &str) -> Result<Blob> {
    let name = store_name(digest)?;
    Ok(Blob { path: format!("blobs/{}", name.replacen('-', "/", 1)), digest: Some(digest.to_owned()) })
}

/// An image's folder. Links in it lead nowhere else.
struct Folder(OwnedFd);

impl Folder {
    fn open(&self, path: &str) -> Result<File> {
        let name = CString::new(path).map_err(|_| Error::invalid("a zero in a name"))?;
        // Not held up by a FIFO of this name.
        let flags = OpenFlags::RDONLY | OpenFlags::NONBLOCK;
        let file = runtime_sys::fs::open_in_root(self.0.as_fd(), &name, flags, Links::InRoot);
        let file = File::from(file.context(|| path.to_owned())?);
        if !file.metadata().context(|| path.to_owned())?.is_file() {
            return Err(Error::invalid(format!("{path} is no file")));
        }
        Ok(file)
    }

    fn has(&self, path: &str) -> bool {
        self.open(path).is_ok()
    }

    /// A JSON document, whose digest is checked when it is named by one.
    fn document<T: DeserializeOwned>(&self, blob: &Blob) -> Result<T> {
        let path = &blob.path;
        let mut text = Vec::new();
        self.open(path)?.take(DOCUMENT + 1).read_to_end(&mut text).context(|| format!("read {path}"))?;
        if text.len() as u64 > DOCUMENT {
            return Err(Error::invalid(format!("{path} has more than {DOCUMENT} bytes")));
        }
        expect(blob, &hex(&Sha256::digest(&text)))?;
        serde_json::from_slice(&text).map_err(|error| Error::invalid(format!("{path}: {error}")))
    }

    /// The blobs of the configuration and of the layers, lowest first.
    fn manifest(&self, image: Option<&str>) -> Result<(Blob, Vec<Blob>)> {
        // docker save of today writes both: the layout says more.
        if self.has("index.json") {
            return self.layout(image);
        }
        if self.has("manifest.json") {
            return self.saved(image);
        }
        Err(Error::invalid("neither index.json (an OCI layout) nor manifest.json (docker save) is in it"))
    }

    fn layout(&self, image: Option<&str>) -> Result<(Blob, Vec<Blob>)> {
        let index: Index = self.document(&Blob { path: "index.json".to_owned(), digest: None })?;
        let mut descriptor = choose(index.manifests, image)?;
        // An image for several platforms is an index of its own; more than one below the other is nobody's.
        for _ in 0..3 {
            if !descriptor.media_type.contains("index") && !descriptor.media_type.contains("manifest.list") {
                let manifest: Manifest = self.document(&blob(&descriptor.digest)?)?;
                let layers =
                    manifest.layers.iter().map(|layer| blob(&layer.digest)).collect::<Result<_>>()?;
                return Ok((blob(&manifest.config.digest)?, layers));
            }
            let index: Index = self.document(&blob(&descriptor.digest)?)?;
            descriptor = for_this_host(index.manifests)?;
        }
        Err(Error::invalid("an index of an index of an index"))
    }

    fn saved(&self, image: Option<&str>) -> Result<(Blob, Vec<Blob>)> {
        let all: Vec<Saved> = self.document(&Blob { path: "manifest.json".to_owned(), digest: None })?;
        let tags = |saved: &Saved| saved.repo_tags.clone().unwrap_or_default();
        let names: Vec<String> = all.iter().flat_map(tags).collect();
        let is_meant = |saved: &Saved| image.is_none_or(|image| tags(saved).iter().any(|tag| tag == image));
        let mut found: Vec<Saved> = all.into_iter().filter(is_meant).collect();
        let (Some(saved), true) = (found.pop(), found.is_empty()) else { return Err(which(image, &names)) };
        // A configuration's name is its digest here.
        let named = |path: String| Blob { path, digest: None };
        Ok((named(saved.config), saved.layers.into_iter().map(named).collect()))
    }

    /// Unpacks a layer into the store.
    fn layer(&self, blob: &Blob, digest: &str, work: &mut Work<'_>) -> Result<Vec<String>> {
        let file = self.open(&blob.path)?;
        let length = file.metadata().context(|| blob.path.clone())?.len();
        let staging = work.store.stage()?;
        let mut stream = Hashed::new(Watched::new(file, Some(length), work.progress));
        let options = archive::Options { whiteouts: true, ..archive::Options::default() };
        let layer = super::unpack(&mut stream, &staging, &options)?;
        expect(blob, &stream.digest())?;
        if layer.digest != digest {
            let text = format!("its content is {}, and the configuration says {digest}", layer.digest);
            return Err(Error::invalid(text));
        }
        staging.publish(work.store, digest)?;
        Ok(layer.warnings)
    }
}

/// Checks what was read against the digest that named it.
fn expect(blob: &Blob, found: &str) -> Result<()> {
    match &blob.digest {
        Some(digest) if digest.strip_prefix("sha256:") != Some(found) => {
            Err(Error::invalid(format!("{} has the content sha256:{found}: the image is damaged", blob.path)))
        }
        _ => Ok(()),
    }
}

const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The image that is meant among those of a layout.
fn choose(all: Vec<Descriptor>, image: Option<&str>) -> Result<Descriptor> {
    let name = |one: &Descriptor| {
        let full = one.annotations.get("io.containerd.image.name");
        [one.annotations.get(REF_NAME), full].into_iter().flatten().cloned().collect::<Vec<_>>()
    };
    let names: Vec<String> = all.iter().flat_map(name).collect();
    let is_meant = |one: &Descriptor| image.is_none_or(|image| name(one).iter().any(|name| name == image));
    let found: Vec<Descriptor> = all.into_iter().filter(is_meant).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        // One image, for several platforms.
        [_, _, ..] if image.is_some() || found.iter().all(|one| one.platform.is_some()) => {
            for_this_host(found)
        }
        _ => Err(which(image, &names)),
    }
}

fn which(image: Option<&str>, names: &[String]) -> Error {
    let names = if names.is_empty() { "none with a name".to_owned() } else { names.join(", ") };
    match image {
        Some(image) => {
            Error::new(ErrorKind::NotFound, format!("no image {image:?} in it; there is: {names}"))
        }
        None => Error::invalid(format!("it has more than one image, or none: say which; there is: {names}")),
    }
}

fn for_this_host(all: Vec<Descriptor>) -> Result<Descriptor> {
    let is_ours = |one: &Descriptor| {
        one.platform.as_ref().is_none_or(|p| p.os == "linux" && p.architecture == architecture())
    };
    let platforms: Vec<String> = all
        .iter()
        .filter_map(|one| one.platform.as_ref().map(|p| format!("{}/{}", p.os, p.architecture)))
        .collect();
    let found = all.into_iter().find(is_ours);
    found.ok_or_else(|| {
        Error::unsupported(format!(
            "for {} alone: this host is linux/{}",
            platforms.join(", "),
            architecture()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_names_before_they_are_paths() {
        let hex = "a".repeat(64);
        assert_eq!(store_name(&format!("sha256:{hex}")).unwrap(), format!("sha256-{hex}"));
        assert_eq!(blob(&format!("sha256:{hex}")).unwrap().path, format!("blobs/sha256/{hex}"));
        for wrong in ["sha256:../../etc/passwd", "sha512:aa", "aa", &format!("sha256:{}", "A".repeat(64))] {
            assert!(store_name(wrong).is_err(), "{wrong}");
        }
    }

    fn descriptor(architecture: Option<&str>, name: &str) -> Descriptor {
        let platform = architecture.map(|a| Platform { architecture: a.to_owned(), os: "linux".to_owned() });
        Descriptor {
            media_type: String::new(),
            digest: format!("{architecture:?}"),
            platform,
            annotations: [(REF_NAME.to_owned(), name.to_owned())].into(),
        }
    }

    #[test]
    fn the_image_that_is_meant_is_chosen() {
        let several = || vec![descriptor(None, "a"), descriptor(None, "b")];
        assert_eq!(choose(several(), Some("b")).unwrap().annotations[REF_NAME], "b");
        assert!(choose(several(), None).unwrap_err().to_string().contains("a, b"));
        assert!(choose(several(), Some("c")).unwrap_err().to_string().contains("a, b"));
        assert!(choose(Vec::new(), None).is_err());
        let platforms = vec![descriptor(Some("s390x"), "a"), descriptor(Some(architecture()), "a")];
        assert_eq!(choose(platforms, None).unwrap().platform.unwrap().architecture, architecture());
        assert!(
            for_this_host(vec![descriptor(Some("s390x"), "a")]).unwrap_err().to_string().contains("s390x")
        );
    }
}

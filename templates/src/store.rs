// SPDX-License-Identifier: Apache-2.0
//! The store: `layers/sha256-HEX/` (unpacked once, named by content, shared) and `templates/NAME.toml` (manifests).
//!
//! `layers/.list-sha256-HEX` has one line for each file of a layer, which [`Store::verify`] compares it with.
//!
//! Whatever is killed at any moment leaves only folders `layers/.tmp-*` behind, which the next build sweeps away:
//! a layer and a manifest come into being by a rename.

use crate::listing::{self, Listing};
use crate::{Context, Error, ErrorKind, Result, walk};
use runtime_sys::tree;
use serde::{Deserialize, Serialize};
use std::ffi::CString;
use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Before a layer's digest: the name of the list of its files.
const LISTING: &str = ".list-";
/// Attributes that an overlay keeps for itself.
const OVERLAY: &[u8] = b"trusted.overlay.";

/// What a template is: the layers, lowest first, and what systems made from it begin with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The template's name.
    pub name: String,
    /// One line of words.
    pub description: String,
    /// Digests (`sha256-HEX`), lowest first.
    pub layers: Vec<String>,
    /// sha256 of the recipe that made it.
    pub recipe: String,
    /// Bytes of its files.
    pub size: u64,
    /// Seconds since 1970.
    pub created: u64,
    /// Configuration keys of systems made from it.
    #[serde(default)]
    pub defaults: toml::Table,
}

/// The place of layers and manifests.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// A layer in the making. Dropped without [`Staging::publish`], it is removed.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    /// Held as long as the folder is in use, so that a sweep can tell it from one whose maker is dead.
    _lock: File,
}

impl Store {
    /// A store below `root`; folders are made when something is stored.
    #[must_use]
    pub fn new(root: &Path) -> Store {
        Store { root: root.to_owned() }
    }

    fn layers(&self) -> PathBuf {
        self.root.join("layers")
    }

    fn manifests(&self) -> PathBuf {
        self.root.join("templates")
    }

    fn manifest_path(&self, name: &str) -> PathBuf {
        self.manifests().join(format!("{name}.toml"))
    }

    /// Where a layer's files are.
    #[must_use]
    pub fn layer(&self, digest: &str) -> PathBuf {
        self.layers().join(digest)
    }

    fn listing_path(&self, digest: &str) -> PathBuf {
        self.layers().join(format!("{LISTING}{digest}"))
    }

    /// Reads a layer anew, and says what is no longer as it was put there: one line for each file.
    ///
    /// # Errors
    /// `NotFound` for a layer or a list that is not there; what the file system answers.
    pub fn verify(&self, digest: &str) -> Result<Vec<String>> {
        let (path, layer) = (self.listing_path(digest), self.layer(digest));
        let kept = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && layer.exists() => {
                let text = format!("{digest}: no list of its files was kept, since an older ctctl made it");
                return Err(Error::new(ErrorKind::Unsupported, text));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::new(ErrorKind::NotFound, format!("{digest}: the layer is not there")));
            }
            other => other.context(|| path.display().to_string())?,
        };
        let folder = File::open(&layer).context(|| layer.display().to_string())?;
        let found = listing::of(folder.as_fd()).context(|| layer.display().to_string())?;
        Ok(listing::differences(&kept, &found.text))
    }

    /// Makes a layer of a folder that worked as the upper one of an overlay; the folder is gone then. Nothing when the
    /// folder holds nothing.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn take_upper(&self, upper: &Path) -> Result<Option<String>> {
        let staging = self.stage()?;
        let root = staging.root();
        let moved = fs::remove_dir(&root).and_then(|()| fs::rename(upper, &root));
        moved.context(|| format!("move {} into the store", upper.display()))?;
        let folder = staging.folder()?;
        let mut items = 0_u32;
        walk::walk(folder.as_fd(), &mut |item, folder, name| {
            items += u32::from(!item.path.is_empty());
            // What the overlay noted for itself is about layers that lie elsewhere from now on.
            if let Some((name, _)) = item.attributes.iter().find(|(name, _)| is_reference(name.to_bytes())) {
                let path = String::from_utf8_lossy(&item.path);
                let text = format!(
                    "{path:?} refers to the layers below ({name:?}): it was moved or changed in part"
                );
                return Err(Error::unsupported(text));
            }
            let own = item.attributes.iter().filter(|(name, _)| name.to_bytes().starts_with(OVERLAY));
            for (attribute, _) in own.filter(|(name, _)| name.to_bytes() != listing::OPAQUE.as_bytes()) {
                tree::remove_attribute(folder, name, attribute)?;
            }
            Ok(())
        })?;
        if items == 0 { Ok(None) } else { staging.publish_by_content(self).map(Some) }
    }

    /// One template.
    ///
    /// # Errors
    /// `NotFound`, or what reading the manifest answers.
    pub fn manifest(&self, name: &str) -> Result<Manifest> {
        let path = self.manifest_path(name);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::new(ErrorKind::NotFound, format!("no template {name:?}")));
            }
            other => other.context(|| path.display().to_string())?,
        };
        toml::from_str(&text).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))
    }

    /// The names of all templates, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let files = fs::read_dir(self.manifests()).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            files.filter_map(|f| f.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    /// Says, until the file is dropped, that layers of the store are being put into a template: none is removed.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn in_use(&self) -> Result<File> {
        let file = self.lock_file(".use")?;
        file.lock_shared().context(|| "lock the store")?;
        Ok(file)
    }

    fn lock_file(&self, name: &str) -> Result<File> {
        private_dir(&self.layers())?;
        let path = self.layers().join(name);
        File::create(&path).context(|| path.display().to_string())
    }

    /// Begins a layer, after sweeping away what dead makers left.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn stage(&self) -> Result<Staging> {
        let _gate = self.gate()?;
        self.sweep();
        let path = self.unused("layer");
        private_dir(&path)?;
        let lock = File::open(&path).context(|| path.display().to_string())?;
        lock.lock().context(|| format!("lock {}", path.display()))?;
        private_dir(&path.join("root"))?;
        Ok(Staging { path, _lock: lock })
    }

    /// Held while folders `.tmp-*` are made or swept, so that none is swept between its mkdir and its lock.
    fn gate(&self) -> Result<File> {
        let file = self.lock_file(".lock")?;
        file.lock().context(|| "lock the layers")?;
        Ok(file)
    }

    fn unused(&self, what: &str) -> PathBuf {
        let free = |n: &u32| {
            let path = self.layers().join(format!(".tmp-{what}-{}-{n}", std::process::id()));
            (!path.exists()).then_some(path)
        };
        (0..).find_map(|n| free(&n)).unwrap_or_default()
    }

    fn sweep(&self) {
        for entry in fs::read_dir(self.layers()).into_iter().flatten().flatten() {
            if !entry.file_name().to_string_lossy().starts_with(".tmp-") {
                continue;
            }
            let unlocked = File::open(entry.path()).is_ok_and(|dir| dir.try_lock().is_ok());
            if unlocked {
                // A folder that cannot be removed is in nobody's way; the next sweep tries again.
                drop(remove_tree(&entry.path()));
            }
        }
    }

    /// Writes a manifest; an older one of the same name is replaced at once.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn save(&self, manifest: &Manifest) -> Result<()> {
        let text = toml::to_string(manifest)
            .map_err(|error| Error::invalid(format!("manifest {}: {error}", manifest.name)))?;
        private_dir(&self.manifests())?;
        replace(&self.manifest_path(&manifest.name), text.as_bytes())
    }

    /// Removes a template. Its layers stay until [`Store::prune`].
    ///
    /// # Errors
    /// `NotFound`, or what the file system answers.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.manifest(name)?;
        let path = self.manifest_path(name);
        fs::remove_file(&path).context(|| format!("remove {}", path.display()))
    }

    /// Removes all layers that neither a template nor `used` names, and gives back their names. While a template is
    /// being built, none is removed.
    ///
    /// # Errors
    /// What the file system answers; a manifest that cannot be read.
    pub fn prune(&self, used: &[String]) -> Result<Vec<String>> {
        let lock = self.lock_file(".use")?;
        if lock.try_lock().is_err() {
            return Ok(Vec::new());
        }
        let gate = self.gate()?;
        self.sweep();
        drop(gate);
        let mut kept = used.to_vec();
        for name in self.names() {
            kept.extend(self.manifest(&name)?.layers);
        }
        let layers = fs::read_dir(self.layers()).into_iter().flatten().flatten();
        let mut removed: Vec<String> =
            layers.filter_map(|entry| entry.file_name().to_str().map(str::to_owned)).collect();
        removed.retain(|name| !name.starts_with('.') && !kept.contains(name));
        removed.sort();
        removed.iter().try_for_each(|layer| self.remove_layer(layer))?;
        self.remove_lists_alone();
        Ok(removed)
    }

    /// Removes lists without a layer, and what killed writers left. Nobody puts a layer into the store meanwhile.
    fn remove_lists_alone(&self) {
        for entry in fs::read_dir(self.manifests()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with('.') {
                // As below.
                drop(fs::remove_file(entry.path()));
            }
        }
        for entry in fs::read_dir(self.layers()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_alone = match name.strip_prefix(LISTING) {
                Some(digest) => !self.layer(digest).exists(),
                None => name.starts_with(&format!(".{LISTING}")),
            };
            if is_alone {
                // One that stays is in nobody's way.
                drop(fs::remove_file(entry.path()));
            }
        }
    }

    fn remove_layer(&self, digest: &str) -> Result<()> {
        let gate = self.gate()?;
        let doomed = self.unused("old");
        match fs::rename(self.layer(digest), &doomed) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            other => other.context(|| format!("remove layer {digest}"))?,
        }
        drop(gate);
        remove_tree(&doomed).context(|| format!("remove layer {digest}"))
    }
}

impl Staging {
    /// Where the layer's files go.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.path.join("root")
    }

    /// A place beside the layer for notes that are not kept, such as the log of a step.
    #[must_use]
    pub fn note(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Gives the layer its name; one that is there already stays, since it has the same content.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn publish(self, store: &Store, digest: &str) -> Result<()> {
        if store.layer(digest).exists() {
            return Ok(());
        }
        let listing = listing::of(self.folder()?.as_fd()).context(|| format!("read layer {digest}"))?;
        self.publish_as(store, digest, &listing)
    }

    /// The same under the name that comes from the content itself.
    ///
    /// # Errors
    /// What the file system answers.
    pub(crate) fn publish_by_content(self, store: &Store) -> Result<String> {
        let listing = listing::of(self.folder()?.as_fd()).context(|| "read the new layer")?;
        let digest = listing.digest.clone();
        if !store.layer(&digest).exists() {
            self.publish_as(store, &digest, &listing)?;
        }
        Ok(digest)
    }

    /// The layer's root, open.
    pub(crate) fn folder(&self) -> Result<File> {
        let root = self.root();
        File::open(&root).context(|| root.display().to_string())
    }

    fn publish_as(self, store: &Store, digest: &str, listing: &Listing) -> Result<()> {
        let (root, target) = (self.root(), store.layer(digest));
        // The list must be there before the layer that it tells of, or nobody could say whether that is whole.
        replace(&store.listing_path(digest), listing.text.as_bytes())?;
        // The files must be on the disk before the name that promises them.
        runtime_sys::fs::sync_file_system(self.folder()?.as_fd())?;
        match fs::rename(&root, &target) {
            // Another build of the same content was faster.
            Err(error) if target.exists() => drop(error),
            other => other.context(|| format!("rename to {}", target.display()))?,
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be removed here, the next sweep removes.
        drop(remove_tree(&self.path));
    }
}

/// Attributes by which a file of an overlay takes its content from another place below.
fn is_reference(attribute: &[u8]) -> bool {
    matches!(attribute, b"trusted.overlay.redirect" | b"trusted.overlay.metacopy")
}

/// Removes a file or a tree, which may have been made to be hard to remove; what is not there is removed already.
///
/// # Errors
/// What the file system answers.
pub fn remove_tree(path: &Path) -> Result<()> {
    let (parent, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
    let parent = match File::open(parent) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.context(|| parent.display().to_string())?,
    };
    let name = CString::new(name.as_bytes()).map_err(|_| Error::invalid("a zero in a name"))?;
    Ok(tree::remove(parent.as_fd(), &name)?)
}

/// Makes a folder and those above it, closed to everyone else whatever the umask.
pub(crate) fn private_dir(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).context(|| format!("make {}", path.display()))
}

/// Replaces a file in one step: a reader sees the old text or the new one.
fn replace(path: &Path, text: &[u8]) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&new)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    let written = write().context(|| format!("write {}", path.display()));
    if written.is_err() {
        // The write's own error is the one to report.
        drop(fs::remove_file(&new));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(name: &str) -> Store {
        let root = std::env::temp_dir().join(format!("ctctl-store-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&root));
        Store::new(&root)
    }

    fn manifest(name: &str, layer: &str) -> Manifest {
        Manifest {
            name: name.to_owned(),
            description: String::new(),
            layers: vec![layer.to_owned()],
            recipe: String::new(),
            size: 1,
            created: 1,
            defaults: toml::Table::new(),
        }
    }

    #[test]
    fn a_layer_appears_whole_or_not_at_all() {
        let store = store("publish");
        let staging = store.stage().unwrap();
        fs::write(staging.root().join("file"), "x").unwrap();
        let path = staging.path.clone();
        drop(staging);
        assert!(!path.exists());
        let staging = store.stage().unwrap();
        fs::write(staging.root().join("file"), "x").unwrap();
        staging.publish(&store, "sha256-1").unwrap();
        assert!(store.layer("sha256-1").join("file").exists());
        fs::remove_dir_all(&store.root).unwrap();
    }

    #[test]
    fn leftovers_of_the_dead_are_swept_and_those_of_the_living_are_not() {
        let store = store("sweep");
        let living = store.stage().unwrap();
        let dead = store.layers().join(".tmp-layer-1-0");
        fs::create_dir(&dead).unwrap();
        let other = store.stage().unwrap();
        assert!(!dead.exists() && living.root().exists() && other.root().exists());
        fs::remove_dir_all(&store.root).unwrap();
    }

    #[test]
    fn removing_a_template_keeps_layers_that_others_use() {
        let store = store("remove");
        for digest in ["a", "b"] {
            store.stage().unwrap().publish(&store, digest).unwrap();
        }
        store.save(&manifest("one", "a")).unwrap();
        store.save(&manifest("two", "a")).unwrap();
        store.save(&manifest("three", "b")).unwrap();
        assert_eq!(store.names(), ["one", "three", "two"]);
        let busy = store.in_use().unwrap();
        store.remove("one").unwrap();
        store.remove("two").unwrap();
        assert!(store.prune(&[]).unwrap().is_empty() && store.layer("a").exists());
        drop(busy);
        store.save(&manifest("two", "a")).unwrap();
        assert!(store.prune(&[]).unwrap().is_empty());
        store.remove("two").unwrap();
        store.remove("three").unwrap();
        assert_eq!(store.prune(&["b".to_owned()]).unwrap(), ["a"]);
        assert!(!store.layer("a").exists() && store.layer("b").exists());
        assert_eq!(store.manifest("one").unwrap_err().kind(), ErrorKind::NotFound);
        fs::remove_dir_all(&store.root).unwrap();
    }
}

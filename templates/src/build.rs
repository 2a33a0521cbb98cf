// SPDX-License-Identifier: Apache-2.0
//! Carries a recipe out: source → layers → what the manager's steps add → manifest.

use crate::source::{self, Progress, Work};
use crate::{Error, Manifest, Recipe, Result, Store, source::LAYERS};
use std::fs::{self, File};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// A template that was built, and what could not be kept of its source.
#[derive(Debug)]
pub struct Built {
    /// What was stored.
    pub manifest: Manifest,
    /// One line each.
    pub warnings: Vec<String>,
}

/// What a template is before its steps: the source's layers. Nobody removes a layer as long as it lives.
#[derive(Debug)]
pub struct Base {
    /// Digests, lowest first. A step that changes files adds one.
    pub layers: Vec<String>,
    /// Configuration of systems made from it: the source's, below the recipe's.
    pub defaults: toml::Table,
    /// What could not be kept, one line each.
    pub warnings: Vec<String>,
    _use: File,
}

impl Base {
    /// Layers that are in the store already, from now on kept.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn of_layers(store: &Store, layers: Vec<String>, defaults: toml::Table) -> Result<Base> {
        Ok(Base { layers, defaults, warnings: Vec::new(), _use: store.in_use()? })
    }

    /// Puts the source's layers into the store.
    ///
    /// # Errors
    /// What the source says; nothing is stored then but layers that `prune` removes.
    pub fn fill(recipe: &Recipe, store: &Store, progress: Progress<'_>) -> Result<Base> {
        let in_use = store.in_use()?;
        let mut work = Work { store, folder: recipe.folder.clone(), progress };
        let filled = source::fill(&recipe.body.source, &mut work)?;
        let mut defaults = filled.defaults;
        defaults.extend(recipe.body.defaults.clone());
        Ok(Base { layers: filled.layers, defaults, warnings: filled.warnings, _use: in_use })
    }

    /// Stores the template under the recipe's name. An older one of that name is replaced at once; systems made from
    /// it keep their layers.
    ///
    /// # Errors
    /// `Unsupported` for more layers than an overlay takes; what the file system answers.
    pub fn save(self, recipe: &Recipe, store: &Store) -> Result<Built> {
        if self.layers.len() > LAYERS {
            let count = self.layers.len();
            return Err(Error::unsupported(format!("{count} layers: at most {LAYERS} are possible")));
        }
        let manifest = Manifest {
            name: recipe.name.clone(),
            description: recipe.body.description.clone(),
            size: self.layers.iter().map(|layer| size_of_tree(&store.layer(layer))).sum(),
            layers: self.layers,
            recipe: recipe.digest()?,
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
            defaults: self.defaults,
        };
        store.save(&manifest)?;
        Ok(Built { manifest, warnings: self.warnings })
    }
}

/// Bytes of all files below; links are not followed.
fn size_of_tree(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => size_of_tree(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

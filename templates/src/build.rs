// SPDX-License-Identifier: Apache-2.0
//! Carries a recipe out: source → layers → manifest.

use crate::source::{self, Progress, Work};
use crate::{Manifest, Recipe, Result, Store};
use std::fs;
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

/// Builds a template and stores it under the recipe's name. An older template of that name is replaced when the new
/// one is complete; systems made from it keep their layers.
///
/// # Errors
/// What the source says; nothing is stored then.
pub fn build(recipe: &Recipe, store: &Store, progress: Progress<'_>) -> Result<Built> {
    // Nobody removes a layer that we mean to use.
    let _use = store.in_use()?;
    let mut work = Work { store, folder: recipe.folder.clone(), progress };
    let filled = source::fill(&recipe.body.source, &mut work)?;
    let mut defaults = filled.defaults;
    defaults.extend(recipe.body.defaults.clone());
    let manifest = Manifest {
        name: recipe.name.clone(),
        description: recipe.body.description.clone(),
        size: filled.layers.iter().map(|layer| size_of_tree(&store.layer(layer))).sum(),
        layers: filled.layers,
        recipe: recipe.hash.clone(),
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        defaults,
    };
    store.save(&manifest)?;
    Ok(Built { manifest, warnings: filled.warnings })
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

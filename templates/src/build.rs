// SPDX-License-Identifier: Apache-2.0
//! Carries a recipe out: source → layer → manifest.

use crate::recipe::Source;
use crate::{Manifest, Recipe, Result, Store, source};
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Builds a template and stores it under the recipe's name. An older template of that name is replaced when the new
/// one is complete; systems made from it keep their layers.
///
/// # Errors
/// What the source says; nothing is stored then.
pub fn build(recipe: &Recipe, store: &Store) -> Result<Manifest> {
    let staging = store.stage()?;
    let digest = match &recipe.body.source {
        Source::Busybox(busybox) => source::busybox::fill(busybox, &staging)?,
        Source::Mmdebstrap(debian) => source::mmdebstrap::fill(debian, &staging)?,
    };
    let size = size_of_tree(&staging.root());
    staging.publish(store, &digest)?;
    let manifest = Manifest {
        name: recipe.name.clone(),
        description: recipe.body.description.clone(),
        layers: vec![digest],
        recipe: recipe.hash.clone(),
        size,
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        defaults: recipe.body.defaults.clone(),
    };
    store.save(&manifest)?;
    Ok(manifest)
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

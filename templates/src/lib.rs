// SPDX-License-Identifier: Apache-2.0
//! Templates: what a system's root file system is made from.
//!
//! - [`recipe`]: how to make one, as a TOML file; the shipped ones are compiled in.
//! - [`build`]: carries a recipe out.
//! - [`source`]: where the files come from (the host's busybox, Debian's archive, tar archives, OCI images).
//! - [`step`]: what a recipe does to the files of its source; the manager carries it out, in a container.
//! - [`export`]: templates for other programs.
//! - [`archive`]: archives become trees of files.
//! - [`store`]: layers, unpacked once, named by their content, read-only and shared; and the manifests that name them.
//!
//! Not here: what a system makes of a template (configuration, overlay, id maps). That is the manager's.

pub mod archive;
pub mod build;
pub mod export;
mod listing;
pub mod place;
pub mod recipe;
mod source;
pub mod step;
pub mod store;
mod walk;

pub use build::{Base, Built};
pub use recipe::Recipe;
pub use runtime::{Context, Error, ErrorKind, Result};
pub use source::Progress;
pub use store::{Manifest, Store, remove_tree};

// SPDX-License-Identifier: Apache-2.0
//! `ctctl pull`.

use super::push::{How, done};
use crate::error::{Context, Result};
use crate::files::{self, Copy, Root};
use crate::host::{Host, need_root};
use crate::store;
use std::path::PathBuf;

/// Copy files from a system to the host
///
/// A destination that is a folder takes them under their own names. With -r owners have the numbers that they have in
/// the system. Set-user-id bits and file capabilities are taken away: on the host they would be the host's.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// Paths in the system; the last one is the host's, - for standard output
    #[arg(required = true, num_args = 2.., value_names = ["SRC", "DST"])]
    pub paths: Vec<PathBuf>,
    /// How to copy.
    #[command(flatten)]
    pub how: How,
    /// Keep set-user-id and set-group-id bits and capabilities of files
    #[arg(long)]
    pub set_id: bool,
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; what cannot be read or written, with its path.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    pull(host, &name, &args.how.copy(&args.paths, !args.set_id)?)
}

pub(super) fn pull(host: &Host, name: &str, copy: &Copy) -> Result<u8> {
    let copied = Root::open(host, name).and_then(|root| files::pull(&root, copy));
    done(&copied.context(|| format!("pull from {name}"))?)
}

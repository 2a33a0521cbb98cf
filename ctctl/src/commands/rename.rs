// SPDX-License-Identifier: Apache-2.0
//! `ctctl rename`.

use crate::container;
use crate::error::{Context, Result};
use crate::events;
use crate::host::{Host, need_root};
use crate::store;
use serde_json::json;

/// Give a stopped system another name
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// Its new name
    pub new: String,
}

/// Carries it out. Number, identity, files and log stay; its host name, where it is the name, changes at the next start.
///
/// # Errors
/// `NoSystem`, `Exists`; `State` when it runs.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let old = store::resolve(host, &args.name)?;
    container::rename::rename(host, &old, &args.new).context(|| format!("rename {old} to {}", args.new))?;
    events::tell(host, &args.new, "renamed", json!({ "from": old }));
    Ok(0)
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl mount`.

use super::printed;
use crate::container::mounted;
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::output;
use crate::store::{self, Wait};

/// Show a stopped system's files at a path of the host, and print the path
///
/// The system cannot be started until ctctl umount. Beware of links in there: they lead to files of the host.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
}

/// Carries it out.
///
/// # Errors
/// `State` when it runs; `Mounted` when it is mounted already.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let _lock = store::lock(host, &name, Wait::Yes)?;
    let path = mounted::mount(host, &name).context(|| format!("mount {name}"))?;
    printed(output::line(&path.display().to_string()))
}

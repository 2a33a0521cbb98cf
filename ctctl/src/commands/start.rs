// SPDX-License-Identifier: Apache-2.0
//! `ctctl start`.

use crate::container::start::{Until, start};
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::store::{self, Wait};

/// Start a system
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// Return when the system says that it is ready: systemd does so at its default target
    #[arg(short, long)]
    pub wait: bool,
}

/// Carries it out. It returns when init runs, or with `--wait` when it is ready.
///
/// # Errors
/// `NoSystem`; `State` when it runs already; what went wrong on the way, of which nothing is left.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let until = if args.wait { Until::Ready } else { Until::Running };
    let lock = store::lock(host, &name, Wait::Yes)?;
    start(host, &name, &lock, until).context(|| format!("start {name}"))?;
    Ok(0)
}

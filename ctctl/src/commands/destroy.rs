// SPDX-License-Identifier: Apache-2.0
//! `ctctl destroy`.

use crate::container;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::store::{self, Wait};

/// Remove a system and everything that is its own
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its whole name, or its number
    pub name: String,
    /// Kill it first if it runs
    #[arg(short, long)]
    pub force: bool,
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `State` for a system that runs, without `--force`.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    if name != args.name && args.name.parse::<u64>().is_err() {
        // The beginning of a name is enough for everything but this.
        return Err(Error::new(Exit::NoSystem, format!("no system {:?}", args.name))
            .hint(format!("destroy takes the whole name: {name}")));
    }
    destroy(args, host, &name).context(|| format!("destroy {name}"))
}

fn destroy(args: &Args, host: &Host, name: &str) -> Result<u8> {
    let lock = store::lock(host, name, Wait::Yes)?;
    if container::state::state(host, name)?.is_running() && !args.force {
        return Err(Error::new(Exit::State, "it is running")
            .hint(format!("ctctl stop {name} first, or ctctl destroy --force {name}")));
    }
    if let (true, Ok(config)) = (args.force, store::read(host, name)) {
        container::stop::kill_now(host, &config)?;
    }
    container::stop::clear(host, name)?;
    container::destroy::destroy(host, name, lock)?;
    Ok(0)
}

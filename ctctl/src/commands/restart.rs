// SPDX-License-Identifier: Apache-2.0
//! `ctctl restart`.

use super::start::Ready;
use crate::container::start::{allowed, start};
use crate::container::state::State;
use crate::container::{state, stop};
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::monitor::wishes::Wishes;
use crate::select::Selection;
use crate::store::{self, Wait};
use std::time::Duration;

/// Stop systems and start them again
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
    #[command(flatten)]
    pub ready: Ready,
    /// Although it is disabled
    #[arg(long)]
    pub force: bool,
}

/// Carries it out; a system that does not run is started, but not as one of a group.
///
/// # Errors
/// As `stop` and `start`.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let chosen = args.systems.choose(host)?;
    chosen.each_that(host, State::is_running, |name| {
        again(args, host, name).context(|| format!("restart {name}"))?;
        Ok(0)
    })
}

fn again(args: &Args, host: &Host, name: &str) -> Result<()> {
    let until = args.ready.until();
    let lock = store::lock(host, name, Wait::Yes)?;
    let config = store::read(host, name)?;
    allowed(&config, args.force)?;
    if state::state(host, name)?.is_running() {
        stop::stop(host, &config, Duration::from_secs(config.stop_timeout), stop::For::Good)?;
    }
    start(host, name, lock, until, &Wishes::default())
}

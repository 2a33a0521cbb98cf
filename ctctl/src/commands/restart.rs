// SPDX-License-Identifier: Apache-2.0
//! `ctctl restart`.

use super::start::Ready;
use crate::container::start::{Until, start};
use crate::container::state::State;
use crate::container::{state, stop};
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
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
}

/// Carries it out; a system that does not run is started, but not as one of a group.
///
/// # Errors
/// As `stop` and `start`.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let chosen = args.systems.choose(host)?;
    chosen.each_that(host, State::is_running, |name| {
        again(host, name, args.ready.until()).context(|| format!("restart {name}"))?;
        Ok(0)
    })
}

fn again(host: &Host, name: &str, until: Until) -> Result<()> {
    let lock = store::lock(host, name, Wait::Yes)?;
    let config = store::read(host, name)?;
    if state::state(host, name)?.is_running() {
        stop::stop(host, &config, Duration::from_secs(config.stop_timeout))?;
    }
    start(host, name, lock, until)
}

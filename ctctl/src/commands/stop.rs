// SPDX-License-Identifier: Apache-2.0
//! `ctctl stop`.

use crate::container::destroy::destroy_if_ephemeral;
use crate::container::state::{self, State};
use crate::container::stop::{For, Stopped, kill_now, stop, waits_to_restart};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::output;
use crate::select::Selection;
use crate::store::{self, Wait};
use std::time::Duration;

/// Stop systems in order, and kill those that take too long
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
    /// Kill it at once
    #[arg(short, long, conflicts_with = "timeout")]
    pub kill: bool,
    /// Seconds until it is killed; its stop_timeout when absent
    #[arg(short, long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Since the host goes down: it runs again after the host's boot
    #[arg(long, hide = true)]
    pub for_shutdown: bool,
}

/// Carries it out. It returns when nothing of the system runs.
///
/// # Errors
/// `NoSystem`; `State` when it does not run.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let chosen = args.systems.choose(host)?;
    chosen
        .each_that(host, State::is_running, |name| halt(args, host, name).context(|| format!("stop {name}")))
}

fn halt(args: &Args, host: &Host, name: &str) -> Result<u8> {
    let lock = store::lock(host, name, Wait::Yes)?;
    let config = store::read(host, name)?;
    let why = if args.for_shutdown { For::HostShutdown } else { For::Good };
    if !state::state(host, name)?.is_running() && !waits_to_restart(host, name)? {
        return Err(Error::new(Exit::State, "it does not run").hint(format!("ctctl start {name}")));
    }
    if args.kill {
        kill_now(host, &config)?;
    } else {
        let seconds = args.timeout.unwrap_or(config.stop_timeout);
        if stop(host, &config, Duration::from_secs(seconds), why)? == Stopped::Killed {
            output::progress(&format!("{name} did not halt within {seconds} s and was killed"));
        }
    }
    destroy_if_ephemeral(host, name, lock)?;
    Ok(0)
}

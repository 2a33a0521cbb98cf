// SPDX-License-Identifier: Apache-2.0
//! `ctctl stop`.

use crate::config::Config;
use crate::container::destroy::destroy_if_ephemeral;
use crate::container::state::{self, State};
use crate::container::stop::{For, Stopped, clear, kill_now, stop, waits_to_restart};
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
    // A file that was broken while it ran keeps nobody from stopping it.
    let config = match store::read(host, name) {
        Err(_) if state::state(host, name)?.is_running() => Config::new(name),
        other => other?,
    };
    let why = if args.for_shutdown { For::HostShutdown } else { For::Good };
    if !state::state(host, name)?.is_running() && !waits_to_restart(host, name)? {
        if args.for_shutdown {
            // What a killed monitor left is no failure of a shutdown.
            clear(host, name)?;
            return Ok(0);
        }
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
    if store::read(host, name).is_ok() {
        destroy_if_ephemeral(host, name, lock)?;
    }
    Ok(0)
}

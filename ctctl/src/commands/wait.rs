// SPDX-License-Identifier: Apache-2.0
//! `ctctl wait`.

use super::printed;
use crate::container::{start, state, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::output;
use crate::store::{self, Wait};
use runtime_sys::{AsFd, process};
use std::time::{Duration, Instant};

/// Wait until a system has stopped, and print how it ended
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// Seconds to wait at most
    #[arg(short, long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
}

/// Carries it out. A system that reboots inside has not stopped.
///
/// # Errors
/// `NoSystem`; `Timeout`.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let deadline = args.timeout.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    stopped(host, &name, deadline).context(|| format!("wait for {name}"))?;
    let end = state::last_exit(host, &name).unwrap_or_else(|| "never started".to_owned());
    printed(output::line(&end))
}

fn stopped(host: &Host, name: &str, deadline: Option<Instant>) -> Result<()> {
    loop {
        if let Some(pidfd) = state::first_process(host, name)? {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let ended = match left {
                None => process::ended(pidfd.as_fd()).map(|()| true)?,
                Some(left) => stop::ended_within(pidfd.as_fd(), left)?,
            };
            if !ended {
                return Err(Error::new(Exit::Timeout, "it still runs"));
            }
        }
        // The monitor notes the end, or starts the system again: for a reboot inside, or since the key restart says so.
        if is_over(host, name)? {
            return Ok(());
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::new(Exit::Timeout, "it is being started again"));
        }
        std::thread::sleep(PAUSE);
    }
}

/// How often a system that is being started again is looked at: its lock tells nobody when it is free.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether nothing runs and no monitor is there to start it.
fn is_over(host: &Host, name: &str) -> Result<bool> {
    let lock = store::lock(host, name, Wait::Yes)?;
    if !host.config_file(name).exists() {
        lock.remove();
        return Err(Error::new(Exit::NoSystem, "it was destroyed"));
    }
    if start::has_monitor(host, name)? || state::state(host, name)?.is_running() {
        return Ok(false);
    }
    stop::clear(host, name)?;
    Ok(true)
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl wait`.

use super::printed;
use crate::container::state::{self, State};
use crate::container::{start, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::events::Follower;
use crate::host::{Host, need_root};
use crate::output;
use crate::select::Selection;
use crate::store::{self, Wait};
use runtime_sys::{AsFd, process};
use serde_json::json;
use std::time::{Duration, Instant};

/// Wait until systems have stopped, or are in another state
///
/// Without --state it waits for the end, and prints how each ended. A system that reboots inside has not stopped.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
    /// The states of which one is enough
    #[arg(short, long, value_name = "STATE,...", value_delimiter = ',')]
    pub state: Vec<Wanted>,
    /// Seconds to wait at most; the exit code is 1 when they are over
    #[arg(short, long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// As JSON
    #[arg(short, long)]
    pub json: bool,
}

/// A state to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Wanted {
    /// Nothing of it runs
    Stopped,
    /// It runs, and is not paused
    Running,
    /// It is frozen
    #[value(alias = "paused")]
    Frozen,
}

impl Wanted {
    fn is(self, state: State) -> bool {
        match self {
            Wanted::Stopped => state == State::Stopped,
            Wanted::Running => matches!(state, State::Running(_)),
            Wanted::Frozen => matches!(state, State::Paused(_)),
        }
    }
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `Failure` when the time is over, as lxc-wait has it.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let deadline = args.timeout.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let chosen = args.systems.choose(host)?;
    let is_alone = chosen.systems.len() == 1;
    let mut ends = Vec::new();
    let code = chosen.each(|name, _| {
        let waited = || match args.state.as_slice() {
            [] => stopped(host, name, deadline).map(|()| State::Stopped),
            wanted => in_state(host, name, wanted, deadline),
        };
        let state = waited().context(|| format!("wait for {name}"))?;
        let last = state::last_exit(host, name);
        let words = match (args.state.is_empty(), &last) {
            (false, _) => state.word().to_owned(),
            (true, Some(exit)) => exit.clone(),
            (true, None) => "never started".to_owned(),
        };
        if args.json {
            ends.push(json!({ "name": name, "status": state.word(), "last_exit": last }));
        } else {
            printed(output::line(&if is_alone { words } else { format!("{name}: {words}") }))?;
        }
        Ok(0)
    })?;
    if args.json {
        printed(output::json(&ends.into()))?;
    }
    Ok(code)
}

/// Waits for one of some states. Everything that can change it wakes this up: an event, init's end, and for what is
/// done without an event the files of the runtime.
fn in_state(host: &Host, name: &str, wanted: &[Wanted], deadline: Option<Instant>) -> Result<State> {
    let mut follower = Follower::from_now(host)?;
    loop {
        // Before the state is looked at: what changes after that wakes this up.
        follower.watch_too(&host.oci_root());
        follower.watch_too(&host.oci_root().join(name));
        let now = state::state(host, name)?;
        if wanted.iter().any(|wanted| wanted.is(now)) {
            return Ok(now);
        }
        if !host.config_file(name).exists() {
            return Err(Error::new(Exit::NoSystem, "it was destroyed or renamed meanwhile"));
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            let word = now.word();
            return Err(Error::new(Exit::Failure, format!("it is {word} when the time is over")));
        }
        follower.wait(state::first_process(host, name)?.as_ref(), left)?;
        follower.read()?;
    }
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
                // Not `Timeout`: scripts for lxc-wait expect 1.
                return Err(Error::new(Exit::Failure, "it still runs"));
            }
        }
        // The monitor notes the end, or starts the system again: for a reboot inside, or since the key restart says so.
        if is_over(host, name)? {
            return Ok(());
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::new(Exit::Failure, "it is being started again"));
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

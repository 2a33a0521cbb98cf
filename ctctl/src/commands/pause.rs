// SPDX-License-Identifier: Apache-2.0
//! `ctctl pause` and `ctctl unpause`.

use crate::container::state::{self, State};
use crate::error::{Context, Error, Exit, Result};
use crate::events;
use crate::host::{Host, need_root};
use crate::select::Selection;
use crate::store::{self, Wait};
use runtime::state::Root;
use runtime::verbs::pause;
use serde_json::json;

/// Freeze all processes of running systems
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
}

/// Freezes.
///
/// # Errors
/// `NoSystem`; `State` when it does not run, or is paused already.
pub fn pause(args: &Args, host: &Host) -> Result<u8> {
    change(
        "pause",
        args,
        host,
        |state| matches!(state, State::Running(_)),
        |name, state| match state {
            State::Running(_) => Ok(pause::pause(&Root::open(&host.oci_root())?, name)?),
            State::Paused(_) => Err(Error::new(Exit::State, "it is paused already")),
            State::Stopped => Err(Error::new(Exit::State, "it does not run")),
        },
    )
}

/// Lets go.
///
/// # Errors
/// `NoSystem`; `State` when it is not paused.
pub fn unpause(args: &Args, host: &Host) -> Result<u8> {
    change(
        "unpause",
        args,
        host,
        |state| matches!(state, State::Paused(_)),
        |name, state| match state {
            State::Paused(_) => Ok(pause::resume(&Root::open(&host.oci_root())?, name)?),
            _ => Err(Error::new(Exit::State, "it is not paused")),
        },
    )
}

fn change(
    verb: &str,
    args: &Args,
    host: &Host,
    fits: fn(State) -> bool,
    act: impl Fn(&str, State) -> Result<()>,
) -> Result<u8> {
    need_root()?;
    args.systems.choose(host)?.each_that(host, fits, |name| {
        let locked = || -> Result<()> {
            let _lock = store::lock(host, name, Wait::Yes)?;
            act(name, state::state(host, name)?)?;
            events::tell(host, name, &format!("{verb}d"), json!({}));
            Ok(())
        };
        locked().context(|| format!("{verb} {name}"))?;
        Ok(0)
    })
}

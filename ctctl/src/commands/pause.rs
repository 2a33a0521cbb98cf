// SPDX-License-Identifier: Apache-2.0
//! `ctctl pause` and `ctctl unpause`.

use crate::container::state::{self, State};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::store::{self, Wait};
use runtime::state::Root;
use runtime::verbs::pause;

/// Freeze all processes of a running system
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
}

/// Freezes.
///
/// # Errors
/// `NoSystem`; `State` when it does not run, or is paused already.
pub fn pause(args: &Args, host: &Host) -> Result<u8> {
    change("pause", args, host, |name, state| match state {
        State::Running(_) => Ok(pause::pause(&Root::open(&host.oci_root())?, name)?),
        State::Paused(_) => Err(Error::new(Exit::State, "it is paused already")),
        State::Stopped => Err(Error::new(Exit::State, "it does not run")),
    })
}

/// Lets go.
///
/// # Errors
/// `NoSystem`; `State` when it is not paused.
pub fn unpause(args: &Args, host: &Host) -> Result<u8> {
    change("unpause", args, host, |name, state| match state {
        State::Paused(_) => Ok(pause::resume(&Root::open(&host.oci_root())?, name)?),
        _ => Err(Error::new(Exit::State, "it is not paused")),
    })
}

fn change(verb: &str, args: &Args, host: &Host, act: impl FnOnce(&str, State) -> Result<()>) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let locked = || {
        let _lock = store::lock(host, &name, Wait::Yes)?;
        act(&name, state::state(host, &name)?)
    };
    locked().context(|| format!("{verb} {name}"))?;
    Ok(0)
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl kill`.

use crate::container::state;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::store;
use runtime::state::Root;
use runtime::verbs::kill;

/// Send a signal to a system's first process
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// The signal: a name, with SIG or without, or a number
    #[arg(default_value = "KILL")]
    pub signal: String,
    /// To all processes of the system
    #[arg(short, long)]
    pub all: bool,
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `Value` for no signal; `State` when it does not run.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let send = || {
        let signal =
            kill::parse_signal(&args.signal).map_err(|error| Error::from(error).with_exit(Exit::Value))?;
        if !state::state(host, &name)?.is_running() {
            return Err(Error::new(Exit::State, "it does not run"));
        }
        Ok(kill::kill(&Root::open(&host.oci_root())?, &name, signal, args.all)?)
    };
    send().context(|| format!("kill {name}"))?;
    Ok(0)
}

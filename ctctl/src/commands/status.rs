// SPDX-License-Identifier: Apache-2.0
//! `ctctl status`.

use super::printed;
use crate::container::state;
use crate::error::Result;
use crate::host::Host;
use crate::{output, store};
use serde_json::json;

/// Show one system's state in one line
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// As JSON
    #[arg(short, long)]
    pub json: bool,
}

/// Carries it out. The line has vzctl's words: `CTID 101 exist mounted running mode=container`.
///
/// # Errors
/// `NoSystem`; the runtime's state cannot be read.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let name = store::resolve(host, &args.name)?;
    let config = store::read(host, &name)?;
    let state = state::state(host, &name)?;
    let last = state::last_exit(host, &name);
    if args.json {
        return printed(output::json(&json!({
            "ctid": config.ctid, "name": name, "status": state.word(), "pid": state.pid(),
            "mode": "container", "last_exit": last,
        })));
    }
    let words = if state.is_running() { "mounted running" } else { "unmounted down" };
    let ended =
        last.filter(|_| !state.is_running()).map_or(String::new(), |exit| format!(" last_exit={exit}"));
    printed(output::line(&format!("CTID {} exist {words} mode=container name={name}{ended}", config.ctid)))
}

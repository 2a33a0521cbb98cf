// SPDX-License-Identifier: Apache-2.0
//! `ctctl status`.

use super::printed;
use crate::container::state::{self, State};
use crate::error::Result;
use crate::host::Host;
use crate::select::Selection;
use crate::{output, store};
use serde_json::json;

/// Show the state of systems, in one line each
///
/// vzctl's words: CTID 101 exist mounted running.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
    /// As JSON: an object, or an array of them for several systems
    #[arg(short, long)]
    pub json: bool,
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; the runtime's state cannot be read.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let chosen = args.systems.choose(host)?;
    let is_one = chosen.systems.len() + chosen.unknown.len() == 1 && !chosen.has_group();
    let mut objects = Vec::new();
    let code = chosen.each(|name, _| {
        let config = store::read(host, name)?;
        let state = state::state(host, name)?;
        let last = state::last_exit(host, name);
        if args.json {
            objects.push(json!({
                "ctid": config.ctid, "name": name, "status": state.word(), "pid": state.pid(),
                "mode": "container", "last_exit": last,
            }));
            return Ok(0);
        }
        let words = match state {
            State::Running(_) => "mounted running",
            State::Paused(_) => "mounted running suspended",
            State::Stopped => "unmounted down",
        };
        let ended =
            last.filter(|_| !state.is_running()).map_or(String::new(), |exit| format!(" last_exit={exit}"));
        printed(output::line(&format!(
            "CTID {} exist {words} mode=container name={name}{ended}",
            config.ctid
        )))
    })?;
    match (args.json, is_one, objects.pop()) {
        (true, true, Some(object)) => printed(output::json(&object))?,
        (true, _, last) => printed(output::json(&objects.into_iter().chain(last).collect()))?,
        _ => 0,
    };
    Ok(code)
}

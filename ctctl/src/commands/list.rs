// SPDX-License-Identifier: Apache-2.0
//! `ctctl list`.

use super::printed;
use crate::config::value::print_size;
use crate::container::state::{self, State};
use crate::error::Result;
use crate::host::Host;
use crate::{output, store};
use serde_json::json;

/// Show all systems
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As JSON
    #[arg(short, long)]
    pub json: bool,
    /// Running systems alone
    #[arg(long)]
    pub running: bool,
}

/// Carries it out. A system whose file is wrong is shown as such: the others are still listed.
///
/// # Errors
/// The runtime's state cannot be read.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let mut rows = Vec::new();
    let mut objects = Vec::new();
    for name in store::names(host) {
        let state = state::state(host, &name)?;
        if args.running && !state.is_running() {
            continue;
        }
        let pid = state.pid().map_or("-".to_owned(), |pid| pid.to_string());
        match store::read(host, &name) {
            Ok(config) => {
                objects.push(json!({
                    "ctid": config.ctid, "name": name, "status": state.word(), "pid": state.pid(),
                    "template": config.template, "memory": config.memory,
                }));
                let memory = config.memory.map_or("-".to_owned(), print_size);
                rows.push(vec![
                    config.ctid.to_string(),
                    name,
                    state.word().to_owned(),
                    pid,
                    memory,
                    config.template,
                ]);
            }
            Err(error) => {
                objects.push(json!({
                    "name": name, "status": state.word(), "pid": state.pid(), "error": error.to_string(),
                }));
                let word = if state == State::Stopped { "broken" } else { state.word() };
                rows.push(vec![
                    "-".to_owned(),
                    name,
                    word.to_owned(),
                    pid,
                    "-".to_owned(),
                    error.to_string(),
                ]);
            }
        }
    }
    if args.json {
        return printed(output::json(&serde_json::Value::Array(objects)));
    }
    printed(output::table(&["CTID", "NAME", "STATUS", "PID", "MEMORY", "TEMPLATE"], &rows))
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl destroy`.

use crate::container;
use crate::error::{Context, Error, Exit, Result};
use crate::events;
use crate::host::{Host, need_root};
use crate::output;
use crate::select::{Chosen, Selection};
use crate::store::{self, Wait};
use serde_json::json;
use std::io::IsTerminal;

/// Remove systems and everything that is their own
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
    /// Kill those that run first
    #[arg(short, long)]
    pub force: bool,
    /// Do not ask whether all systems that a pattern, a label or --all means are to go
    #[arg(short, long)]
    pub yes: bool,
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `State` for a system that runs, without `--force`.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    for word in &args.systems.names {
        whole_name(host, word)?;
    }
    let chosen = args.systems.choose(host)?;
    if chosen.has_group() && !args.yes {
        confirm(&chosen)?;
    }
    chosen.each(|name, _| destroy(args, host, name).context(|| format!("destroy {name}")))
}

/// The beginning of a name is enough for everything but this.
fn whole_name(host: &Host, word: &str) -> Result<()> {
    match store::resolve(host, word) {
        Ok(name) if name != word && word.parse::<u64>().is_err() => {
            Err(Error::new(Exit::NoSystem, format!("no system {word:?}"))
                .hint(format!("destroy takes the whole name: {name}")))
        }
        _ => Ok(()),
    }
}

fn confirm(chosen: &Chosen) -> Result<()> {
    let names = chosen.systems.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let refused = |text: &str| Error::new(Exit::Usage, format!("{text}; it would destroy {names}"));
    if !std::io::stdin().is_terminal() {
        return Err(refused("no terminal to ask on").hint("say --yes when that is what you mean"));
    }
    output::prompt(&format!("Destroy {names}, with all their files? [y/N] "));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context(|| "read the answer")?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Error::new(Exit::Failure, "nothing is destroyed")),
    }
}

fn destroy(args: &Args, host: &Host, name: &str) -> Result<u8> {
    let lock = store::lock(host, name, Wait::Yes)?;
    if container::state::state(host, name)?.is_running() && !args.force {
        return Err(Error::new(Exit::State, "it is running")
            .hint(format!("ctctl stop {name} first, or ctctl destroy --force {name}")));
    }
    if args.force {
        // A file that is broken keeps nobody from removing its system.
        let config = store::read(host, name).unwrap_or_else(|_| crate::config::Config::new(name));
        container::stop::kill_now(host, &config)?;
    }
    container::stop::clear(host, name)?;
    container::destroy::destroy(host, name, lock)?;
    events::tell(host, name, "destroyed", json!({}));
    Ok(0)
}

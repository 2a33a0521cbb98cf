// SPDX-License-Identifier: Apache-2.0
//! `ctctl exec`.

use crate::container::session::{self, Command, Session};
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::store;

/// Run a command in a running system
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// Give the command a terminal
    #[arg(short, long)]
    pub tty: bool,
    /// Give the command no terminal, which is the default
    #[arg(short = 'T', long, conflicts_with = "tty")]
    pub no_tty: bool,
    /// Run it in this directory
    #[arg(short = 'w', long, visible_alias = "workdir", value_name = "DIR")]
    pub cwd: Option<String>,
    #[command(flatten)]
    pub session: Session,
    /// The command, behind --; - alone is a shell that reads its commands from standard input
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Carries it out. The exit code is the command's; 128 and the signal that killed it.
///
/// # Errors
/// `NoSystem`; `State` when it does not run; a command that cannot be run; `Timeout`.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let words = match args.command.as_slice() {
        [one] if one == "-" => ["/bin/sh", "-s"].map(str::to_owned).to_vec(),
        words => words.to_vec(),
    };
    let cwd = args.cwd.clone().unwrap_or_else(|| "/".to_owned());
    let command = Command { args: words, tty: args.tty, cwd };
    session::run(host, &name, command, &args.session).context(|| format!("exec in {name}"))
}

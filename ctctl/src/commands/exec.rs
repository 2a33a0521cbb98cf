// SPDX-License-Identifier: Apache-2.0
//! `ctctl exec`.

use crate::container::state;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::store;
use runtime::sandbox::exec::ExecOptions;
use runtime::state::Root;
use runtime::verbs::exec;

/// Run a command in a running system
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// Give the command a terminal
    #[arg(short, long)]
    pub tty: bool,
    /// Add a variable to its environment
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// Run it in this directory
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<String>,
    /// The command, behind --
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Carries it out. The exit code is the command's; 128 and the signal that killed it.
///
/// # Errors
/// `NoSystem`; `State` when it does not run; a command that cannot be run.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let process =
        Process { args: args.command.clone(), tty: args.tty, env: args.env.clone(), cwd: args.cwd.clone() };
    inside(host, &name, process).context(|| format!("exec in {name}"))
}

/// One more process in a system.
pub(super) struct Process {
    pub(super) args: Vec<String>,
    pub(super) tty: bool,
    pub(super) env: Vec<String>,
    pub(super) cwd: Option<String>,
}

/// Runs a process in a system, in the foreground, as its root.
pub(super) fn inside(host: &Host, name: &str, process: Process) -> Result<u8> {
    if !state::state(host, name)?.is_running() {
        return Err(Error::new(Exit::State, "it does not run").hint(format!("ctctl start {name}")));
    }
    let root = Root::open(&host.oci_root())?;
    let term = format!("TERM={}", host.term);
    let mut env: Vec<String> =
        ["HOME=/root", "USER=root", "LOGNAME=root", &term].into_iter().map(str::to_owned).collect();
    env.extend(process.env);
    let options = ExecOptions {
        id: name.to_owned(),
        args: process.args,
        tty: process.tty,
        env,
        cwd: process.cwd,
        ..ExecOptions::default()
    };
    let code = exec::exec(&root, &options)?;
    Ok(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl exec`.

use crate::bundle;
use crate::container::{start, state};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::store;
use runtime::sandbox::exec::ExecOptions;
use runtime::state::Root;
use runtime::verbs::exec;
use runtime_sys::{AsRawFd, credentials, fs};

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
    let command = bundle::Command {
        args: args.command.clone(),
        tty: args.tty,
        env: args.env.clone(),
        cwd: args.cwd.clone().unwrap_or_else(|| "/".to_owned()),
    };
    inside(host, &name, command).context(|| format!("exec in {name}"))
}

/// Runs a command in a system, in the foreground, as its root.
pub(super) fn inside(host: &Host, name: &str, mut command: bundle::Command) -> Result<u8> {
    if !state::state(host, name)?.is_running() {
        return Err(Error::new(Exit::State, "it does not run").hint(format!("ctctl start {name}")));
    }
    start::adopt(host, name)?;
    // Before what the caller adds, which may name another terminal.
    command.env.insert(0, format!("TERM={}", host.term));
    let (_, capabilities, _) = credentials::capget()?;
    let process = bundle::command(&store::read(host, name)?, &command, capabilities).to_string();
    let file = fs::sealed_memory_file(c"process.json", [process.as_bytes()])?;
    let options = ExecOptions {
        id: name.to_owned(),
        process: Some(format!("/proc/self/fd/{}", file.as_raw_fd()).into()),
        ..ExecOptions::default()
    };
    let code = exec::exec(&Root::open(&host.oci_root())?, &options).map_err(|error| {
        let error = Error::from(error);
        match error.exit() {
            Exit::NoProgram | Exit::CannotRun => {
                error.hint("paths are those inside, and a shell's words need: sh -c '…'")
            }
            _ => error,
        }
    })?;
    Ok(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
}

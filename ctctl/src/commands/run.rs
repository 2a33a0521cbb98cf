// SPDX-License-Identifier: Apache-2.0
//! `ctctl run`.

use super::create::from_template;
use super::printed;
use super::set::{Assignment, check_capabilities};
use crate::config::{Config, Profile, assign};
use crate::console::attach;
use crate::console::session::is_at_a_terminal;
use crate::container::create::{Wishes as Numbers, create};
use crate::container::destroy::{destroy, destroy_if_ephemeral};
use crate::container::start::{Until, start};
use crate::container::{state, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::monitor::wishes::Wishes;
use crate::store::{self, Wait};
use crate::{container, output, resources};
use runtime_sys::OwnedFd;
use runtime_sys::rustix::stdio;
use std::fs;

/// Run one application in a new system: create, start, attach
///
/// At a terminal the command gets a terminal; else it gets standard input, output and error of this program. The exit
/// code is the command's. Signals go to the command. It runs with the strict profile.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The template to make it from; ctctl template list shows them
    pub template: String,
    /// The new system's name; made from the template's name when absent
    #[arg(long)]
    pub name: Option<String>,
    /// Destroy the system when the command has ended
    #[arg(long)]
    pub rm: bool,
    /// Return when the command runs, and print the system's name
    #[arg(short, long)]
    pub detach: bool,
    /// Have a small init as process 1, which runs the command, hands signals on and reaps orphans
    #[arg(long)]
    pub init: bool,
    /// Keys of its configuration, as for ctctl set
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub set: Vec<Assignment>,
    /// Also give capabilities that reach the host
    #[arg(long)]
    pub allow_unsafe: bool,
    /// Add a variable to its environment
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The key that leaves a command with a terminal running: ^ and a letter, or none
    #[arg(long, value_name = "KEY", default_value = "^]")]
    pub escape: String,
    /// The command, behind --; the template's first program when absent
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Carries it out. The exit code is the command's; 128 and the signal that killed it.
///
/// # Errors
/// As `create` and `start`; nothing is left behind then.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let escape = super::console::escape(&args.escape)?;
    let name = args.name.clone().map_or_else(|| new_name(&args.template), Ok)?;
    let config = configure(args, host, &name).context(|| format!("run {name}"))?;
    let numbers = Numbers { ctid: None, idmap: "auto".to_owned() };
    create(host, config, &numbers).context(|| format!("create {name}"))?;
    let code = begin(args, host, &name, escape).context(|| format!("run {name}"));
    if args.detach && code.is_ok() {
        return printed(output::line(&name));
    }
    code
}

/// The template's name and a few letters that nobody else has.
fn new_name(template: &str) -> Result<String> {
    let path = "/proc/sys/kernel/random/uuid";
    let random = fs::read_to_string(path).context(|| path)?;
    let template: String = template.chars().take(50).collect();
    Ok(format!("{template}-{}", &random[..8]))
}

fn configure(args: &Args, host: &Host, name: &str) -> Result<Config> {
    let has_network = args.set.iter().any(|given| given.key == "network");
    let mut config = from_template(host, name, &args.template, has_network)?;
    config.profile = Profile::Strict;
    config.ephemeral = args.rm;
    config.mini_init = args.init;
    if !args.command.is_empty() {
        config.init.clone_from(&args.command);
        // The template's signal is for the template's init.
        config.halt_signal = Config::new("").halt_signal;
    }
    for Assignment { key, value } in &args.set {
        assign::assign(&mut config, key, value)?;
    }
    if let Some(wrong) = args.env.iter().find(|variable| !variable.contains('=')) {
        return Err(Error::new(Exit::Usage, format!("--env {wrong}: expected NAME=VALUE")));
    }
    config.env.extend(args.env.iter().cloned());
    check_capabilities(&Config::new(""), &config, args.allow_unsafe)?;
    container::limits::check(host, &config, &resources::given(&config))?;
    Ok(config)
}

fn begin(args: &Args, host: &Host, name: &str, escape: Option<u8>) -> Result<u8> {
    let lock = store::lock(host, name, Wait::Yes)?;
    let stdio = if args.detach || is_at_a_terminal() { None } else { Some(own_stdio()?) };
    let wishes = Wishes::new(Vec::new(), stdio);
    let code = if args.detach {
        start(host, name, lock, Until::Running, &wishes).map(|()| 0)
    } else {
        attach::foreground(host, name, lock, wishes, escape, || Ok(()))
    };
    clean_up(args, host, name, code.is_err())?;
    code
}

/// A system that could not be started was never there; one that is to go when it has ended goes.
fn clean_up(args: &Args, host: &Host, name: &str, has_failed: bool) -> Result<()> {
    if !has_failed && (!args.rm || args.detach) {
        return Ok(());
    }
    let lock = store::lock(host, name, Wait::Yes)?;
    // A system that was up is not one that never ran, although nobody noted its end.
    let never_ran = has_failed
        && !state::was_up(host, name)
        && state::last_exit(host, name).is_none()
        && host.config_file(name).exists();
    if never_ran && !state::state(host, name)?.is_running() {
        stop::clear(host, name)?;
        return destroy(host, name, lock);
    }
    destroy_if_ephemeral(host, name, lock)
}

fn own_stdio() -> Result<[OwnedFd; 3]> {
    let keep = || "keep standard input, output and error";
    Ok([
        stdio::stdin().try_clone_to_owned().context(keep)?,
        stdio::stdout().try_clone_to_owned().context(keep)?,
        stdio::stderr().try_clone_to_owned().context(keep)?,
    ])
}

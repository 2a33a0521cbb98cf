// SPDX-License-Identifier: Apache-2.0
//! The command list and the global flags. The doc comments are the help and the manual.

use crate::commands;
use crate::config::keys::{Change, KEYS};
use crate::config::limits::is_foreign;
use crate::host::Places;
use clap::{Parser, Subcommand};
use std::ffi::OsString;

/// Systems from templates: provision, start, enter, limit, stop, destroy
#[derive(Debug, Parser)]
#[command(name = "ctctl", version, propagate_version = true)]
pub struct Cli {
    /// Where things live on this machine.
    #[command(flatten)]
    pub places: Places,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// One verb, one file below `commands/`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, list, show and remove templates
    Template(commands::template::Args),
    /// Make a system from a template
    Create(commands::create::Args),
    /// Run one application in a new system: create, start, attach
    Run(commands::run::Args),
    /// Start a system
    Start(commands::start::Args),
    /// Stop a system in order, and kill it when that takes too long
    Stop(commands::stop::Args),
    /// Stop a system and start it again
    Restart(commands::restart::Args),
    /// Send a signal to a system's first process
    Kill(commands::kill::Args),
    /// Freeze all processes of a running system
    #[command(visible_alias = "freeze")]
    Pause(commands::pause::Args),
    /// Let the processes of a paused system go on
    #[command(visible_aliases = ["unfreeze", "resume"])]
    Unpause(commands::pause::Args),
    /// Wait until a system has stopped, and print how it ended
    Wait(commands::wait::Args),
    /// Attend a system's console: see what it printed last, and type
    Console(commands::console::Args),
    /// Start a system when the host boots, or not
    Autostart(commands::autostart::Args),
    /// Start the systems that are to run when the host boots
    Boot(commands::boot::Args),
    /// Stop all systems, since the host goes down
    Shutdown(commands::shutdown::Args),
    /// Show what a system printed on its console
    Logs(commands::logs::Args),
    /// Open a shell in a running system, as its root logs in
    Enter(commands::enter::Args),
    /// Set a user's password in a system, or let a public key log in
    Passwd(commands::passwd::Args),
    /// Run a command in a running system
    Exec(commands::exec::Args),
    /// Give a system folders, files and devices of the host, and take them away
    Device(commands::device::Args),
    /// Copy files from the host into a system
    Push(commands::push::Args),
    /// Copy files from a system to the host
    Pull(commands::pull::Args),
    /// Copy files between the host and a system, in either direction
    Cp(commands::cp::Args),
    /// Show a stopped system's files at a path of the host
    Mount(commands::mount::Args),
    /// Take away what mount shows
    #[command(visible_alias = "unmount")]
    Umount(commands::umount::Args),
    /// Remove a system and everything that is its own
    Destroy(commands::destroy::Args),
    /// Show all systems
    List(commands::list::Args),
    /// Show one system's state in one line
    Status(commands::status::Args),
    /// Show all that is configured of a system, and what it uses
    Info(commands::info::Args),
    /// Change a system's configuration, at once where the kernel can
    Set(commands::set::Args),
    /// Publish ports of systems at the host's addresses
    Port(commands::port::Args),
    /// See to what the networks of running systems share
    Network(commands::network::Args),
    /// Show, check and edit a system's configuration file
    Config(commands::config::Args),
    /// Write a completion script for a shell
    Completion(commands::completion::Args),
    /// Write the manual page
    #[command(hide = true)]
    Man(commands::man::Args),
}

/// Turns `--KEY VALUE` and `--KEY=VALUE`, as vzctl has it, into `KEY=VALUE`, for the verbs that take keys and the keys
/// that they take.
#[must_use]
pub fn keys_as_options(args: Vec<OsString>) -> Vec<OsString> {
    let Some(verb) = verb_at(&args).filter(|at| args[*at] == "set" || args[*at] == "create") else {
        return args;
    };
    let mut args = args.into_iter();
    let mut changed: Vec<OsString> = args.by_ref().take(verb + 1).collect();
    while let Some(arg) = args.next() {
        let option = arg.to_str().and_then(|arg| arg.strip_prefix("--"));
        let (name, value) = match option.map(|option| option.split_once('=')) {
            Some(Some((name, value))) => (name, Some(OsString::from(value))),
            _ => (option.unwrap_or_default(), None),
        };
        let is_key = is_foreign(name)
            || KEYS.iter().any(|key| {
                key.change != Change::Never
                    && (key.name == name || key.alias.is_some_and(|alias| alias == name))
            });
        if !is_key {
            changed.push(arg);
            continue;
        }
        match value.or_else(|| args.next()) {
            Some(value) => {
                let mut assignment = OsString::from(format!("{name}="));
                assignment.push(value);
                changed.push(assignment);
            }
            // clap says what is wrong with it.
            None => changed.push(arg),
        }
    }
    changed
}

/// Where the verb stands: options of the places, each with its value, may come before it.
fn verb_at(args: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(arg) = args.get(at).and_then(|arg| arg.to_str()) {
        if !arg.starts_with('-') {
            return Some(at);
        }
        at += if arg.ends_with("-dir") { 2 } else { 1 };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        keys_as_options(args)
            .iter()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn keys_may_be_typed_as_options() {
        for (typed, meant) in [
            ("ctctl set web --memory 1G --pids=9 --save", "ctctl set web memory=1G pids=9 --save"),
            (
                "ctctl --run-dir /x create web --ram 1G --template t",
                "ctctl --run-dir /x create web ram=1G --template t",
            ),
            ("ctctl set web --memory", "ctctl set web --memory"),
            ("ctctl set web --ctid 7", "ctctl set web --ctid 7"),
            ("ctctl exec set -- x --memory 1", "ctctl exec set -- x --memory 1"),
            ("ctctl --run-dir set set set --pids 1", "ctctl --run-dir set set set pids=1"),
        ] {
            assert_eq!(expand(typed), meant);
        }
    }

    #[test]
    fn the_definition_is_whole() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The command list and the global flags. The doc comments are the help and the manual.

use crate::commands;
use crate::config::keys::{Change, KEYS};
use crate::config::limits::is_foreign;
use crate::error::Result;
use crate::host::Places;
use crate::output::{self, Level};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Systems from templates: provision, start, enter, limit, stop, destroy
#[derive(Debug, Parser)]
#[command(name = "ctctl", version, propagate_version = true)]
pub struct Cli {
    /// Where things live on this machine.
    #[command(flatten)]
    pub places: Places,
    /// How much is said.
    #[command(flatten)]
    pub words: Words,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How much is said, and where.
#[derive(Debug, Clone, clap::Args)]
pub struct Words {
    /// Say nothing on standard error but what went wrong
    #[arg(long, global = true, conflicts_with = "verbose", help_heading = "Messages")]
    pub quiet: bool,
    /// Say each step on standard error
    #[arg(long, global = true, help_heading = "Messages")]
    pub verbose: bool,
    /// Add messages to this file too, with their time
    #[arg(long, global = true, value_name = "FILE", help_heading = "Messages")]
    pub log_file: Option<PathBuf>,
    /// How much goes to the log file, whatever is said on standard error
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info", help_heading = "Messages")]
    pub log_level: Level,
}

impl Words {
    /// Makes it so.
    ///
    /// # Errors
    /// A log file that cannot be written.
    pub fn apply(&self) -> Result<()> {
        output::set_console(match (self.quiet, self.verbose) {
            (true, _) => Level::Error,
            (_, true) => Level::Debug,
            _ => Level::Info,
        });
        self.log_file.as_deref().map_or(Ok(()), |path| output::set_log(path, self.log_level))
    }
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
    /// Start systems
    Start(commands::start::Args),
    /// Stop systems in order, and kill those that take too long
    Stop(commands::stop::Args),
    /// Stop systems and start them again
    Restart(commands::restart::Args),
    /// Send a signal to the first process of systems
    Kill(commands::kill::Args),
    /// Freeze all processes of running systems
    #[command(visible_alias = "freeze")]
    Pause(commands::pause::Args),
    /// Let the processes of paused systems go on
    #[command(visible_aliases = ["unfreeze", "resume"])]
    Unpause(commands::pause::Args),
    /// Wait until systems have stopped, or are in another state
    Wait(commands::wait::Args),
    /// Attend a system's console: see what it printed last, and type
    Console(commands::console::Args),
    /// Start a system when the host boots, or not
    Autostart(commands::autostart::Args),
    /// Start the systems that are to run when the host boots
    Boot(commands::boot::Args),
    /// Stop all systems, since the host goes down
    Shutdown(commands::shutdown::Args),
    /// Show what happens to systems: starts, ends, changes
    Events(commands::events::Args),
    /// Show what running systems use
    Stats(commands::stats::Args),
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
    /// Remove systems and everything that is their own
    Destroy(commands::destroy::Args),
    /// Show systems
    List(commands::list::Args),
    /// Show the state of systems, in one line each
    Status(commands::status::Args),
    /// Show all that is configured of systems, and what they use
    Info(commands::info::Args),
    /// Change the configuration of systems, at once where the kernel can
    Set(commands::set::Args),
    /// Publish ports of systems at the host's addresses
    Port(commands::port::Args),
    /// See to what the networks of running systems share
    Network(commands::network::Args),
    /// Show, give and take labels, by which other verbs find systems
    Label(commands::label::Args),
    /// Give a stopped system another name
    Rename(commands::rename::Args),
    /// Show, check and edit a system's configuration file
    Config(commands::config::Args),
    /// Look at this machine and at all systems for what is wrong, and say what to do
    Doctor(commands::doctor::Args),
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
        let has_value = arg.ends_with("-dir") || arg == "--log-file" || arg == "--log-level";
        at += if has_value { 2 } else { 1 };
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

    /// The words of a command line, with quotes around some as a shell has them.
    fn words(line: &str) -> Vec<OsString> {
        let mut words = vec![String::new()];
        let mut quote = None;
        for sign in line.chars() {
            match (quote, sign) {
                (Some(open), close) if open == close => quote = None,
                (None, '\'' | '"') => quote = Some(sign),
                (None, ' ') => words.push(String::new()),
                _ => words.iter_mut().last().expect("there is one").push(sign),
            }
        }
        words.into_iter().map(OsString::from).collect()
    }

    #[test]
    fn the_phrase_book_has_commands_that_exist() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/phrase-book.md");
        let page = std::fs::read_to_string(page).expect("it is in the tree");
        let here = |line: &str| Some(line.split("` | `").nth(1)?.trim_end_matches("` |").to_owned());
        let commands: Vec<String> =
            page.lines().filter_map(here).filter(|c| c.starts_with("ctctl ")).collect();
        assert!(commands.len() > 60, "{}", commands.len());
        for command in commands {
            let args = keys_as_options(words(&command));
            let is_key = |arg: &OsString| {
                arg.to_str().and_then(|arg| arg.split_once('=')).map(|(key, _)| key.to_owned())
            };
            if args[1] == "set" {
                for key in args.iter().filter_map(is_key) {
                    assert!(
                        crate::config::keys::find(crate::config::assign::plain(&key)).is_ok(),
                        "{command}: {key}"
                    );
                }
            }
            if let Err(error) = Cli::try_parse_from(args) {
                panic!("{command}: {error}");
            }
        }
    }

    #[test]
    fn the_definition_is_whole() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}

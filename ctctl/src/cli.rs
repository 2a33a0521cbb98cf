// SPDX-License-Identifier: Apache-2.0
//! The command list and the global flags. The doc comments are the help and the manual.

use crate::commands;
use crate::host::Places;
use clap::{Parser, Subcommand};

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
    /// Start a system
    Start(commands::start::Args),
    /// Stop a system in order, and kill it when that takes too long
    Stop(commands::stop::Args),
    /// Stop a system and start it again
    Restart(commands::restart::Args),
    /// Open a shell in a running system, as its root logs in
    Enter(commands::enter::Args),
    /// Run a command in a running system
    Exec(commands::exec::Args),
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
    /// Write a completion script for a shell
    Completion(commands::completion::Args),
    /// Write the manual page
    #[command(hide = true)]
    Man(commands::man::Args),
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl completion`.

use super::printed;
use crate::cli::Cli;
use crate::error::Result;
use crate::output;
use clap::CommandFactory;
use clap_complete::Shell;

/// Write a completion script for a shell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Carries it out.
///
/// # Errors
/// Stdout cannot be written to.
pub fn run(args: &Args) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ctctl", &mut script);
    printed(output::raw(&script))
}

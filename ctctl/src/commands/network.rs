// SPDX-License-Identifier: Apache-2.0
//! `ctctl network`.

use super::printed;
use crate::error::Result;
use crate::host::{Host, need_root};
use crate::{network, output};
use clap::Subcommand;

/// See to what the networks of running systems share
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The verbs of networks.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Put back what somebody took away: the bridge, rules of the firewall, routes, the server of names
    Repair,
}

/// Carries it out: each line is one thing that was missing.
///
/// # Errors
/// What cannot be put back.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let Action::Repair = args.action;
    need_root()?;
    for line in network::repair(host)? {
        printed(output::line(&format!("put back: {line}")))?;
    }
    Ok(0)
}

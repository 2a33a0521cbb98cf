// SPDX-License-Identifier: Apache-2.0
//! `ctctl console`.

use crate::console::attach;
use crate::console::session::parse_escape;
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::store;

/// Attend a system's console: see what it printed last, and type
///
/// Of a system that does not run the console appears when it starts, from the first byte. Several may attend at once.
/// It ends when the system does.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// The key that leaves the console: ^ and a letter for control and that letter, or none
    #[arg(short, long, value_name = "KEY", default_value = "^]")]
    pub escape: String,
}

/// The key as `--escape` has it.
pub(super) fn escape(text: &str) -> Result<Option<u8>> {
    parse_escape(text).map_err(|text| crate::Error::new(crate::Exit::Usage, format!("--escape: {text}")))
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `State` for a system whose console is gone.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    attach::console(host, &name, escape(&args.escape)?).context(|| format!("console of {name}"))
}

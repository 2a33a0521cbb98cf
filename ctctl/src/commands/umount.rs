// SPDX-License-Identifier: Apache-2.0
//! `ctctl umount`.

use crate::container::mounted;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::store::{self, Wait};

/// Take away what `ctctl mount` shows
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// Also while somebody uses it: it is gone for all others at once, and for them when they leave
    #[arg(short, long)]
    pub lazy: bool,
}

/// Carries it out.
///
/// # Errors
/// `State` when it is not mounted, or in use.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    let _lock = store::lock(host, &name, Wait::Yes)?;
    let unmount = || match mounted::unmount(host, &name, args.lazy)? {
        true => Ok(0),
        false => Err(Error::new(Exit::State, "it is not mounted")),
    };
    unmount().context(|| format!("umount {name}"))
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl start`.

use crate::container::start::{Until, start};
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::select::Selection;
use crate::store::{self, Wait};
use std::time::Duration;

/// Start systems
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
    #[command(flatten)]
    pub ready: Ready,
}

/// When a verb that starts a system returns.
#[derive(Debug, Clone, clap::Args)]
pub struct Ready {
    /// Return when the system says that it is ready, as systemd does at its default target; fail after SECONDS
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, require_equals = true)]
    pub wait: Option<Option<u64>>,
}

impl Ready {
    pub(super) fn until(&self) -> Until {
        match self.wait {
            None => Until::Running,
            Some(seconds) => Until::Ready(seconds.map(Duration::from_secs)),
        }
    }
}

/// Carries it out. It returns when init runs, or with `--wait` when it is ready.
///
/// # Errors
/// `NoSystem`; `State` when it runs already; what went wrong on the way, of which nothing is left.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    args.systems.choose(host)?.each_that(
        host,
        |state| !state.is_running(),
        |name| {
            let lock = store::lock(host, name, Wait::Yes)?;
            start(host, name, lock, args.ready.until()).context(|| format!("start {name}"))?;
            Ok(0)
        },
    )
}

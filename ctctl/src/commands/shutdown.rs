// SPDX-License-Identifier: Apache-2.0
//! `ctctl shutdown`.

use crate::container::{many, state};
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::store;
use std::cmp::Reverse;

/// Stop all systems, since the host goes down
///
/// In the order of boot_order, the other way round, each in order or killed after its stop_timeout. They run again after
/// the host's boot unless onboot=no. The service ctctl.service runs it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Stop so many at a time
    #[arg(short, long, value_name = "NUMBER", default_value_t = 16)]
    pub parallel: usize,
}

/// Carries it out.
///
/// # Errors
/// Names the systems that did not stop.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let mut running = Vec::new();
    for name in store::names(host) {
        // One of the two is there all the time that somebody starts it again.
        let waits = state::last_exit(host, &name).is_some_and(|words| !state::is_final(&words))
            || host.run(&name).join("config.json").exists();
        // One whose state cannot be read is asked to stop, too.
        if waits || state::state(host, &name).map_or(true, state::State::is_running) {
            // One whose file was broken while it ran has no place, and is stopped all the same.
            running.push(store::read(host, &name).unwrap_or_else(|_| crate::config::Config::new(&name)));
        }
    }
    running.sort_by_key(|config| Reverse(many::place(config)));
    many::each(host, &["stop", "--for-shutdown"], &running, args.parallel, false).context(|| "shutdown")?;
    Ok(0)
}

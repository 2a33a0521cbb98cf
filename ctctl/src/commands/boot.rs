// SPDX-License-Identifier: Apache-2.0
//! `ctctl boot`.

use crate::config::Config;
use crate::config::restart::Restart;
use crate::container::{destroy, many, state};
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::output;
use crate::store::{self, Wait};

/// Start the systems that are to run when the host boots
///
/// Those with onboot=yes, and those without the key that ran when the host went down, in the order of boot_order. The
/// service ctctl.service runs it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Start so many at a time; as many as there are processors when absent
    #[arg(short, long, value_name = "NUMBER")]
    pub parallel: Option<usize>,
}

/// Carries it out.
///
/// # Errors
/// Names the systems that did not start; the others run.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let mut wanted = Vec::new();
    for name in store::names(host) {
        match store::read(host, &name).and_then(|config| Ok((is_wanted(host, &config)?, config))) {
            Ok((true, config)) => wanted.push(config),
            Ok(_) => {}
            // One that is broken must not keep the others from starting.
            Err(error) => output::progress(&format!("{name}: {error}")),
        }
    }
    wanted.sort_by_key(many::place);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    many::each(host, &["start"], &wanted, args.parallel.unwrap_or(processors), true).context(|| "boot")?;
    Ok(0)
}

fn is_wanted(host: &Host, config: &Config) -> Result<bool> {
    let name = &config.name;
    if state::state(host, name)?.is_running() {
        return Ok(false);
    }
    if config.ephemeral {
        // It did not outlive the host's going down.
        let lock = store::lock(host, name, Wait::Yes)?;
        destroy::destroy_if_ephemeral(host, name, lock)?;
        return Ok(false);
    }
    let was_up = state::was_up(host, name);
    let is_wanted = config.onboot.unwrap_or(was_up || config.restart == Restart::Always);
    if is_wanted && config.disabled {
        output::progress(&format!("{name}: disabled"));
        return Ok(false);
    }
    Ok(is_wanted)
}

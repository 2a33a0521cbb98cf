// SPDX-License-Identifier: Apache-2.0
//! The host name of a system that runs.

use super::{edit, state};
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::storage::hostname;
use runtime_sys::rustix::system;
use runtime_sys::{AsFd, namespace};

/// Gives a running system the host name of its configuration: to the kernel first, then to its own files.
///
/// # Errors
/// `State` when it does not run; files that cannot be written.
pub fn apply(host: &Host, config: &Config) -> Result<()> {
    let gone = || Error::new(Exit::State, "it does not run");
    let init = state::first_process(host, &config.name)?.ok_or_else(gone)?;
    let root = edit::root_of_running(host, &config.name)?;
    edit::as_its_root(config, || {
        namespace::setns(init.as_fd(), namespace::CLONE_NEWUTS)?;
        system::sethostname(config.hostname().as_bytes())
            .map_err(std::io::Error::from)
            .context(|| "sethostname")?;
        hostname::write(root.as_fd(), config.hostname(), None)
    })
    .context(|| "hostname")
}

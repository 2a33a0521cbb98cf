// SPDX-License-Identifier: Apache-2.0
//! The host name of a system that runs, and the files that say it and whom to ask for other names.

use super::{edit, state};
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::storage::etc::Texts;
use runtime_sys::rustix::system;
use runtime_sys::{AsFd, namespace};

/// Keys whose change [`apply`] carries into a running system.
const KEYS: &[&str] = &["hostname", "nameserver", "searchdomain"];

/// Gives a running system the names of its configuration, if they are among these keys: to the kernel first, then to
/// its own files.
///
/// # Errors
/// `State` when it does not run; files that cannot be written.
pub fn apply(host: &Host, config: &Config, keys: &[&str]) -> Result<()> {
    if !keys.iter().any(|key| KEYS.contains(key)) {
        return Ok(());
    }
    let gone = || Error::new(Exit::State, "it does not run");
    let init = state::first_process(host, &config.name)?.ok_or_else(gone)?;
    let root = edit::root_of_running(host, &config.name)?;
    let texts = Texts::of(host, config)?;
    edit::as_its_root(config, || {
        namespace::setns(init.as_fd(), namespace::CLONE_NEWUTS)?;
        system::sethostname(config.hostname().as_bytes())
            .map_err(std::io::Error::from)
            .context(|| "sethostname")?;
        texts.write(root.as_fd(), None)
    })
}

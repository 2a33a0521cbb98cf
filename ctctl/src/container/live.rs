// SPDX-License-Identifier: Apache-2.0
//! Changes of a configuration that a running system takes at once.

use super::{limits, names};
use crate::config::Config;
use crate::error::Result;
use crate::host::Host;
use crate::network;

/// Makes these keys in a running system what `new` says; those that wait for the next start are passed over. The
/// system's name is locked.
///
/// # Errors
/// What is refused, by its key; what was changed before it is as `old` says again.
pub fn apply(host: &Host, old: &Config, new: &Config, keys: &[&str]) -> Result<()> {
    limits::apply(host, old, new, keys)?;
    let others = || -> Result<()> {
        network::apply(host, new, keys)?;
        names::apply(host, new, keys)
    };
    if let Err(error) = others() {
        // The cause is the error to report.
        drop(names::apply(host, old, keys));
        drop(network::apply(host, old, keys));
        drop(limits::apply(host, new, old, keys));
        return Err(error);
    }
    Ok(())
}

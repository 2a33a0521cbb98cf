// SPDX-License-Identifier: Apache-2.0
//! Limits of a system that runs.

use crate::bundle;
use crate::config::Config;
use crate::error::Result;
use crate::host::Host;
use runtime::state::Root;
use runtime::verbs::update;

/// Makes the limits of these keys in a running system those of its configuration; other keys are passed over.
///
/// # Errors
/// `State` when it does not run; the limit that the kernel did not take.
pub fn apply(host: &Host, config: &Config, keys: &[&str]) -> Result<()> {
    let root = Root::open(&host.oci_root())?;
    let document = bundle::resources(config, keys).to_string();
    Ok(update::update(&root, &config.name, &update::parse(document.as_bytes())?)?)
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl autostart`.

use crate::config::file::ConfigFile;
use crate::config::keys;
use crate::config::value::Value;
use crate::error::{Context, Result};
use crate::host::{Host, need_root};
use crate::store::{self, Wait};
use clap::ValueEnum;

/// Start a system when the host boots, or not
///
/// The same as the key onboot; boot_order and boot_delay say when.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// on: always; off: never; unset: if it ran when the host went down
    #[arg(value_name = "on|off|unset", default_value = "on")]
    pub when: When,
}

/// Whether a system is started at boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Always.
    On,
    /// Never.
    Off,
    /// If it ran before.
    Unset,
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; the configuration cannot be written.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    save(args.when, host, &name).context(|| format!("autostart {name}"))?;
    Ok(0)
}

fn save(when: When, host: &Host, name: &str) -> Result<()> {
    let _lock = store::lock(host, name, Wait::Yes)?;
    let mut file = ConfigFile::read(&host.config_file(name))?;
    let word = match when {
        When::On => Some("yes"),
        When::Off => Some("no"),
        When::Unset => None,
    };
    file.set(keys::find("onboot")?, word.map(|word| Value::Text(word.to_owned())).as_ref());
    file.save()
}

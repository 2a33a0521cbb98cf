// SPDX-License-Identifier: Apache-2.0
//! A system that does not run as the base of a template: its own files become one more layer.

use super::identity;
use crate::config::{Config, Network, keys};
use crate::container::{copying, mounted, state, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::store::{self, Wait};
use std::process::{Command, Stdio};
use templates::Base;

/// Beside a system's own layer: the copy that becomes one of the store.
pub(super) const COPY: &str = "upper.copy";

/// Keys that belong to what the system is, and not to how much of this host it may have.
const KEPT: &[&str] = &["init", "env", "cwd", "user", "halt_signal", "stop_timeout", "ready", "network"];

/// The system's layers and what it is configured to run. The system stays as it is.
///
/// # Errors
/// `NoSystem`; `State` for one that runs; `Unsupported` for one whose files are no layer.
pub fn base(host: &Host, name: &str) -> Result<Base> {
    let name = store::resolve(host, name)?;
    let lock = store::lock(host, &name, Wait::Yes)?;
    if state::state(host, &name)?.is_running() {
        return Err(Error::new(Exit::State, format!("{name} runs")).hint(format!("ctctl stop {name}")));
    }
    stop::clear(host, &name)?;
    mounted::refuse(host, &name)?;
    copying::refuse(host, &name)?;
    let config = store::read(host, &name)?;
    let data = host.data(&name);
    if data.join("root").exists() {
        let text = format!("{name} has a copy of its template, since its file system takes no id maps");
        return Err(Error::new(Exit::Unsupported, text).hint("tar its files inside, and import the archive"));
    }
    let store = host.templates();
    let mut base = Base::of_layers(&store, config.layers.clone(), defaults(&config)?)?;
    let copy = data.join(COPY);
    templates::remove_tree(&copy).context(|| format!("remove {}", copy.display()))?;
    let layer = || {
        let mut command = Command::new("/bin/cp");
        command.args(["--archive", "--reflink=auto", "--no-target-directory"]);
        command.arg(data.join("upper")).arg(&copy).stdin(Stdio::null());
        let status = command.status().context(|| "run cp")?;
        if !status.success() {
            return Err(Error::new(Exit::Failure, format!("cp {}: {status}", data.join("upper").display())));
        }
        identity::forget(host, &config, &copy)?;
        Ok(store.take_upper(&copy)?)
    };
    let made = layer();
    let removed = templates::remove_tree(&copy).context(|| format!("remove {}", copy.display()));
    base.layers.extend(made?);
    removed?;
    drop(lock);
    Ok(base)
}

fn defaults(config: &Config) -> Result<toml::Table> {
    let mut table = toml::Table::new();
    let usual = Config::new("");
    for key in KEPT.iter().filter_map(|name| keys::find(name).ok()) {
        let (Some(value), usual) = ((key.get)(config), (key.get)(&usual)) else { continue };
        if Some(&value) == usual.as_ref() && key.name != "init" {
            continue;
        }
        let text = format!("{} = {}", key.name, key.kind.to_toml(&value));
        let parsed: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            Error::new(Exit::Failure, format!("{}: {}", key.name, error.message()))
        })?;
        table.extend(parsed);
    }
    // What a person must say anew for each system.
    if config.network == Network::Host {
        table.remove("network");
    }
    Ok(table)
}

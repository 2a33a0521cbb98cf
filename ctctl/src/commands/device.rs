// SPDX-License-Identifier: Apache-2.0
//! `ctctl device`.

use super::printed;
use crate::config::Config;
use crate::config::device::{self, Device, Named};
use crate::config::file::ConfigFile;
use crate::container::{start, state};
use crate::error::{Context, Error, Exit, Result, nearest};
use crate::host::{Host, need_root};
use crate::store::{self, Wait};
use crate::{devices, output};
use clap::Subcommand;
use runtime_sys::{AsFd, OwnedFd};
use serde_json::{Map, json};

/// Give a system folders, files and devices of the host, and take them away
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The verbs of devices.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Give a device, at once in a running system
    #[command(after_help = HELP)]
    Add {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// Your word for the device
        device: String,
        /// disk, tmpfs, unix-char or unix-block
        #[arg(value_name = "TYPE")]
        kind: String,
        /// What it is
        #[arg(value_name = "KEY=VALUE|FLAG")]
        words: Vec<String>,
    },
    /// Change a device, at once in a running system: it is taken away and given again
    Set {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// Your word for the device
        device: String,
        /// What is different: ro, ro=false; KEY= takes it back to its default
        #[arg(required = true, value_name = "KEY=VALUE|FLAG")]
        words: Vec<String>,
    },
    /// Take a device away, at once from a running system
    #[command(visible_alias = "remove")]
    Rm {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// Your word for the device
        device: String,
    },
    /// Show a system's devices
    #[command(visible_alias = "list")]
    Ls {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// As JSON
        #[arg(short, long)]
        json: bool,
    },
}

const HELP: &str = "\
Types:
  disk src=PATH dst=PATH [ro] [nosuid] [nodev] [noexec] [noatime]
          A folder or file of the host at a path inside. Flags hold for all that is mounted below it too.
  tmpfs dst=PATH [size=SIZE] [mode=MODE] [the flags of disk]
          Files in memory, gone when the system stops.
  unix-char path=PATH [source=PATH] [mode=MODE|r|w|rw|none] [uid=UID] [gid=GID]
  unix-block path=PATH [source=PATH] [mode=MODE|r|w|rw|none] [uid=UID] [gid=GID]
          A device node of the host, and the right to use it.
";

/// Carries it out.
///
/// # Errors
/// `NoSystem`, `Exists`, `Value`; `State` for a device that is not where it was given.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    match &args.action {
        Action::Add { name, device, kind, words } => {
            need_root()?;
            let name = store::resolve(host, name)?;
            let parsed = device::parse(kind, words).map_err(|text| Error::new(Exit::Value, text));
            let add = || {
                store::check_name(device)?;
                let named = Named { name: device.clone(), device: parsed? };
                add(host, &name, &named)
            };
            add().context(|| format!("add {device} to {name}"))?;
            Ok(0)
        }
        Action::Set { name, device, words } => {
            need_root()?;
            let name = store::resolve(host, name)?;
            change(host, &name, device, words).context(|| format!("change {device} of {name}"))?;
            Ok(0)
        }
        Action::Rm { name, device } => {
            need_root()?;
            let name = store::resolve(host, name)?;
            remove(host, &name, device).context(|| format!("remove {device} from {name}"))?;
            Ok(0)
        }
        Action::Ls { name, json } => list(&store::read(host, &store::resolve(host, name)?)?, *json),
    }
}

/// Init of a system that runs, with a monitor beside it.
fn init(host: &Host, name: &str) -> Result<Option<OwnedFd>> {
    let init = state::first_process(host, name)?;
    if init.is_some() {
        start::adopt(host, name)?;
    }
    Ok(init)
}

fn add(host: &Host, name: &str, named: &Named) -> Result<()> {
    let _lock = store::lock(host, name, Wait::Yes)?;
    let mut file = ConfigFile::read(&host.config_file(name))?;
    let before = file.config(name)?;
    if before.devices.iter().any(|other| other.name == named.name) {
        return Err(Error::new(Exit::Exists, "there is a device of this name")
            .hint(format!("ctctl device rm {name} {}", named.name)));
    }
    devices::check(&named.device)?;
    let mut config = before.clone();
    config.devices.push(named.clone());
    config.check()?;
    let init = init(host, name)?;
    // Saved first: after a kill between the two it is listed, and can be removed.
    file.set_device(named);
    file.save()?;
    let Some(init) = init else { return Ok(()) };
    give(host, (&before, &config), named, &init).inspect_err(|_| {
        file.remove_device(&named.name);
        // The cause is the error to report.
        drop(file.save());
    })
}

/// Gives it to a running system: the cgroup first, so that a node that is there can be used.
fn give(host: &Host, (before, after): (&Config, &Config), named: &Named, init: &OwnedFd) -> Result<()> {
    let is_node = matches!(named.device, Device::Node(_));
    if is_node {
        devices::apply_rules(host, after)?;
    }
    let given = devices::attach(host, after, named, init.as_fd());
    if given.is_err() && is_node {
        // The cause is the error to report.
        drop(devices::apply_rules(host, before));
    }
    given
}

/// Takes it away from a running system: the right to use it also when its node is not found any more.
fn take(host: &Host, after: &Config, named: &Named, init: &OwnedFd) -> Result<()> {
    if matches!(named.device, Device::Node(_)) {
        devices::apply_rules(host, after)?;
    }
    devices::detach(after, named, init.as_fd())
}

/// Where a device stands among a system's.
fn find(config: &Config, device: &str) -> Result<usize> {
    let found = config.devices.iter().position(|named| named.name == device);
    found.ok_or_else(|| {
        let error = Error::new(Exit::Value, "no such device");
        match nearest(device, config.devices.iter().map(|named| named.name.as_str())) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(format!("ctctl device ls {} shows its devices", config.name)),
        }
    })
}

/// Files that are open stay open as they were opened.
fn change(host: &Host, name: &str, device: &str, words: &[String]) -> Result<()> {
    let _lock = store::lock(host, name, Wait::Yes)?;
    let mut file = ConfigFile::read(&host.config_file(name))?;
    let before = file.config(name)?;
    let at = find(&before, device)?;
    let old = &before.devices[at];
    let changed = device::changed(&old.device, words).map_err(|text| Error::new(Exit::Value, text))?;
    let new = Named { name: device.to_owned(), device: changed };
    devices::check(&new.device)?;
    let mut after = before.clone();
    after.devices[at] = new.clone();
    after.check()?;
    let init = init(host, name)?;
    if let Some(init) = &init {
        take(host, &after, old, init)?;
        if let Err(error) = give(host, (&before, &after), &new, init) {
            // The cause is the error to report.
            drop(give(host, (&after, &before), old, init));
            return Err(error);
        }
    }
    file.set_device(&new);
    file.save()
}

fn remove(host: &Host, name: &str, device: &str) -> Result<()> {
    let _lock = store::lock(host, name, Wait::Yes)?;
    let mut file = ConfigFile::read(&host.config_file(name))?;
    let mut config = file.config(name)?;
    let at = find(&config, device)?;
    let named = config.devices.remove(at);
    let taken = match init(host, name)? {
        Some(init) => take(host, &config, &named, &init),
        None => Ok(()),
    };
    match taken {
        // It is nowhere to be found in the running system; the next start is without it all the same.
        Err(error) if error.exit() != Exit::State => return Err(error),
        _ => {}
    }
    file.remove_device(device);
    file.save()?;
    taken
}

fn list(config: &Config, as_json: bool) -> Result<u8> {
    if as_json {
        let all = config.devices.iter().map(|named| (named.name.clone(), to_json(&named.device)));
        return printed(output::json(&serde_json::Value::Object(all.collect())));
    }
    let row = |named: &Named| vec![named.name.clone(), line(&named.device)];
    let rows: Vec<Vec<String>> = config.devices.iter().map(row).collect();
    printed(output::table(&["DEVICE", "WHAT"], &rows))
}

/// A device as it can be typed.
pub(super) fn line(device: &Device) -> String {
    let word = |(key, value): (&str, String)| {
        if value == "true" { key.to_owned() } else { format!("{key}={value}") }
    };
    let mut words = vec![device::type_of(device).to_owned()];
    words.extend(device::words(device).into_iter().map(word));
    words.join(" ")
}

pub(super) fn to_json(device: &Device) -> serde_json::Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), json!(device::type_of(device)));
    for (key, value) in device::words(device) {
        let value = if value == "true" { json!(true) } else { json!(value) };
        object.insert(key.to_owned(), value);
    }
    object.into()
}

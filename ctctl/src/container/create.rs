// SPDX-License-Identifier: Apache-2.0
//! Making a system: its numbers, its own files, its identity; its configuration file comes last and makes it exist.

use super::{destroy, identity, rename};
use crate::build;
use crate::config::file::ConfigFile;
use crate::config::{Config, Network};
use crate::error::{Context, Error, Exit, Result};
use crate::events;
use crate::host::{Host, private_dir};
use crate::idmap::{self, IdMap};
use crate::network;
use crate::output;
use crate::store::{self, Lock, Wait};
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

/// What the caller asks of the numbers.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// This number and no other.
    pub ctid: Option<u64>,
    /// `auto`, `BASE:SIZE` or `host`.
    pub idmap: String,
}

/// Makes the system that `config` describes.
///
/// # Errors
/// `Exists`, `Value`; nothing is left behind then.
pub fn create(host: &Host, config: Config, wishes: &Wishes) -> Result<Config> {
    held(host, config, wishes).map(|(config, _lock)| config)
}

/// The same; nobody else works on the system as long as the lock lives.
///
/// # Errors
/// As [`create`].
pub fn held(host: &Host, mut config: Config, wishes: &Wishes) -> Result<(Config, Lock)> {
    let lock = store::lock(host, &config.name, Wait::Yes)?;
    if host.config_file(&config.name).exists() {
        return Err(Error::new(Exit::Exists, format!("there is a system {:?} already", config.name))
            .hint("choose another name, or remove it with: ctctl destroy"));
    }
    // Before anything that takes back by removing: files under this name may be a renamed system's.
    rename::give_back(host, &config.name)?;
    let made = make(host, &mut config, wishes);
    if let Err(error) = made {
        // It may be there already, when the disk could not be told to keep it.
        drop(fs::remove_file(host.config_file(&config.name)));
        // Without a configuration file nothing names these files; the cause is the error to report.
        drop(templates::remove_tree(&host.data(&config.name)));
        lock.remove();
        return Err(error);
    }
    output::step(&format!("{}: number {}, ids {}", config.name, config.ctid, config.idmap));
    events::tell(host, &config.name, "created", json!({ "template": config.template }));
    Ok((config, lock))
}

fn make(host: &Host, config: &mut Config, wishes: &Wishes) -> Result<()> {
    if config.network == Network::Nat {
        network::can_translate(host)?;
    }
    destroy::sweep(host)?;
    config.uuid = new_uuid()?;
    let data = host.data(&config.name);
    // What a killed create left.
    templates::remove_tree(&data).context(|| format!("remove {}", data.display()))?;
    // Held until the file is there: the numbers are taken when it can be read.
    let _numbers = store::lock_numbers(host)?;
    choose_numbers(host, config, wishes)?;
    network::choose_address(host, config)?;
    network::agree(host, config)?;
    config.check()?;
    make_files(host, config)?;
    if !build::is_for_steps(config) {
        identity::write(host, config)?;
    }
    let mut file = ConfigFile::empty(&host.config_file(&config.name));
    file.set_all(config);
    file.save()
}

fn choose_numbers(host: &Host, config: &mut Config, wishes: &Wishes) -> Result<()> {
    let mut ctids = Vec::new();
    let mut maps = Vec::new();
    for name in store::names(host) {
        let other = store::read(host, &name)?;
        ctids.push(other.ctid);
        maps.push(other.idmap);
    }
    config.ctid = choose_ctid(&config.name, wishes.ctid, &ctids)?;
    config.idmap = match wishes.idmap.as_str() {
        "auto" => {
            // A missing file is an empty one.
            let (subuid, subgid) = ("/etc/subuid", "/etc/subgid");
            let read = |path| fs::read_to_string(path).unwrap_or_default();
            idmap::allocate(&read(subuid), &read(subgid), &maps).ok_or_else(|| {
                Error::new(Exit::Failure, "no free range of 65,536 ids")
                    .hint("give owner ctctl more in /etc/subuid and /etc/subgid, the same in both")
            })?
        }
        given => {
            let wrong = |text: String| Error::new(Exit::Value, format!("idmap: {text}"));
            let map: IdMap = given.parse().map_err(wrong)?;
            if let Some(other) = maps.iter().find(|other| idmap::overlap(map, **other)) {
                return Err(wrong(format!("{map} overlaps with another system's {other}"))
                    .hint("without --idmap it gets a range of its own"));
            }
            map
        }
    };
    Ok(())
}

fn choose_ctid(name: &str, wish: Option<u64>, taken: &[u64]) -> Result<u64> {
    let by_name = name.parse::<u64>().ok();
    if let (Some(named), Some(wished)) = (by_name, wish)
        && named != wished
    {
        return Err(Error::new(
            Exit::Value,
            format!("the name {name} is another number than --ctid {wished}"),
        ));
    }
    match wish.or(by_name) {
        Some(ctid) if ctid < store::FIRST_CTID => {
            Err(Error::new(Exit::Value, format!("ctid {ctid}: numbers up to 100 are reserved"))
                .hint("without --ctid it gets the next free one"))
        }
        Some(ctid) if taken.contains(&ctid) => Err(Error::new(Exit::Exists, format!("ctid {ctid} is taken"))
            .hint("without --ctid it gets the next free one")),
        Some(ctid) => Ok(ctid),
        None => Ok((store::FIRST_CTID..).find(|ctid| !taken.contains(ctid)).unwrap_or(store::FIRST_CTID)),
    }
}

/// `upper` becomes the root of the system: it looks like the template's. Ids on disk are the container's own.
fn make_files(host: &Host, config: &Config) -> Result<()> {
    let data = host.data(&config.name);
    let templates = host.templates();
    if let Some(gone) = config.layers.iter().find(|layer| !templates.layer(layer).is_dir()) {
        let text = format!("layer {gone} of template {} is not there", config.template);
        return Err(
            Error::new(Exit::NoTemplate, text).hint("it was removed meanwhile: build the template again")
        );
    }
    let top = config.layers.last().map(|layer| host.templates().layer(layer));
    let top = top.ok_or_else(|| Error::new(Exit::Failure, "the template has no layer"))?;
    let root = fs::metadata(&top).context(|| top.display().to_string())?;
    private_dir(&data.join("work"))?;
    let upper = data.join("upper");
    private_dir(&upper)?;
    chown(&upper, Some(0), Some(0)).context(|| upper.display().to_string())?;
    fs::set_permissions(&upper, Permissions::from_mode(root.permissions().mode() & 0o7777))
        .context(|| upper.display().to_string())
}

fn new_uuid() -> Result<String> {
    let path = "/proc/sys/kernel/random/uuid";
    Ok(fs::read_to_string(path).context(|| path)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_101_and_a_name_of_digits_is_its_number() {
        assert_eq!(choose_ctid("web", None, &[101, 102, 104]).unwrap(), 103);
        assert_eq!(choose_ctid("200", None, &[]).unwrap(), 200);
        assert_eq!(choose_ctid("200", Some(201), &[]).unwrap_err().exit(), Exit::Value);
        assert_eq!(choose_ctid("web", Some(101), &[101]).unwrap_err().exit(), Exit::Exists);
        assert_eq!(choose_ctid("100", None, &[]).unwrap_err().exit(), Exit::Value);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! A configuration apart from its system: as a text from which another system like it can be made, beside its
//! template, and beside another one.

use super::Config;
use super::file::ConfigFile;
use super::keys::{Change, KEYS, Key};
use super::value::Value;
use crate::commands::template;
use crate::error::{Error, Exit, Result};
use crate::host::Host;
use crate::idmap::IdMap;
use std::path::Path;

/// What each system has of its own: no two may have the same, or it follows from the template.
const OWN: &[&str] = &["ctid", "uuid", "layers", "idmap"];

/// What is chosen for each system too, unless somebody names it.
const CHOSEN: &[&str] = &["address", "mac"];

/// Every key that another system can have too, those without a value as empty: the template's default must not come
/// back in its place.
#[must_use]
pub fn text(config: &Config) -> String {
    let mut file = ConfigFile::empty(Path::new("dump"));
    for key in KEYS.iter().filter(|key| !OWN.contains(&key.name) && !CHOSEN.contains(&key.name)) {
        match (key.get)(config) {
            Some(value) => file.set(key, Some(&value)),
            None => file.set_text(key.name, ""),
        }
    }
    if config.idmap == IdMap::Host {
        file.set_text("idmap", "host");
    }
    for named in &config.devices {
        file.set_device(named);
    }
    file.text()
}

/// Whether a file has nothing that a new system gets for itself.
///
/// # Errors
/// `Value`, with the key.
pub fn check(file: &ConfigFile) -> Result<()> {
    let own = KEYS.iter().find(|key| OWN.contains(&key.name) && key.name != "idmap" && file.has(key));
    match own {
        Some(key) => Err(Error::new(Exit::Value, format!("{} is each system's own", key.name))
            .hint("make the file with: ctctl config dump NAME")),
        None => Ok(()),
    }
}

/// What a system would have if nothing had been said but its template.
///
/// # Errors
/// `NoTemplate` when it is gone.
pub fn of_template(host: &Host, config: &Config) -> Result<Config> {
    let manifest = template::find(host, &config.template)?;
    let mut plain = Config::new(&config.name);
    template::apply_defaults(&manifest.defaults, &mut plain)?;
    plain.template.clone_from(&config.template);
    Ok(plain)
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It is what holds without a word.
    Default,
    /// The template says so.
    Template,
    /// It was given, at creation or later.
    File,
}

impl Source {
    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Source::Default => "default",
            Source::Template => "template",
            Source::File => "file",
        }
    }
}

/// Where the value of a key comes from. The file has a copy of the template's defaults: what is the same there counts
/// as the template's.
#[must_use]
pub fn source(file: &ConfigFile, config: &Config, template: Option<&Config>, key: &Key) -> Source {
    let value = |config| (key.get)(config);
    let plain = Config::new(&config.name);
    if OWN.contains(&key.name) || key.change == Change::Never {
        return Source::File;
    }
    match template {
        Some(template) if value(template) == value(config) && value(template) != value(&plain) => {
            Source::Template
        }
        // A default that stands against the template's was somebody's wish.
        Some(template) if value(template) != value(config) => Source::File,
        _ if !file.has(key) || value(&plain) == value(config) => Source::Default,
        _ => Source::File,
    }
}

/// The keys in which two configurations differ, but for what each system has of its own.
#[must_use]
pub fn differences(one: &Config, other: &Config) -> Vec<(&'static Key, Option<Value>, Option<Value>)> {
    let keys = KEYS.iter().filter(|key| !OWN.contains(&key.name));
    keys.map(|key| (key, (key.get)(one), (key.get)(other))).filter(|(_, a, b)| a != b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_read_back_as_it_was() {
        let mut config = Config::new("web");
        config.template = "busybox".to_owned();
        config.memory = Some(64 << 20);
        config.labels = vec!["tier=web".to_owned()];
        config.env = vec!["A=b c".to_owned()];
        let dumped = text(&config);
        let file = ConfigFile::parse(Path::new("x"), &dumped).unwrap();
        check(&file).unwrap();
        let mut again = Config::new("db");
        // What a template brings does not come back.
        again.pids = Some(7);
        again.hostname = Some("x".to_owned());
        file.apply(&mut again).unwrap();
        assert_eq!(differences(&config, &again).len(), 0, "{dumped}");
        assert_eq!(text(&again), dumped);
    }

    #[test]
    fn what_is_each_systems_own_is_refused() {
        let file = ConfigFile::parse(Path::new("x"), "ctid = 105\n").unwrap();
        assert_eq!(check(&file).unwrap_err().to_string(), "ctid is each system's own");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Devices of a system: `[devices.NAME]` in its file, `ctctl device` on the command line.
//!
//! Both forms are words: `type`, and keys with values; a flag is a key whose value is true.

use super::value::{Kind, Value};
use crate::error::nearest;
use std::path::{Component, Path};
use toml_edit::{Item, Table, Value as Toml};

/// A device under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The administrator's word for it.
    pub name: String,
    /// What it is.
    pub device: Device,
}

/// What a system can be given beside its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// A folder or a file of the host.
    Disk {
        /// The host's path. No part of it is a link.
        src: String,
        /// The path inside.
        dst: String,
        /// How it is mounted.
        options: Options,
    },
    /// Files in memory, gone when the system stops.
    Tmpfs {
        /// The path inside.
        dst: String,
        /// The most bytes.
        size: Option<u64>,
        /// Permissions of its top.
        mode: u32,
        /// How it is mounted.
        options: Options,
    },
    /// A device node and the right to use it.
    Node(Node),
}

/// Options of a mount, for it and all that is mounted below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Nothing can be written.
    pub ro: bool,
    /// Set-user-id bits mean nothing.
    pub nosuid: bool,
    /// Device nodes mean nothing.
    pub nodev: bool,
    /// No program can be run.
    pub noexec: bool,
    /// Reading does not write times of access.
    pub noatime: bool,
}

/// A device node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// A block device, not a character device.
    pub block: bool,
    /// The path inside.
    pub path: String,
    /// The host's device: a path, or a number that needs none.
    pub source: NodeSource,
    /// Permissions of the node.
    pub mode: u32,
    /// Its owner, in the system's ids.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Letters of `rw`; empty when nobody inside may use it.
    pub access: String,
}

/// Which device a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeSource {
    /// The one at this path of the host.
    Path(String),
    /// The one of this number.
    Number(u32, u32),
}

/// The types, with their keys: those that are needed end with `!`, flags with `?`.
const TYPES: &[(&str, &[&str])] = &[
    ("disk", &["src!", "dst!", "ro?", "nosuid?", "nodev?", "noexec?", "noatime?"]),
    ("tmpfs", &["dst!", "size", "mode", "ro?", "nosuid?", "nodev?", "noexec?", "noatime?"]),
    ("unix-char", &["path!", "source", "mode", "uid", "gid"]),
    ("unix-block", &["path!", "source", "mode", "uid", "gid"]),
];

/// A character device that everybody inside may use.
#[must_use]
pub fn node(path: &str, (major, minor): (u32, u32)) -> Device {
    Device::Node(Node {
        block: false,
        path: path.to_owned(),
        source: NodeSource::Number(major, minor),
        mode: 0o666,
        uid: 0,
        gid: 0,
        access: "rw".to_owned(),
    })
}

/// Names of all types, for messages.
#[must_use]
pub fn types() -> String {
    TYPES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

type Words = Vec<(String, String)>;
type Result<T> = std::result::Result<T, String>;

/// Reads what a person typed behind the device's name: a type, then `KEY=VALUE` and flags.
///
/// # Errors
/// A sentence that names the key and says what is expected.
pub fn parse(kind: &str, words: &[String]) -> Result<Device> {
    build(kind, words.iter().map(|word| pair(word)).collect())
}

/// The device with other words than it has: `KEY=` takes one back to its default.
///
/// # Errors
/// As [`parse`].
pub fn changed(device: &Device, changes: &[String]) -> Result<Device> {
    let mut all: Words = words(device).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    for change in changes {
        let (key, value) = pair(change);
        all.retain(|(other, _)| *other != key);
        if !value.is_empty() {
            all.push((key, value));
        }
    }
    build(type_of(device), all)
}

fn pair(word: &str) -> (String, String) {
    match word.split_once('=') {
        Some((key, value)) => (key.to_owned(), value.to_owned()),
        None => (word.to_owned(), "true".to_owned()),
    }
}

/// Reads a table of the file.
///
/// # Errors
/// As [`parse`].
pub fn from_toml(item: &Item) -> Result<Device> {
    let table = item.as_table_like().ok_or_else(|| "expected a table".to_owned())?;
    let mut kind = None;
    let mut words = Words::new();
    for (key, item) in table.iter() {
        let text = match item.as_value() {
            Some(Toml::String(text)) => text.value().clone(),
            Some(Toml::Boolean(flag)) => flag.value().to_string(),
            Some(Toml::Integer(number)) => number.value().to_string(),
            _ => return Err(format!("{key}: expected a string, a number, true or false")),
        };
        match key {
            "type" => kind = Some(text),
            _ => words.push((key.to_owned(), text)),
        }
    }
    build(&kind.ok_or_else(|| format!("type: missing; it is one of {}", types()))?, words)
}

/// What the file is to hold.
#[must_use]
pub fn to_toml(device: &Device) -> Table {
    let mut table = Table::new();
    table.insert("type", toml_edit::value(type_of(device)));
    for (key, value) in words(device) {
        let value = if value == "true" { toml_edit::value(true) } else { toml_edit::value(value) };
        table.insert(key, value);
    }
    table
}

/// The word for its type.
#[must_use]
pub fn type_of(device: &Device) -> &'static str {
    match device {
        Device::Disk { .. } => "disk",
        Device::Tmpfs { .. } => "tmpfs",
        Device::Node(node) if node.block => "unix-block",
        Device::Node(_) => "unix-char",
    }
}

/// The path inside that it has.
#[must_use]
pub fn target(device: &Device) -> &str {
    match device {
        Device::Disk { dst, .. } | Device::Tmpfs { dst, .. } => dst,
        Device::Node(node) => &node.path,
    }
}

/// Its keys that are not at their defaults, in words.
#[must_use]
pub fn words(device: &Device) -> Vec<(&'static str, String)> {
    let mut words = Vec::new();
    match device {
        Device::Disk { src, dst, options } => {
            words.extend([("src", src.clone()), ("dst", dst.clone())]);
            words.extend(flags(*options));
        }
        Device::Tmpfs { dst, size, mode, options } => {
            words.push(("dst", dst.clone()));
            words.extend(size.map(|size| ("size", Kind::Size.print(&Value::Number(size)))));
            words.extend((*mode != TMPFS_MODE).then(|| ("mode", format!("{mode:04o}"))));
            words.extend(flags(*options));
        }
        Device::Node(node) => {
            words.push(("path", node.path.clone()));
            match &node.source {
                NodeSource::Path(path) if *path != node.path => words.push(("source", path.clone())),
                _ => {}
            }
            let access = if node.access.is_empty() { "none" } else { &node.access };
            let mode = if access == "rw" { format!("{:04o}", node.mode) } else { access.to_owned() };
            words.extend((mode != "0660").then_some(("mode", mode)));
            words.extend((node.uid != 0).then(|| ("uid", node.uid.to_string())));
            words.extend((node.gid != 0).then(|| ("gid", node.gid.to_string())));
        }
    }
    words
}

fn flags(options: Options) -> impl Iterator<Item = (&'static str, String)> {
    let Options { ro, nosuid, nodev, noexec, noatime } = options;
    let all = [("ro", ro), ("nosuid", nosuid), ("nodev", nodev), ("noexec", noexec), ("noatime", noatime)];
    all.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (name, "true".to_owned()))
}

const TMPFS_MODE: u32 = 0o1777;
const NODE_MODE: u32 = 0o660;

fn build(kind: &str, words: Words) -> Result<Device> {
    let Some((_, keys)) = TYPES.iter().find(|(name, _)| *name == kind) else {
        return Err(format!("type: {kind:?} is none of {}", types()));
    };
    let mut given = Given { words, kind: kind.to_owned() };
    given.check(keys)?;
    match kind {
        "disk" => {
            Ok(Device::Disk { src: given.path("src")?, dst: given.path("dst")?, options: given.options()? })
        }
        "tmpfs" => Ok(Device::Tmpfs {
            dst: given.path("dst")?,
            size: given.size()?,
            mode: given.octal("mode")?.unwrap_or(TMPFS_MODE),
            options: given.options()?,
        }),
        _ => {
            let (mode, access) = given.node_mode()?;
            let path = given.path("path")?;
            let source = given.take("source").unwrap_or_else(|| path.clone());
            Ok(Device::Node(Node {
                block: kind == "unix-block",
                source: NodeSource::Path(absolute("source", source)?),
                path,
                mode,
                uid: given.id("uid")?,
                gid: given.id("gid")?,
                access,
            }))
        }
    }
}

/// Words that are taken one after the other.
struct Given {
    words: Words,
    kind: String,
}

impl Given {
    fn check(&self, keys: &[&str]) -> Result<()> {
        let name = |key: &str| key.trim_end_matches(['!', '?']).to_owned();
        for (number, (word, value)) in self.words.iter().enumerate() {
            let Some(key) = keys.iter().find(|key| name(key) == *word) else {
                let names: Vec<String> = keys.iter().map(|key| name(key)).collect();
                let hint = match nearest(word, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("it has {}", names.join(", ")),
                };
                return Err(format!("{word}: no key of a {}; {hint}", self.kind));
            };
            if key.ends_with('?') && !["true", "false"].contains(&value.as_str()) {
                return Err(format!("{word}: {value:?} is neither true nor false"));
            }
            if !key.ends_with('?') && value == "true" {
                return Err(format!("{word}: a value is missing: {word}=…"));
            }
            if self.words[..number].iter().any(|(other, _)| other == word) {
                return Err(format!("{word}: given twice"));
            }
        }
        let is_given = |key: &str| self.words.iter().any(|(word, _)| word == key);
        match keys.iter().filter(|key| key.ends_with('!')).find(|key| !is_given(&name(key))) {
            Some(missing) => Err(format!("{}: missing; a {} needs it", name(missing), self.kind)),
            None => Ok(()),
        }
    }

    fn take(&mut self, key: &str) -> Option<String> {
        let at = self.words.iter().position(|(word, _)| word == key)?;
        Some(self.words.swap_remove(at).1)
    }

    fn flag(&mut self, key: &str) -> bool {
        self.take(key).is_some_and(|value| value == "true")
    }

    fn options(&mut self) -> Result<Options> {
        Ok(Options {
            ro: self.flag("ro"),
            nosuid: self.flag("nosuid"),
            nodev: self.flag("nodev"),
            noexec: self.flag("noexec"),
            noatime: self.flag("noatime"),
        })
    }

    fn path(&mut self, key: &str) -> Result<String> {
        let path = self.take(key).unwrap_or_default();
        absolute(key, path)
    }

    fn size(&mut self) -> Result<Option<u64>> {
        let Some(text) = self.take("size") else { return Ok(None) };
        match Kind::Size.parse(&text).map_err(|wrong| format!("size: {wrong}"))? {
            Some(Value::Number(0)) => Err("size: 0 holds nothing".to_owned()),
            Some(Value::Number(size)) => Ok(Some(size)),
            _ => Ok(None),
        }
    }

    fn octal(&mut self, key: &str) -> Result<Option<u32>> {
        let Some(text) = self.take(key) else { return Ok(None) };
        let mode = u32::from_str_radix(&text, 8).ok().filter(|mode| *mode <= 0o7777);
        mode.map(Some).ok_or_else(|| format!("{key}: {text:?} is not an octal mode such as 0755"))
    }

    /// `mode` of a node: permissions in octal, or the accesses that anybody inside may have, as vzctl has it.
    fn node_mode(&mut self) -> Result<(u32, String)> {
        let Some(text) = self.take("mode") else { return Ok((NODE_MODE, "rw".to_owned())) };
        match text.as_str() {
            "none" => Ok((NODE_MODE, String::new())),
            "r" | "w" | "rw" => Ok((NODE_MODE, text)),
            digits => {
                let mode = u32::from_str_radix(digits, 8).ok().filter(|mode| *mode <= 0o777);
                let wrong = || format!("mode: {text:?} is none of r, w, rw, none, or a mode such as 0660");
                Ok((mode.ok_or_else(wrong)?, "rw".to_owned()))
            }
        }
    }

    fn id(&mut self, key: &str) -> Result<u32> {
        let Some(text) = self.take(key) else { return Ok(0) };
        text.parse().map_err(|_| format!("{key}: {text:?} is not a number"))
    }
}

/// A path from the root on that means what it says.
fn absolute(key: &str, path: String) -> Result<String> {
    let parts = Path::new(&path).components();
    let is_plain = parts.clone().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let is_short = path.len() < 4096 && !path.contains('\0');
    if path.starts_with('/') && is_plain && is_short && parts.count() > 1 {
        return Ok(path);
    }
    Err(format!("{key}: {path:?} is not a path from / on without .."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(text: &str) -> (String, Vec<String>) {
        let mut words = text.split(' ').map(str::to_owned);
        (words.next().unwrap(), words.collect())
    }

    #[test]
    fn what_is_typed_is_written_and_read_back() {
        for text in [
            "disk src=/srv/x dst=/data ro nosuid",
            "disk src=/a dst=/b noatime nodev noexec",
            "tmpfs dst=/scratch size=16M mode=0700 noexec",
            "unix-char path=/dev/x source=/dev/null mode=0600 uid=5 gid=6",
            "unix-block path=/dev/loop0 mode=none",
            "unix-char path=/dev/x mode=r",
        ] {
            let (kind, words) = words_of(text);
            let device = parse(&kind, &words).unwrap();
            assert_eq!(type_of(&device), kind);
            assert_eq!(from_toml(&Item::Table(to_toml(&device))), Ok(device), "{text}");
        }
    }

    #[test]
    fn words_change_one_by_one() {
        let (kind, words) = words_of("disk src=/srv/x dst=/data ro nosuid");
        let device = parse(&kind, &words).unwrap();
        let change = |text: &str| {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            changed(&device, &words)
        };
        let (kind, words) = words_of("disk src=/srv/x dst=/data nosuid noexec");
        assert_eq!(change("ro=false noexec"), parse(&kind, &words));
        assert_eq!(change("ro= noexec"), parse(&kind, &words));
        assert!(change("dst=").unwrap_err().contains("dst: missing"));
        assert!(change("size=1M").unwrap_err().contains("size: no key"));
    }

    #[test]
    fn a_wrong_word_is_refused_by_its_key() {
        for (text, word) in [
            ("nic x=y", "type: \"nic\""),
            ("disk src=/a", "dst: missing"),
            ("disk src=a dst=/b", "src: \"a\""),
            ("disk src=/a/../b dst=/b", "src: "),
            ("disk src=/a dst=/", "dst: "),
            ("disk src=/a dst=/b rw", "rw: no key"),
            ("disk src=/a dst=/b ro=maybe", "ro: \"maybe\""),
            ("disk src=/a dst=/b ro ro", "ro: given twice"),
            ("disk src dst=/b", "src: a value is missing"),
            ("tmpfs dst=/b size=much", "size: \"much\""),
            ("tmpfs dst=/b sise=1M", "did you mean size?"),
            ("unix-char path=/dev/x mode=rx", "mode: \"rx\""),
            ("unix-char path=/dev/x uid=root", "uid: \"root\""),
        ] {
            let (kind, words) = words_of(text);
            let error = parse(&kind, &words).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}

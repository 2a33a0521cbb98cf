// SPDX-License-Identifier: Apache-2.0
//! The configuration's file: TOML in which comments and unset keys stay as the administrator left them.

use super::Config;
use super::device::{self, Named};
use super::keys::{self, KEYS, Key};
use super::value::Value;
use crate::error::{Context, Error, Exit, Result};
use crate::host::private_dir;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table};

/// The table of devices, which are no keys: each has keys of its own.
const DEVICES: &str = "devices";

/// One system's file, in memory.
#[derive(Debug)]
pub struct ConfigFile {
    path: PathBuf,
    document: DocumentMut,
}

impl ConfigFile {
    /// A file that does not exist yet.
    #[must_use]
    pub fn empty(path: &Path) -> ConfigFile {
        ConfigFile { path: path.to_owned(), document: DocumentMut::new() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// What reading answers; `Value` for text that is not TOML, with line and column.
    pub fn read(path: &Path) -> Result<ConfigFile> {
        let text = fs::read_to_string(path).context(|| path.display().to_string())?;
        ConfigFile::parse(path, &text)
    }

    /// The same of a text that has been read; the path is for messages.
    ///
    /// # Errors
    /// `Value` for text that is not TOML, with line and column.
    pub fn parse(path: &Path, text: &str) -> Result<ConfigFile> {
        let document = text.parse::<DocumentMut>().map_err(|error| {
            Error::new(Exit::Value, format!("{}: {}", path.display(), error.to_string().trim_end()))
        })?;
        Ok(ConfigFile { path: path.to_owned(), document })
    }

    /// What the file says, checked; `name` is the system's.
    ///
    /// # Errors
    /// `Value` for the first key that is unknown or has a wrong value.
    pub fn config(&self, name: &str) -> Result<Config> {
        let mut config = Config::new(name);
        self.apply(&mut config)?;
        config.check().context(|| self.path.display().to_string())?;
        Ok(config)
    }

    /// The same of a file that is no system's own: it names no range of ids, and what goes with one is not looked at.
    ///
    /// # Errors
    /// As [`ConfigFile::config`].
    pub fn described(&self, name: &str) -> Result<Config> {
        let mut config = Config::new(name);
        self.apply(&mut config)?;
        Ok(config)
    }

    /// Whether the file says something of a key.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.document.contains_key(key.name)
            || key.alias.is_some_and(|alias| self.document.contains_key(alias))
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n", self.document.to_string().trim_end())
    }

    /// Puts what the file says into a configuration; keys that it does not name stay as they are.
    ///
    /// # Errors
    /// `Value` for the first key that is unknown or has a wrong value.
    pub fn apply(&self, config: &mut Config) -> Result<()> {
        for (name, item) in self.document.iter() {
            if name == DEVICES {
                config.devices = self.devices(item)?;
                continue;
            }
            let mut put = || {
                let key = keys::find(name)?;
                let value = key.kind.from_toml(item).map_err(|text| Error::new(Exit::Value, text))?;
                (key.put)(config, value).map_err(|text| Error::new(Exit::Value, text))
            };
            put().context(|| format!("{}: {name}", self.path.display()))?;
        }
        Ok(())
    }

    fn devices(&self, item: &Item) -> Result<Vec<Named>> {
        let table = item.as_table_like().ok_or_else(|| {
            Error::new(Exit::Value, format!("{}: {DEVICES}: expected tables", self.path.display()))
        })?;
        let read = |(name, item): (&str, &Item)| {
            let read = device::from_toml(item).map_err(|text| Error::new(Exit::Value, text));
            let device = read.context(|| format!("{}: {DEVICES}.{name}", self.path.display()))?;
            Ok(Named { name: name.to_owned(), device })
        };
        table.iter().map(read).collect()
    }

    /// Writes one device, a new one behind the others.
    pub fn set_device(&mut self, named: &Named) {
        let devices = self.document.entry(DEVICES).or_insert_with(|| {
            let mut table = Table::new();
            // No heading of its own: each device has one.
            table.set_implicit(true);
            Item::Table(table)
        });
        let Some(devices) = devices.as_table_like_mut() else { return };
        let mut new = device::to_toml(&named.device);
        let Some(table) = devices.get_mut(&named.name).and_then(Item::as_table_like_mut) else {
            drop(devices.insert(&named.name, Item::Table(new)));
            return;
        };
        // Word by word: the comments between them are the administrator's.
        let gone = |key: &&str| !new.contains_key(key);
        let gone: Vec<String> = table.iter().map(|(key, _)| key).filter(gone).map(str::to_owned).collect();
        for key in gone {
            table.remove(&key);
        }
        for (key, item) in new.iter_mut() {
            let mut item = std::mem::take(item);
            match table.get_mut(key.get()) {
                Some(old) => {
                    if let (Some(old), Some(new)) = (old.as_value(), item.as_value_mut()) {
                        *new.decor_mut() = old.decor().clone();
                    }
                    *old = item;
                }
                None => drop(table.insert(key.get(), item)),
            }
        }
    }

    /// Removes one device.
    pub fn remove_device(&mut self, name: &str) {
        let Some(devices) = self.document.get_mut(DEVICES).and_then(Item::as_table_like_mut) else { return };
        devices.remove(name);
        if devices.is_empty() {
            self.document.remove(DEVICES);
        }
    }

    /// Writes one key; `None` removes it.
    pub fn set(&mut self, key: &Key, value: Option<&Value>) {
        match value {
            Some(value) => {
                let mut new = key.kind.to_toml(value);
                if let Some(old) = self.document.get(key.name).and_then(Item::as_value) {
                    // A comment behind the value is the administrator's.
                    *new.decor_mut() = old.decor().clone();
                }
                self.document[key.name] = Item::Value(new);
            }
            None => drop(self.document.remove(key.name)),
        }
    }

    /// Whether a file has no other keys than these, which are none of the table's.
    ///
    /// # Errors
    /// `Value`, with the first other one.
    pub fn only(&self, names: &[&str]) -> Result<()> {
        match self.document.iter().find(|(name, _)| !names.contains(name)) {
            Some((other, _)) => {
                let text = format!("{}: no key {other:?}", self.path.display());
                Err(Error::new(Exit::Value, text).hint(format!("keys: {}", names.join(", "))))
            }
            None => Ok(()),
        }
    }

    /// The text of a key that is none of the table's.
    ///
    /// # Errors
    /// `Value` for something else than text.
    pub fn text_of(&self, name: &str) -> Result<Option<String>> {
        let wrong = || Error::new(Exit::Value, format!("{}: {name}: expected text", self.path.display()));
        self.document.get(name).map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).transpose()
    }

    /// Writes such a key.
    pub fn set_text(&mut self, name: &str, text: &str) {
        self.document[name] = toml_edit::value(text);
    }

    /// Writes every key that has a value.
    pub fn set_all(&mut self, config: &Config) {
        for key in KEYS {
            if let Some(value) = (key.get)(config) {
                self.set(key, Some(&value));
            }
        }
        for named in &config.devices {
            self.set_device(named);
        }
    }

    /// Puts the file in place: a reader, or a power cut, sees the old one or the new one.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn save(&self) -> Result<()> {
        self.save_as(&self.path)
    }

    /// The same in another file's place.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn save_as(&self, path: &Path) -> Result<()> {
        crate::output::step(&format!("write {}", path.display()));
        let folder = path.parent().unwrap_or(Path::new("/"));
        private_dir(folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Whoever writes it has the system's lock: one name is enough, and a killed write's file is replaced.
        let new = folder.join(format!(".{name}.new"));
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&new)?;
            file.write_all(self.text().as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, path)?;
            File::open(folder)?.sync_all()
        };
        let written = write().context(|| format!("write {}", path.display()));
        if written.is_err() {
            // Nothing there is the usual case; the write's own error is the one to report.
            drop(fs::remove_file(&new));
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ConfigFile {
        ConfigFile { path: PathBuf::from("web.toml"), document: text.parse().unwrap() }
    }

    #[test]
    fn comments_survive_a_change() {
        let mut web = file("# the shop\nmemory = \"1G\" # raised in May\n\n# few\npids = 10\n");
        let (memory, pids) = (keys::find("memory").unwrap(), keys::find("pids").unwrap());
        web.set(memory, Some(&Value::Number(512 << 20)));
        web.set(keys::find("cpulimit").unwrap(), Some(&Value::Number(50)));
        assert_eq!(
            web.document.to_string(),
            "# the shop\nmemory = \"512M\" # raised in May\n\n# few\npids = 10\ncpulimit = \"50%\"\n"
        );
        web.set(pids, None);
        assert_eq!(web.config("web").unwrap().pids, None);
    }

    #[test]
    fn comments_between_devices_survive() {
        let text = "pids = 10\n\n# goods\n[devices.data]\ntype = \"disk\"\nsrc = \"/srv\" # large\ndst = \"/d\"\nro = true\n";
        let mut web = file(text);
        let device = |words: &str| {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            Named { name: words[0].clone(), device: device::parse("disk", &words[1..]).unwrap() }
        };
        web.set_device(&device("other src=/o dst=/o"));
        web.remove_device("other");
        assert_eq!(web.document.to_string(), text);
        web.set_device(&device("data src=/new dst=/d noexec"));
        let shown = web.document.to_string();
        let data =
            "# goods\n[devices.data]\ntype = \"disk\"\nsrc = \"/new\" # large\ndst = \"/d\"\nnoexec = true\n";
        assert_eq!(shown, format!("pids = 10\n\n{data}"));
        assert_eq!(file(&shown).config("web").unwrap().devices, [device("data src=/new dst=/d noexec")]);
        web.remove_device("data");
        assert!(web.config("web").unwrap().devices.is_empty());
    }

    #[test]
    fn an_error_names_file_key_and_remedy() {
        let error = file("memroy = \"1G\"\n").config("web").unwrap_err();
        assert_eq!(error.to_string(), "web.toml: memroy: no key \"memroy\"");
        assert_eq!(error.hint_text(), Some("did you mean memory?"));
        let error = file("memory = true\n").config("web").unwrap_err();
        assert_eq!(error.to_string(), "web.toml: memory: expected SIZE[K|M|G|T|%]");
    }

    #[test]
    fn all_that_is_written_is_read_back() {
        let mut config = Config::new("web");
        config.uuid = "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned();
        config.ctid = 101;
        config.layers = vec![format!("sha256-{}", "0".repeat(64))];
        config.memory = Some(1 << 30);
        config.idmap = "1048576:65536".parse().unwrap();
        let mut written = file("");
        written.set_all(&config);
        assert_eq!(file(&written.document.to_string()).config("web").unwrap(), config);
    }
}

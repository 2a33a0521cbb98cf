// SPDX-License-Identifier: Apache-2.0
//! Systems by name: which there are, what a person meant, and one lock for each.

use crate::build;
use crate::config::Config;
use crate::config::file::ConfigFile;
use crate::container::rename;
use crate::error::{Context, Error, Exit, Result, nearest};
use crate::host::{Host, private_dir};
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The first number that a system may have; smaller ones are reserved, as in OpenVZ.
pub const FIRST_CTID: u64 = 101;

/// Names of all systems, sorted.
#[must_use]
pub fn names(host: &Host) -> Vec<String> {
    let files = fs::read_dir(host.configs()).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        files.filter_map(|f| f.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)).collect();
    names.retain(|name| check_name(name).is_ok());
    names.sort();
    names
}

/// Whether a name may be given to a system.
///
/// # Errors
/// `Value`, with the rule.
pub fn check_name(name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let begins_well = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if begins_well && name.len() <= 63 && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(Error::new(Exit::Value, format!("{name:?} is not a name")).hint(
        "a name has letters, digits, -, _ and ., begins with a letter or digit, and is at most 63 long",
    ))
}

/// Finds the system that a person means: its name, its number, or the beginning of one name alone.
///
/// # Errors
/// `NoSystem`, with the nearest name as a hint; `Value` for an ambiguous beginning.
pub fn resolve(host: &Host, word: &str) -> Result<String> {
    let names = names(host);
    if names.iter().any(|name| name == word) {
        return Ok(word.to_owned());
    }
    if let Ok(ctid) = word.parse::<u64>() {
        let has_number = |name: &&String| read(host, name).is_ok_and(|config| config.ctid == ctid);
        if let Some(name) = names.iter().find(has_number) {
            return Ok(name.clone());
        }
    }
    let begins: Vec<&String> =
        names.iter().filter(|name| !word.is_empty() && name.starts_with(word)).collect();
    match begins.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let error = Error::new(Exit::NoSystem, format!("no system {word:?}"));
            Err(match nearest(word, names.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None if names.is_empty() => {
                    error.hint(format!("make it with: ctctl create {word} --template busybox"))
                }
                None => error.hint("ctctl list shows all systems"),
            })
        }
        several => {
            let all = several.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            Err(Error::new(Exit::Value, format!("{word:?} is the beginning of {all}"))
                .hint("type one more letter"))
        }
    }
}

/// One system's configuration as it is now.
///
/// # Errors
/// What the file has wrong.
pub fn read(host: &Host, name: &str) -> Result<Config> {
    let path = host.config_file(name);
    let file = ConfigFile::read(&path);
    if file.is_err() && !path.exists() {
        return Err(Error::new(Exit::NoSystem, format!("no system {name:?}"))
            .hint("it was destroyed or renamed meanwhile; ctctl list shows all systems"));
    }
    let config = file.and_then(|file| file.config(name));
    config.map_err(|error| error.hint(format!("mend it with: ctctl config edit {name}")))
}

/// A name in use by one `ctctl` alone. Dropping it gives the name free.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    path: PathBuf,
}

/// What to do when another `ctctl` has the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Until it is free.
    Yes,
    /// Not at all: an error.
    No,
}

/// Locks one system's name.
///
/// # Errors
/// `State` when another `ctctl` has it and `wait` says no.
pub fn lock(host: &Host, name: &str, wait: Wait) -> Result<Lock> {
    private_dir(&host.locks())?;
    let path = host.locks().join(name);
    loop {
        let file = File::create(&path).context(|| path.display().to_string())?;
        match wait {
            Wait::Yes => {
                // A build may take an hour, and nobody means to wait for that.
                if file.try_lock().is_err()
                    && read(host, name).is_ok_and(|config| build::is_for_steps(&config))
                {
                    return Err(Error::new(Exit::State, format!("a build is at work in {name}"))
                        .hint("it removes it at its end; end the build to remove it now"));
                }
                file.lock().context(|| format!("lock {}", path.display()))?;
            }
            Wait::No => match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(Exit::State, format!("another ctctl is working on {name}")));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).context(|| format!("lock {}", path.display()));
                }
            },
        }
        // Destroy removes the file while it has the lock: who waited for that one begins again.
        let is_current = match (file.metadata(), fs::metadata(&path)) {
            (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
            _ => false,
        };
        if is_current {
            let lock = Lock { _file: file, path };
            rename::fetch(host, name)?;
            return Ok(lock);
        }
    }
}

impl Lock {
    /// Gives the name free and removes the lock's file, for a system that is no more.
    pub fn remove(self) {
        // A file that stays is an empty one that the next lock of this name uses.
        drop(fs::remove_file(&self.path));
    }
}

/// Held while a number or a range of ids is chosen, so that no two systems get the same.
///
/// # Errors
/// What the file system answers.
pub fn lock_numbers(host: &Host) -> Result<Lock> {
    // No system has a name that begins with a dot.
    lock(host, ".numbers", Wait::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn add(host: &Host, name: &str, ctid: u64) {
        private_dir(&host.configs()).unwrap();
        fs::write(host.config_file(name), format!("ctid = {ctid}\n")).unwrap();
    }

    #[test]
    fn a_person_may_type_name_number_or_beginning() {
        let (host, root) = Host::of_test("ctctl-names-resolve");
        add(&host, "web", 101);
        add(&host, "web2", 102);
        add(&host, "mail", 103);
        fs::write(host.configs().join(".web.toml.17"), "").unwrap();
        assert_eq!(names(&host), ["mail", "web", "web2"]);
        for (typed, meant) in [("web", "web"), ("102", "web2"), ("m", "mail"), ("web2", "web2")] {
            assert_eq!(resolve(&host, typed).unwrap(), meant);
        }
        assert_eq!(resolve(&host, "we").unwrap_err().exit(), Exit::Value);
        assert_eq!(resolve(&host, "wbe").unwrap_err().hint_text(), Some("did you mean web?"));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_name_is_one_part_of_a_path() {
        for wrong in ["", ".", "..", "a/b", ".hidden", "-f", "a b", &"x".repeat(64)] {
            assert!(check_name(wrong).is_err(), "{wrong:?}");
        }
        assert!(check_name("web-1.example_2").is_ok());
    }

    #[test]
    fn a_lock_is_held_once_and_leaves_nothing_when_removed() {
        let (host, root) = Host::of_test("ctctl-names-lock");
        let held = lock(&host, "web", Wait::No).unwrap();
        assert_eq!(lock(&host, "web", Wait::No).unwrap_err().exit(), Exit::State);
        held.remove();
        assert!(!Path::new(&host.locks().join("web")).exists());
        drop(lock(&host, "web", Wait::No).unwrap());
        fs::remove_dir_all(root).unwrap();
    }
}

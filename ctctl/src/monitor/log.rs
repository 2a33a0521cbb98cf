// SPDX-License-Identifier: Apache-2.0
//! The console's log: a file and those before it, however much a system prints; and beside each file when it was
//! written, to the second.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The file that was current so many files ago.
#[must_use]
pub fn older(path: &Path, age: u64) -> PathBuf {
    if age == 0 { path.to_owned() } else { with_ending(path, &age.to_string()) }
}

/// The times of a file of the log: lines of seconds since 1970 and the length that the file had when it went on then.
#[must_use]
pub fn times(path: &Path) -> PathBuf {
    with_ending(path, "times")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// Every file of a log, in no order.
#[must_use]
pub fn files(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_part = |rest: &str| {
        let rest = rest.strip_suffix(".times").unwrap_or(rest);
        let age = rest.strip_prefix('.');
        rest.is_empty() || age.is_some_and(|age| !age.is_empty() && age.bytes().all(|b| b.is_ascii_digit()))
    };
    let entries = path.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|entry| entry.strip_prefix(&name).is_some_and(is_part))
        .map(|n| path.with_file_name(n))
        .collect()
}

/// A console's log. What cannot be written is lost: a full disk must not stop a system.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: Option<File>,
    length: u64,
    /// When the times were written last.
    noted: u64,
    largest: u64,
    files: u64,
}

impl Log {
    /// A log that goes on where this file ends.
    #[must_use]
    pub fn new(path: PathBuf) -> Log {
        let file = open(&path);
        let length = file.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |data| data.len());
        Log { path, file, length, noted: 0, largest: 1 << 20, files: 1 }
    }

    /// Begins a new file at this length from now on, and keeps so many before it.
    pub fn set_limits(&mut self, largest: u64, files: u64) {
        let is_there = |age: &u64| older(&self.path, *age).exists();
        for age in (files + 1..).take_while(is_there) {
            self.remove(age);
        }
        (self.largest, self.files) = (largest, files);
    }

    /// Adds what was printed.
    pub fn append(&mut self, bytes: &[u8]) {
        if self.length >= self.largest {
            self.rotate();
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        if now != self.noted {
            self.note(now);
        }
        let Some(file) = &mut self.file else {
            // A disk that was full may have room again.
            self.file = open(&self.path);
            return;
        };
        if file.write_all(bytes).is_ok() {
            self.length += bytes.len() as u64;
        } else {
            self.length = file.metadata().map_or(self.length, |data| data.len());
        }
    }

    /// The file becomes the one before, and those before it grow older.
    fn rotate(&mut self) {
        self.remove(self.files);
        for age in (0..self.files).rev() {
            let (from, to) = (older(&self.path, age), older(&self.path, age + 1));
            // One that cannot be moved is removed below: the log must not grow without end.
            drop(fs::rename(times(&from), times(&to)));
            drop(fs::rename(&from, &to));
        }
        self.remove(0);
        self.file = open(&self.path);
        self.length = 0;
        self.noted = 0;
    }

    fn remove(&self, age: u64) {
        let path = older(&self.path, age);
        // Most often there is none.
        drop(fs::remove_file(times(&path)));
        drop(fs::remove_file(&path));
    }

    fn note(&mut self, now: u64) {
        self.noted = now;
        if let Some(mut file) = open(&times(&self.path)) {
            // Times that cannot be written are missed by `--since` alone.
            drop(file.write_all(format!("{now} {}\n", self.length).as_bytes()));
        }
    }
}

fn open(path: &PathBuf) -> Option<File> {
    crate::host::private_dir(path.parent()?).ok()?;
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_bounded() {
        let folder = std::env::temp_dir().join(format!("ctctl-log-{}", std::process::id()));
        let path = folder.join("web.log");
        let mut log = Log::new(path.clone());
        log.set_limits(1000, 2);
        for number in 0..90 {
            log.append(format!("{number:0100}").as_bytes());
        }
        let length = |age| fs::metadata(older(&path, age)).unwrap().len();
        assert_eq!((length(0), length(1), length(2)), (1000, 1000, 1000));
        assert!(fs::read_to_string(times(&older(&path, 2))).unwrap().ends_with(" 0\n"));
        fs::write(folder.join("web.log.log"), "").unwrap();
        fs::write(folder.join("web.log.x"), "").unwrap();
        assert_eq!(files(&path).len(), 6);
        log.set_limits(1000, 0);
        log.append(&[b'x'; 5]);
        assert_eq!(files(&path).len(), 2);
        assert_eq!(fs::metadata(&path).unwrap().len(), 5);
        fs::remove_dir_all(folder).unwrap();
    }
}

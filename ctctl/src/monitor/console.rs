// SPDX-License-Identifier: Apache-2.0
//! The console's log: one file and the one before it, however much a system prints.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// Where a new file is begun.
const LARGEST: u64 = 1 << 20;

/// A console's log. What cannot be written is lost: a full disk must not stop a system.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: Option<File>,
    length: u64,
}

impl Log {
    /// A log that goes on where this file ends.
    #[must_use]
    pub fn new(path: PathBuf) -> Log {
        let file = open(&path);
        let length = file.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |data| data.len());
        Log { path, file, length }
    }

    /// Adds what was printed.
    pub fn append(&mut self, bytes: &[u8]) {
        if self.length >= LARGEST {
            // Where it cannot be moved it is cut: it must not grow without end.
            if fs::rename(&self.path, self.path.with_extension("log.1")).is_err() {
                drop(fs::remove_file(&self.path));
            }
            self.file = open(&self.path);
            self.length = 0;
        }
        let written = self.file.as_mut().is_some_and(|file| file.write_all(bytes).is_ok());
        if written {
            self.length += bytes.len() as u64;
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
        let chunk = vec![b'x'; 300_000];
        for _ in 0..12 {
            log.append(&chunk);
        }
        let length = |path: &PathBuf| fs::metadata(path).unwrap().len();
        assert!(length(&path) <= LARGEST + 300_000);
        assert!(length(&path.with_extension("log.1")) >= LARGEST);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(folder).unwrap();
    }
}

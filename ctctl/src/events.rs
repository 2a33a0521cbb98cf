// SPDX-License-Identifier: Apache-2.0
//! What happens to systems, as it is noted and read back: one line of JSON each, in a file of the run folder.
//!
//! Whoever does something writes the line itself: there is nobody else. A file that is full becomes the older one, and
//! the one before that is gone. A line is written under a shared lock of its file and a file is replaced under an
//! exclusive one, so that no line goes into a file that a reader has left.

use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, private_dir};
use crate::store;
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use runtime_sys::{AsFd, Errno, OwnedFd, rustix};
use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a new file is begun.
const LARGEST: u64 = 1 << 20;

/// Notes that something happened to a system. What cannot be written is lost: no verb fails for it.
pub fn tell(host: &Host, name: &str, event: &str, details: Value) {
    let mut line = json!({ "time": runtime::state::now(), "event": event, "name": name });
    if let Ok(config) = store::read(host, name) {
        line["ctid"] = json!(config.ctid);
    }
    if let (Some(line), Value::Object(details)) = (line.as_object_mut(), details) {
        line.extend(details);
    }
    let path = host.events_file();
    let folder = private_dir(path.parent().unwrap_or(Path::new("/")));
    // A run folder that cannot be made has been somebody's error already.
    drop(folder.map(|()| append(&path, &format!("{line}\n"), LARGEST)));
}

fn older(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

fn append(path: &Path, line: &str, largest: u64) -> std::io::Result<()> {
    loop {
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.lock_shared()?;
        if !is_current(&file, path) {
            continue;
        }
        if file.metadata()?.len() < largest {
            // One call: lines of two writers do not mix.
            return file.write_all(line.as_bytes());
        }
        file.unlock()?;
        file.lock()?;
        // Somebody else may have replaced it in between.
        if is_current(&file, path) {
            fs::rename(path, older(path))?;
        }
    }
}

/// Whether an open file is the one that has its name.
fn is_current(file: &File, path: &Path) -> bool {
    let (open, there) = (file.metadata(), fs::metadata(path));
    matches!((open, there), (Ok(a), Ok(b)) if (a.dev(), a.ino()) == (b.dev(), b.ino()))
}

/// Reads events, the oldest that are kept first, and waits for those to come.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<File>,
    /// The begin of a line whose end is not written yet.
    part: String,
    watch: OwnedFd,
}

impl Follower {
    /// Begins at the oldest event.
    ///
    /// # Errors
    /// No inotify instance is left for this user.
    pub fn from_the_oldest(host: &Host) -> Result<Follower> {
        let mut follower = Follower::begin(host)?;
        follower.file = open(&older(&follower.path)).or_else(|| open(&follower.path));
        Ok(follower)
    }

    /// Begins at the next event.
    ///
    /// # Errors
    /// As [`Follower::from_the_oldest`].
    pub fn from_now(host: &Host) -> Result<Follower> {
        let mut follower = Follower::begin(host)?;
        follower.file = open(&follower.path);
        if let Some(file) = &mut follower.file {
            file.seek(SeekFrom::End(0)).context(|| "go to the end of the events")?;
        }
        Ok(follower)
    }

    fn begin(host: &Host) -> Result<Follower> {
        let path = host.events_file();
        let folder = path.parent().unwrap_or(Path::new("/"));
        let doing = || format!("watch {}", folder.display());
        private_dir(folder)?;
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK);
        let watch = watch.map_err(std::io::Error::from).context(doing)?;
        let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO;
        inotify::add_watch(&watch, folder, flags).map_err(std::io::Error::from).context(doing)?;
        Ok(Follower { path, file: None, part: String::new(), watch })
    }

    /// Also wakes up for what happens in this folder, if it is there.
    pub fn watch_too(&self, folder: &Path) {
        let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE;
        // A folder that is not there yet: its making is an event of the one above it.
        let _absent = inotify::add_watch(&self.watch, folder, flags);
    }

    /// The events that are there and were not read yet.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&mut self) -> Result<Vec<Value>> {
        let mut text = std::mem::take(&mut self.part);
        let place = || self.path.display().to_string();
        loop {
            let Some(file) = &mut self.file else {
                self.file = open(&self.path);
                if self.file.is_none() {
                    break;
                }
                continue;
            };
            // Asked before it is read: nothing is added to one that has been replaced.
            let is_last = is_current(file, &self.path);
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).context(place)?;
            text.push_str(&String::from_utf8_lossy(&bytes));
            if is_last {
                break;
            }
            match open(&self.path) {
                // Between the old one's new name and the new one's making there is none.
                None => break,
                new => self.file = new,
            }
        }
        let end = text.rfind('\n').map_or(0, |at| at + 1);
        self.part = text.split_off(end);
        // A line that a full disk cut is no event.
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Waits until something may have happened, a process has ended, or the time is over.
    ///
    /// # Errors
    /// None that is expected.
    pub fn wait(&self, process: Option<&OwnedFd>, time: Option<Duration>) -> Result<()> {
        let mut fds = vec![PollFd::new(&self.watch, PollFlags::IN)];
        fds.extend(process.map(|process| PollFd::new(process, PollFlags::IN)));
        let time = time.map(|time| Timespec::try_from(time).unwrap_or_default());
        match poll(&mut fds, time.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(std::io::Error::from(error)).context(|| "wait for events"),
        }
        let mut events = [0; 4096];
        while rustix::io::read(self.watch.as_fd(), &mut events).is_ok_and(|count| count > 0) {}
        Ok(())
    }
}

fn open(path: &Path) -> Option<File> {
    File::open(path).ok()
}

/// Reads a moment: `10m` before now (s, m, h, d), seconds since 1970 as `@1700000000`, or RFC 3339 in UTC, whole or its
/// begin. It is given back as events have it.
///
/// # Errors
/// `Value`, with what is expected.
pub fn parse_since(text: &str) -> Result<String> {
    use std::time::{SystemTime, UNIX_EPOCH};
    let wrong = || {
        Error::new(Exit::Value, format!("{text:?} is no moment"))
            .hint("write 30s, 10m, 2h or 1d before now, 2026-01-31T12:00, or @SECONDS since 1970")
    };
    if let Some(seconds) = text.strip_prefix('@') {
        let seconds = seconds.parse().map_err(|_| wrong())?;
        let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).ok_or_else(wrong)?;
        return Ok(runtime::state::rfc3339(time));
    }
    if text.len() >= 10 && text.as_bytes()[4] == b'-' {
        let is_date = text.chars().enumerate().all(|(at, sign)| match at {
            4 | 7 => sign == '-',
            10 => sign == 'T' || sign == ' ',
            13 | 16 => sign == ':',
            19 => sign == '.' || sign == 'Z',
            _ => sign.is_ascii_digit() || at > 19 && sign == 'Z',
        });
        return if is_date {
            Ok(text.replace(' ', "T").trim_end_matches('Z').to_owned())
        } else {
            Err(wrong())
        };
    }
    let (number, unit) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let ago = number.parse::<u64>().ok().and_then(|n| n.checked_mul(seconds)).ok_or_else(wrong)?;
    let time = SystemTime::now().checked_sub(Duration::from_secs(ago)).unwrap_or(UNIX_EPOCH);
    Ok(runtime::state::rfc3339(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(events: &[Value]) -> Vec<&str> {
        events.iter().filter_map(|event| event["name"].as_str()).collect()
    }

    #[test]
    fn a_follower_misses_nothing_over_a_new_file() {
        let (host, root) = Host::of_test("ctctl-events-follow");
        let mut follower = Follower::from_the_oldest(&host).unwrap();
        tell(&host, "a", "created", json!({ "template": "t" }));
        let events = follower.read().unwrap();
        assert_eq!(
            (events[0]["event"].as_str(), events[0]["template"].as_str()),
            (Some("created"), Some("t"))
        );
        let path = host.events_file();
        for name in ["b", "c", "d", "e"] {
            append(&path, &format!("{{\"name\":\"{name}\"}}\n"), 30).unwrap();
        }
        assert!(older(&path).exists());
        // What was rotated away twice between two readings is lost, and nothing else.
        assert_eq!(names(&follower.read().unwrap()).last(), Some(&"e"));
        append(&path, "{\"name\":", 1000).unwrap();
        assert_eq!(follower.read().unwrap().len(), 0);
        append(&path, "\"f\"}\n", 1000).unwrap();
        assert_eq!(names(&follower.read().unwrap()), ["f"]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_files_are_bounded() {
        let (host, root) = Host::of_test("ctctl-events-bound");
        let path = host.events_file();
        private_dir(path.parent().unwrap()).unwrap();
        for _ in 0..100 {
            append(&path, &"x".repeat(99), 500).unwrap();
        }
        assert_eq!(fs::read_dir(root.join("run")).unwrap().count(), 2);
        assert!(fs::metadata(&path).unwrap().len() <= 599);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn moments_are_read() {
        assert_eq!(parse_since("@0").unwrap(), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(parse_since("2026-01-31 12:00").unwrap(), "2026-01-31T12:00");
        assert!(parse_since("10m").unwrap() < parse_since("1s").unwrap());
        for wrong in ["", "m", "10", "10x", "2026-01-3x", "-5m", "@x", "2026/01/31", "ä"] {
            assert!(parse_since(wrong).is_err(), "{wrong}");
        }
    }
}

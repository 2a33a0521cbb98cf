// SPDX-License-Identifier: Apache-2.0
//! `ctctl logs`.

use super::printed;
use crate::container::state;
use crate::error::{Context, Result};
use crate::host::{Host, private_dir};
use crate::monitor::log;
use crate::{output, store};
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use runtime_sys::{AsFd, Errno, OwnedFd, rustix};
use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Show what a system printed on its console
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// The last lines alone
    #[arg(short = 'n', long, value_name = "LINES")]
    pub tail: Option<usize>,
    /// What was printed since then alone, to the second: 90s, 10m, 2h or 1d ago, or @SECONDS since 1970
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
    /// Go on with what is printed from now on, until the system has stopped
    #[arg(short, long)]
    pub follow: bool,
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; a log that cannot be read.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let name = store::resolve(host, &args.name)?;
    show(args, host, &name).context(|| format!("logs of {name}"))
}

fn show(args: &Args, host: &Host, name: &str) -> Result<u8> {
    let path = host.log_file(name);
    // Before the first reading, so that nothing is missed in between.
    let follows = args.follow && Life::of(host, name) != Life::Over;
    let watch = if follows { Some(Watch::new(host, &path)?) } else { None };
    let mut reader = Reader::new(path);
    let from = args.since.map_or(Ok(0), |Since(seconds)| reader.place_at(seconds))?;
    let text = reader.read_all()?;
    let text = &text[from.min(text.len())..];
    let start = args.tail.map_or(0, |lines| start_of_last(text, lines));
    let mut written = output::raw(&text[start..]);
    if let Some(watch) = watch {
        let mut patience = PATIENCE;
        while written.is_ok() && patience > 0 {
            let now = Life::of(host, name);
            written = output::raw(&reader.read_on()?);
            match now {
                Life::Over => break,
                Life::Running => patience = PATIENCE,
                Life::Between => patience -= 1,
            }
            watch.wait(now)?;
        }
    }
    printed(written)
}

/// A moment: seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since(u64);

impl FromStr for Since {
    type Err = String;

    /// `90s`, `10m`, `2h`, `1d` ago, or `@SECONDS` since 1970, as date(1) has it.
    fn from_str(text: &str) -> std::result::Result<Since, String> {
        let wrong =
            || format!("{text:?} is not a time such as 90s, 10m, 2h or 1d ago, or @SECONDS since 1970");
        if let Some(seconds) = text.strip_prefix('@') {
            return seconds.parse().map(Since).map_err(|_| wrong());
        }
        let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];
        let (number, unit) = units
            .iter()
            .find_map(|(unit, length)| Some((text.strip_suffix(unit)?, *length)))
            .ok_or_else(wrong)?;
        let ago = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Ok(Since(now.saturating_sub(ago)))
    }
}

/// How often a system that is to be started again is looked for, a tenth of a second apart: a little longer than the
/// longest pause of the key restart.
const PATIENCE: u32 = 700;

/// What the follower has to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    /// It is being started, its end is not noted yet, or another start follows.
    Between,
    Over,
}

impl Life {
    fn of(host: &Host, name: &str) -> Life {
        if host.oci_root().join(name).exists() {
            return Life::Running;
        }
        if host.run(name).join("config.json").exists() {
            return Life::Between;
        }
        match state::last_exit(host, name) {
            Some(words) if !state::is_final(&words) => Life::Between,
            _ => Life::Over,
        }
    }
}

/// Where the last lines of a text begin.
fn start_of_last(text: &[u8], lines: usize) -> usize {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    let ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    match lines.checked_sub(1) {
        None => text.len(),
        Some(before) => ends.map(|(at, _)| at + 1).nth(before).unwrap_or(0),
    }
}

fn open(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some).context(|| path.display().to_string()),
    }
}

/// Reads a log over its files, while they grow and become older ones.
struct Reader {
    path: PathBuf,
    /// The file that was the current one at the last reading, read so far.
    file: Option<File>,
}

impl Reader {
    fn new(path: PathBuf) -> Reader {
        Reader { path, file: None }
    }

    /// The ages of the files that are there, the oldest first.
    fn ages(&self) -> Vec<u64> {
        let age = |path: &PathBuf| (0..=100).find(|age| log::older(&self.path, *age) == *path);
        let mut ages: Vec<u64> = log::files(&self.path).iter().filter_map(age).collect();
        ages.sort_unstable_by_key(|age| Reverse(*age));
        ages
    }

    /// Everything so far.
    fn read_all(&mut self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        for age in self.ages() {
            self.read(age, &mut text)?;
        }
        Ok(text)
    }

    fn read(&mut self, age: u64, text: &mut Vec<u8>) -> Result<()> {
        let path = log::older(&self.path, age);
        if let Some(mut file) = open(&path)? {
            file.read_to_end(text).context(|| path.display().to_string())?;
            self.file = Some(file);
        }
        Ok(())
    }

    /// What was added since the last reading, also to files that were begun meanwhile.
    fn read_on(&mut self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        if let Some(file) = &mut self.file {
            file.read_to_end(&mut text).context(|| self.path.display().to_string())?;
        }
        // One that is gone altogether is older than all that are there.
        let known = (0..=100).find(|age| self.is_open(*age));
        if known != Some(0) {
            for age in self.ages().into_iter().filter(|age| known.is_none_or(|known| *age < known)) {
                self.read(age, &mut text)?;
            }
        }
        Ok(text)
    }

    /// Whether the file of this age is the one that was read last.
    fn is_open(&self, age: u64) -> bool {
        let there = fs::metadata(log::older(&self.path, age));
        let open = self.file.as_ref().map(File::metadata);
        matches!((open, there), (Some(Ok(a)), Ok(b)) if (a.dev(), a.ino()) == (b.dev(), b.ino()))
    }

    /// How many bytes of the log, over all its files, were there before this second.
    fn place_at(&self, second: u64) -> Result<usize> {
        let mut before = 0;
        for age in self.ages() {
            let path = log::older(&self.path, age);
            let times = fs::read_to_string(log::times(&path)).unwrap_or_default();
            let entries = times.lines().filter_map(|line| {
                let (time, length) = line.split_once(' ')?;
                Some((time.parse::<u64>().ok()?, length.parse::<usize>().ok()?))
            });
            if let Some((_, length)) = entries.into_iter().find(|(time, _)| *time >= second) {
                return Ok(before + length);
            }
            let data = fs::metadata(&path).context(|| path.display().to_string())?;
            before += usize::try_from(data.len()).unwrap_or(usize::MAX);
        }
        Ok(before)
    }
}

/// Events of the log's folder, and of the folder in which the running system has its state.
struct Watch(OwnedFd);

impl Watch {
    fn new(host: &Host, log: &Path) -> Result<Watch> {
        let folder = log.parent().unwrap_or(log);
        private_dir(folder)?;
        private_dir(&host.oci_root())?;
        let doing = || "watch the log";
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(std::io::Error::from);
        let fd = fd.context(doing)?;
        let add = |path: &Path, flags| inotify::add_watch(&fd, path, flags).map_err(std::io::Error::from);
        add(folder, WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO).context(doing)?;
        add(&host.oci_root(), WatchFlags::DELETE | WatchFlags::MOVED_FROM).context(doing)?;
        Ok(Watch(fd))
    }

    /// Waits until something has happened, and takes it away.
    fn wait(&self, now: Life) -> Result<()> {
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        let tenth = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        match poll(&mut fds, (now == Life::Between).then_some(&tenth)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(std::io::Error::from(error)).context(|| "wait for the log"),
        }
        let mut events = [0; 4096];
        while rustix::io::read(self.0.as_fd(), &mut events).is_ok_and(|count| count > 0) {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_an_age_or_a_moment() {
        assert_eq!("@17".parse(), Ok(Since(17)));
        let (now, hour): (Since, Since) = ("0s".parse().unwrap(), "1h".parse().unwrap());
        assert!((3600..3700).contains(&(now.0 - hour.0)));
        for wrong in ["", "10", "m", "1w", "@", "-1s", "99999999999999999999d"] {
            assert!(wrong.parse::<Since>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_last_lines_are_found() {
        for (text, lines, expected) in [
            ("a\nb\nc\n", 2, "b\nc\n"),
            ("a\nb\nc", 1, "c"),
            ("a\nb\n", 5, "a\nb\n"),
            ("a\nb\n", 0, ""),
            ("", 3, ""),
        ] {
            assert_eq!(&text[start_of_last(text.as_bytes(), lines)..], expected, "{text:?} {lines}");
        }
    }
}

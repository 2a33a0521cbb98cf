// SPDX-License-Identifier: Apache-2.0
//! `ctctl logs`.

use super::printed;
use crate::container::state;
use crate::error::{Context, Result};
use crate::host::{Host, private_dir};
use crate::{output, store};
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use runtime_sys::{AsFd, Errno, OwnedFd, rustix};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Show what a system printed on its console
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// The last lines alone
    #[arg(short = 'n', long, value_name = "LINES")]
    pub tail: Option<usize>,
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
    let follows = args.follow && host.oci_root().join(name).exists();
    let watch = if follows { Some(Watch::new(host, &path)?) } else { None };
    let mut text = Vec::new();
    if let Some(mut old) = open(&path.with_extension("log.1"))? {
        old.read_to_end(&mut text).context(|| "read the older part")?;
    }
    let mut file = open(&path)?;
    if let Some(file) = &mut file {
        file.read_to_end(&mut text).context(|| path.display().to_string())?;
    }
    let start = args.tail.map_or(0, |lines| start_of_last(&text, lines));
    let mut written = output::raw(&text[start..]);
    if let Some(watch) = watch {
        let mut patience = PATIENCE;
        while written.is_ok() && patience > 0 {
            let now = Life::of(host, name);
            written = output::raw(&read_on(&path, &mut file)?);
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

/// How often a system that rebooted is looked for, a tenth of a second apart.
const PATIENCE: u32 = 100;

/// What the follower has to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    /// Its end is not noted yet, or it asked for a reboot.
    Between,
    Over,
}

impl Life {
    fn of(host: &Host, name: &str) -> Life {
        if host.oci_root().join(name).exists() {
            return Life::Running;
        }
        match state::last_exit(host, name) {
            Some(words) if words != state::REBOOTED => Life::Over,
            _ => Life::Between,
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

/// What was added, to a file that was begun anew meanwhile too.
fn read_on(path: &Path, file: &mut Option<File>) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let place = || path.display().to_string();
    if let Some(file) = file {
        file.read_to_end(&mut text).context(place)?;
    }
    let same = |file: &File| {
        let (open, there) = (file.metadata(), fs::metadata(path));
        matches!((open, there), (Ok(a), Ok(b)) if (a.dev(), a.ino()) == (b.dev(), b.ino()))
    };
    if !file.as_ref().is_some_and(same)
        && let Some(mut new) = open(path)?
    {
        new.read_to_end(&mut text).context(place)?;
        *file = Some(new);
    }
    Ok(text)
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

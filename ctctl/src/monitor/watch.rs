// SPDX-License-Identifier: Apache-2.0
//! Waiting for init's end, while its console goes to the log and its word that it is ready to whoever waits for it.

use super::console::Log;
use super::launch::Started;
use super::report::{Report, Reporter};
use crate::error::{Context, Result};
use crate::events;
use crate::host::Host;
use runtime::cgroup::{Cgroup, OomWatch};
use runtime::state::Root;
use runtime_sys::cgroupfs::{News, wait_for_news};
use runtime_sys::process::{self, Exit};
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::{AsFd, Errno, OwnedFd, rustix, signal, tty};
use serde_json::json;
use std::os::unix::net::UnixDatagram;

/// How init ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// So.
    Known(Exit),
    /// Nobody waited for it.
    Unknown,
}

/// Watches init until it ends.
///
/// # Errors
/// What waiting answers; init may run on then.
pub fn watch(host: &Host, name: &str, started: Started, reporter: &mut Reporter) -> Result<End> {
    let Started { launched, master, mut notify, log } = started;
    let signals = signal::signalfd(signal::ALL)?;
    let mut console = Console::new(master, Log::new(log));
    if notify.is_none() {
        ready(host, name, reporter);
    }
    // Without one the system runs as well, and nobody hears that its memory ran out.
    let mut memory = memory_watch(host, name).ok().flatten();
    let mut looks = 0;
    loop {
        let mut fds = vec![PollFd::new(&signals, PollFlags::IN)];
        fds.extend(console.master.as_ref().map(|master| PollFd::new(master, PollFlags::IN)));
        fds.extend(memory.as_ref().map(|memory| PollFd::from_borrowed_fd(memory.fd(), flags(memory.kind()))));
        fds.extend(notify.as_ref().map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)));
        let soon = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        match poll(&mut fds, (looks > 0).then_some(&soon)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(std::io::Error::from(errno)).context(|| "poll"),
        }
        drop(fds);
        console.copy();
        if notify.as_ref().is_some_and(says_ready) {
            notify = None;
            ready(host, name, reporter);
        }
        match memory.as_mut().map(|memory| ran_out(host, name, memory)) {
            Some(Ok(Oom::Announced)) => looks = LOOKS,
            Some(Ok(Oom::Told)) => looks = 0,
            Some(Ok(Oom::Nothing)) | None => looks = looks.saturating_sub(1),
            Some(Err(_)) => memory = None,
        }
        while signal::next_signal(signals.as_fd())?.is_some() {}
        if let Some(exit) = reap(launched.pid)? {
            console.copy();
            // The kernel kills first and counts then.
            drop(memory.as_mut().map(|memory| ran_out(host, name, memory)));
            return Ok(End::Known(exit));
        }
    }
}

fn ready(host: &Host, name: &str, reporter: &mut Reporter) {
    events::tell(host, name, "ready", json!({}));
    reporter.send(&Report::Ready);
    reporter.close();
}

fn memory_watch(host: &Host, name: &str) -> Result<Option<OomWatch>> {
    let saved = Root::open(&host.oci_root())?.container(name)?.load()?;
    match saved {
        Some(saved) => Ok(Cgroup::open(&saved.cgroup).watch_oom()?),
        None => Ok(None),
    }
}

fn flags(news: News) -> PollFlags {
    match news {
        News::Notified => PollFlags::PRI,
        News::Readable => PollFlags::IN,
    }
}

/// How often a count that was announced is looked for: v1 announces before it kills and counts.
const LOOKS: u32 = 100;

/// What is new of memory that ran out.
enum Oom {
    Nothing,
    /// There will be a count.
    Announced,
    Told,
}

/// Tells how often memory ran out since the last time.
fn ran_out(host: &Host, name: &str, memory: &mut OomWatch) -> Result<Oom> {
    let is_announced = wait_for_news([(memory.fd(), memory.kind())], Some(0))?[0];
    if is_announced {
        memory.hear()?;
    }
    let count = memory.count();
    if count == 0 {
        return Ok(if is_announced { Oom::Announced } else { Oom::Nothing });
    }
    events::tell(host, name, "oom", json!({ "count": count }));
    Ok(Oom::Told)
}

/// Takes the exit of every child that has ended: init's, and those of orphans that came here.
fn reap(init: i32) -> Result<Option<Exit>> {
    let mut end = None;
    loop {
        match process::wait_any() {
            Ok(Some((pid, exit))) if pid == init => end = Some(exit),
            Ok(Some(_)) => {}
            Ok(None) => return Ok(end),
            Err(error) if error.errno == Errno::CHILD => return Ok(end),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads what init says of itself, in the lines of `sd_notify(3)`.
fn says_ready(socket: &UnixDatagram) -> bool {
    let mut message = [0; 4096];
    while let Ok(length) = socket.recv(&mut message) {
        if message[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
            return true;
        }
    }
    false
}

/// The console's master, and the log that takes what comes out of it.
struct Console {
    master: Option<OwnedFd>,
    /// Kept open: a terminal that nobody inside has open for a moment would look as if it had ended.
    _terminal: Option<OwnedFd>,
    log: Log,
}

impl Console {
    fn new(master: Option<OwnedFd>, log: Log) -> Console {
        let terminal = master.as_ref().and_then(|master| tty::peer(master.as_fd()).ok());
        let usable = master.filter(|master| rustix::io::ioctl_fionbio(master, true).is_ok());
        Console { master: usable, _terminal: terminal, log }
    }

    fn copy(&mut self) {
        let Some(master) = &self.master else { return };
        let mut buffer = [0; 4096];
        loop {
            match rustix::io::read(master, &mut buffer) {
                Ok(0) | Err(Errno::IO) => break,
                Ok(length) => self.log.append(&buffer[..length]),
                Err(Errno::AGAIN) => return,
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        self.master = None;
    }
}

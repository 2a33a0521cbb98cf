// SPDX-License-Identifier: Apache-2.0
//! Waiting for init's end, while its console is served and its word that it is ready goes to whoever waits for it.

use super::console::Console;
use super::memory::Memory;
use super::report::{Report, Reporter};
use crate::config::Config;
use crate::config::restart::{HALT, REBOOT};
use crate::container::{scripts, start, state};
use crate::error::{Context, Error, Exit as Code, Result};
use crate::events;
use crate::host::Host;
use runtime::launch::Launched;
use runtime_sys::process::{self, Exit};
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::{AsFd, Errno, OwnedFd, signal};
use serde_json::json;
use std::io::Read;
use std::os::unix::net::UnixDatagram;
use std::process::Child;
use std::time::Duration;

/// How init ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// So.
    Known(Exit),
    /// Nobody waited for it.
    Unknown,
}

impl End {
    /// How the process ended, if somebody saw it.
    #[must_use]
    pub fn exit(self) -> Option<Exit> {
        match self {
            End::Known(exit) => Some(exit),
            End::Unknown => None,
        }
    }

    /// In words; [`state::exit_code`] reads them.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            End::Known(Exit::Code(code)) => format!("exited with {code}"),
            // reboot(2) in a pid namespace ends its init by one of these two.
            End::Known(Exit::Signal(HALT)) => state::HALTED.to_owned(),
            End::Known(Exit::Signal(REBOOT)) => state::REBOOTED.to_owned(),
            End::Known(Exit::Signal(signal)) => format!("killed by signal {signal}"),
            End::Unknown => "unknown".to_owned(),
        }
    }
}

/// An init that runs.
#[derive(Debug)]
pub struct Init {
    /// The process.
    pub launched: Launched,
    /// Where it says that it is ready.
    pub notify: Option<UnixDatagram>,
}

/// What a monitor waits for beside the console: its children.
#[derive(Debug)]
pub struct Events {
    signals: OwnedFd,
}

impl Events {
    /// All signals are blocked.
    ///
    /// # Errors
    /// EMFILE.
    pub fn new() -> Result<Events> {
        Ok(Events { signals: signal::signalfd(signal::ALL)? })
    }

    /// Waits until something has happened, at most for a time.
    ///
    /// # Errors
    /// None that is expected.
    pub fn wait(
        &self,
        console: &Console,
        notify: Option<&UnixDatagram>,
        memory: Option<&Memory>,
        time: Option<Duration>,
    ) -> Result<()> {
        let mut fds = vec![PollFd::new(&self.signals, PollFlags::IN)];
        fds.extend(notify.map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)));
        fds.extend(memory.and_then(Memory::poll_for));
        console.poll_for(&mut fds);
        let timeout = time.map(|time| Timespec::try_from(time).unwrap_or_default());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(std::io::Error::from(errno)).context(|| "poll"),
        }
    }

    /// Takes the exit of every child that has ended: those that somebody asks for, and those of orphans that came here.
    ///
    /// # Errors
    /// None that is expected.
    pub fn reap(&self) -> Result<Vec<(i32, Exit)>> {
        while signal::next_signal(self.signals.as_fd())?.is_some() {}
        let mut ended = Vec::new();
        loop {
            match process::wait_any() {
                Ok(Some(end)) => ended.push(end),
                Ok(None) => return Ok(ended),
                Err(error) if error.errno == Errno::CHILD => return Ok(ended),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What was seen of an init.
#[derive(Debug)]
pub struct Seen {
    /// How it ended.
    pub end: End,
    /// Whether it had to end, since a script of the administrator's failed.
    pub is_refused: bool,
}

/// Watches init until it ends.
///
/// # Errors
/// What waiting answers; init may run on then.
pub fn watch(
    host: &Host,
    config: &Config,
    init: Init,
    waits: &mut Events,
    console: &mut Console,
    reporter: &mut Reporter,
) -> Result<Seen> {
    let Init { launched, mut notify } = init;
    let mut scripts = Scripts::begin(host, config, &launched, reporter);
    let mut memory = Memory::of(host, &config.name);
    let mut is_ready = false;
    loop {
        if scripts.is_done() && !scripts.is_refused && notify.is_none() && !is_ready {
            is_ready = true;
            events::tell(host, &config.name, "ready", json!({}));
            reporter.send(&Report::Ready);
            reporter.close();
        }
        waits.wait(console, notify.as_ref(), Some(&memory), memory.soon())?;
        memory.look(host, &config.name);
        console.serve();
        if notify.as_ref().is_some_and(says_ready) {
            notify = None;
        }
        let ended = waits.reap()?;
        let end = ended.iter().find(|(pid, _)| *pid == launched.pid).map(|(_, exit)| *exit);
        for (pid, exit) in &ended {
            scripts.ended(*pid, *exit, end.is_none().then_some(&launched), reporter);
        }
        if let Some(exit) = end {
            // The kernel kills first and counts then.
            memory.look(host, &config.name);
            if !scripts.is_done() {
                // Whoever waits for the start has to hear of it.
                let error = Error::new(Code::Script, "it ended before its scripts for the start did");
                scripts.refuse(None, &error, reporter);
            }
            return Ok(Seen { end: End::Known(exit), is_refused: scripts.is_refused });
        }
    }
}

/// The administrator's scripts that run inside at a start: a system has started when they have ended.
struct Scripts {
    child: Option<Child>,
    is_refused: bool,
}

impl Scripts {
    fn begin(host: &Host, config: &Config, launched: &Launched, reporter: &mut Reporter) -> Scripts {
        let mut scripts = Scripts { child: None, is_refused: false };
        if scripts::of(host, &config.name, scripts::Step::Start).is_empty() {
            reporter.send(&Report::Started);
            return scripts;
        }
        match start::spawn_scripts(host, &config.name) {
            Ok(child) => scripts.child = Some(child),
            Err(error) => scripts.refuse(Some(launched), &error, reporter),
        }
        scripts
    }

    fn is_done(&self) -> bool {
        self.child.is_none()
    }

    fn ended(&mut self, pid: i32, exit: Exit, launched: Option<&Launched>, reporter: &mut Reporter) {
        let Some(mut child) = self.child.take_if(|child| i32::try_from(child.id()) == Ok(pid)) else {
            return;
        };
        if exit == Exit::Code(0) {
            reporter.send(&Report::Started);
            return;
        }
        let mut text = String::new();
        if let Some(said) = &mut child.stdout {
            // All of it is there: who wrote it has ended.
            drop(said.read_to_string(&mut text));
        }
        self.refuse(launched, &Error::new(Code::Script, text.trim_end()), reporter);
    }

    /// A system whose scripts failed does not go on.
    ///
    /// One that has been reaped has no number any more.
    fn refuse(&mut self, launched: Option<&Launched>, error: &Error, reporter: &mut Reporter) {
        self.is_refused = true;
        reporter.send(&Report::Failed(error));
        reporter.close();
        // It has ended by itself when this fails.
        drop(launched.map(|launched| process::kill(launched.pid, 9)));
    }
}

/// Reads what init says of itself, in the lines of `sd_notify(3)`.
fn says_ready(socket: &UnixDatagram) -> bool {
    let mut message = [0; 4096];
    // Whoever writes without end keeps nobody else waiting.
    for _ in 0..64 {
        let Ok(length) = socket.recv(&mut message) else { return false };
        if message[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
            return true;
        }
    }
    false
}

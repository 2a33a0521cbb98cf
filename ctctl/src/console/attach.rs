// SPDX-License-Identifier: Apache-2.0
//! Coming to a console: of a system that runs, that is about to start, or that the caller starts.

use super::session::{Left, Signals, Wish, attend, may_read_input};
use super::socket::{Waiting, accept, connect};
use crate::container::start::{Until, start};
use crate::container::state;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::monitor::wishes::Wishes;
use crate::output;
use crate::store::Lock;
use runtime_sys::rustix::event::{PollFd, PollFlags, poll};
use runtime_sys::rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use runtime_sys::{AsFd, Errno, OwnedFd, process, rustix};
use std::io::IsTerminal;

/// Attends the console of a system, once it runs.
///
/// # Errors
/// `State` for one whose console is gone; `NoSystem` when it is destroyed meanwhile.
pub fn console(host: &Host, name: &str, escape: Option<u8>) -> Result<u8> {
    let signals = Signals::block()?;
    let is_typed = std::io::stdin().is_terminal();
    let socket = match come(host, name, &signals)? {
        Ok(socket) => socket,
        Err(signal) => return Ok(128 + u8::try_from(signal).unwrap_or_default()),
    };
    if let (true, Some(key)) = (is_typed, escape) {
        output::progress(&format!("ctctl: the console of {name}; {} leaves it", key_name(key)));
    }
    let wish = Wish { input: may_read_input(), escape: escape.filter(|_| is_typed), on_signal: None };
    left(name, attend(socket, &wish, &signals)?, |_| Ok(0))
}

fn key_name(key: u8) -> String {
    format!("Ctrl-{}", char::from(key + b'@'))
}

/// A socket to the console, when there is one; or the signal that came first.
fn come(host: &Host, name: &str, signals: &Signals) -> Result<std::result::Result<OwnedFd, i32>> {
    // In this order: a start that does not see it is one whose console is there to be found.
    let waiting = Waiting::new(host, name, false)?;
    if let Some(socket) = connect(&host.console_socket(name))? {
        return Ok(Ok(socket));
    }
    if state::state(host, name)?.is_running() {
        return Err(Error::new(
            Exit::State,
            "its console ended when its monitor was killed; the system runs on",
        )
        .hint(format!("ctctl enter {name} opens a shell, ctctl restart {name} brings a new console")));
    }
    if std::io::stderr().is_terminal() {
        output::progress(&format!("ctctl: {name} does not run: its console appears when it starts"));
    }
    let removals = Removals::watch(host)?;
    loop {
        if !host.config_file(name).exists() {
            return Err(Error::new(Exit::NoSystem, "it was destroyed"));
        }
        let mut fds = [&waiting.listener, signals.fd(), &removals.0].map(|fd| PollFd::new(fd, PollFlags::IN));
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(std::io::Error::from(errno)).context(|| "poll"),
        }
        if let Some(socket) = accept(&waiting.listener) {
            return Ok(Ok(socket));
        }
        if let Some(signal) = signals.next_end()? {
            return Ok(Err(signal));
        }
        removals.take();
    }
}

/// Configuration files that go.
struct Removals(OwnedFd);

impl Removals {
    fn watch(host: &Host) -> Result<Removals> {
        let doing = || "watch the configuration";
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(std::io::Error::from);
        let fd = fd.context(doing)?;
        let flags = WatchFlags::DELETE | WatchFlags::MOVED_FROM;
        inotify::add_watch(&fd, host.configs(), flags).map_err(std::io::Error::from).context(doing)?;
        Ok(Removals(fd))
    }

    fn take(&self) {
        let mut events = [0; 4096];
        while rustix::io::read(self.0.as_fd(), &mut events).is_ok_and(|count| count > 0) {}
    }
}

/// Starts a system and stays with it until it ends: its exit code is the caller's.
///
/// # Errors
/// As [`start`]; its end was seen by nobody.
pub fn foreground(
    host: &Host,
    name: &str,
    lock: Lock,
    wishes: Wishes,
    escape: Option<u8>,
    on_start: impl FnOnce() -> Result<()>,
) -> Result<u8> {
    let signals = Signals::block()?;
    // Before the start: nothing that it prints is missed.
    let waiting = Waiting::new(host, name, true)?;
    let has_console = wishes.stdio.is_none();
    start(host, name, lock, Until::Running, &wishes)?;
    // The system has its own copies: with ours a pipe would never end.
    drop(wishes);
    on_start()?;
    let socket = accept(&waiting.listener)
        .ok_or_else(|| Error::new(Exit::Failure, "its monitor does not know of this console"))?;
    drop(waiting);
    let hand_on = |signal: i32| {
        if let Ok(Some(init)) = state::first_process(host, name) {
            // One that has ended is about to be heard of.
            drop(process::pidfd_send_signal(init.as_fd(), signal));
        }
    };
    let is_typed = has_console && std::io::stdin().is_terminal();
    let wish = Wish {
        input: has_console && may_read_input(),
        escape: escape.filter(|_| is_typed),
        on_signal: Some(&hand_on),
    };
    left(name, attend(socket, &wish, &signals)?, |words| {
        state::exit_code(words).ok_or_else(|| Error::new(Exit::Failure, format!("its end: {words}")))
    })
}

fn left(name: &str, left: Left, ended: impl FnOnce(&str) -> Result<u8>) -> Result<u8> {
    match left {
        Left::Detached => {
            output::progress(&format!("\nctctl: left; {name} runs on, ctctl console {name} comes back"));
            Ok(0)
        }
        Left::Signal(signal) => Ok(128 + u8::try_from(signal).unwrap_or_default()),
        Left::Unread => Ok(0),
        Left::Ended(words) => {
            if std::io::stderr().is_terminal() {
                output::progress(&format!("ctctl: {name}: {words}"));
            }
            ended(&words)
        }
        Left::Lost => Err(Error::new(Exit::Failure, "its monitor was killed, and its console with it")
            .hint(format!("ctctl status {name} says whether it runs; ctctl enter {name} opens a shell"))),
    }
}

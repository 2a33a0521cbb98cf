// SPDX-License-Identifier: Apache-2.0
//! Attending a console: the caller's terminal on one side, a monitor's socket on the other.

use super::{LARGEST, packet};
use crate::error::{Context, Result};
use crate::output;
use runtime::console::Raw;
use runtime_sys::rustix::event::{PollFd, PollFlags, poll};
use runtime_sys::rustix::{io as rx, stdio};
use runtime_sys::{AsFd, Errno, OwnedFd, signal, socket, tty};
use std::io::IsTerminal;

const SIGWINCH: i32 = 28;
/// What a terminal or a shell does with its jobs is not for the system: CHLD, PIPE, CONT, TSTP, TTIN, TTOU, URG.
const NOT_FOR_IT: &[i32] = &[13, 17, 18, 20, 21, 22, 23];

/// How somebody attends.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "a closure has none")]
pub struct Wish<'a> {
    /// Whether what is typed goes in.
    pub input: bool,
    /// The byte that ends it.
    pub escape: Option<u8>,
    /// What is done with signals that come to the caller; without it they end it.
    pub on_signal: Option<&'a dyn Fn(i32)>,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Left {
    /// By the key.
    Detached,
    /// By this signal.
    Signal(i32),
    /// The system ended so.
    Ended(String),
    /// The monitor is gone, and its terminal with it.
    Lost,
    /// Nobody reads what is printed.
    Unread,
}

/// Signals that are kept for `attend`: from before there is something to lose by one.
#[derive(Debug)]
pub struct Signals(OwnedFd);

impl Signals {
    /// Blocks all of them, for the rest of the process's life.
    ///
    /// # Errors
    /// EMFILE.
    pub fn block() -> Result<Signals> {
        signal::set_mask(signal::ALL)?;
        Ok(Signals(signal::signalfd(signal::ALL)?))
    }

    /// Becomes readable when one has come.
    #[must_use]
    pub fn fd(&self) -> &OwnedFd {
        &self.0
    }

    /// The next that ends a wait.
    ///
    /// # Errors
    /// None that is expected.
    pub fn next_end(&self) -> Result<Option<i32>> {
        while let Some(signal) = signal::next_signal(self.0.as_fd())? {
            if signal != SIGWINCH && !NOT_FOR_IT.contains(&signal) {
                return Ok(Some(signal));
            }
        }
        Ok(None)
    }
}

struct Session<'a> {
    socket: OwnedFd,
    wish: &'a Wish<'a>,
    signals: &'a Signals,
    input_open: bool,
    /// Typed, and not yet taken by the socket.
    typed: Vec<u8>,
    detached: bool,
}

/// Attends a console until it or the caller ends. A terminal on standard input is raw meanwhile.
///
/// # Errors
/// What poll(2) and read(2) answer.
pub fn attend(socket: OwnedFd, wish: &Wish<'_>, signals: &Signals) -> Result<Left> {
    let input_open = wish.input;
    let mut session = Session { socket, wish, signals, input_open, typed: Vec::new(), detached: false };
    let _raw = wish.input.then(Raw::take);
    session.resize();
    loop {
        session.wait()?;
        if let Some(left) = session.hear()? {
            return Ok(left);
        }
        if let Some(left) = session.obey_signals()? {
            return Ok(left);
        }
        session.type_on()?;
        if session.detached {
            return Ok(Left::Detached);
        }
    }
}

impl Session<'_> {
    fn wait(&self) -> Result<()> {
        let stdin = stdio::stdin();
        let mut from_monitor = PollFlags::IN;
        from_monitor.set(PollFlags::OUT, !self.typed.is_empty());
        let mut fds =
            vec![PollFd::new(&self.socket, from_monitor), PollFd::new(self.signals.fd(), PollFlags::IN)];
        if self.input_open && self.typed.is_empty() {
            fds.push(PollFd::from_borrowed_fd(stdin, PollFlags::IN));
        }
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(std::io::Error::from(errno)).context(|| "poll"),
        }
    }

    /// Shows what the monitor says.
    fn hear(&mut self) -> Result<Option<Left>> {
        let mut buffer = [0; LARGEST + 1];
        match socket::receive_now(self.socket.as_fd(), &mut buffer) {
            Ok((0, _)) => Ok(Some(Left::Lost)),
            Ok((length, _)) => {
                let text = || String::from_utf8_lossy(&buffer[1..length]).into_owned();
                match buffer[0] {
                    super::ENDED => return Ok(Some(Left::Ended(text()))),
                    // A raw terminal needs the carriage's return.
                    super::SAID => output::progress(&format!("ctctl: {}\r", text())),
                    super::OUTPUT if output::raw(&buffer[1..length]).is_err() => {
                        return Ok(Some(Left::Unread));
                    }
                    _ => {}
                }
                Ok(None)
            }
            Err(error) if error.errno == Errno::AGAIN => Ok(None),
            Err(error) if error.errno == Errno::CONNRESET => Ok(Some(Left::Lost)),
            Err(error) => Err(error.into()),
        }
    }

    fn obey_signals(&mut self) -> Result<Option<Left>> {
        while let Some(signal) = signal::next_signal(self.signals.fd().as_fd())? {
            match self.wish.on_signal {
                _ if signal == SIGWINCH => self.resize(),
                _ if NOT_FOR_IT.contains(&signal) => {}
                Some(hand_on) => hand_on(signal),
                None => return Ok(Some(Left::Signal(signal))),
            }
        }
        Ok(None)
    }

    fn resize(&self) {
        if let (true, Ok(size)) = (self.wish.input, tty::size(stdio::stdin())) {
            let bytes = [size.rows.to_le_bytes(), size.columns.to_le_bytes()].concat();
            // What is lost with a monitor is found by the next reading.
            drop(socket::send(self.socket.as_fd(), &packet(super::SIZE, &bytes), None));
        }
    }

    /// Reads what is typed, and hands it on.
    fn type_on(&mut self) -> Result<()> {
        if self.input_open && self.typed.is_empty() && is_readable() {
            let mut buffer = [0; LARGEST];
            match rx::read(stdio::stdin(), &mut buffer) {
                Ok(0) | Err(Errno::IO) => self.input_open = false,
                Ok(length) => self.take(&buffer[..length]),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(std::io::Error::from(errno)).context(|| "read what is typed"),
            }
        }
        if !self.typed.is_empty() {
            match socket::send_now(self.socket.as_fd(), &packet(super::INPUT, &self.typed)) {
                Ok(false) => {}
                // What is lost with a monitor is found by the next reading.
                Ok(true) | Err(_) => self.typed.clear(),
            }
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) {
        let end = self.wish.escape.and_then(|key| bytes.iter().position(|byte| *byte == key));
        self.typed = bytes[..end.unwrap_or(bytes.len())].to_vec();
        self.detached = end.is_some();
    }
}

fn is_readable() -> bool {
    let now = runtime_sys::rustix::event::Timespec::default();
    let mut fds = [PollFd::from_borrowed_fd(stdio::stdin(), PollFlags::IN)];
    matches!(poll(&mut fds, Some(&now)), Ok(1..))
}

/// The key that `--escape` names: `^X` for control and X, or none.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse_escape(text: &str) -> std::result::Result<Option<u8>, String> {
    match text.as_bytes() {
        b"none" => Ok(None),
        [b'^', key @ (b'@'..=b'_' | b'a'..=b'z')] => Ok(Some(key.to_ascii_uppercase() - b'@')),
        _ => Err(format!("{text:?}: expected ^ and a letter or one of @ [ \\ ] ^ _, such as ^], or none")),
    }
}

/// Whether the caller sits at a terminal.
#[must_use]
pub fn is_at_a_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Whether what is typed at the caller's terminal, if it has one, is for the caller: a job in the background must leave
/// it as it is.
#[must_use]
pub fn may_read_input() -> bool {
    use runtime_sys::rustix::{process::getpgrp, termios::tcgetpgrp};
    !std::io::stdin().is_terminal() || tcgetpgrp(stdio::stdin()).is_ok_and(|group| group == getpgrp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_a_control_key() {
        assert_eq!(parse_escape("^]"), Ok(Some(0x1d)));
        assert_eq!(parse_escape("^a"), Ok(Some(1)));
        assert_eq!(parse_escape("none"), Ok(None));
        for wrong in ["", "^", "a", "^]x", "^1"] {
            assert!(parse_escape(wrong).is_err(), "{wrong}");
        }
    }
}

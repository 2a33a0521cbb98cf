// SPDX-License-Identifier: Apache-2.0
//! A system's console: the terminal's master, its log, its memory of what was printed last, and who attends it.
//!
//! Nobody who attends is waited for but those who asked that nothing be left out: each has a place of its own in the
//! memory, and who is overtaken is told how much he missed.

use super::log::Log;
use super::ring::Ring;
use crate::config::Config;
use crate::console::{self, LARGEST, packet, socket as sockets};
use crate::error::Result;
use crate::host::Host;
use runtime_sys::rustix::event::{PollFd, PollFlags};
use runtime_sys::rustix::io as rx;
use runtime_sys::{AsFd, Errno, OwnedFd, socket, tty};

/// How many parts are read before others have their turn: a system may print without end.
const PARTS: usize = 64;
/// The same behind the end, where all is wanted: more than a terminal holds.
const LAST_PARTS: usize = 1024;

/// How many may attend at once.
const MOST: usize = 32;

/// Who attends.
#[derive(Debug)]
struct Guest {
    socket: OwnedFd,
    /// The place of the next byte for it.
    at: u64,
    /// Whether the system waits when it is slow.
    holds: bool,
}

/// A console, over all starts of one monitor.
#[derive(Debug)]
pub struct Console {
    listener: Option<OwnedFd>,
    master: Option<OwnedFd>,
    /// Kept open: a terminal that nobody inside has open for a moment would look as if it had ended.
    terminal: Option<OwnedFd>,
    log: Log,
    ring: Ring,
    guests: Vec<Guest>,
    /// Typed, and not yet taken by the terminal.
    typed: Vec<u8>,
    dismissed: bool,
}

impl Console {
    /// A console without a terminal yet, open to who wants to attend; who waited for it is there already.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn open(host: &Host, name: &str) -> Result<Console> {
        let listener = sockets::listen(&host.console_socket(name))?;
        let mut console = Console { listener: Some(listener), ..Console::closed(host, name) };
        // After our own place is made: who finds nobody there has made his before.
        for (socket, holds) in sockets::connect_to_waiting(host, name) {
            console.welcome(socket, holds);
        }
        Ok(console)
    }

    /// A console of which nothing is left but the log.
    #[must_use]
    pub fn closed(host: &Host, name: &str) -> Console {
        Console {
            listener: None,
            master: None,
            terminal: None,
            log: Log::new(host.log_file(name)),
            ring: Ring::new(0),
            guests: Vec::new(),
            typed: Vec::new(),
            dismissed: false,
        }
    }

    /// Takes the limits of the configuration.
    pub fn configure(&mut self, config: &Config) {
        self.log.set_limits(config.log_max, config.log_files);
        let end = self.ring.end();
        let held = self.guests.iter().filter(|guest| guest.holds).map(|guest| end - guest.at).max();
        let most = config.console_buffer.max(held.unwrap_or(0));
        self.ring.set_most(usize::try_from(most).unwrap_or(usize::MAX));
    }

    /// Takes the terminal of a system that starts.
    pub fn connect(&mut self, master: Option<OwnedFd>) {
        self.terminal = master.as_ref().and_then(|master| tty::peer(master.as_fd()).ok());
        self.master = master.filter(|master| rx::ioctl_fionbio(master, true).is_ok());
        self.typed = Vec::new();
    }

    /// Adds what is to be waited for.
    pub fn poll_for<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        fds.extend(self.listener.iter().map(|listener| PollFd::new(listener, PollFlags::IN)));
        if let Some(master) = &self.master {
            let mut wanted = PollFlags::empty();
            wanted.set(PollFlags::IN, self.has_room());
            wanted.set(PollFlags::OUT, !self.typed.is_empty());
            if !wanted.is_empty() {
                fds.push(PollFd::new(master, wanted));
            }
        }
        for guest in &self.guests {
            let mut wanted = PollFlags::empty();
            // What was typed before comes first.
            wanted.set(PollFlags::IN, self.typed.is_empty());
            wanted.set(PollFlags::OUT, guest.at < self.ring.end());
            if !wanted.is_empty() {
                fds.push(PollFd::new(&guest.socket, wanted));
            }
        }
    }

    /// Does what can be done without waiting.
    pub fn serve(&mut self) {
        while let Some(socket) = self.listener.as_ref().and_then(sockets::accept) {
            self.welcome(socket, false);
        }
        self.hear();
        self.type_on();
        self.read(false);
        self.tell();
    }

    /// Reads what the terminal still holds, whoever waits for it.
    pub fn finish(&mut self) {
        if self.guests.iter().any(|guest| guest.holds) {
            // No more than a terminal holds: it cannot wait there for who is slow.
            self.ring.set_most(usize::MAX);
        }
        self.read(true);
        self.tell();
        self.master = None;
        self.terminal = None;
    }

    /// Whether somebody asked meanwhile that the system be not started again.
    pub fn take_dismissal(&mut self) -> bool {
        std::mem::take(&mut self.dismissed)
    }

    fn welcome(&mut self, socket: OwnedFd, holds: bool) {
        if self.guests.len() < MOST {
            self.guests.push(Guest { socket, at: self.ring.start(), holds });
        } else {
            // It reads this and the end, whether or not there is room.
            drop(socket::send_now(socket.as_fd(), &packet(console::SAID, b"too many attend this console")));
        }
    }

    /// Whether another part of the output can be taken from the terminal.
    fn has_room(&self) -> bool {
        self.guests.iter().all(|guest| !guest.holds || self.ring.has_room(guest.at, LARGEST))
    }

    fn read(&mut self, everything: bool) {
        let mut buffer = [0; LARGEST];
        for _ in 0..if everything { LAST_PARTS } else { PARTS } {
            let Some(master) = &self.master else { return };
            if !everything && !self.has_room() {
                return;
            }
            match rx::read(master, &mut buffer) {
                Ok(0) | Err(Errno::IO) => self.master = None,
                Ok(length) => {
                    self.log.append(&buffer[..length]);
                    self.ring.push(&buffer[..length]);
                    self.tell();
                }
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }

    /// Takes what was typed, until something of it has to wait.
    fn hear(&mut self) {
        let mut buffer = [0; LARGEST + 1];
        let mut at = 0;
        while at < self.guests.len() && self.typed.is_empty() {
            match socket::receive_now(self.guests[at].socket.as_fd(), &mut buffer) {
                Ok((0, _)) => drop(self.guests.remove(at)),
                Ok((length, _)) => self.obey(&buffer[..length]),
                Err(error) if error.errno == Errno::AGAIN => at += 1,
                Err(_) => drop(self.guests.remove(at)),
            }
        }
    }

    fn obey(&mut self, message: &[u8]) {
        match (message[0], &message[1..], &self.master) {
            (console::INPUT, bytes, Some(_)) => {
                self.typed = bytes.to_vec();
                self.type_on();
            }
            (console::SIZE, [r0, r1, c0, c1], Some(master)) => {
                let (rows, columns) = (u16::from_le_bytes([*r0, *r1]), u16::from_le_bytes([*c0, *c1]));
                // A terminal whose system has just ended has no size to change.
                drop(tty::set_size(master.as_fd(), tty::Size { rows, columns }));
            }
            (console::DISMISS, ..) => self.dismissed = true,
            _ => {}
        }
    }

    fn type_on(&mut self) {
        while let (Some(master), false) = (&self.master, self.typed.is_empty()) {
            match rx::write(master, &self.typed) {
                Ok(length) => drop(self.typed.drain(..length)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.typed.clear(),
            }
        }
        self.typed = Vec::new();
    }

    /// Gives each what it has room for.
    fn tell(&mut self) {
        let ring = &self.ring;
        self.guests.retain_mut(|guest| {
            if guest.at < ring.start() {
                let missed = format!("{} bytes are left out here", ring.start() - guest.at);
                match socket::send_now(guest.socket.as_fd(), &packet(console::SAID, missed.as_bytes())) {
                    Ok(true) => guest.at = ring.start(),
                    Ok(false) => return true,
                    Err(_) => return false,
                }
            }
            while guest.at < ring.end() {
                let part = ring.read(guest.at, LARGEST);
                match socket::send_now(guest.socket.as_fd(), &packet(console::OUTPUT, part)) {
                    Ok(true) => guest.at += part.len() as u64,
                    Ok(false) => return true,
                    Err(_) => return false,
                }
            }
            true
        });
    }

    /// Says that the system has ended, to each who has heard all before it; false while somebody who is waited for has
    /// not. Nobody new is welcome.
    pub fn take_leave(&mut self, words: &str) -> bool {
        self.listener = None;
        self.tell();
        let end = self.ring.end();
        let last = packet(console::ENDED, words.as_bytes());
        // Who has not heard all, or has no room for the end, stays.
        self.guests.retain(|guest| {
            guest.at < end || matches!(socket::send_now(guest.socket.as_fd(), &last), Ok(false))
        });
        self.guests.is_empty()
    }

    /// Gives up those who are slow, but for those who are waited for.
    pub fn drop_slow(&mut self) {
        self.guests.retain(|guest| guest.holds);
    }
}

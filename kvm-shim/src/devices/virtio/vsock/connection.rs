// SPDX-License-Identifier: Apache-2.0
//! One stream between a socket of the guest and one of the host, with the credit of both.
//!
//! Each end says how much it can hold (`room`) and how much it has passed on; what is under way stays below that.
//! A guest that sends more than it was given is cut off: memory of the host is bounded by what we gave.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

/// What we hold for one stream until the host's reader takes it.
pub(super) const ROOM: u32 = 256 << 10;
/// Credit is told again when the guest may believe that less than this is left.
const TELL_BELOW: u32 = ROOM / 2;

/// The state of a stream's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// A program of the host asked; the guest has not answered.
    Asked,
    Open,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: UnixStream,
    pub(super) phase: Phase,
    /// From the guest, for the host's reader.
    to_host: VecDeque<u8>,
    /// How much the host's reader has taken.
    passed_on: u32,
    told: u32,
    guest_room: u32,
    guest_passed_on: u32,
    /// How much the guest got.
    sent: u32,
    /// The host's end has been read to its end.
    pub(super) host_ended: bool,
    /// The guest sends no more.
    guest_ended: bool,
    /// Nobody in the guest has it any more; its last bytes are still for the host's reader.
    pub(super) closing: bool,
    pub(super) readable: bool,
}

impl Connection {
    pub(super) fn new(stream: UnixStream, phase: Phase) -> Self {
        Connection {
            stream,
            phase,
            to_host: VecDeque::new(),
            passed_on: 0,
            told: 0,
            guest_room: 0,
            guest_passed_on: 0,
            sent: 0,
            host_ended: false,
            guest_ended: false,
            closing: false,
            readable: false,
        }
    }

    pub(super) fn credit_of_guest(&mut self, room: u32, passed_on: u32) {
        (self.guest_room, self.guest_passed_on) = (room, passed_on);
    }

    /// How much the guest can take.
    pub(super) fn credit(&self) -> u32 {
        self.guest_room.saturating_sub(self.sent.wrapping_sub(self.guest_passed_on))
    }

    /// Takes data from the guest; false if it is more than we gave room for.
    pub(super) fn take(&mut self, data: &[u8]) -> bool {
        let held = self.to_host.len().saturating_add(data.len());
        if self.guest_ended || held > ROOM as usize {
            return false;
        }
        self.to_host.extend(data);
        true
    }

    /// Passes on what the guest sent, as far as the host's reader takes it.
    pub(super) fn flush(&mut self) -> std::io::Result<()> {
        while !self.to_host.is_empty() {
            let (front, _) = self.to_host.as_slices();
            match self.stream.write(front) {
                Ok(length) => {
                    self.to_host.drain(..length);
                    self.passed_on = self.passed_on.wrapping_add(u32::try_from(length).unwrap_or(0));
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        if self.guest_ended {
            self.stream.shutdown(Shutdown::Write)?;
        }
        Ok(())
    }

    pub(super) fn wants_to_write(&self) -> bool {
        !self.to_host.is_empty()
    }

    pub(super) fn wants_to_read(&self) -> bool {
        self.phase == Phase::Open && !self.host_ended && !self.readable
    }

    pub(super) fn end_of_guest(&mut self) {
        self.guest_ended = true;
    }

    /// Reads at most `most` bytes for the guest, as far as it has room. `None`: there is nothing.
    pub(super) fn read(&mut self, most: usize) -> std::io::Result<Option<Vec<u8>>> {
        let most = most.min(self.credit() as usize);
        let mut data = vec![0; most];
        let length = loop {
            match self.stream.read(&mut data) {
                Ok(length) => break length,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        };
        data.truncate(length);
        self.sent = self.sent.wrapping_add(u32::try_from(length).unwrap_or(0));
        Ok(Some(data))
    }

    /// How much we have passed on; whoever asks tells the guest.
    pub(super) fn passed_on(&mut self) -> u32 {
        self.told = self.passed_on;
        self.passed_on
    }

    /// Whether the guest may stop sending because it does not know how much room there is.
    pub(super) fn has_news(&self) -> bool {
        self.passed_on.wrapping_sub(self.told) >= TELL_BELOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Connection, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Connection::new(ours, Phase::Open), theirs)
    }

    #[test]
    fn a_guest_that_overruns_its_credit_is_found_out() {
        let (mut connection, _host) = pair();
        assert!(connection.take(&[0; ROOM as usize]));
        assert!(!connection.take(&[0]));
    }

    #[test]
    fn nothing_is_read_beyond_the_guests_room() {
        let (mut connection, mut host) = pair();
        host.write_all(&[1; 100]).unwrap();
        connection.credit_of_guest(60, 0);
        assert_eq!(connection.read(1000).unwrap().unwrap().len(), 60);
        assert_eq!(connection.credit(), 0);
        connection.credit_of_guest(60, 60);
        assert_eq!(connection.read(1000).unwrap().unwrap().len(), 40);
        // Nonsense about what it passed on gives no credit.
        connection.credit_of_guest(60, 5000);
        assert_eq!(connection.credit(), 0);
    }

    #[test]
    fn the_end_follows_what_was_sent_before_it() {
        let (mut connection, mut host) = pair();
        assert!(connection.take(b"last"));
        connection.end_of_guest();
        assert!(!connection.take(b"after"));
        connection.flush().unwrap();
        let mut text = String::new();
        host.read_to_string(&mut text).unwrap();
        assert_eq!(text, "last");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What a monitor and those who attend its system's console say to each other: packets whose first byte is the kind.
//!
//! ```text
//! ctctl console                                     ctctl-monitor
//!   binds console.wait.PID (a start may come)         binds console, then connects to each console.wait.*
//!   connects to console          ------------------>  accepts: all that it remembers follows
//!   i BYTES typed, w SIZE, s     ------------------>
//!                                <------------------  o BYTES printed, m TEXT, x HOW IT ENDED
//! ```
//!
//! Who binds first is found by who connects second: between the two no start is missed.

pub mod attach;
pub mod session;
pub mod socket;

/// How many bytes of a stream one packet carries.
pub const LARGEST: usize = 4096;

/// Printed inside.
pub const OUTPUT: u8 = b'o';
/// A sentence of the monitor's own.
pub const SAID: u8 = b'm';
/// The system has ended, in these words, and does not start again. The last packet.
pub const ENDED: u8 = b'x';
/// Typed outside.
pub const INPUT: u8 = b'i';
/// The terminal's size: rows and columns, two bytes each, low byte first.
pub const SIZE: u8 = b'w';
/// A system that waits to be started again is not to be: a verb takes over.
pub const DISMISS: u8 = b's';

/// One packet.
#[must_use]
pub fn packet(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(bytes.len() + 1);
    packet.push(kind);
    packet.extend_from_slice(bytes);
    packet
}

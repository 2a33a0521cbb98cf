// SPDX-License-Identifier: Apache-2.0
//! virtio-vsock: sockets between guest and host, without a module or a number of the host.
//!
//! `packet.rs` is the wire, `connection.rs` one stream and its credit, `muxer.rs` the host's sockets. Here: the queues.

mod connection;
mod muxer;
mod packet;

use std::io::{Read, Write};
use std::os::fd::BorrowedFd;

use super::rings::{Broken, Rings};
pub use muxer::Muxer;
use packet::{Header, LENGTH};

const RECEIVE: usize = 0;
const TRANSMIT: usize = 1;
/// The most data of one packet; Linux sends 64 KiB at most.
const MOST_DATA: usize = 64 << 10;

/// The device.
#[derive(Debug)]
pub struct Vsock {
    muxer: Box<Muxer>,
}

impl Vsock {
    /// The device of this muxer's guest.
    #[must_use]
    pub fn new(muxer: Muxer) -> Self {
        Vsock { muxer: Box::new(muxer) }
    }

    pub(super) fn config(&self) -> [u8; 8] {
        u64::from(self.muxer.guest_cid()).to_le_bytes()
    }

    pub(super) fn guest_cid(&self) -> u32 {
        self.muxer.guest_cid()
    }

    pub(super) fn watch(&self) -> BorrowedFd<'_> {
        self.muxer.watch()
    }

    pub(super) fn reset(&mut self) {
        self.muxer.reset();
    }

    pub(super) fn queue_event(&mut self, queue: usize, rings: &mut Rings<'_>) -> Result<(), Broken> {
        if queue == TRANSMIT {
            self.transmit(rings)?;
        }
        self.receive(rings)
    }

    pub(super) fn host_event(&mut self, rings: &mut Rings<'_>) -> Result<(), Broken> {
        self.muxer.host_event();
        self.receive(rings)
    }

    fn transmit(&mut self, rings: &mut Rings<'_>) -> Result<(), Broken> {
        while let Some(chain) = rings.pop(TRANSMIT)? {
            let mut reader = rings.reader(&chain)?;
            let mut bytes = [0; LENGTH];
            // What is shorter than a header, or than its header says, is no packet: it is dropped.
            if reader.read_exact(&mut bytes).is_ok() {
                let header = Header::parse(&bytes);
                let length = header.length as usize;
                if length <= MOST_DATA && length <= reader.available_bytes() {
                    let mut data = vec![0; length];
                    reader.read_exact(&mut data)?;
                    self.muxer.take_packet(&header, &data);
                }
            }
            rings.give_back(TRANSMIT, &chain, 0)?;
        }
        Ok(())
    }

    fn receive(&mut self, rings: &mut Rings<'_>) -> Result<(), Broken> {
        while self.muxer.has_packets() {
            let Some(chain) = rings.pop(RECEIVE)? else { break };
            let mut writer = rings.writer(&chain)?;
            let Some(room) = writer.available_bytes().checked_sub(LENGTH).filter(|r| *r > 0) else {
                rings.give_back(RECEIVE, &chain, 0)?;
                continue;
            };
            let Some((header, data)) = self.muxer.next_packet(room.min(MOST_DATA)) else {
                rings.unpop(RECEIVE);
                break;
            };
            writer.write_all(&header.bytes())?;
            writer.write_all(&data)?;
            rings.give_back(RECEIVE, &chain, LENGTH + data.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

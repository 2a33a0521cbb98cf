// SPDX-License-Identifier: Apache-2.0
//! The driver's side of a device, in memory: what a guest's kernel writes, and what a hostile one does.

use std::ops::Range;

use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::EventFd;

use super::Device;
use super::mmio::{State, Transport};
use crate::error::Result;
use crate::memory::{Memory, guest_memory};

/// Each queue's rings lie in 64 KiB of their own, buffers behind them.
const RINGS: u64 = 0x40_0000;
const STEP: u64 = 0x1_0000;
const AVAIL: u64 = 0x4000;
const USED: u64 = 0x8000;
const BUFFERS: u64 = 0x60_0000;

const NEXT: u16 = 1;
const WRITE: u16 = 2;

pub(crate) struct Driver {
    pub(crate) transport: Transport,
    pub(crate) memory: Memory,
    /// Of each queue: descriptors, entries of the available ring, entries seen in the used ring.
    counts: [(u16, u16, u16); 4],
    next_buffer: u64,
}

impl Driver {
    /// A driver with all queues in use.
    pub(crate) fn new(device: Device) -> Self {
        let mut driver = Driver::without_queues(device);
        driver.set_up();
        driver
    }

    /// One that has negotiated features and nothing else.
    pub(crate) fn without_queues(device: Device) -> Self {
        let memory = guest_memory(16).unwrap();
        let transport = Transport::new(device, memory.clone(), EventFd::new(0o4000).unwrap()).unwrap();
        let mut driver = Driver { transport, memory, counts: [(0, 0, 0); 4], next_buffer: BUFFERS };
        driver.negotiate();
        driver
    }

    pub(crate) fn set(&mut self, register: u64, value: u32) {
        self.transport.write(register, &value.to_le_bytes());
    }

    pub(crate) fn register(&mut self, register: u64) -> u32 {
        let mut word = [0; 4];
        self.transport.read(register, &mut word);
        u32::from_le_bytes(word)
    }

    fn negotiate(&mut self) {
        self.set(0x70, 0);
        self.set(0x70, 1);
        self.set(0x70, 3);
        self.set(0x24, 1);
        self.set(0x20, 1);
        self.set(0x70, 11);
        assert_eq!(self.register(0x70), 11);
    }

    /// Resets the device and takes all its queues into use, with rings as empty as at first.
    pub(crate) fn set_up(&mut self) {
        self.negotiate();
        self.counts = [(0, 0, 0); 4];
        for queue in 0..self.transport.notified().len() {
            self.configure_queue(queue);
        }
        self.start();
    }

    pub(crate) fn configure_queue(&mut self, queue: usize) {
        let at = rings(queue);
        self.memory.write_slice(&[0; 0x1_0000], GuestAddress(at)).unwrap();
        self.set(0x30, u32::try_from(queue).unwrap());
        let size = self.register(0x34);
        self.set(0x38, size);
        for (register, address) in [(0x80, at), (0x90, at + AVAIL), (0xa0, at + USED)] {
            self.set(register, u32::try_from(address).unwrap());
            self.set(register + 4, 0);
        }
        self.set(0x44, 1);
    }

    pub(crate) fn start(&mut self) {
        self.set(0x70, 15);
    }

    pub(crate) fn is_broken(&mut self) -> bool {
        self.register(0x70) & 64 != 0
    }

    pub(crate) fn buffer(&mut self, length: u64) -> u64 {
        let at = self.next_buffer;
        self.next_buffer += length.next_multiple_of(64);
        at
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) -> u64 {
        let at = self.buffer(bytes.len() as u64);
        self.memory.write_slice(bytes, GuestAddress(at)).unwrap();
        at
    }

    pub(crate) fn read(&self, at: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.memory.read_slice(&mut bytes, GuestAddress(at)).unwrap();
        bytes
    }

    /// That the test's buffers do not overwrite its rings.
    pub(crate) fn keep_rings_out_of(&self, range: Range<u64>) {
        assert!(!range.contains(&RINGS));
    }

    /// A chain of buffers: address, length, whether the device writes.
    pub(crate) fn offer(&mut self, queue: usize, buffers: &[(u64, u32, bool)]) {
        let head = self.counts[queue].0 % self.size(queue);
        for (number, (at, length, writes)) in buffers.iter().enumerate() {
            let index = self.counts[queue].0 % self.size(queue);
            self.counts[queue].0 += 1;
            let last = number + 1 == buffers.len();
            let flags = if *writes { WRITE } else { 0 } | if last { 0 } else { NEXT };
            let next = self.counts[queue].0 % self.size(queue);
            let descriptor = GuestAddress(rings(queue) + 16 * u64::from(index));
            self.memory.write_obj(*at, descriptor).unwrap();
            self.memory.write_obj(*length, GuestAddress(descriptor.0 + 8)).unwrap();
            self.memory.write_obj(flags, GuestAddress(descriptor.0 + 12)).unwrap();
            self.memory.write_obj(next, GuestAddress(descriptor.0 + 14)).unwrap();
        }
        self.offer_head(queue, head);
    }

    /// Makes a descriptor's chain go on at `next`, whatever that is.
    pub(crate) fn link(&mut self, queue: usize, index: u64, next: u16) {
        let descriptor = rings(queue) + 16 * index;
        let flags: u16 = self.memory.read_obj(GuestAddress(descriptor + 12)).unwrap();
        self.memory.write_obj(flags | NEXT, GuestAddress(descriptor + 12)).unwrap();
        self.memory.write_obj(next, GuestAddress(descriptor + 14)).unwrap();
    }

    pub(crate) fn offer_head(&mut self, queue: usize, head: u16) {
        let count = self.counts[queue].1;
        let entry = rings(queue) + AVAIL + 4 + 2 * u64::from(count % self.size(queue));
        self.memory.write_obj(head, GuestAddress(entry)).unwrap();
        self.counts[queue].1 = count.wrapping_add(1);
        self.set_avail_index(queue, count.wrapping_add(1));
    }

    pub(crate) fn set_avail_index(&mut self, queue: usize, index: u16) {
        set_avail_index(&self.memory, queue, index);
    }

    /// Tells the device of a queue; returns the lengths of what came back in it.
    pub(crate) fn notify(&mut self, queue: usize) -> Vec<u32> {
        self.set(0x50, u32::try_from(queue).unwrap());
        self.transport.queue_event(queue);
        self.given_back(queue)
    }

    /// The host's side is ready; returns what came back in queue 0.
    pub(crate) fn host_event(&mut self) -> Vec<u32> {
        self.transport.host_event();
        self.given_back(0)
    }

    pub(crate) fn given_back(&mut self, queue: usize) -> Vec<u32> {
        let at = rings(queue) + USED;
        let index: u16 = self.memory.read_obj(GuestAddress(at + 2)).unwrap();
        let mut lengths = Vec::new();
        while self.counts[queue].2 != index {
            let entry = at + 4 + 8 * u64::from(self.counts[queue].2 % self.size(queue));
            lengths.push(self.memory.read_obj(GuestAddress(entry + 4)).unwrap());
            self.counts[queue].2 = self.counts[queue].2.wrapping_add(1);
        }
        lengths
    }

    /// Another process's device takes over.
    pub(crate) fn replace_transport(&mut self, device: Device, state: &State) -> Result<()> {
        let line = EventFd::new(0o4000).unwrap();
        self.transport = Transport::new(device, self.memory.clone(), line)?;
        self.transport.restore(state)
    }

    fn size(&mut self, queue: usize) -> u16 {
        self.set(0x30, u32::try_from(queue).unwrap());
        u16::try_from(self.register(0x34)).unwrap()
    }
}

/// As another processor of the guest does while the device works.
pub(crate) fn set_avail_index(memory: &Memory, queue: usize, index: u16) {
    memory.write_obj(index, GuestAddress(rings(queue) + AVAIL + 2)).unwrap();
}

fn rings(queue: usize) -> u64 {
    RINGS + STEP * queue as u64
}

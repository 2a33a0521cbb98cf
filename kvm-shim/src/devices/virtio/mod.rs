// SPDX-License-Identifier: Apache-2.0
//! Virtio devices. Each has the same parts: a handler that takes rings and memory and is tested with rings in memory,
//! the descriptor that wakes it, and its state as plain data.
//!
//! An enum, not a trait: all kinds are ours, and the compiler shows each place that another one touches.

pub mod console;
pub mod mmio;
pub mod rings;
pub mod rng;
#[cfg(test)]
pub(crate) mod testing;
pub mod vsock;

use std::os::fd::BorrowedFd;

use serde::{Deserialize, Serialize};

use rings::{Broken, Rings};

/// The kinds of devices.
#[derive(Debug)]
pub enum Device {
    /// Entropy.
    Rng(rng::Rng),
    /// A console of one port.
    Console(console::Console),
    /// Sockets between guest and host.
    Vsock(vsock::Vsock),
}

/// What a device remembers beyond its queues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceState {
    /// Nothing.
    Rng,
    /// Input that the guest has not taken.
    Console {
        /// The bytes in their order.
        input: Vec<u8>,
    },
    /// The guest's number. Connections do not survive their VM: a restored guest is told to drop them.
    Vsock {
        /// The guest's context id.
        guest_cid: u32,
    },
}

impl Device {
    pub(crate) fn id(&self) -> u32 {
        match self {
            Device::Rng(_) => 4,
            Device::Console(_) => 3,
            Device::Vsock(_) => 19,
        }
    }

    /// Features beyond VIRTIO_F_VERSION_1.
    pub(crate) fn features(&self) -> u64 {
        0
    }

    /// The most entries of each queue.
    pub(crate) fn queue_sizes(&self) -> &'static [u16] {
        match self {
            Device::Rng(_) => &[64],
            Device::Console(_) => &[256, 256],
            Device::Vsock(_) => &[256, 256, 16],
        }
    }

    pub(crate) fn config(&self) -> [u8; 8] {
        match self {
            Device::Vsock(vsock) => vsock.config(),
            Device::Rng(_) | Device::Console(_) => [0; 8],
        }
    }

    /// The guest has put something into this queue.
    pub(crate) fn queue_event(&mut self, queue: usize, rings: &mut Rings<'_>) -> Result<(), Broken> {
        match self {
            Device::Rng(rng) => rng.fill(rings),
            Device::Console(console) => console.queue_event(queue, rings),
            Device::Vsock(vsock) => vsock.queue_event(queue, rings),
        }
    }

    /// The host side has something: the descriptor of `watch` is ready.
    pub(crate) fn host_event(&mut self, rings: &mut Rings<'_>) -> Result<(), Broken> {
        match self {
            Device::Rng(_) => Ok(()),
            Device::Console(console) => console.host_event(rings),
            Device::Vsock(vsock) => vsock.host_event(rings),
        }
    }

    /// What wakes it besides its queues.
    pub(crate) fn watch(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Device::Rng(_) => None,
            Device::Console(console) => console.watch(),
            Device::Vsock(vsock) => Some(vsock.watch()),
        }
    }

    /// Whether it can take more from there.
    pub(crate) fn wants_more(&self) -> bool {
        match self {
            Device::Rng(_) => false,
            Device::Console(console) => console.wants_more(),
            Device::Vsock(_) => true,
        }
    }

    /// The driver is gone: nothing of what it had begun remains.
    pub(crate) fn reset(&mut self) {
        match self {
            Device::Rng(_) | Device::Console(_) => {}
            Device::Vsock(vsock) => vsock.reset(),
        }
    }

    pub(crate) fn state(&self) -> DeviceState {
        match self {
            Device::Rng(_) => DeviceState::Rng,
            Device::Console(console) => DeviceState::Console { input: console.pending() },
            Device::Vsock(vsock) => DeviceState::Vsock { guest_cid: vsock.guest_cid() },
        }
    }

    /// Takes back what `state` gave; false for another kind's.
    pub(crate) fn restore(&mut self, state: &DeviceState) -> bool {
        match (self, state) {
            (Device::Rng(_), DeviceState::Rng) => true,
            (Device::Console(console), DeviceState::Console { input }) => console.restore(input),
            (Device::Vsock(vsock), DeviceState::Vsock { guest_cid }) => vsock.guest_cid() == *guest_cid,
            _ => false,
        }
    }
}

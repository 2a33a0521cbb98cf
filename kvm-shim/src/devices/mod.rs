// SPDX-License-Identifier: Apache-2.0
//! What the guest sees: ports, and one page of registers for each virtio device.

pub mod ports;
pub mod virtio;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::memory::{VIRTIO_FIRST, VIRTIO_STEP};

use ports::Ports;
use virtio::mmio::Transport;

/// Everything that a processor's exit may reach.
#[derive(Debug)]
pub(crate) struct Devices {
    pub(crate) ports: Mutex<Ports>,
    /// In the order of their pages.
    pub(crate) virtio: Vec<Arc<Mutex<Transport>>>,
}

impl Devices {
    /// A read from an address that is no memory. What nobody answers reads as ones, as on a PC.
    pub(crate) fn read(&self, address: u64, data: &mut [u8]) {
        match self.virtio_at(address) {
            Some((device, offset)) => lock(device).read(offset, data),
            None => data.fill(0xff),
        }
    }

    pub(crate) fn write(&self, address: u64, data: &[u8]) {
        if let Some((device, offset)) = self.virtio_at(address) {
            lock(device).write(offset, data);
        }
    }

    fn virtio_at(&self, address: u64) -> Option<(&Mutex<Transport>, u64)> {
        let offset = address.checked_sub(VIRTIO_FIRST)?;
        let device = self.virtio.get(usize::try_from(offset / VIRTIO_STEP).ok()?)?;
        Some((device, offset % VIRTIO_STEP))
    }
}

/// A thread that panicked ends the process with its VM; until then the others go on with what there is.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// SPDX-License-Identifier: Apache-2.0
//! A device's queues while it handles an event: what comes out of them, what goes back, who is to be told.

use std::fmt;

use virtio_queue::{DescriptorChain, Queue, QueueOwnedT, QueueT, Reader, Writer};

use crate::memory::Memory;

/// The driver has broken its side of a queue; the device stops until it is reset.
#[derive(Debug)]
pub struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<virtio_queue::Error> for Broken {
    fn from(error: virtio_queue::Error) -> Self {
        Broken(error.to_string())
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Broken(error.to_string())
    }
}

/// A chain of buffers.
pub type Chain<'a> = DescriptorChain<&'a Memory>;

/// The queues of one device, for one event.
///
/// The event ends after as many chains as the queue is long: a guest that always has one more must not keep the thread
/// from other devices and from the machine's own control.
#[derive(Debug)]
pub struct Rings<'a> {
    queues: &'a mut [Queue],
    memory: &'a Memory,
    taken: u16,
    /// Queues that were given something back, as bits.
    pub(super) touched: u32,
    /// Queues that may have more than this event took, as bits.
    pub(super) unfinished: u32,
}

impl<'a> Rings<'a> {
    pub(super) fn new(queues: &'a mut [Queue], memory: &'a Memory) -> Self {
        Rings { queues, memory, taken: 0, touched: 0, unfinished: 0 }
    }

    /// The next chain of a queue that is in use.
    ///
    /// # Errors
    /// An index that is further ahead than the queue is long, or a ring outside of memory.
    pub fn pop(&mut self, number: usize) -> Result<Option<Chain<'a>>, Broken> {
        let Some(queue) = self.queues.get_mut(number).filter(|q| q.ready()) else { return Ok(None) };
        if self.taken >= queue.size() {
            self.unfinished |= 1 << number;
            return Ok(None);
        }
        self.taken += 1;
        Ok(queue.iter(self.memory)?.next())
    }

    /// Puts the last chain of a queue back, to be popped again.
    pub fn unpop(&mut self, number: usize) {
        if let Some(queue) = self.queues.get_mut(number) {
            queue.go_to_previous_position();
        }
    }

    /// The part of a chain that the device may read.
    ///
    /// # Errors
    /// A buffer outside of memory, or lengths that wrap around.
    pub fn reader(&self, chain: &Chain<'a>) -> Result<Reader<'a>, Broken> {
        Ok(chain.clone().reader(self.memory)?)
    }

    /// The part of a chain that the device may write.
    ///
    /// # Errors
    /// As [`Rings::reader`].
    pub fn writer(&self, chain: &Chain<'a>) -> Result<Writer<'a>, Broken> {
        Ok(chain.clone().writer(self.memory)?)
    }

    /// Gives a chain back with so many bytes written.
    ///
    /// # Errors
    /// A used ring outside of memory.
    pub fn give_back(&mut self, number: usize, chain: &Chain<'a>, written: usize) -> Result<(), Broken> {
        let written = u32::try_from(written).map_err(|_| Broken("more than 4 GiB written".into()))?;
        let queue = self.queues.get_mut(number).ok_or_else(|| Broken("no such queue".into()))?;
        queue.add_used(self.memory, chain.head_index(), written)?;
        self.touched |= 1 << number;
        Ok(())
    }
}

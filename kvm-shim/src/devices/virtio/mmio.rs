// SPDX-License-Identifier: Apache-2.0
//! The virtio-mmio transport (virtio 1.2, 4.2): one page of registers for each device.
//!
//! A driver writes what it likes, in any order: each register is heeded only in the phase that it belongs to.

use std::os::fd::BorrowedFd;

use serde::{Deserialize, Serialize};
use virtio_queue::{Queue, QueueState, QueueT};
use vmm_sys_util::eventfd::EventFd;

use crate::error::{Error, Result, Step};
use crate::memory::Memory;

use super::rings::{Broken, Rings};
use super::{Device, DeviceState};

const MAGIC: u32 = u32::from_le_bytes(*b"virt");
const VERSION: u32 = 2;
const VENDOR: u32 = u32::from_le_bytes(*b"kvms");
const VERSION_1: u64 = 1 << 32;

/// Where the register stands that a driver tells of a queue with.
pub(crate) const QUEUE_NOTIFY: u64 = 0x50;
const CONFIG: u64 = 0x100;

const ACKNOWLEDGE: u32 = 1;
const DRIVER: u32 = 2;
const DRIVER_OK: u32 = 4;
const FEATURES_OK: u32 = 8;
const NEEDS_RESET: u32 = 64;
const FAILED: u32 = 128;

const USED: u32 = 1;
const CONFIG_CHANGED: u32 = 2;

/// All that a restored VM needs to go on with a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    status: u32,
    interrupt: u32,
    driver_features: u64,
    device_features_half: u32,
    driver_features_half: u32,
    queue: u32,
    queues: Vec<SavedQueue>,
    pub(super) device: DeviceState,
}

/// A queue as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SavedQueue {
    size: u16,
    ready: bool,
    next_avail: u16,
    next_used: u16,
    desc_table: u64,
    avail_ring: u64,
    used_ring: u64,
}

/// One device with its registers.
#[derive(Debug)]
pub struct Transport {
    device: Device,
    memory: Memory,
    queues: Vec<Queue>,
    /// A driver writes to the register, KVM to these.
    notified: Vec<EventFd>,
    interrupt_line: EventFd,
    status: u32,
    interrupt: u32,
    driver_features: u64,
    device_features_half: u32,
    driver_features_half: u32,
    queue: u32,
}

impl Transport {
    /// A device as it is after power-on.
    ///
    /// # Errors
    /// EMFILE.
    pub fn new(device: Device, memory: Memory, interrupt_line: EventFd) -> Result<Self> {
        let mut queues = Vec::new();
        let mut notified = Vec::new();
        for size in device.queue_sizes() {
            queues.push(Queue::new(*size).step(|| "make a queue".into())?);
            notified.push(EventFd::new(NON_BLOCKING).step(|| "make a queue's eventfd".into())?);
        }
        Ok(Transport {
            device,
            memory,
            queues,
            notified,
            interrupt_line,
            status: 0,
            interrupt: 0,
            driver_features: 0,
            device_features_half: 0,
            driver_features_half: 0,
            queue: 0,
        })
    }

    /// The descriptors by which queues announce themselves, in their order.
    #[must_use]
    pub fn notified(&self) -> &[EventFd] {
        &self.notified
    }

    /// What wakes the device besides its queues.
    #[must_use]
    pub fn watch(&self) -> Option<BorrowedFd<'_>> {
        self.device.watch()
    }

    /// Whether it can take more from there.
    #[must_use]
    pub fn wants_more(&self) -> bool {
        // One that is not running takes nothing; its driver's first notification asks again.
        self.is_running() && self.device.wants_more()
    }

    /// A read of the registers.
    pub fn read(&mut self, offset: u64, data: &mut [u8]) {
        data.fill(0);
        if let Some(at) = offset.checked_sub(CONFIG) {
            let config = self.device.config();
            let from = usize::try_from(at).unwrap_or(usize::MAX).min(config.len());
            for (to, byte) in data.iter_mut().zip(&config[from..]) {
                *to = *byte;
            }
        } else if let Ok(word) = <&mut [u8; 4]>::try_from(data) {
            *word = self.register(offset).to_le_bytes();
        }
    }

    fn register(&self, offset: u64) -> u32 {
        let half = |value: u64, half: u32| match half {
            0 => (value & 0xffff_ffff) as u32,
            1 => (value >> 32) as u32,
            _ => 0,
        };
        let queue = self.selected();
        match offset {
            0x00 => MAGIC,
            0x04 => VERSION,
            0x08 => self.device.id(),
            0x0c => VENDOR,
            0x10 => half(self.offered(), self.device_features_half),
            0x34 => queue.map_or(0, |q| q.max_size().into()),
            0x44 => queue.map_or(0, |q| q.ready().into()),
            0x60 => self.interrupt,
            0x70 => self.status,
            // Length and base of a shared memory region: all ones, there is none.
            0xb0 | 0xb4 | 0xb8 | 0xbc => u32::MAX,
            _ => 0,
        }
    }

    /// A write to the registers. Whatever does not belong to the phase that the driver is in is ignored.
    pub fn write(&mut self, offset: u64, data: &[u8]) {
        let Ok(value) = data.try_into().map(u32::from_le_bytes) else { return };
        let negotiating = self.status & (DRIVER | FEATURES_OK) == DRIVER;
        let configuring = self.status & (FEATURES_OK | DRIVER_OK | NEEDS_RESET) == FEATURES_OK;
        match offset {
            0x14 => self.device_features_half = value,
            0x24 => self.driver_features_half = value,
            0x20 if negotiating => self.accept_features(value),
            0x30 => self.queue = value,
            QUEUE_NOTIFY => self.notify(value),
            0x64 => self.interrupt &= !value,
            0x70 => self.set_status(value),
            0x38 | 0x44 | 0x80..=0xa4 if configuring => self.set_up_queue(offset, value),
            _ => {}
        }
    }

    fn offered(&self) -> u64 {
        self.device.features() | VERSION_1
    }

    fn accept_features(&mut self, value: u32) {
        let shift = match self.driver_features_half {
            0 => 0,
            1 => 32,
            _ => return,
        };
        self.driver_features = self.driver_features & !(0xffff_ffff << shift) | u64::from(value) << shift;
    }

    fn selected(&self) -> Option<&Queue> {
        self.queues.get(usize::try_from(self.queue).ok()?)
    }

    fn set_up_queue(&mut self, offset: u64, value: u32) {
        let Some(queue) = usize::try_from(self.queue).ok().and_then(|n| self.queues.get_mut(n)) else {
            return;
        };
        match offset {
            0x38 => queue.set_size(u16::try_from(value).unwrap_or(0)),
            0x44 => queue.set_ready(value == 1),
            0x80 => queue.set_desc_table_address(Some(value), None),
            0x84 => queue.set_desc_table_address(None, Some(value)),
            0x90 => queue.set_avail_ring_address(Some(value), None),
            0x94 => queue.set_avail_ring_address(None, Some(value)),
            0xa0 => queue.set_used_ring_address(Some(value), None),
            0xa4 => queue.set_used_ring_address(None, Some(value)),
            _ => {}
        }
    }

    fn set_status(&mut self, value: u32) {
        if value == 0 {
            return self.reset();
        }
        let known = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK | FAILED;
        let fresh = value & known & !self.status;
        // A driver adds bits, in their order; to take one away it resets.
        let acceptable = self.driver_features & !self.offered() == 0 && self.driver_features & VERSION_1 != 0;
        if fresh & FEATURES_OK != 0 && !(self.status & DRIVER != 0 && acceptable) {
            return;
        }
        if fresh & DRIVER_OK != 0 && self.status & FEATURES_OK == 0 {
            return;
        }
        self.status |= fresh;
        if fresh & DRIVER_OK != 0 && self.queues.iter().any(|q| q.ready() && !q.is_valid(&self.memory)) {
            self.break_down();
        }
    }

    fn reset(&mut self) {
        self.device.reset();
        for queue in &mut self.queues {
            queue.reset();
        }
        (self.status, self.interrupt, self.driver_features, self.queue) = (0, 0, 0, 0);
        (self.device_features_half, self.driver_features_half) = (0, 0);
    }

    fn is_running(&self) -> bool {
        self.status & (DRIVER_OK | NEEDS_RESET | FAILED) == DRIVER_OK
    }

    /// Only where KVM does not take the write itself.
    fn notify(&mut self, queue: u32) {
        if let Some(event) = usize::try_from(queue).ok().and_then(|n| self.notified.get(n)) {
            // It fails only when it counts 2^64 notifications already.
            let _full = event.write(1);
        }
    }

    /// A queue's descriptor is ready.
    pub fn queue_event(&mut self, queue: usize) {
        // Reading makes it quiet; it fails where another event has done so.
        let _quiet = self.notified.get(queue).map(EventFd::read);
        self.handle(|device, rings| device.queue_event(queue, rings));
    }

    /// The device's own descriptor is ready.
    pub fn host_event(&mut self) {
        self.handle(Device::host_event);
    }

    fn handle(&mut self, event: impl FnOnce(&mut Device, &mut Rings<'_>) -> std::result::Result<(), Broken>) {
        if !self.is_running() {
            return;
        }
        let mut rings = Rings::new(&mut self.queues, &self.memory);
        let done = event(&mut self.device, &mut rings);
        let (touched, unfinished) = (rings.touched, rings.unfinished);
        for (number, notified) in self.notified.iter().enumerate() {
            if unfinished & 1 << number != 0 {
                let _full = notified.write(1);
            }
        }
        let told = (0..self.queues.len()).filter(|n| touched & 1 << n != 0);
        let memory = &self.memory;
        let wanted: Vec<_> = told.map(|n| self.queues[n].needs_notification(memory)).collect();
        if done.is_err() || wanted.iter().any(std::result::Result::is_err) {
            self.break_down();
        } else if wanted.into_iter().any(|w| w.unwrap_or(false)) {
            self.raise(USED);
        }
    }

    /// The driver has broken a queue: nothing is touched again before it resets the device.
    fn break_down(&mut self) {
        self.status |= NEEDS_RESET;
        self.raise(CONFIG_CHANGED);
    }

    fn raise(&mut self, why: u32) {
        self.interrupt |= why;
        // It fails only when KVM has not read 2^64 interrupts.
        let _full = self.interrupt_line.write(1);
    }

    /// The device as plain data.
    #[must_use]
    pub fn state(&self) -> State {
        State {
            status: self.status,
            interrupt: self.interrupt,
            driver_features: self.driver_features,
            device_features_half: self.device_features_half,
            driver_features_half: self.driver_features_half,
            queue: self.queue,
            queues: self.queues.iter().map(|q| saved(&q.state())).collect(),
            device: self.device.state(),
        }
    }

    /// Takes back what `state` gave, possibly in another process.
    ///
    /// # Errors
    /// A state of another device, or one that no device can be in: a snapshot is a file that others may have written.
    pub fn restore(&mut self, state: &State) -> Result<()> {
        let foreign = || Error::new("the saved state is not that of this device");
        if state.queues.len() != self.queues.len() || !self.device.restore(&state.device) {
            return Err(foreign());
        }
        for (queue, saved) in self.queues.iter_mut().zip(&state.queues) {
            let max_size = queue.max_size();
            if saved.size > max_size {
                return Err(foreign());
            }
            *queue = Queue::try_from(loaded(saved, max_size)).step(|| "restore a queue".into())?;
            if queue.ready() && !queue.is_valid(&self.memory) {
                return Err(foreign());
            }
        }
        (self.status, self.interrupt, self.queue) = (state.status, state.interrupt, state.queue);
        self.driver_features = state.driver_features;
        self.device_features_half = state.device_features_half;
        self.driver_features_half = state.driver_features_half;
        Ok(())
    }
}

/// EFD_NONBLOCK.
const NON_BLOCKING: i32 = 0o4000;

fn saved(queue: &QueueState) -> SavedQueue {
    SavedQueue {
        size: queue.size,
        ready: queue.ready,
        next_avail: queue.next_avail,
        next_used: queue.next_used,
        desc_table: queue.desc_table,
        avail_ring: queue.avail_ring,
        used_ring: queue.used_ring,
    }
}

fn loaded(queue: &SavedQueue, max_size: u16) -> QueueState {
    QueueState {
        max_size,
        size: queue.size,
        ready: queue.ready,
        next_avail: queue.next_avail,
        next_used: queue.next_used,
        desc_table: queue.desc_table,
        avail_ring: queue.avail_ring,
        used_ring: queue.used_ring,
        event_idx_enabled: false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::rng::Rng;
    use super::super::testing::{Driver, set_avail_index};
    use super::*;
    use std::fs::File;

    fn device() -> Device {
        Device::Rng(Rng::new(File::open("/dev/urandom").unwrap()))
    }

    #[test]
    fn a_driver_finds_a_device_of_version_two() {
        let mut driver = Driver::new(device());
        let read: Vec<u32> = [0x00, 0x04, 0x08, 0x34, 0xb0].map(|at| driver.register(at)).to_vec();
        assert_eq!(read, [MAGIC, 2, 4, 64, u32::MAX]);
        let mut byte = [7];
        driver.transport.read(0x00, &mut byte);
        assert_eq!(byte, [0], "registers are read as words");
    }

    #[test]
    fn features_that_were_not_offered_are_not_accepted() {
        let mut driver = Driver::new(device());
        driver.set(0x70, 0);
        driver.set(0x70, ACKNOWLEDGE | DRIVER);
        for (half, value) in [(0, 0), (1, 3)] {
            driver.set(0x24, half);
            driver.set(0x20, value);
        }
        driver.set(0x70, ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assert_eq!(driver.register(0x70), ACKNOWLEDGE | DRIVER);
        driver.set(0x70, ACKNOWLEDGE | DRIVER | DRIVER_OK);
        assert_eq!(driver.register(0x70) & DRIVER_OK, 0, "nor is a driver that skips them");
    }

    #[test]
    fn a_queue_cannot_be_moved_while_it_is_used() {
        let mut driver = Driver::new(device());
        let before = driver.transport.state();
        for register in [0x38, 0x44, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4, 0x20] {
            driver.set(register, 0xffff_fff0);
        }
        assert_eq!(driver.transport.state(), before);
        driver.set(0x30, 77);
        driver.set(0x44, 1);
        assert_eq!((driver.register(0x34), driver.register(0x44)), (0, 0), "a queue that is not there");
    }

    #[test]
    fn rings_outside_of_memory_break_the_device() {
        for (register, value) in [(0x84, 0x7fff_ffff), (0x94, 1), (0xa4, 0xffff_ffff)] {
            let mut driver = Driver::without_queues(device());
            driver.configure_queue(0);
            driver.set(register, value);
            driver.start();
            assert!(driver.is_broken(), "{register:#x}");
            assert_eq!(driver.register(0x60), CONFIG_CHANGED);
            assert_eq!(driver.notify(0), [0u32; 0]);
        }
    }

    #[test]
    fn an_index_too_far_ahead_breaks_the_device() {
        let mut driver = Driver::new(device());
        driver.set_avail_index(0, 65);
        driver.notify(0);
        assert!(driver.is_broken());
    }

    #[test]
    fn loops_and_bad_links_end() {
        for next in [0, 1, 63, 64, 0xffff] {
            let mut driver = Driver::new(device());
            let at = driver.buffer(16);
            driver.offer(0, &[(at, 16, true)]);
            driver.link(0, 0, next);
            let given_back = driver.notify(0);
            assert!(driver.is_broken() || given_back.len() == 1, "{next}");
        }
    }

    #[test]
    fn a_head_outside_of_the_table_takes_nothing() {
        let mut driver = Driver::new(device());
        driver.offer_head(0, 64);
        driver.offer_head(0, 0xffff);
        driver.notify(0);
        assert_eq!(driver.register(0x70) & DRIVER_OK, DRIVER_OK, "the thread is back");
    }

    // SEC-35: another processor of the guest adds a chain for each that is taken.
    #[test]
    fn a_guest_that_always_has_one_more_gives_the_thread_back() {
        let mut driver = Driver::new(device());
        let at = driver.buffer(16);
        driver.offer(0, &[(at, 16, true)]);
        let mut rings = Rings::new(&mut driver.transport.queues, &driver.memory);
        let mut taken = 0;
        while let Some(chain) = rings.pop(0).unwrap() {
            rings.give_back(0, &chain, 0).unwrap();
            taken += 1;
            assert!(taken <= 64);
            set_avail_index(&driver.memory, 0, taken + 1);
        }
        assert_eq!((taken, rings.unfinished), (64, 1), "and comes back to it");
    }

    #[test]
    fn a_reset_forgets_everything() {
        let mut driver = Driver::new(device());
        let fresh = Driver::without_queues(device());
        let at = driver.buffer(16);
        driver.offer(0, &[(at, 16, true)]);
        driver.notify(0);
        assert_eq!(driver.register(0x60), USED);
        driver.set(0x70, 0);
        let mut fresh = fresh;
        fresh.set(0x70, 0);
        assert_eq!(driver.transport.state(), fresh.transport.state());
    }

    #[test]
    fn a_device_goes_on_where_it_was_saved() {
        let mut driver = Driver::new(device());
        let at = driver.buffer(16);
        driver.offer(0, &[(at, 16, true)]);
        driver.notify(0);
        let text = serde_json::to_string(&driver.transport.state()).unwrap();
        driver.replace_transport(device(), &serde_json::from_str(&text).unwrap()).unwrap();
        driver.offer(0, &[(at, 16, true)]);
        assert_eq!(driver.notify(0), [16]);
    }

    #[test]
    fn states_that_no_device_has_are_refused() {
        let mut driver = Driver::new(device());
        let good = driver.transport.state();
        let changes: [fn(&mut State); 5] = [
            |s| s.queues[0].size = 63,
            |s| s.queues[0].size = 128,
            |s| s.queues[0].desc_table = u64::MAX - 15,
            |s| s.queues.clear(),
            |s| s.device = DeviceState::Console { input: Vec::new() },
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut state = good.clone();
            change(&mut state);
            assert!(driver.replace_transport(device(), &state).is_err(), "{number}");
        }
    }
}

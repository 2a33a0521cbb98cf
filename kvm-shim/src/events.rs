// SPDX-License-Identifier: Apache-2.0
//! The machine's own thread: waits for queues and for the host's side of devices.

use std::io::ErrorKind;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex};

use vmm_sys_util::epoll::{ControlOperation, Epoll, EpollEvent, EventSet};
use vmm_sys_util::eventfd::EventFd;

use crate::devices::lock;
use crate::devices::virtio::mmio::Transport;
use crate::error::{Result, Step};

/// The machine's own bell.
const BELL: u64 = u64::MAX;
/// In place of a queue's number: the device's own descriptor.
const HOST_SIDE: u64 = 0xff;

/// All descriptors of a machine. It takes no lock while it waits.
#[derive(Debug)]
pub(crate) struct Events<'a> {
    epoll: Epoll,
    devices: &'a [Arc<Mutex<Transport>>],
    bell: &'a EventFd,
}

impl<'a> Events<'a> {
    pub(crate) fn new(devices: &'a [Arc<Mutex<Transport>>], bell: &'a EventFd) -> Result<Self> {
        let epoll = Epoll::new().step(|| "make an epoll".into())?;
        let events = Events { epoll, devices, bell };
        events.watch(ControlOperation::Add, bell.as_raw_fd(), BELL, EventSet::IN)?;
        for (number, device) in (0u64..).zip(devices) {
            let device = lock(device);
            for (queue, event) in (0u64..).zip(device.notified()) {
                events.watch(ControlOperation::Add, event.as_raw_fd(), number << 8 | queue, EventSet::IN)?;
            }
            if let Some(fd) = device.watch() {
                let once = EventSet::IN | EventSet::ONE_SHOT;
                events.watch(ControlOperation::Add, fd.as_raw_fd(), number << 8 | HOST_SIDE, once)?;
            }
        }
        Ok(events)
    }

    fn watch(&self, how: ControlOperation, fd: RawFd, which: u64, what: EventSet) -> Result<()> {
        self.epoll.ctl(how, fd, EpollEvent::new(what, which)).step(|| "watch a device".into())
    }

    /// Waits, then serves what is ready.
    pub(crate) fn serve_once(&self) -> Result<()> {
        let mut ready = [EpollEvent::default(); 32];
        let count = match self.epoll.wait(-1, &mut ready) {
            Ok(count) => count,
            Err(e) if e.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(e) => return Err(e).step(|| "wait for devices".into()),
        };
        ready[..count].iter().try_for_each(|event| self.serve(event.data()))
    }

    fn serve(&self, which: u64) -> Result<()> {
        if which == BELL {
            // Quiet again; it fails where nothing is there.
            let _quiet = self.bell.read();
            return Ok(());
        }
        let number = which >> 8;
        let Some(device) = usize::try_from(number).ok().and_then(|n| self.devices.get(n)) else {
            return Ok(());
        };
        let mut device = lock(device);
        match usize::try_from(which & 0xff) {
            Ok(queue) if which & 0xff != HOST_SIDE => device.queue_event(queue),
            _ => device.host_event(),
        }
        // Once only, and again when the device can take more: a socket that is always ready would keep us awake.
        match device.watch() {
            Some(fd) if device.wants_more() => {
                let once = EventSet::IN | EventSet::ONE_SHOT;
                self.watch(ControlOperation::Modify, fd.as_raw_fd(), number << 8 | HOST_SIDE, once)
            }
            _ => Ok(()),
        }
    }
}

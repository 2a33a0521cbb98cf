// SPDX-License-Identifier: Apache-2.0
//! One thread per processor: the loop of its exits.
//!
//! Nothing here is a decision about the guest's life: a loop ends with what ended it, and the machine decides.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kvm_ioctls::{VcpuExit, VcpuFd};
use runtime_sys::Errno;
use vmm_sys_util::signal::{Killable, SIGRTMIN, register_signal_handler};

use crate::devices::ports::Request;
use crate::devices::{Devices, lock};
use crate::error::{Error, Result, Step};
use crate::machine::Bell;

/// Exits to user space by reason.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Exits(BTreeMap<&'static str, u64>);

impl Exits {
    fn count(&mut self, reason: &'static str) {
        *self.0.entry(reason).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Exits) {
        for (reason, count) in &other.0 {
            *self.0.entry(reason).or_default() += count;
        }
    }

    /// How many for this reason.
    #[must_use]
    pub fn of(&self, reason: &str) -> u64 {
        self.0.get(reason).copied().unwrap_or_default()
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

impl fmt::Display for Exits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.total())?;
        for (reason, count) in &self.0 {
            write!(f, " {reason}={count}")?;
        }
        Ok(())
    }
}

/// Why a processor's loop ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Requested(Request),
    /// The machine asked for it.
    Stopped,
    Failed(Error),
}

/// A processor's thread.
#[derive(Debug)]
pub(crate) struct Running {
    thread: JoinHandle<Exits>,
}

/// What the thread of a processor works with.
pub(crate) struct Vcpu {
    pub(crate) fd: VcpuFd,
    pub(crate) id: u8,
    pub(crate) devices: Arc<Devices>,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) bell: Bell,
}

impl Vcpu {
    pub(crate) fn start(self) -> Result<Running> {
        interruptible()?;
        let name = format!("vcpu{}", self.id);
        let thread = std::thread::Builder::new().name(name).spawn(move || self.run());
        Ok(Running { thread: thread.step(|| "start a processor's thread".into())? })
    }

    fn run(mut self) -> Exits {
        let mut exits = Exits::default();
        let ended = loop {
            if self.stop.load(Ordering::Acquire) {
                break Ended::Stopped;
            }
            match self.step(&mut exits) {
                Ok(None) => {}
                Ok(Some(request)) => break Ended::Requested(request),
                Err(error) => break Ended::Failed(error),
            }
        };
        self.bell.ring(ended);
        exits
    }

    /// Runs the guest until it exits to us once.
    fn step(&mut self, exits: &mut Exits) -> Result<Option<Request>> {
        let exit = match self.fd.run() {
            Ok(exit) => exit,
            Err(e) if e.errno() == Errno::INTR.raw_os_error() || e.errno() == Errno::AGAIN.raw_os_error() => {
                exits.count("interrupted");
                return Ok(None);
            }
            Err(e) => return Err(e).step(|| format!("run processor {}", self.id)),
        };
        match exit {
            VcpuExit::IoOut(port, data) => {
                exits.count("io-out");
                return Ok(lock(&self.devices.ports).write(port, data));
            }
            VcpuExit::IoIn(port, data) => {
                exits.count("io-in");
                lock(&self.devices.ports).read(port, data);
            }
            VcpuExit::MmioRead(address, data) => {
                exits.count("mmio-read");
                self.devices.read(address, data);
            }
            VcpuExit::MmioWrite(address, data) => {
                exits.count("mmio-write");
                self.devices.write(address, data);
            }
            exit => {
                let what = fatal(&exit);
                return Err(self.death(&what));
            }
        }
        Ok(None)
    }

    /// An error with the place where the guest was.
    fn death(&mut self, what: &str) -> Error {
        let id = self.id;
        match self.fd.get_regs() {
            Ok(registers) => Error::new(format!("processor {id} at {:#x}: {what}", registers.rip)),
            Err(_) => Error::new(format!("processor {id}: {what}")),
        }
    }
}

fn fatal(exit: &VcpuExit<'_>) -> String {
    match exit {
        VcpuExit::Shutdown => "triple fault: the guest's kernel broke its own tables or stack".into(),
        VcpuExit::FailEntry(reason, _) => {
            format!("the host's processor refused its state, reason {reason:#x}")
        }
        VcpuExit::InternalError => {
            "KVM could not run an instruction: a KVM that only emulates runs no whole kernel (ctctl doctor)"
                .into()
        }
        other => format!("an exit that nothing here asks for: {other:?}"),
    }
}

/// Makes the signal that calls a processor out of the guest interrupt, and do nothing else.
fn interruptible() -> Result<()> {
    extern "C" fn nothing(_: i32, _: *mut runtime_sys::signal::SignalInfo, _: *mut std::ffi::c_void) {}
    register_signal_handler(SIGRTMIN(), nothing).step(|| "set the signal that stops processors".into())
}

impl Running {
    /// Waits for the thread, which sees `stop` as soon as it leaves the guest.
    ///
    /// A signal that comes just before the thread enters the guest is lost: so it is sent until the thread has ended.
    pub(crate) fn join(self) -> Exits {
        while !self.thread.is_finished() {
            let _gone = self.thread.kill(SIGRTMIN());
            std::thread::sleep(Duration::from_millis(1));
        }
        self.thread.join().unwrap_or_default()
    }
}

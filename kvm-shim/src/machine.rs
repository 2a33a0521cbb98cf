// SPDX-License-Identifier: Apache-2.0
//! The recipe of a machine, and its life.
//!
//! ```text
//! Machine::build   one call per part, in the order that KVM and the boot protocol ask for
//! Machine::run     one thread per processor; this thread serves the devices until a processor's loop ends
//! ```

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use kvm_bindings::{KVM_API_VERSION, KVM_PIT_SPEAKER_DUMMY, kvm_pit_config};
use kvm_ioctls::{IoEventAddress, Kvm, VcpuFd, VmFd};
use vmm_sys_util::eventfd::EventFd;

use crate::boot::acpi::{self, Announced};
use crate::boot::{cpuid, kernel, parameters, registers};
use crate::devices::ports::{Ports, Request};
use crate::devices::virtio::Device;
use crate::devices::virtio::mmio::{QUEUE_NOTIFY, Transport};
use crate::devices::{Devices, lock};
use crate::error::{Error, Result, Step};
use crate::events::Events;
use crate::memory::{self, Memory, VIRTIO_FIRST, VIRTIO_STEP, guest_memory};
use crate::vcpu::{Ended, Exits, Running, Vcpu};

/// The serial line's interrupt, as on a PC; virtio devices have those after it, up to the I/O APIC's last pin.
const SERIAL_IRQ: u32 = 4;
const FIRST_VIRTIO_IRQ: u32 = 5;
const LAST_IRQ: u32 = 23;
/// One byte per processor in the tables, and xAPIC ids below the broadcast.
const MOST_PROCESSORS: u8 = 64;

/// What a machine is made of.
pub struct Config {
    /// An ELF image or a bzImage.
    pub kernel: PathBuf,
    /// For the kernel.
    pub command_line: String,
    /// A cpio archive, or nothing.
    pub initramfs: Vec<u8>,
    /// Guest memory.
    pub memory_mib: u32,
    /// How many.
    pub processors: u8,
    /// Where the serial line writes to.
    pub serial: Box<dyn Write + Send>,
    /// Virtio devices, in the order of their pages and interrupts.
    pub devices: Vec<Device>,
}

/// How a guest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It powered off.
    PowerOff,
    /// It asked for a reset: a panic with `panic=-1`, or a reboot.
    Reset,
    /// It was told to by `Stopper::stop`.
    Stopped,
}

/// A machine before its first instruction.
#[derive(Debug)]
pub struct Machine {
    vcpus: Vec<VcpuFd>,
    devices: Arc<Devices>,
    bell: Bell,
    ended: mpsc::Receiver<Ended>,
    /// Last, so that it outlives what is registered with it.
    vm: VmFd,
}

/// Tells the machine's own thread that something has ended.
#[derive(Debug)]
pub(crate) struct Bell {
    sender: mpsc::Sender<Ended>,
    wake: EventFd,
}

impl Bell {
    fn try_clone(&self) -> Result<Bell> {
        let wake = self.wake.try_clone().step(|| "copy an eventfd".into())?;
        Ok(Bell { sender: self.sender.clone(), wake })
    }

    pub(crate) fn ring(&self, ended: Ended) {
        // Both fail only when the machine has ended by itself.
        let _gone = self.sender.send(ended);
        let _full = self.wake.write(1);
    }
}

/// Ends a running machine from another thread.
#[derive(Debug)]
pub struct Stopper(Bell);

impl Stopper {
    /// Ends it, whatever the guest does.
    pub fn stop(&self) {
        self.0.ring(Ended::Stopped);
    }
}

impl Machine {
    /// Builds a machine with its kernel in memory.
    ///
    /// # Errors
    /// What a part answers, with its name.
    pub fn build(config: Config) -> Result<Machine> {
        check(&config)?;
        let kvm = open_kvm()?;
        let vm = kvm.create_vm().step(|| "create a VM: KVM".into())?;
        let memory = guest_memory(config.memory_mib)?;
        memory::attach(&vm, &memory)?;
        interrupt_chips(&vm)?;
        let ports = Ports::new(line(&vm, SERIAL_IRQ)?, config.serial);
        let (virtio, announced) = attach_devices(&vm, &memory, config.devices)?;
        let kernel = kernel::load(&memory, &config.kernel)?;
        acpi::write(&memory, config.processors, &announced, SERIAL_IRQ)?;
        parameters::write(&memory, &kernel, &config.command_line, &config.initramfs)?;
        registers::write_tables(&memory)?;
        let vcpus = processors(&kvm, &vm, config.processors, kernel.entry)?;
        let (sender, ended) = mpsc::channel();
        let wake = EventFd::new(0).step(|| "make an eventfd".into())?;
        let devices = Arc::new(Devices { ports: Mutex::new(ports), virtio });
        Ok(Machine { vcpus, devices, bell: Bell { sender, wake }, ended, vm })
    }

    /// A handle that ends the machine while it runs.
    ///
    /// # Errors
    /// EMFILE.
    pub fn stopper(&self) -> Result<Stopper> {
        Ok(Stopper(self.bell.try_clone()?))
    }

    /// Runs the guest to its end.
    ///
    /// # Errors
    /// A guest that died: triple fault, an instruction that KVM cannot run, an exit that nothing asks for.
    pub fn run(self) -> Result<(Outcome, Exits)> {
        let events = Events::new(&self.devices.virtio, &self.bell.wake)?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut running = Vec::new();
        let mut failed = None;
        for (id, fd) in (0..).zip(self.vcpus) {
            let vcpu = Vcpu {
                fd,
                id,
                devices: Arc::clone(&self.devices),
                stop: Arc::clone(&stop),
                bell: self.bell.try_clone()?,
            };
            match vcpu.start() {
                Ok(thread) => running.push(thread),
                Err(error) => failed = Some(error),
            }
        }
        let ended = match failed {
            Some(error) => Ended::Failed(error),
            None => serve(&events, &self.ended),
        };
        stop.store(true, Ordering::Release);
        let mut exits = Exits::default();
        running.into_iter().map(Running::join).for_each(|counted| exits.add(&counted));
        drop(self.vm);
        match ended {
            Ended::Requested(Request::PowerOff) => Ok((Outcome::PowerOff, exits)),
            Ended::Requested(Request::Reset) => Ok((Outcome::Reset, exits)),
            Ended::Stopped => Ok((Outcome::Stopped, exits)),
            Ended::Failed(error) => Err(error).step(|| format!("the guest died after {exits} exits")),
        }
    }
}

/// Serves the devices until something ends the machine.
fn serve(events: &Events<'_>, ended: &mpsc::Receiver<Ended>) -> Ended {
    loop {
        if let Err(error) = events.serve_once() {
            return Ended::Failed(error);
        }
        if let Ok(ended) = ended.try_recv() {
            return ended;
        }
    }
}

fn check(config: &Config) -> Result<()> {
    if config.processors == 0 || config.processors > MOST_PROCESSORS {
        let count = config.processors;
        return Err(Error::new(format!("{count} processors: choose 1 to {MOST_PROCESSORS}")));
    }
    let most = (LAST_IRQ - FIRST_VIRTIO_IRQ + 1) as usize;
    if config.devices.len() > most {
        return Err(Error::new(format!(
            "{} devices: a machine has interrupts for {most}",
            config.devices.len()
        )));
    }
    Ok(())
}

fn open_kvm() -> Result<Kvm> {
    let kvm = Kvm::new().step(|| {
        "open /dev/kvm (a virtual machine needs hardware virtualisation, its module kvm_amd or kvm_intel, and the right to open it)".into()
    })?;
    let version = kvm.get_api_version();
    if u32::try_from(version) != Ok(KVM_API_VERSION) {
        return Err(Error::new(format!(
            "KVM's interface has version {version}, {KVM_API_VERSION} is needed"
        )));
    }
    Ok(kvm)
}

/// The APICs and the timer of a PC, in the host's kernel: they cost no exit to us.
fn interrupt_chips(vm: &VmFd) -> Result<()> {
    vm.set_tss_address(memory::KVM_TSS).step(|| "set KVM's own pages".into())?;
    vm.create_irq_chip().step(|| "create the interrupt controllers: KVM".into())?;
    let timer = kvm_pit_config { flags: KVM_PIT_SPEAKER_DUMMY, ..Default::default() };
    vm.create_pit2(timer).step(|| "create the timer: KVM".into())
}

/// An interrupt that is raised by writing to a descriptor.
fn line(vm: &VmFd, irq: u32) -> Result<EventFd> {
    let line = EventFd::new(0).step(|| "make an interrupt's eventfd".into())?;
    vm.register_irqfd(&line, irq).step(|| format!("connect interrupt {irq}: KVM"))?;
    Ok(line)
}

type Attached = (Vec<Arc<Mutex<Transport>>>, Vec<Announced>);

/// Gives each device its page, its interrupt, and a descriptor per queue that KVM signals without an exit to us.
fn attach_devices(vm: &VmFd, memory: &Memory, devices: Vec<Device>) -> Result<Attached> {
    let (mut attached, mut announced) = (Vec::new(), Vec::new());
    for (device, irq) in devices.into_iter().zip(FIRST_VIRTIO_IRQ..) {
        let address = VIRTIO_FIRST + VIRTIO_STEP * attached.len() as u64;
        let transport = Transport::new(device, memory.clone(), line(vm, irq)?)?;
        for (queue, event) in (0u32..).zip(transport.notified()) {
            let register = IoEventAddress::Mmio(address + QUEUE_NOTIFY);
            vm.register_ioevent(event, &register, queue).step(|| "connect a queue: KVM".into())?;
        }
        let address = u32::try_from(address).step(|| "a device's page".into())?;
        announced.push(Announced { address, irq });
        attached.push(Arc::new(Mutex::new(transport)));
    }
    Ok((attached, announced))
}

/// The first at the kernel's entry; the others wait until the guest's kernel starts them.
fn processors(kvm: &Kvm, vm: &VmFd, count: u8, entry: u64) -> Result<Vec<VcpuFd>> {
    let supported = cpuid::supported(kvm)?;
    let mut vcpus = Vec::new();
    for id in 0..count {
        let vcpu = vm.create_vcpu(id.into()).step(|| format!("create processor {id}: KVM"))?;
        cpuid::set(&vcpu, &supported, id, count)?;
        registers::set_common(&vcpu)?;
        if id == 0 {
            registers::set_first(&vcpu, entry)?;
        }
        vcpus.push(vcpu);
    }
    Ok(vcpus)
}

/// The host's entropy for a virtio-rng.
///
/// # Errors
/// What open(2) answers.
pub fn entropy() -> Result<File> {
    File::open("/dev/urandom").step(|| "open /dev/urandom".into())
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("kernel", &self.kernel)
            .field("memory_mib", &self.memory_mib)
            .finish_non_exhaustive()
    }
}

impl Outcome {
    /// For a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::PowerOff => "power-off",
            Outcome::Reset => "reset",
            Outcome::Stopped => "stopped",
        }
    }
}

impl Drop for Devices {
    /// The sockets of the host see the end of the guest at once.
    fn drop(&mut self) {
        self.virtio.iter().for_each(|device| lock(device).write(0x70, &0u32.to_le_bytes()));
    }
}

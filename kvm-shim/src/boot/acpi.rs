// SPDX-License-Identifier: Apache-2.0
//! Hardware-reduced ACPI tables: processors, the I/O APIC, the virtio devices, and how to power off.
//!
//! Both kinds of kernel, ours and a distribution's, find their devices here: a distribution's takes none from the
//! command line.

use acpi_tables::aml::{
    Device, EISAName, IO, Interrupt, Memory32Fixed, Name, ONE, Package, Path, ResourceTemplate, Scope, ZERO,
};
use acpi_tables::fadt::{FADTBuilder, Flags};
use acpi_tables::gas::{AccessSize, AddressSpace, GAS};
use acpi_tables::madt::{EnabledStatus, IoApic, LocalInterruptController, MADT, ProcessorLocalApic};
use acpi_tables::rsdp::Rsdp;
use acpi_tables::sdt::Sdt;
use acpi_tables::xsdt::XSDT;
use acpi_tables::{Aml, AmlSink};
use vm_memory::{Bytes, GuestAddress};

use crate::devices::ports::{RESET, SLEEP_CONTROL, SLEEP_STATUS};
use crate::error::{Error, Result, Step};
use crate::memory::{ACPI_TABLES, HIGH_START, IO_APIC, LOCAL_APIC, Memory};

const OEM: [u8; 6] = *b"KVMSHM";
const TABLE: [u8; 8] = *b"KVMSHIM1";
/// FADT's IAPC_BOOT_ARCH: no VGA, no real-time clock. Without the latter a kernel polls one that is not there,
/// forty thousand exits long.
const NO_VGA_NO_CLOCK: u16 = 1 << 2 | 1 << 5;

/// A virtio-mmio device as the tables announce it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// Its page of registers.
    pub address: u32,
    /// Its interrupt.
    pub irq: u32,
}

/// Writes all tables; the first is the root pointer, at a place that kernels search by themselves as well.
///
/// # Errors
/// More devices or processors than the place holds.
pub fn write(memory: &Memory, processors: u8, devices: &[Announced], serial_irq: u32) -> Result<()> {
    let mut place = Place { memory, next: ACPI_TABLES + 64 };
    let dsdt = place.table(&dsdt(devices, serial_irq))?;
    let fadt = place.table(&fadt(dsdt))?;
    let madt = place.table(&madt(processors))?;
    let mut xsdt = XSDT::new(OEM, TABLE, 1);
    xsdt.add_entry(fadt);
    xsdt.add_entry(madt);
    let xsdt = place.table(&xsdt)?;
    let mut root = Vec::new();
    Rsdp::new(OEM, xsdt).to_aml_bytes(&mut root);
    memory.write_slice(&root, GuestAddress(ACPI_TABLES)).step(|| "write ACPI's root pointer".into())
}

struct Place<'a> {
    memory: &'a Memory,
    next: u64,
}

impl Place<'_> {
    /// Writes one table and returns its address.
    fn table(&mut self, table: &dyn Aml) -> Result<u64> {
        let mut bytes = Vec::new();
        table.to_aml_bytes(&mut bytes);
        let at = self.next;
        self.next = (at + bytes.len() as u64).next_multiple_of(16);
        if self.next > HIGH_START {
            return Err(Error::new("the ACPI tables do not fit below 1 MiB: ask for fewer devices"));
        }
        self.memory.write_slice(&bytes, GuestAddress(at)).step(|| "write an ACPI table".into())?;
        Ok(at)
    }
}

fn fadt(dsdt: u64) -> impl Aml {
    let port = |port: u16| GAS::new(AddressSpace::SystemIo, 8, 0, AccessSize::ByteAccess, port.into());
    let mut table = FADTBuilder::new(OEM, TABLE, 1).dsdt_64(dsdt);
    table.iapc_boot_arch = NO_VGA_NO_CLOCK.into();
    table.sleep_control_reg = port(SLEEP_CONTROL);
    table.sleep_status_reg = port(SLEEP_STATUS);
    table.reset_reg = port(RESET);
    table.reset_value = 1;
    table.hypervisor_vendor_identity = u64::from_le_bytes(*b"KVM\0\0\0\0\0").into();
    table
        .flag(Flags::HwReducedAcpi)
        .flag(Flags::ResetRegSup)
        .flag(Flags::PwrButton)
        .flag(Flags::SlpButton)
        .finalize()
}

fn madt(processors: u8) -> impl Aml {
    let mut table = MADT::new(OEM, TABLE, 1, LocalInterruptController::Address(LOCAL_APIC));
    for id in 0..processors {
        table.add_structure(ProcessorLocalApic::new(id, id, EnabledStatus::Enabled));
    }
    table.add_structure(IoApic::new(0, IO_APIC, 0));
    table
}

/// The first table's own code: `\_SB` with the devices, and `\_S5`, which is "off".
fn dsdt(devices: &[Announced], serial_irq: u32) -> impl Aml {
    let mut code = Vec::new();
    Scope::new(Path::new("_SB_"), vec![&Virtio(devices), &Serial(serial_irq)]).to_aml_bytes(&mut code);
    Name::new(Path::new("_S5_"), &Package::new(vec![&5u8, &ZERO, &ZERO, &ZERO])).to_aml_bytes(&mut code);
    let mut table = Sdt::new(*b"DSDT", 36, 2, OEM, TABLE, 1);
    table.append_slice(&code);
    table
}

struct Virtio<'a>(&'a [Announced]);

impl Aml for Virtio<'_> {
    fn to_aml_bytes(&self, sink: &mut dyn AmlSink) {
        for (number, device) in self.0.iter().enumerate() {
            let page = Memory32Fixed::new(true, device.address, 0x1000);
            let irq = Interrupt::new(true, true, false, false, device.irq);
            // Linux matches virtio-mmio by this name.
            Device::new(
                Path::new(&format!("V{number:03X}")),
                vec![
                    &Name::new(Path::new("_HID"), &"LNRO0005"),
                    &Name::new(Path::new("_UID"), &number),
                    &Name::new(Path::new("_CCA"), &ONE),
                    &Name::new(Path::new("_CRS"), &ResourceTemplate::new(vec![&page, &irq])),
                ],
            )
            .to_aml_bytes(sink);
        }
    }
}

struct Serial(u32);

impl Aml for Serial {
    fn to_aml_bytes(&self, sink: &mut dyn AmlSink) {
        let ports = IO::new(0x3f8, 0x3f8, 0, 8);
        let irq = Interrupt::new(true, true, false, false, self.0);
        Device::new(
            Path::new("COM1"),
            vec![
                &Name::new(Path::new("_HID"), &EISAName::new("PNP0501")),
                &Name::new(Path::new("_UID"), &ZERO),
                &Name::new(Path::new("_CRS"), &ResourceTemplate::new(vec![&irq, &ports])),
            ],
        )
        .to_aml_bytes(sink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::guest_memory;

    fn table(memory: &Memory, at: u64) -> Vec<u8> {
        let length: u32 = memory.read_obj(GuestAddress(at + 4)).unwrap();
        let mut bytes = vec![0; length as usize];
        memory.read_slice(&mut bytes, GuestAddress(at)).unwrap();
        bytes
    }

    fn sum(bytes: &[u8]) -> u8 {
        bytes.iter().fold(0, |sum, b| sum.wrapping_add(*b))
    }

    #[test]
    fn the_tables_hang_together_and_their_sums_are_zero() {
        let memory = guest_memory(4).unwrap();
        let device = Announced { address: 0xd000_0000, irq: 5 };
        write(&memory, 2, &[device], 4).unwrap();
        let mut root = [0; 36];
        memory.read_slice(&mut root, GuestAddress(ACPI_TABLES)).unwrap();
        assert_eq!((&root[..8], sum(&root[..20]), sum(&root)), (&b"RSD PTR "[..], 0, 0));
        let xsdt = table(&memory, u64::from_le_bytes(root[24..32].try_into().unwrap()));
        assert_eq!((&xsdt[..4], sum(&xsdt)), (&b"XSDT"[..], 0));
        let entry =
            |n: usize| table(&memory, u64::from_le_bytes(xsdt[36 + 8 * n..][..8].try_into().unwrap()));
        let (fadt, madt) = (entry(0), entry(1));
        assert_eq!((&fadt[..4], sum(&fadt)), (&b"FACP"[..], 0));
        assert_eq!((&madt[..4], sum(&madt)), (&b"APIC"[..], 0));
        assert_eq!(madt.len(), 44 + 2 * 8 + 12, "two processors and one I/O APIC");
        let dsdt = table(&memory, u64::from_le_bytes(fadt[140..148].try_into().unwrap()));
        assert_eq!((&dsdt[..4], sum(&dsdt)), (&b"DSDT"[..], 0));
        assert!(dsdt.windows(8).any(|w| w == b"LNRO0005"));
    }

    #[test]
    fn more_devices_than_the_place_holds_are_refused() {
        let device = Announced { address: 0xd000_0000, irq: 5 };
        let many = write(&guest_memory(4).unwrap(), 1, &[device; 3000], 4).unwrap_err().to_string();
        assert!(many.contains("fewer devices"), "{many}");
    }
}

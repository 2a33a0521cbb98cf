// SPDX-License-Identifier: Apache-2.0
//! A processor's state at the kernel's first instruction: 64-bit mode, flat segments, the first GiB mapped to itself.

use kvm_bindings::{Msrs, kvm_msr_entry, kvm_regs, kvm_segment};
use kvm_ioctls::VcpuFd;
use vm_memory::{Bytes, GuestAddress};

use crate::error::{Error, Result, Step};
use crate::memory::{BOOT_PARAMETERS, GDT, IDT, Memory, PAGE_TABLES};

/// Selectors as the boot protocol has them: `__BOOT_CS` and `__BOOT_DS`.
const CODE: u16 = 0x10;
const DATA: u16 = 0x18;
/// Flat 64-bit code, flat data.
const DESCRIPTORS: [u64; 4] = [0, 0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff];

const CR0: u64 = 0x8000_0011; // paging, extension type, protection
const CR4: u64 = 0x20; // physical address extension
const EFER: u64 = 0x500; // long mode, enabled and active

const PRESENT_WRITABLE: u64 = 3;
const HUGE: u64 = 1 << 7;

/// MSR_IA32_MISC_ENABLE with fast strings; MSR_MTRRdefType with write-back for all memory.
const MSRS: [(u32, u64); 2] = [(0x1a0, 1), (0x2ff, 1 << 11 | 6)];

/// LVT entries of the local APIC: external interrupts on LINT0, NMI on LINT1.
const LINT: [(usize, u8); 2] = [(0x350, 7), (0x360, 4)];

/// Writes the descriptor table and the page tables.
pub(crate) fn write_tables(memory: &Memory) -> Result<()> {
    let write = |value: u64, at: u64| memory.write_obj(value, GuestAddress(at));
    let tables = || -> std::result::Result<(), vm_memory::GuestMemoryError> {
        for (at, descriptor) in (GDT..).step_by(8).zip(DESCRIPTORS) {
            write(descriptor, at)?;
        }
        write(0, IDT)?;
        write((PAGE_TABLES + 0x1000) | PRESENT_WRITABLE, PAGE_TABLES)?;
        write((PAGE_TABLES + 0x2000) | PRESENT_WRITABLE, PAGE_TABLES + 0x1000)?;
        for page in 0..512 {
            write(page << 21 | PRESENT_WRITABLE | HUGE, PAGE_TABLES + 0x2000 + page * 8)?;
        }
        Ok(())
    };
    tables().step(|| "write the first page tables".into())
}

/// Sets the first processor to `entry`.
pub(crate) fn set_first(vcpu: &VcpuFd, entry: u64) -> Result<()> {
    set_system(vcpu).step(|| "set the processor's system registers".into())?;
    let registers = kvm_regs {
        rflags: 2,
        rip: entry,
        rsi: BOOT_PARAMETERS,
        rsp: BOOT_PARAMETERS,
        rbp: BOOT_PARAMETERS,
        ..Default::default()
    };
    vcpu.set_regs(&registers).step(|| "set the processor's registers".into())
}

fn set_system(vcpu: &VcpuFd) -> std::result::Result<(), kvm_ioctls::Error> {
    let segment = |selector, type_, l| kvm_segment {
        base: 0,
        limit: u32::MAX,
        selector,
        type_,
        present: 1,
        db: 1 - l,
        s: 1,
        l,
        g: 1,
        ..Default::default()
    };
    let mut system = vcpu.get_sregs()?;
    system.cs = segment(CODE, 0xb, 1);
    let data = segment(DATA, 3, 0);
    (system.ds, system.es, system.fs, system.gs, system.ss) = (data, data, data, data, data);
    (system.gdt.base, system.gdt.limit) = (GDT, 8 * 4 - 1);
    (system.idt.base, system.idt.limit) = (IDT, 7);
    (system.cr0, system.cr3, system.cr4, system.efer) = (CR0, PAGE_TABLES, CR4, EFER);
    vcpu.set_sregs(&system)
}

/// What every processor needs, whoever starts it.
pub(crate) fn set_common(vcpu: &VcpuFd) -> Result<()> {
    let entry = |(index, data)| kvm_msr_entry { index, data, ..Default::default() };
    let msrs =
        Msrs::from_entries(&MSRS.map(entry)).map_err(|e| Error::new(format!("a list of MSRs: {e:?}")))?;
    let set = vcpu.set_msrs(&msrs).step(|| "set the processor's MSRs".into())?;
    if set != MSRS.len() {
        let msr = MSRS[set].0;
        return Err(Error::new(format!("this host's KVM refuses MSR {msr:#x}")));
    }
    let mut lapic = vcpu.get_lapic().step(|| "read the local APIC".into())?;
    for (at, mode) in LINT {
        // Bits 8 to 10 are the delivery mode.
        lapic.regs[at + 1] = lapic.regs[at + 1] & !7 | mode.cast_signed();
    }
    vcpu.set_lapic(&lapic).step(|| "set the local APIC".into())
}

// SPDX-License-Identifier: Apache-2.0
//! Guest memory, and the map of guest addresses.
//!
//! ```text
//! 0            first page unused
//! 0x500        GDT, then an empty IDT
//! 0x7000       boot parameters ("zero page")
//! 0x9000       page tables of the first instruction: 1 GiB, identity
//! 0x20000      kernel command line
//! 0x9fc00      end of the usable first part; the PC's hole
//! 0xe0000      ACPI tables
//! 0x100000     usable again; the kernel where its file says; the initramfs at the end
//! 0xc0000000   end of the lower part at most: the hole for devices
//! 0xd0000000     virtio-mmio, one page per device
//! 0xfec00000     I/O APIC, local APIC, KVM's own pages
//! 0x100000000  the rest
//! ```

use kvm_bindings::kvm_userspace_memory_region;
use kvm_ioctls::VmFd;
use runtime_sys::rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
use vm_memory::{
    GuestAddress, GuestMemoryBackend, GuestMemoryMmap, GuestMemoryRegion, GuestRegionMmap, MmapRegion,
};

use crate::error::{Error, Result, Step};

/// Guest memory as devices see it.
pub type Memory = GuestMemoryMmap<()>;

pub(crate) const GDT: u64 = 0x500;
pub(crate) const IDT: u64 = 0x520;
pub(crate) const BOOT_PARAMETERS: u64 = 0x7000;
pub(crate) const PAGE_TABLES: u64 = 0x9000;
pub(crate) const COMMAND_LINE: u64 = 0x2_0000;
/// The longest command line with its NUL, as x86 kernels have it (`COMMAND_LINE_SIZE`).
pub(crate) const COMMAND_LINE_MOST: usize = 2048;
pub(crate) const LOW_END: u64 = 0x9_fc00;
pub(crate) const ACPI_TABLES: u64 = 0xe_0000;
pub(crate) const HIGH_START: u64 = 0x10_0000;
pub(crate) const DEVICE_HOLE: u64 = 0xc000_0000;
pub(crate) const VIRTIO_FIRST: u64 = 0xd000_0000;
pub(crate) const VIRTIO_STEP: u64 = 0x1000;
pub(crate) const ABOVE_HOLE: u64 = 0x1_0000_0000;
pub(crate) const IO_APIC: u32 = 0xfec0_0000;
pub(crate) const LOCAL_APIC: u32 = 0xfee0_0000;
/// Three pages that KVM needs below 4 GiB for real mode on Intel processors.
pub(crate) const KVM_TSS: usize = 0xfffb_d000;

/// Guest memory grows in steps of a huge page.
const HUGE: usize = 2 << 20;

/// Maps `mib` MiB of guest memory.
///
/// It stays mapped until the process ends: one process is one VM.
///
/// # Errors
/// A size that is no machine's, or ENOMEM.
pub fn guest_memory(mib: u32) -> Result<Memory> {
    if !(2..=1 << 20).contains(&mib) {
        return Err(Error::new(format!("guest memory of {mib} MiB: choose 2 to {} MiB", 1 << 20)));
    }
    let size = (mib as usize) << 20;
    let size = size.next_multiple_of(HUGE);
    let start = map_aligned(size).step(|| format!("map {mib} MiB of guest memory"))?;
    let hole = usize::try_from(DEVICE_HOLE).map_err(|_| Error::new("this host has no 64-bit addresses"))?;
    let low = size.min(hole);
    let mut regions = vec![region(start, low, 0)?];
    if size > low {
        regions.push(region(start.wrapping_add(low), size - low, ABOVE_HOLE)?);
    }
    GuestMemoryMmap::from_regions(regions).step(|| "lay out guest memory".into())
}

/// Anonymous memory that begins on a huge page, so that the kernel may back it with huge pages from its first byte.
#[expect(unsafe_code, reason = "mmap and its kin")]
fn map_aligned(size: usize) -> std::io::Result<*mut u8> {
    let (prot, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::NORESERVE);
    let whole = size + HUGE;
    // SAFETY: a new mapping at a place that the kernel chooses takes nobody's memory.
    let raw = unsafe { mmap_anonymous(std::ptr::null_mut(), whole, prot, flags) }?;
    let head = raw.addr().next_multiple_of(HUGE) - raw.addr();
    let start = raw.wrapping_byte_add(head);
    if head > 0 {
        // SAFETY: these bytes lie before `start`, in the mapping made above; nobody has seen them.
        unsafe { munmap(raw, head) }?;
    }
    // SAFETY: as above, after the last of `size` bytes; `HUGE - head` is at least one page.
    unsafe { munmap(start.wrapping_byte_add(size), HUGE - head) }?;
    // A kernel without huge pages says EINVAL: then small ones serve.
    // SAFETY: MADV_HUGEPAGE changes how the mapping is backed, not what it holds.
    let _small = unsafe { madvise(start, size, Advice::LinuxHugepage) };
    Ok(start.cast())
}

#[expect(unsafe_code, reason = "a region over memory that is mapped already")]
fn region(start: *mut u8, size: usize, at: u64) -> Result<GuestRegionMmap<()>> {
    let (prot, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::NORESERVE);
    let (prot, flags) = (prot.bits().cast_signed(), flags.bits().cast_signed());
    // SAFETY: `start` and `size` are a part of the mapping of `map_aligned`, which is never unmapped.
    let mapped = unsafe { MmapRegion::build_raw(start, size, prot, flags) };
    let mapped = mapped.step(|| "take guest memory".into())?;
    GuestRegionMmap::new(mapped, GuestAddress(at)).ok_or_else(|| Error::new("guest memory wraps around"))
}

/// Makes the memory that of a VM.
///
/// # Errors
/// What KVM answers.
#[expect(unsafe_code, reason = "KVM_SET_USER_MEMORY_REGION")]
pub(crate) fn attach(vm: &VmFd, memory: &Memory) -> Result<()> {
    for (slot, region) in (0..).zip(memory.iter()) {
        let region = kvm_userspace_memory_region {
            slot,
            flags: 0,
            guest_phys_addr: region.start_addr().0,
            memory_size: region.len(),
            userspace_addr: region.as_ptr().addr() as u64,
        };
        // SAFETY: the region is a part of the mapping of `map_aligned`, which is never unmapped, and no other slot has it.
        unsafe { vm.set_user_memory_region(region) }.step(|| "give the VM its memory: KVM".into())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm_memory::Bytes;

    #[test]
    fn memory_begins_on_a_huge_page() {
        let memory = guest_memory(3).unwrap();
        let host = memory.get_host_address(GuestAddress(0)).unwrap();
        assert_eq!(host.addr() % HUGE, 0);
        assert_eq!(memory.last_addr(), GuestAddress((4 << 20) - 1), "a whole number of huge pages");
        memory.write_obj(7u8, memory.last_addr()).unwrap();
        assert!(memory.write_obj(7u16, memory.last_addr()).is_err());
    }

    #[test]
    fn memory_beyond_the_hole_continues_above_four_gib() {
        let memory = guest_memory(4096).unwrap();
        assert!(memory.address_in_range(GuestAddress(DEVICE_HOLE - 1)));
        assert!(!memory.address_in_range(GuestAddress(DEVICE_HOLE)));
        assert!(!memory.address_in_range(GuestAddress(ABOVE_HOLE - 1)));
        assert_eq!(memory.last_addr(), GuestAddress(ABOVE_HOLE + (1 << 30) - 1));
    }

    #[test]
    fn sizes_that_no_machine_has_are_refused() {
        for mib in [0, 1, u32::MAX] {
            assert!(guest_memory(mib).unwrap_err().to_string().contains("choose 2 to"), "{mib}");
        }
    }
}

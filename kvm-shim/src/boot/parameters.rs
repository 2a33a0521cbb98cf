// SPDX-License-Identifier: Apache-2.0
//! The boot parameters ("zero page") and what they point to: command line, initramfs, memory map.
//!
//! Layout and meaning are the kernel's Documentation/arch/x86/boot.rst, protocol 2.12 and later.

use linux_loader::loader::bootparam::{boot_e820_entry, boot_params};
use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend, GuestMemoryRegion};

use crate::error::{Error, Result, Step};
use crate::memory::{
    ABOVE_HOLE, ACPI_TABLES, BOOT_PARAMETERS, COMMAND_LINE, COMMAND_LINE_MOST, DEVICE_HOLE, HIGH_START,
    LOW_END, Memory,
};

use super::kernel::Loaded;

/// "No boot loader of the list", so that the kernel takes the initramfs from the header at all.
const LOADER_UNDEFINED: u8 = 0xff;
const BOOT_FLAG: u16 = 0xaa55;
const HEADER_MAGIC: u32 = 0x5372_6448;
const USABLE: u32 = 1;

/// Writes command line, initramfs and boot parameters.
///
/// # Errors
/// A command line that is too long, an initramfs that has no place.
pub fn write(memory: &Memory, kernel: &Loaded, command_line: &str, initramfs: &[u8]) -> Result<()> {
    let mut parameters = boot_params { hdr: kernel.header.unwrap_or_default(), ..Default::default() };
    let header = &mut parameters.hdr;
    header.type_of_loader = LOADER_UNDEFINED;
    header.boot_flag = BOOT_FLAG;
    header.header = HEADER_MAGIC;
    header.kernel_alignment = header.kernel_alignment.max(0x100_0000);
    header.cmd_line_ptr = below_4_gib(COMMAND_LINE)?;
    header.cmdline_size = place_command_line(memory, command_line)?;
    if !initramfs.is_empty() {
        header.ramdisk_image = below_4_gib(place_initramfs(memory, kernel, initramfs)?)?;
        header.ramdisk_size = u32::try_from(initramfs.len()).step(|| "an initramfs above 4 GiB".into())?;
    }
    parameters.acpi_rsdp_addr = ACPI_TABLES;
    let map = memory_map(memory);
    parameters.e820_entries = 0;
    for (entry, row) in map.iter().zip(&mut parameters.e820_table) {
        *row = *entry;
        parameters.e820_entries += 1;
    }
    memory.write_obj(parameters, GuestAddress(BOOT_PARAMETERS)).step(|| "write the boot parameters".into())
}

fn below_4_gib(address: u64) -> Result<u32> {
    u32::try_from(address).step(|| format!("{address:#x} for the boot parameters"))
}

/// Returns its length.
fn place_command_line(memory: &Memory, line: &str) -> Result<u32> {
    if line.len() >= COMMAND_LINE_MOST || line.contains('\0') {
        let length = line.len();
        return Err(Error::new(format!(
            "a kernel command line of {length} bytes: at most {} without NUL",
            COMMAND_LINE_MOST - 1
        )));
    }
    let at = GuestAddress(COMMAND_LINE);
    memory.write_slice(line.as_bytes(), at).step(|| "write the kernel command line".into())?;
    memory.write_obj(0u8, GuestAddress(COMMAND_LINE + line.len() as u64)).step(|| "end it".into())?;
    u32::try_from(line.len()).step(|| "a kernel command line".into())
}

/// At the end of the lower memory: there it is in nobody's way, a kernel that unpacks itself included.
fn place_initramfs(memory: &Memory, kernel: &Loaded, initramfs: &[u8]) -> Result<u64> {
    let end = memory.iter().map(|r| r.start_addr().0 + r.len()).find(|end| *end <= DEVICE_HOLE).unwrap_or(0);
    let start = end.checked_sub(initramfs.len() as u64).map(|start| start & !0xfff);
    let start = start.filter(|start| *start >= kernel.end).ok_or_else(|| {
        let (size, kernel) = (initramfs.len() >> 20, kernel.end >> 20);
        Error::new(format!(
            "an initramfs of {size} MiB has no place behind the kernel, which ends at {kernel} MiB: give the guest more memory"
        ))
    })?;
    memory.write_slice(initramfs, GuestAddress(start)).step(|| "write the initramfs".into())?;
    Ok(start)
}

fn memory_map(memory: &Memory) -> Vec<boot_e820_entry> {
    let usable = |addr, end: u64| boot_e820_entry { addr, size: end - addr, r#type: USABLE };
    let mut map = vec![usable(0, LOW_END)];
    for region in memory.iter() {
        let (start, end) = (region.start_addr().0, region.start_addr().0 + region.len());
        map.push(usable(if start == ABOVE_HOLE { start } else { HIGH_START }, end));
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::guest_memory;

    fn kernel(end: u64) -> Loaded {
        Loaded { entry: HIGH_START, end, header: None }
    }

    #[test]
    fn the_parameters_point_to_what_was_placed() {
        let memory = guest_memory(4).unwrap();
        write(&memory, &kernel(0x20_0000), "quiet", &[7; 5000]).unwrap();
        let parameters: boot_params = memory.read_obj(GuestAddress(BOOT_PARAMETERS)).unwrap();
        let (at, size) = (parameters.hdr.ramdisk_image, parameters.hdr.ramdisk_size);
        assert_eq!((at, size), (0x3f_e000, 5000));
        assert_eq!(memory.read_obj::<u8>(GuestAddress(u64::from(at) + 4999)).unwrap(), 7);
        let mut line = [1; 6];
        memory.read_slice(&mut line, GuestAddress(COMMAND_LINE)).unwrap();
        assert_eq!(&line, b"quiet\0");
        let rows: Vec<_> = parameters.e820_table[..2].iter().map(|r| (r.addr, r.size)).collect();
        assert_eq!(parameters.e820_entries, 2);
        assert_eq!(rows, [(0, LOW_END), (HIGH_START, 0x30_0000)]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let memory = guest_memory(4).unwrap();
        let long = "x".repeat(COMMAND_LINE_MOST);
        assert!(write(&memory, &kernel(0), &long, &[]).unwrap_err().to_string().contains("2047"));
        let big = write(&memory, &kernel(0x30_0000), "", &vec![0; 0x20_0000]).unwrap_err().to_string();
        assert!(big.contains("more memory"), "{big}");
        assert!(write(&memory, &kernel(0), "", &vec![0; 0x50_0000]).is_err(), "larger than all memory");
    }
}

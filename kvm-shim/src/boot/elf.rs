// SPDX-License-Identifier: Apache-2.0
//! An ELF kernel: each of its segments read once, straight to its place.
//!
//! A private mapping of the file would copy each page that the kernel patches, and those are most of its text.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend};

use crate::error::{Error, Result, Step};
use crate::memory::{HIGH_START, Memory};

use super::kernel::Loaded;

/// The magic, and where it stands.
pub(super) const MAGIC: (&[u8], u64) = (b"\x7fELF", 0);

const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
/// A kernel has four or five.
const MOST_PROGRAM_HEADERS: u16 = 64;
const TO_LOAD: u32 = 1;
const X86_64: u16 = 62;

/// A segment as its header has it.
struct Segment {
    offset: u64,
    address: u64,
    in_file: u64,
    in_memory: u64,
}

pub(super) fn load(memory: &Memory, file: &mut File) -> Result<Loaded> {
    let mut header = [0; HEADER];
    file.read_exact_at(&mut header, 0).step(|| "read its ELF header".into())?;
    // 64 bits, little endian.
    if header[4..6] != [2, 1] || u16_at(&header, 18) != X86_64 {
        return Err(Error::new("not an x86-64 ELF file: give a vmlinux of this architecture"));
    }
    let entry = u64_at(&header, 24);
    let mut end = 0;
    let mut holds_entry = false;
    for segment in segments(file, &header)? {
        place(memory, file, &segment)?;
        end = end.max(segment.address + segment.in_memory);
        holds_entry |= (segment.address..segment.address + segment.in_file).contains(&entry);
    }
    if !holds_entry {
        return Err(Error::new(format!("its entry {entry:#x} lies in none of its segments")));
    }
    Ok(Loaded { entry, end, header: None })
}

fn segments(file: &File, header: &[u8; HEADER]) -> Result<Vec<Segment>> {
    let (start, size, count) = (u64_at(header, 32), u16_at(header, 54), u16_at(header, 56));
    if usize::from(size) != PROGRAM_HEADER || count > MOST_PROGRAM_HEADERS {
        return Err(Error::new(format!("{count} program headers of {size} bytes: not a kernel")));
    }
    let mut table = vec![0; PROGRAM_HEADER * usize::from(count)];
    file.read_exact_at(&mut table, start).step(|| "read its program headers".into())?;
    let to_load = table.chunks_exact(PROGRAM_HEADER).filter(|h| u32_at(h, 0) == TO_LOAD);
    let segment = |h: &[u8]| Segment {
        offset: u64_at(h, 8),
        address: u64_at(h, 24),
        in_file: u64_at(h, 32),
        in_memory: u64_at(h, 40),
    };
    Ok(to_load.map(segment).collect())
}

/// Reads one segment to its physical address. What lies behind its bytes is zero already: the memory is fresh.
fn place(memory: &Memory, file: &mut File, segment: &Segment) -> Result<()> {
    let Segment { offset, address, in_file, in_memory } = *segment;
    let shown = || format!("its segment of {in_file} bytes at {offset} in the file, for {address:#x}");
    let sane =
        in_file <= in_memory && address.checked_add(in_memory).is_some() && i64::try_from(offset).is_ok();
    if !sane {
        return Err(Error::new(format!("{}: sizes that cannot be", shown())));
    }
    if address < HIGH_START {
        return Err(Error::new(format!("{}: below 1 MiB, where the boot parameters lie", shown())));
    }
    let (length, whole) = match (usize::try_from(in_file), usize::try_from(in_memory)) {
        (Ok(length), Ok(whole)) => (length, whole),
        _ => return Err(Error::new(format!("{}: sizes that cannot be", shown()))),
    };
    if !memory.check_range(GuestAddress(address), whole) {
        return Err(Error::new(format!("{}: outside of the guest's memory, give it more", shown())));
    }
    file.seek(SeekFrom::Start(offset)).step(shown)?;
    memory.read_exact_volatile_from(GuestAddress(address), file, length).step(shown)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
pub(crate) mod tests {
    /// An ELF file with `code` as its one segment, at `address`, where it is entered.
    pub(crate) fn image(address: u64, code: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        let length = code.len() as u64;
        bytes.extend([2, 0, 62, 0, 1, 0, 0, 0]);
        bytes.extend([address, 64, 0].map(u64::to_le_bytes).concat());
        bytes.extend([0u16, 0, 64, 56, 1, 0, 0, 0, 0, 0].map(u16::to_le_bytes)[2..].concat());
        bytes.truncate(64);
        bytes.resize(64, 0);
        bytes[52..60].copy_from_slice(&[64, 0, 56, 0, 1, 0, 0, 0]);
        bytes.extend([1u32, 5].map(u32::to_le_bytes).concat());
        bytes.extend([120, address, address, length, length, 1].map(u64::to_le_bytes).concat());
        bytes.extend(code);
        bytes
    }
}

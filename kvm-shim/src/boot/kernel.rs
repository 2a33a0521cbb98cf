// SPDX-License-Identifier: Apache-2.0
//! A kernel's file into guest memory: an ELF image, or a bzImage.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use linux_loader::loader::bootparam::setup_header;
use linux_loader::loader::{BzImage, KernelLoader};
use vm_memory::GuestAddress;

use crate::error::{Error, Result, Step};
use crate::memory::{HIGH_START, Memory};

use super::elf;

/// What a file must be, for messages.
const WANTED: &str = "give an x86-64 vmlinux (ELF) or bzImage";

/// A bzImage's magic, and where it stands.
const BZIMAGE_MAGIC: (&[u8], u64) = (b"HdrS", 0x202);
/// XLF_KERNEL_64: the bzImage can be entered in 64-bit mode, 0x200 bytes into its kernel.
const ENTERED_IN_64_BIT: u16 = 1;
const BZIMAGE_ENTRY: u64 = 0x200;

/// A kernel in guest memory.
#[derive(Debug, Clone, Copy)]
pub struct Loaded {
    /// The address of its first instruction in 64-bit mode.
    pub entry: u64,
    /// The first address behind it.
    pub end: u64,
    /// A bzImage's own header, which goes into the boot parameters.
    pub header: Option<setup_header>,
}

/// Loads the kernel at `path`, whatever of the two it is.
///
/// # Errors
/// A file that cannot be read, that is neither, or that does not fit.
pub fn load(memory: &Memory, path: &Path) -> Result<Loaded> {
    let shown = path.display();
    let mut file = File::open(path).step(|| format!("open kernel {shown}"))?;
    let loaded = if has_magic(&file, elf::MAGIC) {
        elf::load(memory, &mut file)
    } else if has_magic(&file, BZIMAGE_MAGIC) {
        bzimage(memory, &mut file)
    } else {
        Err(Error::new(format!("neither an ELF file nor a bzImage: {WANTED}")))
    };
    loaded.step(|| format!("load kernel {shown}"))
}

fn has_magic(file: &File, (magic, at): (&[u8], u64)) -> bool {
    let mut bytes = [0; 4];
    file.read_exact_at(&mut bytes, at).is_ok() && bytes == magic
}

fn bzimage(memory: &Memory, file: &mut File) -> Result<Loaded> {
    let loaded = BzImage::load(memory, None, file, Some(GuestAddress(HIGH_START)));
    let loaded =
        loaded.step(|| format!("a bzImage that is cut off or does not fit: {WANTED}, or more memory"))?;
    let header = loaded.setup_header.ok_or_else(|| Error::new("a bzImage without a header"))?;
    let flags = header.xloadflags;
    if flags & ENTERED_IN_64_BIT == 0 {
        return Err(Error::new(format!("a bzImage that cannot be entered in 64-bit mode: {WANTED}")));
    }
    // It decompresses itself there or, if that is higher, where it prefers to be, and needs this much.
    let place = loaded.kernel_load.0.max(header.pref_address);
    let end = place.checked_add(header.init_size.into());
    let end = end.ok_or_else(|| Error::new("a bzImage whose size wraps around"))?.max(loaded.kernel_end);
    Ok(Loaded { entry: loaded.kernel_load.0 + BZIMAGE_ENTRY, end, header: Some(header) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::elf::tests::image;
    use crate::memory::guest_memory;
    use vm_memory::Bytes;

    /// A file of these bytes, gone with its guard.
    fn file(name: &str, bytes: &[u8]) -> (std::path::PathBuf, Removed) {
        let path = std::env::temp_dir().join(format!("kvm-shim-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        (path.clone(), Removed(path))
    }

    struct Removed(std::path::PathBuf);

    impl Drop for Removed {
        fn drop(&mut self) {
            std::fs::remove_file(&self.0).unwrap();
        }
    }

    fn refused(name: &str, bytes: &[u8]) -> String {
        let (path, _removed) = file(name, bytes);
        load(&guest_memory(4).unwrap(), &path).unwrap_err().to_string()
    }

    #[test]
    fn an_elf_image_lies_where_its_headers_say() {
        let (path, _removed) = file("good", &image(0x10_0000, b"code"));
        let memory = guest_memory(4).unwrap();
        let loaded = load(&memory, &path).unwrap();
        assert_eq!((loaded.entry, loaded.end), (0x10_0000, 0x10_0004));
        let mut bytes = [0; 4];
        memory.read_slice(&mut bytes, GuestAddress(0x10_0000)).unwrap();
        assert_eq!(&bytes, b"code");
    }

    // KV-01: a wrong file names itself, what is wrong, and what would be right.
    #[test]
    fn wrong_files_are_named_with_the_way_out() {
        assert!(
            refused("text", b"#!/bin/sh\n").contains("neither an ELF file nor a bzImage: give an x86-64")
        );
        assert!(refused("empty", b"").contains("neither"));
        let missing = load(&guest_memory(4).unwrap(), Path::new("/no/such/kernel")).unwrap_err().to_string();
        assert!(missing.starts_with("open kernel /no/such/kernel: "), "{missing}");
        let mut cut_off = vec![0; 0x206];
        cut_off[0x202..].copy_from_slice(b"HdrS");
        assert!(refused("cut-off", &cut_off).contains("cut off or does not fit"));
    }

    #[test]
    fn hostile_elf_headers_are_refused() {
        let change = |at: usize, byte: u8| {
            let mut bytes = image(0x10_0000, b"code");
            bytes[at] = byte;
            bytes
        };
        assert!(refused("32-bit", &change(4, 1)).contains("not an x86-64"), "class");
        assert!(refused("arm", &change(18, 183)).contains("not an x86-64"), "machine");
        assert!(refused("phentsize", &change(54, 1)).contains("program headers"), "entry size");
        assert!(refused("phnum", &change(57, 0xff)).contains("program headers"), "count");
        assert!(refused("entry", &change(31, 0x7f)).contains("entry"), "entry outside");
        assert!(refused("low", &image(0x1000, b"code")).contains("below 1 MiB"));
        assert!(refused("beyond", &image(0x4000_0000, b"code")).contains("memory"));
        let mut truncated = image(0x10_0000, b"code");
        truncated.truncate(122);
        assert!(refused("truncated", &truncated).contains("segment"));
        // p_filesz above p_memsz, p_offset near 2^64, p_memsz near 2^64.
        assert!(refused("filesz", &change(64 + 39, 0x7f)).contains("segment"));
        assert!(refused("offset", &change(64 + 15, 0xff)).contains("segment"));
        assert!(refused("memsz", &change(64 + 47, 0xff)).contains("segment"));
    }
}

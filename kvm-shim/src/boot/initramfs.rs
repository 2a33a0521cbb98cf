// SPDX-License-Identifier: Apache-2.0
//! A cpio archive ("newc") as the kernel unpacks it: folders, files, device nodes.

use std::io::Write;

/// S_IFDIR, S_IFREG, S_IFCHR.
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const CHARACTER: u32 = 0o020_000;
/// The archive's own page: a user's archive before ours ends at a multiple of four.
const ALIGN: usize = 4;

/// An archive in the making. What comes last wins where two entries have one name.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
    inode: u32,
}

impl Archive {
    /// One that begins with another archive, as a user's own initramfs: what follows is laid over it.
    #[must_use]
    pub fn after(first: Vec<u8>) -> Self {
        let mut bytes = first;
        bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
        Archive { bytes, inode: 0 }
    }

    /// A folder.
    pub fn folder(&mut self, path: &str, permissions: u32) {
        self.entry(path, FOLDER | permissions, (0, 0), &[]);
    }

    /// A file with what it holds.
    pub fn file(&mut self, path: &str, permissions: u32, content: &[u8]) {
        self.entry(path, FILE | permissions, (0, 0), content);
    }

    /// A character device.
    pub fn character_device(&mut self, path: &str, permissions: u32, number: (u32, u32)) {
        self.entry(path, CHARACTER | permissions, number, &[]);
    }

    /// The archive, ended.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, (0, 0), &[]);
        self.bytes
    }

    fn entry(&mut self, path: &str, mode: u32, (major, minor): (u32, u32), content: &[u8]) {
        self.inode += 1;
        let fields = [
            self.inode,
            mode,
            0, // uid
            0, // gid
            1, // links
            0, // mtime
            u32::try_from(content.len()).expect("files of an initramfs are below 4 GiB"),
            0, // the device that it lies on
            0,
            major,
            minor,
            u32::try_from(path.len() + 1).expect("a path is short"),
            0, // no sum in this format
        ];
        self.bytes.extend(b"070701");
        for field in fields {
            write!(self.bytes, "{field:08x}").expect("memory is written without error");
        }
        self.bytes.extend(path.as_bytes());
        self.bytes.push(0);
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGN), 0);
        self.bytes.extend(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGN), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte by byte as Documentation/driver-api/early-userspace/buffer-format.rst has it; `tests/machine/vm.sh` has a
    /// kernel unpack one.
    #[test]
    fn an_entry_is_as_the_kernel_reads_it() {
        let mut archive = Archive::default();
        archive.file("init", 0o755, b"code!");
        archive.character_device("dev/null", 0o666, (1, 3));
        let expected = [
            "070701 00000001 000081ed 00000000 00000000 00000001 00000000 00000005",
            " 00000000 00000000 00000000 00000000 00000005 00000000",
            "init\0\0code!\0\0\0",
            "070701 00000002 000021b6 00000000 00000000 00000001 00000000 00000000",
            " 00000000 00000000 00000001 00000003 00000009 00000000",
            "dev/null\0\0",
        ];
        let expected = expected.concat().replace(' ', "");
        let bytes = archive.finish();
        assert_eq!(String::from_utf8_lossy(&bytes[..expected.len()]), expected);
        assert_eq!(bytes.len() % ALIGN, 0);
    }

    #[test]
    fn a_users_archive_is_whole_before_ours() {
        let mut archive = Archive::after(vec![7; 5]);
        archive.folder("dev", 0o755);
        let bytes = archive.finish();
        assert_eq!((&bytes[..8], &bytes[8..14]), (&[7, 7, 7, 7, 7, 0, 0, 0][..], &b"070701"[..]));
        assert!(bytes.windows(10).any(|w| w == b"TRAILER!!!"));
    }
}

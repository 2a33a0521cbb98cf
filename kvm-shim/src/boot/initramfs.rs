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
    use std::process::{Command, Stdio};

    /// cpio(1) reads what we wrote.
    #[test]
    fn another_reader_finds_what_was_put_in() {
        let mut first = Archive::default();
        first.file("old", 0o600, b"x");
        let mut archive = Archive::after(first.finish());
        archive.folder("dev", 0o755);
        archive.character_device("dev/console", 0o600, (5, 1));
        archive.file("init", 0o755, b"#!/bin/sh\n");
        let bytes = archive.finish();
        assert_eq!(bytes.len() % ALIGN, 0);
        let second = bytes.windows(10).rposition(|w| w == b"TRAILER!!!").unwrap();
        assert!(second > 100, "the user's archive is whole before ours");
        let ours = &bytes[bytes.windows(10).position(|w| w == b"TRAILER!!!").unwrap() + 14..];
        let busybox = ["/bin/busybox", "/usr/bin/busybox"].iter().find(|p| std::path::Path::new(p).exists());
        let Some(busybox) = busybox else { panic!("busybox is one of the tests' packages") };
        let mut cpio = Command::new(busybox)
            .args(["cpio", "-tv"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        cpio.stdin.take().unwrap().write_all(ours).unwrap();
        let listed = String::from_utf8(cpio.wait_with_output().unwrap().stdout).unwrap();
        for (mode, name) in [("drwxr-xr-x", "dev"), ("crw-------", "dev/console"), ("-rwxr-xr-x", "init")] {
            assert!(listed.lines().any(|l| l.starts_with(mode) && l.ends_with(name)), "{name}: {listed}");
        }
    }
}

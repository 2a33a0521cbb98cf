// SPDX-License-Identifier: Apache-2.0
//! Archives that somebody else made, unpacked as root. Whatever is in one, nothing beside the folder that it is unpacked
//! into changes, and what came out can be removed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use templates::archive::{Options, unpack};

const BLOCK: usize = 512;
const SUM: std::ops::Range<usize> = 148..156;

/// A folder of this process's own, with something in it that no archive may touch.
fn place() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let place = std::env::temp_dir().join(format!("ctctl-fuzz-{}", std::process::id()));
        drop(fs::remove_dir_all(&place));
        fs::create_dir(&place).expect("a folder for temporary files can be written");
        fs::write(place.join("outside"), "outside").expect("it is ours");
        place
    })
}

/// Gives what looks like a header the sum that it must have: no guess would find it.
fn with_sums(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(BLOCK).filter(|block| &block[257..262] == b"ustar") {
        block[SUM].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[SUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, archive)) = bytes.split_first() else { return };
    let archive = if first & 1 == 0 { archive.to_vec() } else { with_sums(archive) };
    let root = place().join("root");
    fs::create_dir(&root).expect("the last one was removed");
    let folder = File::open(&root).expect("it was made");
    let options = Options {
        entries: 200,
        bytes: 1 << 20,
        file: 1 << 30,
        whiteouts: first & 2 != 0,
        without_dev: first & 4 != 0,
    };
    drop(unpack(&archive[..], folder.as_fd(), &options).map(|layer| layer.digest));
    templates::remove_tree(&root).expect("what was unpacked can be removed");
    let names: Vec<_> = fs::read_dir(place()).expect("it is ours").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names, ["outside"]);
    let outside = place().join("outside");
    assert_eq!(fs::read(&outside).expect("it is there"), b"outside");
    let data = fs::symlink_metadata(&outside).expect("it is there");
    assert_eq!((data.uid(), data.nlink(), data.mode() & 0o7000), (0, 1, 0));
});

// SPDX-License-Identifier: Apache-2.0
//! The stage's program in a sealed memfd, with the plan as one more segment of it.
//!
//! A container that gets hold of its first process's executable finds a copy that nobody can write to, which dies
//! with the process: never the runtime's own file (CVE-2019-5736), and never its page cache either.
//!
//! The kernel maps the plan where the stage looks for it as it maps the program: no second file, and no call for it.

use crate::error::{Context, Error, ErrorKind, Result};
use runtime_sys::{OwnedFd, fs};
use stage::plan::PLAN_ADDRESS;

/// Built by the build script: for a container's first process, and for one more, which makes nothing.
const FIRST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stage-first"));
const MORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stage-more"));

/// Which of the stage's two programs carries a plan out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The one that can make a container.
    First,
    /// The one that can join a container.
    More,
}

const PAGE: usize = 4096;
const EHDR: usize = 64;
const PHDR: usize = 56;
const PT_LOAD: u32 = 1;
/// The entry that the linker script reserves in the table becomes the plan's.
const PT_NULL: u32 = 0;
const PF_R: u32 = 4;

/// Program and plan, ready for execveat.
pub(super) fn program(part: Part, plan: &[u8]) -> Result<OwnedFd> {
    let program = if part == Part::First { FIRST } else { MORE };
    let spare = spare_entry(program)
        .ok_or_else(|| Error::new(ErrorKind::System, "the stage has no room for a plan"))?;
    let padding = program.len().next_multiple_of(PAGE) - program.len();
    let entry = load_entry(program.len() + padding, plan.len());
    let parts = [&program[..spare], &entry, &program[spare + PHDR..], &[0; PAGE][..padding], plan];
    fs::sealed_memory_file(c"ctrun-stage", parts).context(|| "make the stage's memfd")
}

/// Where in the file the entry is that the plan takes.
fn spare_entry(program: &[u8]) -> Option<usize> {
    let table = usize::try_from(u64::from_le_bytes(program.get(32..40)?.try_into().ok()?)).ok()?;
    let count = usize::from(u16::from_le_bytes(program.get(56..58)?.try_into().ok()?));
    let is_spare = |at: &usize| {
        let kind = program.get(*at..at + 4).and_then(|bytes| bytes.try_into().ok());
        kind.map(u32::from_le_bytes) == Some(PT_NULL)
    };
    (0..count).map(|number| table + number * PHDR).find(is_spare).filter(|_| table >= EHDR)
}

/// `Elf64_Phdr` of a segment to read, elf(5).
fn load_entry(offset: usize, length: usize) -> [u8; PHDR] {
    let mut entry = [0; PHDR];
    entry[..4].copy_from_slice(&PT_LOAD.to_le_bytes());
    entry[4..8].copy_from_slice(&PF_R.to_le_bytes());
    let words = [offset, PLAN_ADDRESS, PLAN_ADDRESS, length, length, PAGE];
    for (place, word) in entry[8..].chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&(word as u64).to_le_bytes());
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_has_an_entry_for_the_plan() {
        for program in [FIRST, MORE] {
            assert_eq!(&program[..5], b"\x7fELF\x02");
            let spare = spare_entry(program).unwrap();
            assert!(spare > EHDR && spare < PAGE);
        }
        assert!(MORE.len() + 20_000 < FIRST.len(), "the smaller program has {} bytes", MORE.len());
        let entry = load_entry(0x10000, 5);
        assert_eq!(&entry[8..16], &0x10000_u64.to_le_bytes());
        assert_eq!(&entry[32..40], &5_u64.to_le_bytes());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! An interpreter for the instructions that filters are made of, which refuses what the kernel refuses.

/// `struct seccomp_data`.
#[allow(unreachable_pub, reason = "tests/oracle is built from this file too")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Data {
    pub number: u32,
    pub audit: u32,
    pub arguments: [u64; 6],
}

impl Data {
    fn word(&self, offset: u32) -> u32 {
        assert!(offset.is_multiple_of(4) && offset < 64, "a load from {offset}");
        let argument = |offset: u32| self.arguments[(offset as usize - 16) / 8].to_le_bytes();
        match offset {
            0 => self.number,
            4 => self.audit,
            8 | 12 => 0,
            _ => {
                let bytes = argument(offset);
                let half = &bytes[offset as usize % 8..][..4];
                u32::from_le_bytes(half.try_into().unwrap())
            }
        }
    }
}

/// What the filter answers.
#[allow(unreachable_pub, reason = "tests/oracle is built from this file too")]
pub fn run(program: &[u8], data: &Data) -> u32 {
    let (mut at, mut loaded) = (0_usize, 0_u32);
    loop {
        let instruction = &program[at * 8..at * 8 + 8];
        let code = u16::from_le_bytes([instruction[0], instruction[1]]);
        let value = u32::from_le_bytes(instruction[4..8].try_into().unwrap());
        at += 1;
        let answer = match code {
            0x20 => {
                loaded = data.word(value);
                continue;
            }
            0x54 => {
                loaded &= value;
                continue;
            }
            0x05 => {
                at += value as usize;
                continue;
            }
            0x06 => return value,
            0x15 => loaded == value,
            0x25 => loaded > value,
            0x35 => loaded >= value,
            other => panic!("instruction {other:#x}"),
        };
        at += usize::from(if answer { instruction[2] } else { instruction[3] });
    }
}

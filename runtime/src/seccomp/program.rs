// SPDX-License-Identifier: Apache-2.0
//! A program of the kernel's first BPF, written from its end to its beginning.
//!
//! Jumps only go forward, so whoever writes backwards knows where each leads; what has been written never moves.
//! A condition's jump reaches 255 instructions; where that is not enough, a longer one is put in between.

/// Offsets in `struct seccomp_data`.
pub(super) const NUMBER: u32 = 0;
pub(super) const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

/// The offset of the lower half of an argument; the upper half follows it on the machines that we have tables for.
pub(super) fn lower_half(argument: u8) -> u32 {
    ARGUMENTS + 8 * u32::from(argument)
}

const LOAD: u64 = 0x20;
const AND: u64 = 0x54;
const JUMP: u64 = 0x05;
const RETURN: u64 = 0x06;

/// `BPF_MAXINSNS`.
pub(super) const MOST_INSTRUCTIONS: usize = 4096;

/// What a condition asks of the loaded value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Equal = 0x15,
    Greater = 0x25,
    GreaterEqual = 0x35,
}

/// Where to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// End with this `SECCOMP_RET_*` value.
    Return(u32),
    /// To an instruction, named by how many there were when it had been written.
    To(usize),
}

/// `struct sock_filter` as one number, the last instruction first.
#[derive(Debug, Default)]
pub(super) struct Program {
    code: Vec<u64>,
    returns: Vec<(u32, usize)>,
}

const REACH: usize = 255;

impl Program {
    fn push(&mut self, instruction: u64) -> usize {
        self.code.push(instruction);
        self.code.len()
    }

    /// A place that the next instruction reaches even when `room` more are written first.
    fn near(&mut self, target: Target, room: usize) -> usize {
        let limit = (self.code.len() + room).saturating_sub(REACH);
        match target {
            Target::To(place) if place >= limit => place,
            Target::To(place) => {
                let distance = (self.code.len() - place) as u64;
                self.push(JUMP | distance << 32)
            }
            Target::Return(value) => {
                let known = self.returns.iter_mut().find(|(known, _)| *known == value);
                if let Some((_, place)) = &known
                    && *place >= limit
                {
                    return *place;
                }
                self.code.push(RETURN | u64::from(value) << 32);
                let place = self.code.len();
                match known {
                    Some((_, last)) => *last = place,
                    None => self.returns.push((value, place)),
                }
                place
            }
        }
    }

    /// Goes one way or the other.
    pub(super) fn branch(&mut self, ask: Ask, value: u32, yes: Target, no: Target) -> Target {
        if yes == no {
            return yes;
        }
        let yes = self.near(yes, 1);
        let no = self.near(no, 0);
        // `near` made both distances fit their byte.
        let yes = (self.code.len() - yes) as u64;
        let no = (self.code.len() - no) as u64;
        Target::To(self.push(ask as u64 | yes << 16 | no << 24 | u64::from(value) << 32))
    }

    /// Masks the loaded value before what was written last, if that is `next`.
    pub(super) fn mask(&mut self, mask: u32, next: Target) -> Target {
        self.before(AND | u64::from(mask) << 32, next)
    }

    /// Loads a word of `struct seccomp_data` first.
    pub(super) fn load(&mut self, offset: u32, next: Target) -> Target {
        self.before(LOAD | u64::from(offset) << 32, next)
    }

    /// An instruction that falls through to `next`.
    fn before(&mut self, instruction: u64, next: Target) -> Target {
        match next {
            // Whatever is loaded does not matter there.
            Target::Return(_) => next,
            Target::To(place) => {
                if place != self.code.len() {
                    self.push(JUMP | ((self.code.len() - place) as u64) << 32);
                }
                Target::To(self.push(instruction))
            }
        }
    }

    /// Whether the kernel would refuse it already.
    pub(super) fn is_too_long(&self) -> bool {
        self.code.len() > MOST_INSTRUCTIONS
    }

    /// The bytes, first instruction first; the program begins at `start`. None when it is too long.
    pub(super) fn finish(mut self, start: Target) -> Option<Vec<u8>> {
        let place = self.near(start, 0);
        if place != self.code.len() {
            self.push(JUMP | ((self.code.len() - place) as u64) << 32);
        }
        let bytes = || self.code.iter().rev().flat_map(|instruction| instruction.to_le_bytes()).collect();
        (!self.is_too_long()).then(bytes)
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Which numbers a call has on a machine: one row for each name, with a column for each of the machine's ABIs.
//!
//! The rows are source text; the compiler makes an index of hashes from them, so a start of the runtime pays for
//! neither. The names lie in one piece of text: a `&str` each would be a relocation each, at every start.

mod arm;
mod x86;

/// A name and its slots, see [`Abi`].
type Row = (&'static str, [u16; COLUMNS]);

/// ABIs that one machine has at most.
pub(super) const COLUMNS: usize = 3;

/// The ABI lacks this call.
pub(super) const NO: u16 = u16::MAX;

/// The slot of the first private call of arm, whose numbers lie far above the others.
const PRIVATE: u16 = 512;

/// One way into a machine's kernel.
#[derive(Debug)]
pub(super) struct Abi {
    /// In config.json.
    pub name: &'static str,
    /// `AUDIT_ARCH_*`, what the kernel shows the filter.
    pub audit: u32,
    /// The number of slot 0.
    pub offset: u32,
    /// Slots there are.
    pub slots: usize,
    /// The number of the slot [`PRIVATE`], when that begins a second run of numbers.
    pub private: Option<u32>,
    /// Arguments are compared whole, not by their lower half.
    pub is_64_bit: bool,
    /// Old calls that carry others: socketcall(2) and ipc(2).
    pub multiplexed: bool,
}

impl Abi {
    /// What the kernel shows the filter for this slot.
    pub(super) fn number(&self, slot: usize) -> u32 {
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        match self.private {
            Some(first) if slot >= u32::from(PRIVATE) => first + (slot - u32::from(PRIVATE)),
            _ => self.offset + slot,
        }
    }
}

const AUDIT_64_BIT: u32 = 0x8000_0000;
const AUDIT_LITTLE_ENDIAN: u32 = 0x4000_0000;
/// Set in the numbers of x32 calls.
pub(super) const X32_BIT: u32 = 0x4000_0000;

const X86_64: Abi = Abi {
    name: "SCMP_ARCH_X86_64",
    audit: AUDIT_64_BIT | AUDIT_LITTLE_ENDIAN | 62,
    offset: 0,
    slots: slots(x86::ROWS, 0),
    private: None,
    is_64_bit: true,
    multiplexed: false,
};
const X86: Abi = Abi {
    name: "SCMP_ARCH_X86",
    audit: AUDIT_LITTLE_ENDIAN | 3,
    slots: slots(x86::ROWS, 1),
    is_64_bit: false,
    multiplexed: true,
    ..X86_64
};
const X32: Abi =
    Abi { name: "SCMP_ARCH_X32", offset: X32_BIT, slots: slots(x86::ROWS, 2), is_64_bit: false, ..X86_64 };
const AARCH64: Abi = Abi {
    name: "SCMP_ARCH_AARCH64",
    audit: AUDIT_64_BIT | AUDIT_LITTLE_ENDIAN | 183,
    slots: slots(arm::ROWS, 0),
    ..X86_64
};
const ARM: Abi = Abi {
    name: "SCMP_ARCH_ARM",
    audit: AUDIT_LITTLE_ENDIAN | 40,
    slots: slots(arm::ROWS, 1),
    private: Some(0xf_0000),
    is_64_bit: false,
    ..X86_64
};

/// One past the highest slot of a column.
const fn slots(rows: &[Row], column: usize) -> usize {
    let (mut row, mut end) = (0, 0);
    while row < rows.len() {
        let slot = rows[row].1[column];
        if slot != NO && slot as usize >= end {
            end = slot as usize + 1;
        }
        row += 1;
    }
    end
}

/// Calls that socketcall(2) (1–20) and ipc(2) (its numbers plus 100) carry, by their first argument.
const CARRIED: &[(&str, u8)] = &[
    ("socket", 1),
    ("bind", 2),
    ("connect", 3),
    ("listen", 4),
    ("accept", 5),
    ("getsockname", 6),
    ("getpeername", 7),
    ("socketpair", 8),
    ("send", 9),
    ("recv", 10),
    ("sendto", 11),
    ("recvfrom", 12),
    ("shutdown", 13),
    ("setsockopt", 14),
    ("getsockopt", 15),
    ("sendmsg", 16),
    ("recvmsg", 17),
    ("accept4", 18),
    ("recvmmsg", 19),
    ("sendmmsg", 20),
    ("semop", 101),
    ("semget", 102),
    ("semctl", 103),
    ("semtimedop", 104),
    ("msgsnd", 111),
    ("msgrcv", 112),
    ("msgget", 113),
    ("msgctl", 114),
    ("shmat", 121),
    ("shmdt", 122),
    ("shmget", 123),
    ("shmctl", 124),
];

/// A call of [`Machine::call`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// For each ABI, or [`NO`].
    pub slots: [u16; COLUMNS],
    /// The old call that carries it, with its first argument there.
    pub carried: Option<(&'static str, u8)>,
}

/// A kind of machine.
#[derive(Debug)]
pub(super) struct Machine {
    /// The native one first; x32 after x86_64, whose numbers lie below.
    pub abis: &'static [Abi],
    text: &'static [u8],
    ends: &'static [u16],
    slots: &'static [[u16; COLUMNS]],
    carried: &'static [u8],
    index: &'static [u16; BUCKETS],
}

/// More than twice the names, so that most lie in the bucket of their hash.
const BUCKETS: usize = 1024;
const EMPTY: u16 = u16::MAX;

const fn bucket(name: &[u8]) -> usize {
    let (mut hash, mut at) = (0x811c_9dc5_u32, 0);
    while at < name.len() {
        hash = (hash ^ name[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    ((hash >> 15) ^ hash) as usize % BUCKETS
}

const fn text_len(rows: &[Row]) -> usize {
    let (mut row, mut len) = (0, 0);
    while row < rows.len() {
        len += rows[row].0.len();
        row += 1;
    }
    len
}

const fn text<const LEN: usize>(rows: &[Row]) -> [u8; LEN] {
    let mut text = [0; LEN];
    let (mut row, mut at) = (0, 0);
    while row < rows.len() {
        let name = rows[row].0.as_bytes();
        let mut byte = 0;
        while byte < name.len() {
            text[at] = name[byte];
            at += 1;
            byte += 1;
        }
        row += 1;
    }
    text
}

#[expect(clippy::cast_possible_truncation, reason = "the names of all calls have some 5,000 bytes")]
const fn ends<const ROWS: usize>(rows: &[Row]) -> [u16; ROWS] {
    let mut ends = [0; ROWS];
    let (mut row, mut end) = (0, 0);
    while row < ROWS {
        end += rows[row].0.len();
        ends[row] = end as u16;
        row += 1;
    }
    ends
}

const fn columns<const ROWS: usize>(rows: &[Row]) -> [[u16; COLUMNS]; ROWS] {
    let mut columns = [[NO; COLUMNS]; ROWS];
    let mut row = 0;
    while row < ROWS {
        columns[row] = rows[row].1;
        row += 1;
    }
    columns
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn carried<const ROWS: usize>(rows: &[Row]) -> [u8; ROWS] {
    let mut carried = [0; ROWS];
    let mut row = 0;
    while row < ROWS {
        let mut call = 0;
        while call < CARRIED.len() {
            if equal(rows[row].0.as_bytes(), CARRIED[call].0.as_bytes()) {
                carried[row] = CARRIED[call].1;
            }
            call += 1;
        }
        row += 1;
    }
    carried
}

#[expect(clippy::cast_possible_truncation, reason = "there are some 500 rows")]
const fn index(rows: &[Row]) -> [u16; BUCKETS] {
    let mut index = [EMPTY; BUCKETS];
    let mut row = 0;
    while row < rows.len() {
        let mut at = bucket(rows[row].0.as_bytes());
        while index[at] != EMPTY {
            at = (at + 1) % BUCKETS;
        }
        index[at] = row as u16;
        row += 1;
    }
    index
}

macro_rules! machine {
    ($name:ident, $rows:expr, $abis:expr) => {
        #[cfg_attr(not(test), allow(dead_code, reason = "the tables of other machines are for tests"))]
        pub(super) static $name: Machine = {
            const LEN: usize = $rows.len();
            static ABIS: &[Abi] = &$abis;
            static TEXT: [u8; text_len($rows)] = text($rows);
            static ENDS: [u16; LEN] = ends($rows);
            static SLOTS: [[u16; COLUMNS]; LEN] = columns($rows);
            static CARRIED_BY: [u8; LEN] = carried($rows);
            static INDEX: [u16; BUCKETS] = index($rows);
            Machine {
                abis: ABIS,
                text: &TEXT,
                ends: &ENDS,
                slots: &SLOTS,
                carried: &CARRIED_BY,
                index: &INDEX,
            }
        };
    };
}

machine!(X86_MACHINE, x86::ROWS, [X86_64, X86, X32]);
machine!(ARM_MACHINE, arm::ROWS, [AARCH64, ARM]);

/// The machine that we run on.
#[cfg(target_arch = "x86_64")]
pub(super) static HOST: &Machine = &X86_MACHINE;
#[cfg(target_arch = "aarch64")]
pub(super) static HOST: &Machine = &ARM_MACHINE;

impl Machine {
    fn name(&self, row: usize) -> &'static [u8] {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[usize::from(start)..usize::from(self.ends[row])]
    }

    /// The call of this name, if any ABI of this machine has it.
    pub(super) fn call(&self, name: &str) -> Option<Call> {
        let mut at = bucket(name.as_bytes());
        loop {
            let row = self.index[at];
            if row == EMPTY {
                return None;
            }
            let row = usize::from(row);
            if self.name(row) == name.as_bytes() {
                let carried = match self.carried[row] {
                    0 => None,
                    sub @ ..100 => Some(("socketcall", sub)),
                    sub => Some(("ipc", sub - 100)),
                };
                return Some(Call { slots: self.slots[row], carried });
            }
            at = (at + 1) % BUCKETS;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Files with holes: which parts of the file the archive stores.

use super::pax::{Sparse, number};
use crate::{Context, Error, Result};
use std::io::Read;

/// Parts that one file may have.
pub(super) const PARTS: usize = 1 << 20;
/// Blocks of a tar archive, in bytes.
const BLOCK: usize = 512;

/// A stored part: where it belongs in the file, and its length, in bytes.
pub(super) type Part = (u64, u64);

/// Checks that the parts follow one another inside the file, and that they are what is stored.
pub(super) fn checked(parts: Vec<Part>, real_size: u64, stored: u64) -> Result<Vec<Part>> {
    let mut end = 0_u64;
    let mut sum = 0_u64;
    for (offset, length) in &parts {
        let next = offset.checked_add(*length).filter(|next| *offset >= end && *next <= real_size);
        end = next.ok_or_else(|| Error::invalid("the parts of a sparse file overlap or lie outside it"))?;
        sum += length;
    }
    if sum != stored {
        return Err(Error::invalid(format!(
            "a sparse file has parts of {sum} bytes, and {stored} are stored"
        )));
    }
    Ok(parts)
}

/// Numbers in turns, as offsets and lengths.
fn pairs(numbers: &[u64]) -> Result<Vec<Part>> {
    if !numbers.len().is_multiple_of(2) || numbers.len() / 2 > PARTS {
        return Err(Error::invalid("the map of a sparse file has the wrong form"));
    }
    Ok(numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

/// The parts by extended headers, with the bytes of the data that the map itself took; nothing when the file has no
/// holes.
pub(super) fn by_pax(sparse: &Sparse, stored: u64, data: &mut impl Read) -> Result<Option<(Vec<Part>, u64)>> {
    match (sparse.major, sparse.minor, sparse.map.is_empty()) {
        (None | Some(0), _, true) => Ok(None),
        (None | Some(0), _, false) => Ok(Some((pairs(&sparse.map)?, 0))),
        (Some(1), Some(0), _) => in_data(stored, data).map(Some),
        (Some(major), minor, _) => {
            let minor = minor.unwrap_or(0);
            Err(Error::unsupported(format!(
                "a sparse file of form {major}.{minor}: 0.0, 0.1 and 1.0 are known"
            )))
        }
    }
}

/// Form 1.0: the map stands before the data, a number a line, filled up to whole blocks.
fn in_data(stored: u64, data: &mut impl Read) -> Result<(Vec<Part>, u64)> {
    let mut lines = Lines { data: data.take(stored), block: [0; BLOCK], at: BLOCK, taken: 0 };
    let count = lines.number()?;
    let count = usize::try_from(count).ok().filter(|count| *count <= PARTS);
    let count = count.ok_or_else(|| Error::invalid("the map of a sparse file is too long"))?;
    let mut numbers = Vec::new();
    for _ in 0..count * 2 {
        numbers.push(lines.number()?);
    }
    Ok((pairs(&numbers)?, lines.taken))
}

struct Lines<R> {
    data: R,
    block: [u8; BLOCK],
    at: usize,
    taken: u64,
}

impl<R: Read> Lines<R> {
    fn number(&mut self) -> Result<u64> {
        let mut digits = Vec::new();
        loop {
            if self.at == BLOCK {
                self.data.read_exact(&mut self.block).context(|| "read the map of a sparse file")?;
                self.at = 0;
                self.taken += BLOCK as u64;
            }
            let byte = self.block[self.at];
            self.at += 1;
            match byte {
                b'\n' => return number(b"GNU.sparse.map", &digits),
                _ if digits.len() < 20 => digits.push(byte),
                _ => return Err(Error::invalid("the map of a sparse file has the wrong form")),
            }
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn parts_lie_inside_one_after_the_other() {
        assert!(checked(vec![(0, 5), (5, 5), (20, 0)], 20, 10).is_ok());
        assert!(checked(vec![(0, 5), (4, 5)], 20, 10).is_err());
        assert!(checked(vec![(15, 6)], 20, 6).is_err());
        assert!(checked(vec![(u64::MAX, 2)], u64::MAX, 2).is_err());
        assert!(checked(vec![(0, 5)], 20, 6).is_err());
    }

    #[test]
    fn a_map_in_the_data_takes_whole_blocks() {
        let mut data = b"2\n0\n5\n100\n6\n".to_vec();
        data.resize(512, 0);
        assert_eq!(in_data(2000, &mut data.as_slice()).unwrap(), (vec![(0, 5), (100, 6)], 512));
        assert!(in_data(100, &mut data.as_slice()).is_err());
        assert!(in_data(512, &mut &b"99999999999\n".repeat(50)[..512]).is_err());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The last bytes that a console printed. Its memory grows with what is printed, up to a limit.

use std::collections::VecDeque;

/// The last bytes of a stream, each with its place in it.
#[derive(Debug)]
pub struct Ring {
    bytes: VecDeque<u8>,
    most: usize,
    end: u64,
}

impl Ring {
    /// An empty one for so many bytes.
    #[must_use]
    pub fn new(most: usize) -> Ring {
        Ring { bytes: VecDeque::new(), most, end: 0 }
    }

    /// Remembers so many from now on.
    pub fn set_most(&mut self, most: usize) {
        self.most = most;
        let surplus = self.bytes.len().saturating_sub(most);
        drop(self.bytes.drain(..surplus));
    }

    /// Adds what was printed.
    pub fn push(&mut self, bytes: &[u8]) {
        self.end += bytes.len() as u64;
        let bytes = &bytes[bytes.len().saturating_sub(self.most)..];
        let surplus = (self.bytes.len() + bytes.len()).saturating_sub(self.most);
        drop(self.bytes.drain(..surplus));
        self.bytes.extend(bytes);
    }

    /// The place of the first byte that is remembered.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.end - self.bytes.len() as u64
    }

    /// The place behind the last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Whether so many more bytes can come before the byte at `at` is forgotten.
    #[must_use]
    pub fn has_room(&self, at: u64, more: usize) -> bool {
        self.end - at + more as u64 <= self.most as u64
    }

    /// Bytes from `at` on, at most `count`; fewer where the memory wraps around. None is left of what is forgotten.
    #[must_use]
    pub fn read(&self, at: u64, count: usize) -> &[u8] {
        let skip = usize::try_from(at.saturating_sub(self.start())).unwrap_or(usize::MAX);
        let (first, second) = self.bytes.as_slices();
        let part = if skip < first.len() {
            &first[skip..]
        } else {
            &second[(skip - first.len()).min(second.len())..]
        };
        &part[..part.len().min(count)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(ring: &Ring, mut at: u64) -> Vec<u8> {
        let mut read = Vec::new();
        while at < ring.end() {
            let part = ring.read(at, 3);
            assert!(!part.is_empty());
            read.extend_from_slice(part);
            at += part.len() as u64;
        }
        read
    }

    #[test]
    fn the_last_bytes_are_there_and_no_more() {
        let mut ring = Ring::new(10);
        let mut printed = Vec::new();
        for length in [0, 1, 3, 10, 4, 25, 7, 2] {
            let part: Vec<u8> = (b'a'..).take(length).collect();
            printed.extend_from_slice(&part);
            ring.push(&part);
            let expected = &printed[printed.len().saturating_sub(10)..];
            assert_eq!(all(&ring, ring.start()), expected);
            assert_eq!(ring.end(), printed.len() as u64);
        }
        ring.set_most(4);
        assert_eq!(all(&ring, ring.start()), &printed[printed.len() - 4..]);
        assert!(ring.has_room(ring.end(), 4) && !ring.has_room(ring.end(), 5));
        assert_eq!(ring.read(ring.end(), 5), b"");
    }
}

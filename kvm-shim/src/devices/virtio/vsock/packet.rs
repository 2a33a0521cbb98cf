// SPDX-License-Identifier: Apache-2.0
//! The header of a vsock packet (virtio 1.2, 5.10.6).

/// Its length in bytes.
pub(super) const LENGTH: usize = 44;
/// The host's context id.
pub(super) const HOST: u64 = 2;
pub(super) const STREAM: u16 = 1;

pub(super) const REQUEST: u16 = 1;
pub(super) const RESPONSE: u16 = 2;
pub(super) const RESET: u16 = 3;
pub(super) const SHUTDOWN: u16 = 4;
pub(super) const DATA: u16 = 5;
pub(super) const CREDIT: u16 = 6;
pub(super) const CREDIT_PLEASE: u16 = 7;

/// SHUTDOWN's flags: the sender receives no more, sends no more.
pub(super) const NO_RECEIVE: u32 = 1;
pub(super) const NO_SEND: u32 = 2;

/// A header, as numbers of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Header {
    pub(super) source_cid: u64,
    pub(super) target_cid: u64,
    pub(super) source_port: u32,
    pub(super) target_port: u32,
    pub(super) length: u32,
    pub(super) kind: u16,
    pub(super) operation: u16,
    pub(super) flags: u32,
    /// How much the sender can hold for the stream, in all.
    pub(super) room: u32,
    /// How much it has passed on of what it got, modulo 2^32.
    pub(super) passed_on: u32,
}

impl Header {
    pub(super) fn parse(bytes: &[u8; LENGTH]) -> Self {
        let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let u32_at = |at: usize| u32::from(u16_at(at)) | u32::from(u16_at(at + 2)) << 16;
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        Header {
            source_cid: u64_at(0),
            target_cid: u64_at(8),
            source_port: u32_at(16),
            target_port: u32_at(20),
            length: u32_at(24),
            kind: u16_at(28),
            operation: u16_at(30),
            flags: u32_at(32),
            room: u32_at(36),
            passed_on: u32_at(40),
        }
    }

    pub(super) fn bytes(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[0..8].copy_from_slice(&self.source_cid.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.target_cid.to_le_bytes());
        let words = [self.source_port, self.target_port, self.length];
        bytes[16..28].copy_from_slice(words.map(u32::to_le_bytes).as_flattened());
        bytes[28..30].copy_from_slice(&self.kind.to_le_bytes());
        bytes[30..32].copy_from_slice(&self.operation.to_le_bytes());
        let words = [self.flags, self.room, self.passed_on];
        bytes[32..44].copy_from_slice(words.map(u32::to_le_bytes).as_flattened());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_survives_the_wire() {
        let header = Header {
            source_cid: 3,
            target_cid: HOST,
            source_port: 0x0102_0304,
            target_port: 1024,
            length: 5,
            kind: STREAM,
            operation: SHUTDOWN,
            flags: NO_SEND,
            room: 0x4_0000,
            passed_on: u32::MAX,
        };
        assert_eq!(Header::parse(&header.bytes()), header);
        assert_eq!(header.bytes()[16..20], [4, 3, 2, 1]);
    }
}

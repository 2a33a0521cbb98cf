// SPDX-License-Identifier: Apache-2.0
//! Messages on a stream: a length of four bytes (little endian), one byte for the kind, then so many bytes.

use std::io::{Error, ErrorKind, Read, Result, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The most bytes of one message; whoever claims more is cut off before anything is allocated.
pub const MOST: u32 = 1 << 20;

/// A message in JSON, the one kind that there is.
const CONTROL: u8 = 1;

/// Sends one message.
///
/// # Errors
/// What the stream answers; `InvalidInput` for a message that is too long.
pub fn send(to: &mut impl Write, message: &impl Serialize) -> Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|l| *l <= MOST);
    let length = length.ok_or_else(|| Error::new(ErrorKind::InvalidInput, "a message above 1 MiB"))?;
    let mut bytes = Vec::with_capacity(5 + body.len());
    bytes.extend(length.to_le_bytes());
    bytes.push(CONTROL);
    bytes.extend(body);
    to.write_all(&bytes)
}

/// Receives one message; `None` where the stream ends between two.
///
/// # Errors
/// What the stream answers; `InvalidData` for what is no message, `UnexpectedEof` for half of one.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<T>> {
    let mut head = [0; 5];
    let mut have = 0;
    while have < head.len() {
        match from.read(&mut head[have..]) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => have += length,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
    if length > MOST || head[4] != CONTROL {
        let what = format!("a message of {length} bytes and kind {}", head[4]);
        return Err(Error::new(ErrorKind::InvalidData, what));
    }
    let mut body = Vec::new();
    // Grown as it arrives: a length alone makes nobody allocate.
    from.by_ref().take(length.into()).read_to_end(&mut body)?;
    if body.len() != length as usize {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_slice(&body)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(message: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        send(&mut bytes, &message).unwrap();
        bytes
    }

    #[test]
    fn messages_follow_each_other_to_the_end() {
        let both = [bytes("one"), bytes("two")].concat();
        let mut from = &both[..];
        let read = |from: &mut &[u8]| receive::<String>(from).unwrap();
        assert_eq!(read(&mut from).as_deref(), Some("one"));
        assert_eq!(read(&mut from).as_deref(), Some("two"));
        assert_eq!(read(&mut from), None);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let whole = bytes("text");
        for end in 1..whole.len() {
            let error = receive::<String>(&mut &whole[..end]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{end}");
        }
        let kind = |bytes: &[u8]| receive::<String>(&mut { bytes }).unwrap_err().kind();
        assert_eq!(kind(&[0, 0, 16, 0, 2]), ErrorKind::InvalidData, "an unknown kind");
        assert_eq!(kind(&[1, 0, 16, 0, 1]), ErrorKind::InvalidData, "above 1 MiB");
        assert_eq!(kind(&[0xff, 0xff, 0xff, 0xff, 1]), ErrorKind::InvalidData);
        assert_eq!(kind(&[2, 0, 0, 0, 1, b'{', b'}']), ErrorKind::InvalidData, "another type");
        assert!(send(&mut Vec::new(), &"x".repeat(1 << 20)).is_err());
    }
}

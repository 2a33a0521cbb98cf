// SPDX-License-Identifier: Apache-2.0
//! What `state.json` holds: a line of state, the bundle's config.json as it was at create, and a line of state for
//! each time that something became known since.
//!
//! One file, since a start makes and removes it: each file more costs what a namespace costs. It only grows, by one
//! write(2) a line, so that a reader finds the last whole line whatever happened to the writer.

use super::State;
use serde::{Deserialize, Serialize};

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head<S> {
    /// Bytes of config.json behind it.
    config: usize,
    state: S,
}

/// A file's content.
#[derive(Debug)]
pub(super) struct Record {
    bytes: Vec<u8>,
    config: std::ops::Range<usize>,
    /// The newest state.
    pub(super) state: State,
}

impl Record {
    /// Reads a file; nothing when its writer died before it was begun.
    pub(super) fn read(bytes: Vec<u8>) -> serde_json::Result<Option<Record>> {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let head: Head<State> = serde_json::from_slice(&bytes[..end])?;
        let start = end + 1;
        let Some(stop) = start.checked_add(head.config).filter(|stop| *stop < bytes.len()) else {
            return Ok(None);
        };
        // A line without its end was not written whole.
        let mut lines = bytes[stop + 1..].split_inclusive(|byte| *byte == b'\n');
        let newest = lines.rfind(|line| line.ends_with(b"\n"));
        let state = newest.map(serde_json::from_slice).transpose()?.unwrap_or(head.state);
        Ok(Some(Record { config: start..stop, state, bytes }))
    }

    /// The bundle's config.json.
    pub(super) fn into_config(mut self) -> Vec<u8> {
        self.bytes.truncate(self.config.end);
        self.bytes.drain(..self.config.start);
        self.bytes
    }
}

/// The content of a new file.
pub(super) fn first(state: &State, config: &[u8]) -> Vec<u8> {
    let head = Head { config: config.len(), state };
    let mut bytes = serde_json::to_vec(&head).expect("a state has no maps with odd keys");
    bytes.reserve(config.len() + 2);
    bytes.push(b'\n');
    bytes.extend_from_slice(config);
    bytes.push(b'\n');
    bytes
}

/// What is added when more is known.
pub(super) fn next(state: &State) -> Vec<u8> {
    let mut line = serde_json::to_vec(state).expect("a state has no maps with odd keys");
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(pid: Option<i32>) -> State {
        State { id: "web".into(), pid, ..State::default() }
    }

    #[test]
    fn the_newest_whole_line_counts_wherever_a_writer_died() {
        let config = b"{\n  \"a\": 1\n}\n";
        let first = first(&state(None), config);
        let whole = [first.clone(), next(&state(Some(7))), next(&state(Some(8)))].concat();
        for length in 0..=whole.len() {
            let record = Record::read(whole[..length].to_vec()).unwrap();
            let Some(record) = record else {
                assert!(length < first.len(), "{length}");
                continue;
            };
            let expected = match length {
                _ if length == whole.len() => Some(8),
                _ if length >= first.len() + next(&state(Some(7))).len() => Some(7),
                _ => None,
            };
            assert_eq!(record.state.pid, expected, "{length}");
            assert_eq!(record.into_config(), config);
        }
    }

    #[test]
    fn what_is_no_record_is_told_of() {
        for bytes in [&b"no json\n"[..], b"{}\n", b"{\"config\":99999999999999999999,\"state\":{}}\n"] {
            assert!(Record::read(bytes.to_vec()).is_err(), "{bytes:?}");
        }
        let too_far = format!("{{\"config\":{},\"state\":{{}}}}\nx", usize::MAX);
        assert!(Record::read(too_far.into_bytes()).unwrap().is_none());
    }
}

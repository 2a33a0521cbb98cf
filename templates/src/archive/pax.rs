// SPDX-License-Identifier: Apache-2.0
//! Extended headers: records `LENGTH KEY=VALUE\n` that amend the header after them (POSIX.1-2017, pax, 4.13).

use crate::{Error, Result};

/// Extended attributes, as star and GNU tar name them.
const ATTRIBUTE: &[u8] = b"SCHILY.xattr.";

/// What extended headers said for the next entry.
#[derive(Debug, Default)]
pub(super) struct Amended {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) modified: Option<(i64, u32)>,
    pub(super) attributes: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) sparse: Sparse,
}

/// The `GNU.sparse.*` keys: a file with holes, in one of the three forms that GNU tar has had.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    pub(super) major: Option<u64>,
    pub(super) minor: Option<u64>,
    pub(super) name: Option<Vec<u8>>,
    pub(super) real_size: Option<u64>,
    /// Offsets and lengths of what is stored, in turns (0.0 and 0.1).
    pub(super) map: Vec<u64>,
}

impl Amended {
    /// Takes one extended header's records in.
    ///
    /// # Errors
    /// `Invalid` for a record whose length, number or form is wrong.
    pub(super) fn amend(&mut self, mut records: &[u8]) -> Result<()> {
        while !records.is_empty() {
            // GNU tar fills up with zeros.
            if records.iter().all(|byte| *byte == 0) {
                return Ok(());
            }
            let (key, value, rest) = record(records)
                .ok_or_else(|| Error::invalid("an extended header has a record of the wrong form"))?;
            self.take(key, value)?;
            records = rest;
        }
        Ok(())
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let owned = || value.to_vec();
        match key {
            b"path" => self.path = Some(owned()),
            b"linkpath" => self.link = Some(owned()),
            b"size" => self.size = Some(number(key, value)?),
            b"uid" => self.uid = Some(id(key, value)?),
            b"gid" => self.gid = Some(id(key, value)?),
            b"mtime" => self.modified = Some(time(value)?),
            b"GNU.sparse.major" => self.sparse.major = Some(number(key, value)?),
            b"GNU.sparse.minor" => self.sparse.minor = Some(number(key, value)?),
            b"GNU.sparse.name" => self.sparse.name = Some(owned()),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => self.sparse.real_size = Some(number(key, value)?),
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => self.sparse.map.push(number(key, value)?),
            b"GNU.sparse.map" => {
                let numbers = value.split(|byte| *byte == b',').map(|text| number(key, text));
                self.sparse.map = numbers.collect::<Result<_>>()?;
            }
            _ => {
                if let Some(name) = key.strip_prefix(ATTRIBUTE) {
                    self.attributes.push((name.to_vec(), owned()));
                }
            }
        }
        Ok(())
    }
}

/// The first record's key and value, and what follows it. A value may contain any byte.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    let body = records.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some((&body[..equals], &body[equals + 1..], &records[length..]))
}

/// A decimal number.
pub(super) fn number(key: &[u8], value: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let parsed = text.and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| {
        let (key, value) = (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
        Error::invalid(format!("{key} is {value:?}: expected a number"))
    })
}

fn id(key: &[u8], value: &[u8]) -> Result<u32> {
    let id = number(key, value)?;
    // The largest number means "leave it" to chown(2).
    u32::try_from(id).ok().filter(|id| *id != u32::MAX).ok_or_else(|| {
        Error::invalid(format!("{} is {id}: ids are below {}", String::from_utf8_lossy(key), u32::MAX))
    })
}

/// Seconds with a fraction, which may be below zero: `-1.25` is 0.75 s after -2.
fn time(value: &[u8]) -> Result<(i64, u32)> {
    let parse = || {
        let text = std::str::from_utf8(value).ok()?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let seconds: i64 = whole.parse().ok()?;
        let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        let nanoseconds: u32 = digits.parse().ok()?;
        match (whole.starts_with('-'), nanoseconds) {
            (true, 1..) => Some((seconds.checked_sub(1)?, 1_000_000_000 - nanoseconds)),
            _ => Some((seconds, nanoseconds)),
        }
    };
    parse().ok_or_else(|| {
        Error::invalid(format!("mtime is {:?}: expected seconds", String::from_utf8_lossy(value)))
    })
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn records_are_read_by_their_length() {
        let mut amended = Amended::default();
        amended.amend(b"25 SCHILY.xattr.user.a=\n\n\x001 path=x\n".get(..25).unwrap()).unwrap();
        assert_eq!(amended.attributes, [(b"user.a".to_vec(), b"\n".to_vec())]);
        amended.amend(b"10 path=x\n11 path=yz\n20 mtime=1.000000001\n\0\0").unwrap_err();
        amended.amend(b"10 path=x\n11 path=yz\n21 mtime=1.000000001\n\0\0").unwrap();
        assert_eq!((amended.path.as_deref(), amended.modified), (Some(&b"yz"[..]), Some((1, 1))));
        for wrong in
            [&b"path=x\n"[..], b"99 path=x\n", b"8 path=x\n", b"0 \n", b"8 uid=x\n", b"18 uid=4294967295\n"]
        {
            assert!(Amended::default().amend(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn times_before_1970_have_their_fraction_the_right_way() {
        assert_eq!(time(b"-1.25").unwrap(), (-2, 750_000_000));
        assert_eq!(time(b"-3").unwrap(), (-3, 0));
        assert_eq!(time(b"5.5").unwrap(), (5, 500_000_000));
        assert!(time(b"x").is_err());
        assert!(time(b"1.x").is_err());
    }
}

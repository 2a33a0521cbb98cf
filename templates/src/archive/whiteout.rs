// SPDX-License-Identifier: Apache-2.0
//! Whiteouts: names in an OCI layer that stand for something removed from the layers below (image-spec, layer.md).

use crate::{Error, Result};

const PREFIX: &[u8] = b".wh.";
/// Names with a second prefix belong to the program that made the layer; one of them is part of the format.
const OWN: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// What a name means in a layer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name<'n> {
    /// A file like any other.
    Plain,
    /// The name that is removed.
    Removed(&'n [u8]),
    /// Nothing of the folder shows through from below.
    Opaque,
    /// A note of the program that made the layer: left out.
    Note,
}

/// Reads a name's last part.
///
/// # Errors
/// `Invalid` for a whiteout of `.` or `..`.
pub(super) fn read(name: &[u8]) -> Result<Name<'_>> {
    if name == OPAQUE {
        return Ok(Name::Opaque);
    }
    if name.starts_with(OWN) {
        return Ok(Name::Note);
    }
    match name.strip_prefix(PREFIX) {
        None => Ok(Name::Plain),
        Some(b"" | b"." | b"..") => Err(Error::invalid("a whiteout without a name")),
        Some(removed) => Ok(Name::Removed(removed)),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        assert_eq!(read(b"file").unwrap(), Name::Plain);
        assert_eq!(read(b".wh.file").unwrap(), Name::Removed(b"file"));
        assert_eq!(read(b".wh..wh..opq").unwrap(), Name::Opaque);
        assert_eq!(read(b".wh..wh.plnk").unwrap(), Name::Note);
        for wrong in [&b".wh."[..], b".wh..", b".wh..."] {
            assert!(read(wrong).is_err());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! gzip, xz, zstd and bzip2, told apart by their first bytes and never by a file's name.

use crate::{Context, Error, Result};
use std::io::{BufRead, BufReader, Read};

/// Bytes read at once; the magic numbers below fit into far less.
const BUFFER: usize = 128 * 1024;
/// Memory that an xz stream may ask for, in bytes. `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;
/// The largest window of a zstd stream, as a power of two: 128 MiB, what `zstd` accepts by itself.
const ZSTD_WINDOW: u32 = 27;

/// The stream below the compression; several streams one after the other are one.
///
/// # Errors
/// What reading the first bytes answers; `Invalid` for an empty stream.
pub(super) fn open<'r>(stream: impl Read + 'r) -> Result<Box<dyn Read + 'r>> {
    let mut stream = BufReader::with_capacity(BUFFER, stream);
    let start = stream.fill_buf().context(|| "read the archive")?;
    if start.is_empty() {
        return Err(Error::invalid("the archive is empty"));
    }
    let begins = |magic: &[u8]| start.starts_with(magic);
    if begins(b"\x1f\x8b") {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(stream)));
    }
    if begins(b"BZh") {
        return Ok(Box::new(bzip2::bufread::MultiBzDecoder::new(stream)));
    }
    if begins(b"\xfd7zXZ\0") {
        let decoder = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED);
        let decoder = decoder.map_err(|error| Error::invalid(format!("xz: {error}")))?;
        return Ok(Box::new(liblzma::bufread::XzDecoder::new_stream(stream, decoder)));
    }
    // A skippable frame may come first: pzstd and estargz write them.
    let skippable = start.len() >= 4 && (0x50..0x60).contains(&start[0]) && start[1..4] == [0x2a, 0x4d, 0x18];
    if begins(b"\x28\xb5\x2f\xfd") || skippable {
        let decoder = zstd::stream::read::Decoder::with_buffer(stream);
        let mut decoder = decoder.context(|| "zstd")?;
        decoder.window_log_max(ZSTD_WINDOW).context(|| "zstd")?;
        return Ok(Box::new(decoder));
    }
    Ok(Box::new(stream))
}

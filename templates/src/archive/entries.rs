// SPDX-License-Identifier: Apache-2.0
//! A tar stream as entries. The tar crate reads the fixed header of 512 bytes; what amends it is read here.

use super::pax::Amended;
use super::sparse::{self, Part};
use crate::{Context, Error, Result};
use std::io::{ErrorKind as IoKind, Read};
use tar::{EntryType, Header};

const BLOCK: usize = 512;
/// Bytes that the headers before one entry may have, such as long names and extended attributes.
const HEADERS: u64 = 4 << 20;
/// Bytes of a path: what Linux accepts.
const PATH: usize = 4096;

/// What an entry is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link(Vec<u8>),
    /// Another name for what an earlier entry made.
    HardLink(Vec<u8>),
    /// `c`, `b` or `p`, as mknod(1) has them, with the device's numbers.
    Node(u8, u32, u32),
}

/// One entry, as all its headers together have it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    /// Permission bits with suid, sgid and sticky.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Seconds and nanoseconds since 1970.
    pub(super) modified: (i64, u32),
    pub(super) attributes: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bytes that the file has, holes and all.
    pub(super) size: u64,
    /// Where the stored bytes belong, when the file has holes.
    pub(super) parts: Option<Vec<Part>>,
}

/// Reads entries one after the other. As `Read`, it gives the data of the last one.
pub(super) struct Entries<R> {
    stream: R,
    /// Bytes of the last entry that are not read yet, and those that fill its last block.
    left: u64,
    filling: u64,
    /// Bytes before the next header, for errors.
    position: u64,
}

impl<R: Read> Read for Entries<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.stream.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Err(std::io::Error::new(
                IoKind::UnexpectedEof,
                "the archive ends in the middle of a file",
            ));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

impl<R: Read> Entries<R> {
    pub(super) fn new(stream: R) -> Self {
        Entries { stream, left: 0, filling: 0, position: 0 }
    }

    /// What follows the last entry.
    pub(super) fn into_rest(self) -> R {
        self.stream
    }

    /// The next entry; nothing after the last.
    ///
    /// # Errors
    /// `Invalid` where the stream is no archive, ends early, or a header is malformed.
    pub(super) fn next(&mut self) -> Result<Option<Entry>> {
        let mut amended = Amended::default();
        let mut spent = 0;
        loop {
            self.skip()?;
            let at = self.position;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let size =
                header.entry_size().map_err(|error| Error::invalid(format!("header at {at}: {error}")))?;
            self.expect(if has_data(&header) { size } else { 0 })?;
            match header.entry_type() {
                EntryType::GNULongName => amended.path = Some(self.text(size, &mut spent)?),
                EntryType::GNULongLink => amended.link = Some(self.text(size, &mut spent)?),
                EntryType::XHeader => amended.amend(&self.small(size, &mut spent)?)?,
                // A remark on the whole archive, such as the commit that git made it from; nobody amends with it.
                EntryType::XGlobalHeader => {}
                _ => return self.entry(&header, size, amended).map(Some),
            }
        }
    }

    /// Skips what is left of the last entry. What fills its last block may be missing at the end of the stream: some
    /// writers of image layers stop there.
    fn skip(&mut self) -> Result<()> {
        let (left, filling) = (std::mem::take(&mut self.left), std::mem::take(&mut self.filling));
        let skipped = std::io::copy(&mut (&mut self.stream).take(left + filling), &mut std::io::sink());
        if skipped.context(|| "read the archive")? < left {
            return Err(Error::invalid("the archive ends in the middle of a file"));
        }
        Ok(())
    }

    /// Says that an entry of this many stored bytes follows.
    fn expect(&mut self, size: u64) -> Result<()> {
        let filling = size.wrapping_neg() % BLOCK as u64;
        let next = size.checked_add(filling).and_then(|size| self.position.checked_add(size));
        self.position = next.ok_or_else(|| Error::invalid(format!("an entry of {size} bytes")))?;
        (self.left, self.filling) = (size, filling);
        Ok(())
    }

    /// The next header; nothing at the end, which is a block of zeros or the end of the stream.
    fn header(&mut self) -> Result<Option<Header>> {
        let Some(block) = self.block()? else { return Ok(None) };
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block);
        // The sum counts its own field as spaces.
        let field = 148..156;
        let sum = |range: &[u8]| range.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        let expected = sum(&block) - sum(&block[field.clone()]) + 8 * u32::from(b' ');
        if header.cksum().ok() != Some(expected) {
            let at = self.position - BLOCK as u64;
            return Err(Error::invalid(format!(
                "no tar header at byte {at}: the archive is damaged or none"
            )));
        }
        Ok(Some(header.clone()))
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.stream.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(Error::invalid("the archive ends in the middle of a header")),
                Ok(count) => filled += count,
                Err(error) if error.kind() == IoKind::Interrupted => {}
                Err(error) => return Err(error).context(|| "read the archive"),
            }
        }
        self.position += BLOCK as u64;
        Ok(Some(block))
    }

    /// The data of a header that amends the next one.
    fn small(&mut self, size: u64, spent: &mut u64) -> Result<Vec<u8>> {
        *spent += size.min(HEADERS + 1);
        if *spent > HEADERS {
            return Err(Error::invalid(format!("an entry with more than {HEADERS} bytes of headers")));
        }
        let mut data = Vec::new();
        self.read_to_end(&mut data).context(|| "read an extended header")?;
        Ok(data)
    }

    /// The same as a name, which ends with a zero.
    fn text(&mut self, size: u64, spent: &mut u64) -> Result<Vec<u8>> {
        let mut data = self.small(size, spent)?;
        let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
        data.truncate(end);
        Ok(data)
    }

    fn entry(&mut self, header: &Header, stored: u64, amended: Amended) -> Result<Entry> {
        let mut path = amended.path.unwrap_or_else(|| header.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&path).into_owned();
        let wrong = |error: std::io::Error| Error::invalid(format!("{name:?}: {error}"));
        let id = |number: u64| {
            let id = u32::try_from(number).ok().filter(|id| *id != u32::MAX);
            id.ok_or_else(|| Error::invalid(format!("{name:?} has the owner {number}")))
        };
        let stored = amended.size.unwrap_or(stored);
        if amended.size.is_some() && has_data(header) {
            // The field in the header has no room for 8 GiB; writers leave it empty then.
            self.position -= self.left + self.filling;
            self.expect(stored)?;
        }
        let link = || {
            let link =
                amended.link.clone().or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
            link.filter(|link| link.len() < PATH).ok_or_else(|| {
                Error::invalid(format!("{name:?} is a link without a target, or with one too long"))
            })
        };
        let mut parts = None;
        let mut size = stored;
        let kind = match header.entry_type() {
            EntryType::GNUSparse => {
                let (found, real_size) = self.old_sparse(header, stored)?;
                (parts, size) = (Some(found), real_size);
                Kind::File
            }
            EntryType::Regular if path.ends_with(b"/") => Kind::Folder,
            EntryType::Regular | EntryType::Continuous => {
                if let Some((found, taken)) = sparse::by_pax(&amended.sparse, stored, self)? {
                    size = amended.sparse.real_size.unwrap_or(stored);
                    parts = Some(sparse::checked(found, size, stored - taken)?);
                    path = amended.sparse.name.unwrap_or(path);
                }
                Kind::File
            }
            EntryType::Directory => Kind::Folder,
            EntryType::Symlink => Kind::Link(link()?),
            EntryType::Link => Kind::HardLink(link()?),
            EntryType::Fifo => Kind::Node(b'p', 0, 0),
            EntryType::Char | EntryType::Block => {
                let letter = if header.entry_type() == EntryType::Char { b'c' } else { b'b' };
                let number = |found: std::io::Result<Option<u32>>| found.map(Option::unwrap_or_default);
                let major = number(header.device_major()).map_err(wrong)?;
                Kind::Node(letter, major, number(header.device_minor()).map_err(wrong)?)
            }
            other => {
                let letter = char::from(other.as_byte());
                return Err(Error::unsupported(format!(
                    "{name:?} is of the type {letter:?}, which is not known"
                )));
            }
        };
        if path.len() >= PATH {
            return Err(Error::invalid(format!("a path of {} bytes", path.len())));
        }
        Ok(Entry {
            path,
            kind,
            mode: header.mode().map_err(wrong)? & 0o7777,
            uid: amended.uid.map_or_else(|| header.uid().map_err(wrong).and_then(id), Ok)?,
            gid: amended.gid.map_or_else(|| header.gid().map_err(wrong).and_then(id), Ok)?,
            modified: amended.modified.unwrap_or_else(|| (seconds(header), 0)),
            attributes: amended.attributes,
            size,
            parts,
        })
    }

    /// GNU tar's oldest form: four parts in the header, more in blocks after it, which the size does not count.
    fn old_sparse(&mut self, header: &Header, stored: u64) -> Result<(Vec<Part>, u64)> {
        let wrong = || Error::invalid("the map of a sparse file has the wrong form");
        let gnu = header.as_gnu().ok_or_else(wrong)?;
        let real_size = gnu.real_size().map_err(|_| wrong())?;
        let mut parts = Vec::new();
        let mut take = |sparse: &[tar::GnuSparseHeader]| {
            for part in sparse.iter().filter(|part| !part.is_empty()) {
                parts.push((part.offset().map_err(|_| wrong())?, part.length().map_err(|_| wrong())?));
            }
            if parts.len() > sparse::PARTS { Err(wrong()) } else { Ok(()) }
        };
        take(&gnu.sparse)?;
        let mut more = gnu.is_extended();
        while more {
            let block = self.block()?.ok_or_else(wrong)?;
            let mut extended = tar::GnuExtSparseHeader::new();
            extended.as_mut_bytes().copy_from_slice(&block);
            take(&extended.sparse)?;
            more = extended.is_extended();
        }
        Ok((sparse::checked(parts, real_size, stored)?, real_size))
    }
}

/// Whether data follows a header. Writers put the size of what a hard link leads to into its header, and no data: so did
/// tar from the beginning.
fn has_data(header: &Header) -> bool {
    !matches!(header.entry_type().as_byte(), b'1'..=b'6')
}

/// The time of the last change; what a header without one says is the first of 1970.
fn seconds(header: &Header) -> i64 {
    header.mtime().ok().and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0)
}

// SPDX-License-Identifier: Apache-2.0
//! What crosses between the two sides of a copy.
//!
//! ```text
//! stream = item… Done
//! item   = Folder item… Leave | File Piece… End | Link | Same | LeftOut
//! ```
//! Names are single parts of paths. A reader believes nothing: a name with a slash, `.` or `..` ends the copy.

use crate::error::{Error, Exit};
use std::ffi::CString;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};

/// Why a side stopped.
#[derive(Debug)]
pub(super) enum Failure {
    /// The other side is gone, and knows why.
    OtherSide,
    /// Something of its own.
    Own(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Own(error)
    }
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// What a copy keeps of a file beside its content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Seconds and nanoseconds of the last access and the last change.
    pub(super) accessed: (i64, u64),
    pub(super) modified: (i64, u64),
    pub(super) attributes: Vec<(CString, Vec<u8>)>,
}

/// One word of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    Folder {
        name: CString,
        meta: Meta,
    },
    Leave,
    File {
        name: CString,
        meta: Meta,
    },
    Piece {
        offset: u64,
        bytes: Vec<u8>,
    },
    End {
        size: u64,
    },
    Link {
        name: CString,
        target: CString,
        meta: Meta,
    },
    /// A second name of a file that was sent before, by its path from the top.
    Same {
        name: CString,
        path: Vec<CString>,
    },
    LeftOut {
        line: String,
    },
    Done,
}

/// The longest name, link, attribute or line.
const LONGEST: usize = 64 << 10;
/// The longest piece of content.
pub(super) const PIECE: usize = 128 << 10;
/// Above this it is no tree that somebody made for use; each level holds a descriptor.
pub(super) const DEEPEST: usize = 256;

/// The sending end.
#[derive(Debug)]
pub(super) struct Writer(BufWriter<File>);

/// The receiving end.
#[derive(Debug)]
pub(super) struct Reader(BufReader<File>);

impl Writer {
    pub(super) fn new(pipe: File) -> Writer {
        Writer(BufWriter::with_capacity(64 << 10, pipe))
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write_all(bytes).map_err(|_| Failure::OtherSide)
    }

    fn number(&mut self, number: u64) -> Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    fn block(&mut self, bytes: &[u8]) -> Result<()> {
        self.number(bytes.len() as u64)?;
        self.bytes(bytes)
    }

    fn meta(&mut self, meta: &Meta) -> Result<()> {
        for number in [meta.mode, meta.uid, meta.gid] {
            self.number(number.into())?;
        }
        for (seconds, nanoseconds) in [meta.accessed, meta.modified] {
            self.number(seconds.cast_unsigned())?;
            self.number(nanoseconds)?;
        }
        self.number(meta.attributes.len() as u64)?;
        meta.attributes.iter().try_for_each(|(name, value)| {
            self.block(name.as_bytes())?;
            self.block(value)
        })
    }

    /// A piece of a file's content, without a copy of it.
    pub(super) fn piece(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.bytes(b"p")?;
        self.number(offset)?;
        self.block(bytes)
    }

    pub(super) fn put(&mut self, record: &Record) -> Result<()> {
        match record {
            Record::Folder { name, meta } => {
                self.bytes(b"d")?;
                self.block(name.as_bytes())?;
                self.meta(meta)
            }
            Record::Leave => self.bytes(b"u"),
            Record::File { name, meta } => {
                self.bytes(b"f")?;
                self.block(name.as_bytes())?;
                self.meta(meta)
            }
            Record::Piece { offset, bytes } => self.piece(*offset, bytes),
            Record::End { size } => {
                self.bytes(b"e")?;
                self.number(*size)
            }
            Record::Link { name, target, meta } => {
                self.bytes(b"l")?;
                self.block(name.as_bytes())?;
                self.block(target.as_bytes())?;
                self.meta(meta)
            }
            Record::Same { name, path } => {
                self.bytes(b"s")?;
                self.block(name.as_bytes())?;
                self.number(path.len() as u64)?;
                path.iter().try_for_each(|part| self.block(part.as_bytes()))
            }
            Record::LeftOut { line } => {
                self.bytes(b"o")?;
                self.block(line.as_bytes())
            }
            Record::Done => {
                self.bytes(b".")?;
                self.0.flush().map_err(|_| Failure::OtherSide)
            }
        }
    }
}

fn garbled() -> Failure {
    Failure::Own(Error::new(Exit::Failure, "the other side of the copy sent what no copy is made of"))
}

impl Reader {
    pub(super) fn new(pipe: File) -> Reader {
        Reader(BufReader::with_capacity(64 << 10, pipe))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes).map_err(|_| Failure::OtherSide)?;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn small(&mut self) -> Result<u32> {
        u32::try_from(self.number()?).map_err(|_| garbled())
    }

    fn count(&mut self, most: usize) -> Result<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= most).ok_or_else(garbled)
    }

    fn block(&mut self, longest: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.count(longest)?];
        self.0.read_exact(&mut bytes).map_err(|_| Failure::OtherSide)?;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<CString> {
        CString::new(self.block(LONGEST)?).map_err(|_| garbled())
    }

    /// A part of a path that leads nowhere but to itself.
    fn name(&mut self) -> Result<CString> {
        let name = self.text()?;
        let is_plain = !matches!(name.as_bytes(), b"" | b"." | b"..") && !name.as_bytes().contains(&b'/');
        if is_plain { Ok(name) } else { Err(garbled()) }
    }

    fn meta(&mut self) -> Result<Meta> {
        let (mode, uid, gid) = (self.small()?, self.small()?, self.small()?);
        let mut time = || Ok::<_, Failure>((self.number()?.cast_signed(), self.number()?));
        let (accessed, modified) = (time()?, time()?);
        let count = self.count(LONGEST)?;
        let attributes =
            (0..count).map(|_| Ok((self.text()?, self.block(LONGEST)?))).collect::<Result<_>>()?;
        Ok(Meta { mode, uid, gid, accessed, modified, attributes })
    }

    pub(super) fn next(&mut self) -> Result<Record> {
        let [letter] = self.array()?;
        Ok(match letter {
            b'd' => Record::Folder { name: self.name()?, meta: self.meta()? },
            b'u' => Record::Leave,
            b'f' => Record::File { name: self.name()?, meta: self.meta()? },
            b'p' => Record::Piece { offset: self.number()?, bytes: self.block(PIECE)? },
            b'e' => Record::End { size: self.number()? },
            b'l' => Record::Link { name: self.name()?, target: self.text()?, meta: self.meta()? },
            b's' => {
                let name = self.name()?;
                let count = self.count(DEEPEST + 1)?;
                Record::Same { name, path: (0..count).map(|_| self.name()).collect::<Result<_>>()? }
            }
            b'o' => {
                let line = self.block(LONGEST)?;
                Record::LeftOut { line: String::from_utf8_lossy(&line).into_owned() }
            }
            b'.' => Record::Done,
            _ => return Err(garbled()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(write: impl FnOnce(&mut Writer)) -> Reader {
        let (from, to) = std::io::pipe().unwrap();
        let mut writer = Writer::new(std::os::fd::OwnedFd::from(to).into());
        write(&mut writer);
        drop(writer);
        Reader::new(std::os::fd::OwnedFd::from(from).into())
    }

    #[test]
    fn what_is_written_is_read() {
        let meta = Meta {
            mode: 0o100_640,
            uid: 3,
            gid: 4,
            accessed: (-1, 5),
            modified: (7, 999),
            attributes: vec![(c"user.x".to_owned(), vec![0, 1])],
        };
        let records = || {
            let name = || c"a".to_owned();
            vec![
                Record::Folder { name: name(), meta: meta.clone() },
                Record::File { name: name(), meta: meta.clone() },
                Record::Piece { offset: 9, bytes: vec![1, 2, 3] },
                Record::End { size: 12 },
                Record::Link { name: name(), target: c"../x".to_owned(), meta: meta.clone() },
                Record::Same { name: name(), path: vec![name(), name()] },
                Record::LeftOut { line: "dev/x".to_owned() },
                Record::Leave,
                Record::Done,
            ]
        };
        let mut reader = through(|writer| records().iter().for_each(|record| writer.put(record).unwrap()));
        for record in records() {
            assert_eq!(reader.next().unwrap(), record);
        }
        assert!(matches!(reader.next(), Err(Failure::OtherSide)));
    }

    #[test]
    fn names_that_lead_somewhere_are_not_believed() {
        for name in [c"", c".", c"..", c"a/b", c"/etc"] {
            let record = Record::Folder { name: name.to_owned(), meta: Meta::default() };
            let mut reader = through(|writer| {
                writer.put(&record).unwrap();
                writer.put(&Record::Done).unwrap();
            });
            assert!(matches!(reader.next(), Err(Failure::Own(_))), "{name:?}");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! rtnetlink: messages of nested attributes, one question and its answer at a time.
//!
//! A dozen kinds of message are all that networks need; see docs/decisions/network.md for why no crate makes them.

use crate::error::{Context, Error, Exit, Result};
use runtime_sys::rustix::fd::OwnedFd;
use runtime_sys::rustix::io::Errno;
use runtime_sys::rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink::SocketAddrNetlink, recvfrom, send,
    socket_with,
};

/// `nlmsghdr`.
const HEADER: usize = 16;

const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLM_F_DUMP: u16 = 0x300;
/// Refuse what is there already.
pub(super) const NLM_F_EXCL: u16 = 0x200;
/// Make it if it is not there.
pub(super) const NLM_F_CREATE: u16 = 0x400;
/// Put it in the place of what is there.
pub(super) const NLM_F_REPLACE: u16 = 0x100;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

const NLA_F_NESTED: u16 = 0x8000;
const NLA_TYPE_MASK: u16 = 0x3fff;

/// A request that grows.
#[derive(Debug)]
pub(super) struct Request {
    kind: u16,
    flags: u16,
    body: Vec<u8>,
}

impl Request {
    /// A request of one `RTM_*` kind with its fixed part.
    pub(super) fn new(kind: u16, flags: u16, fixed: &[u8]) -> Request {
        let mut request = Request { kind, flags, body: fixed.to_vec() };
        request.align();
        request
    }

    /// Adds an attribute.
    pub(super) fn put(&mut self, kind: u16, value: &[u8]) -> &mut Request {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        self.body.extend(length.to_ne_bytes());
        self.body.extend(kind.to_ne_bytes());
        self.body.extend(value);
        self.align();
        self
    }

    /// Adds an attribute that ends with a NUL.
    pub(super) fn put_name(&mut self, kind: u16, name: &str) -> &mut Request {
        self.put(kind, &[name.as_bytes(), &[0]].concat())
    }

    /// Adds an attribute that holds what `inside` adds.
    pub(super) fn nest(&mut self, kind: u16, inside: impl FnOnce(&mut Request)) -> &mut Request {
        let at = self.body.len();
        self.put(kind | NLA_F_NESTED, &[]);
        inside(self);
        let length = u16::try_from(self.body.len() - at).unwrap_or(u16::MAX);
        self.body[at..at + 2].copy_from_slice(&length.to_ne_bytes());
        self
    }

    /// Adds bytes that are no attribute.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Request {
        self.body.extend(bytes);
        self.align();
        self
    }

    fn align(&mut self) {
        self.body.resize(self.body.len().next_multiple_of(4), 0);
    }

    fn bytes(&self, flags: u16) -> Vec<u8> {
        let length = u32::try_from(HEADER + self.body.len()).unwrap_or(u32::MAX);
        let flags = self.flags | NLM_F_REQUEST | flags;
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(self.kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        // One question at a time: a number for it, and for us, means nothing.
        bytes.extend([0; 8]);
        bytes.extend(&self.body);
        bytes
    }
}

/// One answer of the kernel, behind its header; or what one of its attributes holds.
#[derive(Debug)]
pub(super) struct Answer {
    body: Vec<u8>,
}

impl Answer {
    /// Attributes inside an attribute.
    pub(super) fn of(attribute: &[u8]) -> Answer {
        Answer { body: attribute.to_vec() }
    }

    /// The fixed part's bytes from `at` on.
    pub(super) fn fixed<const N: usize>(&self, at: usize) -> [u8; N] {
        self.body.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
    }

    /// An attribute behind a fixed part of this length.
    pub(super) fn get(&self, fixed: usize, wanted: u16) -> Option<&[u8]> {
        let mut rest = self.body.get(fixed..)?;
        while let [l0, l1, k0, k1, ..] = rest {
            let length = usize::from(u16::from_ne_bytes([*l0, *l1]));
            let value = rest.get(4..length)?;
            if u16::from_ne_bytes([*k0, *k1]) & NLA_TYPE_MASK == wanted {
                return Some(value);
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        None
    }

    /// A number.
    pub(super) fn number(&self, fixed: usize, wanted: u16) -> Option<u32> {
        self.get(fixed, wanted)?.try_into().ok().map(u32::from_ne_bytes)
    }

    /// Text that ends with a NUL.
    pub(super) fn text(&self, fixed: usize, wanted: u16) -> Option<&str> {
        std::str::from_utf8(self.get(fixed, wanted)?).ok().map(|text| text.trim_end_matches('\0'))
    }
}

/// A socket of the network namespace that it was made in.
#[derive(Debug)]
pub(super) struct Netlink {
    socket: OwnedFd,
}

impl Netlink {
    /// One of the caller's network namespace.
    pub(super) fn open() -> Result<Netlink> {
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None);
        let socket = socket.map_err(std::io::Error::from).context(|| "open a netlink socket")?;
        Ok(Netlink { socket })
    }

    /// Asks for something to be done; the number of the answer is an errno.
    pub(super) fn done(&self, request: &Request) -> std::result::Result<(), Errno> {
        self.exchange(&request.bytes(NLM_F_ACK), |_| {})
    }

    /// Asks for a list.
    pub(super) fn list(&self, request: &Request, what: &str) -> Result<Vec<Answer>> {
        let mut answers = Vec::new();
        let asked = self.exchange(&request.bytes(NLM_F_DUMP), |body| answers.push(body));
        asked.map_err(std::io::Error::from).context(|| format!("list {what}"))?;
        Ok(answers)
    }

    /// Asks for one thing.
    pub(super) fn one(&self, request: &Request) -> std::result::Result<Option<Answer>, Errno> {
        let mut answer = None;
        self.exchange(&request.bytes(NLM_F_ACK), |body| answer = Some(body))?;
        Ok(answer)
    }

    fn exchange(&self, message: &[u8], mut each: impl FnMut(Answer)) -> std::result::Result<(), Errno> {
        send(&self.socket, message, SendFlags::empty())?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let (received, sender) = match recvfrom(&self.socket, &mut buffer[..], RecvFlags::empty()) {
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno),
                Ok((received, _, sender)) => (received, sender.map(SocketAddrNetlink::try_from)),
            };
            // The kernel has the number 0; root of a system's network namespace may send there, too.
            if !matches!(sender, Some(Ok(sender)) if sender.pid() == 0) {
                continue;
            }
            let mut rest = &buffer[..received];
            while rest.len() >= HEADER {
                let length = u32::from_ne_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
                let kind = u16::from_ne_bytes([rest[4], rest[5]]);
                let body = rest.get(HEADER..length).ok_or(Errno::BADMSG)?;
                match (kind, body) {
                    (NLMSG_DONE, _) => return Ok(()),
                    (NLMSG_ERROR, [a, b, c, d, ..]) => {
                        return match i32::from_ne_bytes([*a, *b, *c, *d]) {
                            0 => Ok(()),
                            errno => Err(Errno::from_raw_os_error(-errno)),
                        };
                    }
                    _ => each(Answer { body: body.to_vec() }),
                }
                rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            }
        }
    }
}

/// The sentence for an errno.
pub(super) fn failed(doing: &str, errno: Errno) -> Error {
    let failure = Err::<(), _>(std::io::Error::from(errno)).context(|| doing);
    failure.err().unwrap_or_else(|| Error::new(Exit::Failure, doing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_aligned_nested_and_read_back() {
        let mut request = Request::new(16, 0, &[0; 16]);
        request.put_name(3, "ve101").nest(18, |info| {
            info.put(1, b"veth");
        });
        let answer = Answer { body: request.body.clone() };
        assert_eq!(answer.text(16, 3), Some("ve101"));
        assert_eq!(answer.get(16, 18), Some(&[8, 0, 1, 0, b'v', b'e', b't', b'h'][..]));
        assert_eq!(answer.get(16, 9), None);
        assert_eq!(request.bytes(0).len(), 16 + 16 + 12 + 12);
        // What claims to be longer than it is ends the search.
        assert_eq!(Answer { body: vec![200, 0, 3, 0, 1] }.get(0, 3), None);
        assert_eq!(Answer { body: vec![0, 0, 3, 0] }.get(0, 4), None);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Interfaces, addresses, routes and proxied neighbours of one network namespace.

use super::address::{Block, Mac};
use super::netlink::{Answer, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, Netlink, Request, failed};
use crate::error::{Context, Result};
use runtime_sys::fs::{self, CWD, OpenFlags};
use runtime_sys::rustix::io::Errno;
use runtime_sys::{AsFd, BorrowedFd, namespace};
use std::net::IpAddr;

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_GETADDR: u16 = 22;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_GETROUTE: u16 = 26;
const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_PID: u16 = 19;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
const IFF_UP: u32 = 1;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
/// The address is used at once: it is fixed, so that nobody else has it.
const IFA_F_NODAD: u8 = 2;

const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RT_TABLE_MAIN: u8 = 254;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_LINK: u8 = 253;
const RTN_UNICAST: u8 = 1;

const NDA_DST: u16 = 1;
const NUD_PERMANENT: u16 = 0x80;
const NTF_PROXY: u8 = 8;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Lengths of the fixed parts.
const IFINFOMSG: usize = 16;
const IFADDRMSG: usize = 8;
const RTMSG: usize = 12;

/// An interface as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// Its number in its namespace.
    pub(super) index: u32,
    /// Its name.
    pub(super) name: String,
    /// Its hardware address.
    pub(super) mac: Option<Mac>,
    /// `bridge`, `veth`; empty for hardware.
    pub(super) kind: String,
    /// The bridge that it is a port of.
    pub(super) master: Option<u32>,
    /// The number of its other end, in that one's namespace.
    pub(super) peer: Option<u32>,
}

impl Link {
    fn read(answer: &Answer) -> Link {
        let info = answer.get(IFINFOMSG, IFLA_LINKINFO).unwrap_or_default();
        let info = Answer::of(info);
        Link {
            index: u32::from_ne_bytes(answer.fixed(4)),
            name: answer.text(IFINFOMSG, IFLA_IFNAME).unwrap_or_default().to_owned(),
            mac: answer.get(IFINFOMSG, IFLA_ADDRESS).and_then(|bytes| bytes.try_into().ok()).map(Mac),
            kind: info.text(0, IFLA_INFO_KIND).unwrap_or_default().to_owned(),
            master: answer.number(IFINFOMSG, IFLA_MASTER),
            peer: answer.number(IFINFOMSG, IFLA_LINK),
        }
    }
}

/// Does something in the network namespace of a process. The caller has one thread.
pub(super) fn in_network_of<T>(init: BorrowedFd<'_>, act: impl FnOnce() -> Result<T>) -> Result<T> {
    let own = fs::open(CWD, c"/proc/self/ns/net", OpenFlags::RDONLY, 0)?;
    namespace::setns(init, namespace::CLONE_NEWNET)?;
    let done = act();
    namespace::setns(own.as_fd(), namespace::CLONE_NEWNET)?;
    done
}

fn ifinfomsg(index: u32, flags: u32) -> [u8; IFINFOMSG] {
    let mut bytes = [0; IFINFOMSG];
    bytes[4..8].copy_from_slice(&index.to_ne_bytes());
    bytes[8..12].copy_from_slice(&flags.to_ne_bytes());
    bytes[12..16].copy_from_slice(&flags.to_ne_bytes());
    bytes
}

fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

impl Netlink {
    /// A socket of the network namespace of a process. The caller has one thread.
    pub(super) fn open_in(init: BorrowedFd<'_>) -> Result<Netlink> {
        in_network_of(init, Netlink::open)
    }

    /// An interface by its name, if there is one.
    pub(super) fn link(&self, name: &str) -> Result<Option<Link>> {
        let mut request = Request::new(RTM_GETLINK, 0, &ifinfomsg(0, 0));
        request.put_name(IFLA_IFNAME, name);
        match self.one(&request) {
            Ok(answer) => Ok(answer.map(|answer| Link::read(&answer))),
            Err(Errno::NODEV) => Ok(None),
            Err(errno) => Err(failed(&format!("look for the interface {name}"), errno)),
        }
    }

    /// All interfaces.
    pub(super) fn links(&self) -> Result<Vec<Link>> {
        let answers = self.list(&Request::new(RTM_GETLINK, 0, &ifinfomsg(0, 0)), "interfaces")?;
        Ok(answers.iter().map(Link::read).collect())
    }

    /// Makes a bridge. It keeps its hardware address whatever becomes a port of it.
    pub(super) fn add_bridge(&self, name: &str, mac: Mac) -> Result<()> {
        let mut request = Request::new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifinfomsg(0, 0));
        request.put_name(IFLA_IFNAME, name).put(IFLA_ADDRESS, &mac.0).nest(IFLA_LINKINFO, |info| {
            info.put(IFLA_INFO_KIND, b"bridge");
        });
        self.done(&request).map_err(|errno| failed(&format!("make the bridge {name}"), errno))
    }

    /// Makes a pair of interfaces, the other end at once in the network namespace of a process: when that one ends, the
    /// pair is gone.
    pub(super) fn add_veth(&self, ours: (&str, Mac), theirs: (&str, Mac), pid: i32) -> Result<()> {
        let mut request = Request::new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifinfomsg(0, 0));
        request.put_name(IFLA_IFNAME, ours.0).put(IFLA_ADDRESS, &ours.1.0).nest(IFLA_LINKINFO, |info| {
            info.put(IFLA_INFO_KIND, b"veth").nest(IFLA_INFO_DATA, |data| {
                data.nest(VETH_INFO_PEER, |other| {
                    other
                        .raw(&ifinfomsg(0, 0))
                        .put_name(IFLA_IFNAME, theirs.0)
                        .put(IFLA_ADDRESS, &theirs.1.0)
                        .put(IFLA_NET_NS_PID, &pid.to_ne_bytes());
                });
            });
        });
        self.done(&request).map_err(|errno| failed(&format!("make the interface {}", ours.0), errno))
    }

    /// Makes an interface a port of a bridge.
    pub(super) fn set_master(&self, link: &Link, bridge: &Link) -> Result<()> {
        let mut request = Request::new(RTM_NEWLINK, 0, &ifinfomsg(link.index, 0));
        request.put(IFLA_MASTER, &bridge.index.to_ne_bytes());
        self.done(&request).map_err(|errno| failed(&format!("put {} into {}", link.name, bridge.name), errno))
    }

    /// Turns an interface on.
    pub(super) fn up(&self, index: u32) -> Result<()> {
        let request = Request::new(RTM_NEWLINK, 0, &ifinfomsg(index, IFF_UP));
        self.done(&request).map_err(|errno| failed("turn an interface on", errno))
    }

    /// Removes an interface; one that is not there needs no removal.
    pub(super) fn remove(&self, link: &Link) -> Result<()> {
        match self.done(&Request::new(RTM_DELLINK, 0, &ifinfomsg(link.index, 0))) {
            Ok(()) | Err(Errno::NODEV) => Ok(()),
            Err(errno) => Err(failed(&format!("remove the interface {}", link.name), errno)),
        }
    }

    /// Gives an interface an address; one that it has already is left.
    pub(super) fn add_address(&self, index: u32, block: Block) -> Result<()> {
        let mut request =
            Request::new(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &ifaddrmsg(index, block, IFA_F_NODAD));
        let bytes = octets(block.address);
        request.put(IFA_LOCAL, &bytes).put(IFA_ADDRESS, &bytes);
        self.done(&request).map_err(|errno| failed(&format!("give it the address {block}"), errno))
    }

    /// Takes an address from an interface; one that it does not have needs no removal.
    pub(super) fn remove_address(&self, index: u32, block: Block) -> Result<()> {
        let mut request = Request::new(RTM_DELADDR, 0, &ifaddrmsg(index, block, 0));
        request.put(IFA_LOCAL, &octets(block.address));
        match self.done(&request) {
            Ok(()) | Err(Errno::ADDRNOTAVAIL) => Ok(()),
            Err(errno) => Err(failed(&format!("take the address {block}"), errno)),
        }
    }

    /// Adds a route to an interface, through a gateway or straight.
    pub(super) fn add_route(&self, index: u32, to: Block, gateway: Option<IpAddr>) -> Result<()> {
        let request = route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, index, to, gateway);
        self.done(&request).map_err(|errno| failed(&format!("add a route to {to}"), errno))
    }

    /// Removes a route; one that is not there needs no removal.
    pub(super) fn remove_route(&self, index: u32, to: Block) -> Result<()> {
        match self.done(&route(RTM_DELROUTE, 0, index, to, None)) {
            Ok(()) | Err(Errno::SRCH | Errno::NODEV) => Ok(()),
            Err(errno) => Err(failed(&format!("remove the route to {to}"), errno)),
        }
    }

    /// Where the host's routes lead by a prefix, and the interface of each: default routes are no such.
    pub(super) fn routes(&self) -> Result<Vec<(Block, Option<u32>)>> {
        let answers = self.list(&Request::new(RTM_GETROUTE, 0, &[0; RTMSG]), "routes")?;
        let read = |answer: &Answer| {
            let [_, prefix] = answer.fixed::<2>(0);
            let address = read_address(answer.get(RTMSG, RTA_DST)?)?;
            Some((Block::new(address, prefix), answer.number(RTMSG, RTA_OIF)))
        };
        Ok(answers.iter().filter_map(read).filter(|(block, _)| block.prefix > 0).collect())
    }

    /// All addresses, with the interface of each.
    pub(super) fn addresses(&self) -> Result<Vec<(Block, u32)>> {
        let answers = self.list(&Request::new(RTM_GETADDR, 0, &[0; IFADDRMSG]), "addresses")?;
        let read = |answer: &Answer| {
            let [_, prefix] = answer.fixed::<2>(0);
            let value = answer.get(IFADDRMSG, IFA_LOCAL).or_else(|| answer.get(IFADDRMSG, IFA_ADDRESS))?;
            Some((Block::new(read_address(value)?, prefix), u32::from_ne_bytes(answer.fixed(4))))
        };
        Ok(answers.iter().filter_map(read).collect())
    }

    /// Has the host answer for an address that is behind it.
    pub(super) fn add_proxy(&self, index: u32, address: IpAddr) -> Result<()> {
        let request = neighbour(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, index, address);
        self.done(&request).map_err(|errno| failed(&format!("answer for {address}"), errno))
    }

    /// Ends that.
    pub(super) fn remove_proxy(&self, index: u32, address: IpAddr) -> Result<()> {
        match self.done(&neighbour(RTM_DELNEIGH, 0, index, address)) {
            Ok(()) | Err(Errno::NOENT | Errno::NODEV) => Ok(()),
            Err(errno) => Err(failed(&format!("stop answering for {address}"), errno)),
        }
    }
}

fn read_address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    }
}

fn ifaddrmsg(index: u32, block: Block, flags: u8) -> [u8; IFADDRMSG] {
    let mut bytes = [family(block.address), block.prefix, flags, 0, 0, 0, 0, 0];
    bytes[4..].copy_from_slice(&index.to_ne_bytes());
    bytes
}

fn route(kind: u16, flags: u16, index: u32, to: Block, gateway: Option<IpAddr>) -> Request {
    let mut fixed = [0; RTMSG];
    fixed[0] = family(to.address);
    fixed[1] = to.prefix;
    fixed[4] = RT_TABLE_MAIN;
    if kind == RTM_NEWROUTE {
        fixed[5] = RTPROT_STATIC;
        fixed[6] = if gateway.is_none() && to.address.is_ipv4() { RT_SCOPE_LINK } else { 0 };
        fixed[7] = RTN_UNICAST;
    } else {
        // RT_SCOPE_NOWHERE: of any scope.
        fixed[6] = 255;
    }
    let mut request = Request::new(kind, flags, &fixed);
    if to.prefix > 0 {
        request.put(RTA_DST, &octets(to.address));
    }
    if let Some(gateway) = gateway {
        request.put(RTA_GATEWAY, &octets(gateway));
    }
    request.put(RTA_OIF, &index.to_ne_bytes());
    request
}

fn neighbour(kind: u16, flags: u16, index: u32, address: IpAddr) -> Request {
    let mut fixed = [0; 12];
    fixed[0] = family(address);
    fixed[4..8].copy_from_slice(&index.to_ne_bytes());
    fixed[8..10].copy_from_slice(&NUD_PERMANENT.to_ne_bytes());
    fixed[10] = NTF_PROXY;
    let mut request = Request::new(kind, flags, &fixed);
    request.put(NDA_DST, &octets(address));
    request
}

/// Writes a parameter of the caller's network namespace, below /proc/sys/net; one that has the value is left.
pub(super) fn set_parameter(name: &str, value: &str) -> Result<()> {
    let path = format!("/proc/sys/net/{name}");
    if std::fs::read_to_string(&path).is_ok_and(|now| now.trim() == value) {
        return Ok(());
    }
    std::fs::write(&path, value).context(|| format!("write {value} to {path}"))
}

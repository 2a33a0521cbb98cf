// SPDX-License-Identifier: Apache-2.0
//! One system's interface: the pair, the host's side of it, and the inside before the first program runs.

use super::address::Block;
use super::attachment::{Attachment, Mode, NEXT_HOPS};
use super::link::{Link, in_network_of, set_parameter};
use super::netlink::Netlink;
use super::settings::{self, Settings};
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use runtime_sys::{AsFd, BorrowedFd, process};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The interface's name inside.
const INSIDE: &str = "eth0";

const EVERYWHERE4: Block = Block { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), prefix: 0 };
const EVERYWHERE6: Block = Block { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), prefix: 0 };

/// An administrator's bridge.
///
/// # Errors
/// `Value` when there is none of that name.
pub(super) fn bridge(netlink: &Netlink, name: &str) -> Result<Link> {
    match netlink.link(name)? {
        Some(link) if link.kind == "bridge" => Ok(link),
        Some(_) => Err(Error::new(Exit::Value, format!("network: {name} is not a bridge"))),
        None => Err(Error::new(Exit::Value, format!("network: no bridge {name}"))
            .hint(format!("make it with: ip link add {name} type bridge"))),
    }
}

/// Refuses an address that the host has itself.
///
/// # Errors
/// `Value`.
pub(super) fn not_the_hosts(netlink: &Netlink, ours: &Attachment) -> Result<()> {
    let of_host = netlink.addresses()?;
    let taken = |block: &&Block| of_host.iter().any(|(other, _)| other.address == block.address);
    match ours.addresses.iter().find(taken) {
        Some(block) => Err(Error::new(Exit::Value, format!("ip: {} is this host's own", block.address))
            .hint("give the system another address")),
        None => Ok(()),
    }
}

/// Connects a system whose first process waits to begin; [`super::prepare`] came before. The caller has one thread.
///
/// # Errors
/// What the kernel does not take.
pub fn connect(host: &Host, name: &str, pid: i32) -> Result<()> {
    let Some(ours) = Attachment::load(host, name)? else { return Ok(()) };
    let Some(settings) = settings::chosen(host)? else { return Ok(()) };
    let netlink = Netlink::open()?;
    let connect = || {
        own_link(&netlink, &ours)?;
        remove(&netlink, &ours)?;
        netlink.add_veth((&ours.link, ours.mark()), (INSIDE, ours.mac), pid)?;
        mend(&netlink, &settings, &ours)?;
        // Our own child, which nobody has waited for: the number is its own.
        inside(&ours, process::pidfd_open(pid)?.as_fd())
    };
    connect().context(|| "connect it to the network")
}

/// The host's end, if it is there and this system's.
fn own_link(netlink: &Netlink, ours: &Attachment) -> Result<Option<Link>> {
    match netlink.link(&ours.link)? {
        Some(link) if link.mac != Some(ours.mark()) || link.kind != "veth" => {
            Err(Error::new(Exit::Failure, format!("the interface {} is not {}'s", ours.link, ours.name))
                .hint(
                    "two managers with places of their own cannot give the same number: ctctl create --ctid",
                ))
        }
        other => Ok(other),
    }
}

/// The host's side: the port of a bridge, or routes. Whether anything was missing.
///
/// # Errors
/// What the kernel does not take.
pub(super) fn mend(netlink: &Netlink, settings: &Settings, ours: &Attachment) -> Result<bool> {
    let Some(link) = own_link(netlink, ours)? else { return Ok(false) };
    let master = match &ours.mode {
        Mode::Nat => Some(bridge(netlink, &settings.bridge)?),
        Mode::Bridge(name) => Some(bridge(netlink, name)?),
        Mode::Routed => None,
    };
    let missing = match &master {
        Some(master) => {
            let missing = link.master != Some(master.index);
            // A port of a bridge has no address of its own.
            quiet(&ours.link)?;
            netlink.set_master(&link, master)?;
            netlink.up(link.index)?;
            missing
        }
        None => route(netlink, &link, ours)?,
    };
    Ok(missing)
}

fn quiet(link: &str) -> Result<()> {
    if !super::has_ipv6() {
        return Ok(());
    }
    set_parameter(&format!("ipv6/conf/{link}/disable_ipv6"), "1")
}

/// Routes to a system's addresses; where one is of a network that the host is on, the host answers for it there.
fn route(netlink: &Netlink, link: &Link, ours: &Attachment) -> Result<bool> {
    netlink.up(link.index)?;
    for hop in NEXT_HOPS {
        if hop.is_ipv4() || super::has_ipv6() {
            netlink.add_address(link.index, Block::single(hop))?;
        }
    }
    let known = netlink.routes()?;
    let there = |block: &&Block| !known.contains(&(**block, Some(link.index)));
    let missing: Vec<&Block> = ours.addresses.iter().filter(there).collect();
    for block in &missing {
        netlink.add_route(link.index, **block, None)?;
    }
    for block in &ours.addresses {
        for index in neighbours_of(netlink, link, block.address)? {
            netlink.add_proxy(index, block.address)?;
        }
    }
    Ok(!missing.is_empty())
}

/// The host's interfaces on a network that this address is of.
fn neighbours_of(netlink: &Netlink, link: &Link, address: IpAddr) -> Result<Vec<u32>> {
    let of = |(block, index): &(Block, u32)| *index != link.index && block.contains(address);
    let mut found: Vec<u32> = netlink.addresses()?.into_iter().filter(of).map(|(_, index)| index).collect();
    found.dedup();
    if address.is_ipv6() {
        let names = netlink.links()?;
        for name in names.iter().filter(|one| found.contains(&one.index)).map(|one| &one.name) {
            set_parameter(&format!("ipv6/conf/{name}/proxy_ndp"), "1")?;
        }
    }
    Ok(found)
}

/// Removes the pair, which takes the inside's end and all routes with it, and what the host answers for.
///
/// # Errors
/// An interface that stays.
pub(super) fn remove(netlink: &Netlink, ours: &Attachment) -> Result<()> {
    if ours.mode == Mode::Routed {
        forget_proxies(netlink, &ours.addresses)?;
    }
    // One of that name that is somebody else's is no reason for this system to stay.
    match netlink.link(&ours.link)? {
        Some(link) if link.mac == Some(ours.mark()) => netlink.remove(&link),
        _ => Ok(()),
    }
}

fn forget_proxies(netlink: &Netlink, addresses: &[Block]) -> Result<()> {
    if addresses.is_empty() {
        return Ok(());
    }
    let links = netlink.links()?;
    for block in addresses {
        for link in &links {
            netlink.remove_proxy(link.index, block.address)?;
        }
    }
    Ok(())
}

/// The system's side, from outside: there is no moment in which its programs see it half done.
fn inside(ours: &Attachment, init: BorrowedFd<'_>) -> Result<()> {
    let netlink = Netlink::open_in(init)?;
    let link = netlink.link(INSIDE)?.ok_or_else(|| Error::new(Exit::Failure, "it has no eth0"))?;
    if !ours.addresses.is_empty() && super::has_ipv6() {
        // One with fixed addresses makes none of a router's advertisement: it could not send with it.
        let name = format!("ipv6/conf/{INSIDE}/accept_ra");
        in_network_of(init, || set_parameter(&name, "0"))?;
    }
    if ours.address(false).is_some() {
        // What the host has for new interfaces is not for this one.
        let name = format!("ipv6/conf/{INSIDE}/disable_ipv6");
        in_network_of(init, || set_parameter(&name, "0"))?;
    }
    netlink.up(link.index)?;
    for block in &ours.addresses {
        netlink.add_address(link.index, *block)?;
    }
    default_routes(&netlink, link.index, ours)
}

fn default_routes(netlink: &Netlink, index: u32, ours: &Attachment) -> Result<()> {
    for gateway in &ours.gateways {
        if ours.address(gateway.is_ipv4()).is_none() {
            continue;
        }
        if ours.mode == Mode::Routed && gateway.is_ipv4() {
            netlink.add_route(index, Block::single(*gateway), None)?;
        }
        let everywhere = if gateway.is_ipv4() { EVERYWHERE4 } else { EVERYWHERE6 };
        netlink.add_route(index, everywhere, Some(*gateway))?;
    }
    Ok(())
}

/// Changes the addresses of a system that runs.
///
/// # Errors
/// `State` when its interface is gone: its root removed it.
pub(super) fn change(
    netlink: &Netlink,
    old: &Attachment,
    new: &Attachment,
    init: BorrowedFd<'_>,
) -> Result<()> {
    if old.addresses == new.addresses && old.gateways == new.gateways {
        return Ok(());
    }
    let gone: Vec<Block> =
        old.addresses.iter().copied().filter(|block| !new.addresses.contains(block)).collect();
    let link = own_link(netlink, new)?;
    let peer = link.as_ref().and_then(|link| link.peer);
    let (Some(link), Some(index)) = (link, peer) else {
        return Err(Error::new(Exit::State, "its network interface is gone")
            .hint(format!("ctctl restart {}", new.name)));
    };
    if new.mode == Mode::Routed {
        forget_proxies(netlink, &gone)?;
        for block in &gone {
            netlink.remove_route(link.index, *block)?;
        }
        route(netlink, &link, new)?;
    }
    // By its number: its root may have given it another name.
    let inside = Netlink::open_in(init)?;
    for block in &gone {
        inside.remove_address(index, *block)?;
    }
    for block in &new.addresses {
        inside.add_address(index, *block)?;
    }
    default_routes(&inside, index, new)
}

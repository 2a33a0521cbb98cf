// SPDX-License-Identifier: Apache-2.0
//! What the networks of all systems have in common: `network.toml`, beside the systems' configurations.
//!
//! It is written at the first use and read ever after, since addresses of systems are chosen from it. An administrator
//! may write it before that.

use super::address::{Block, Mac};
use super::netlink::Netlink;
use crate::config::file::ConfigFile;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use std::fs;
use std::net::{IpAddr, Ipv6Addr};

/// How many addresses the bridge's network has for systems: 4,093 without the network's own, the host's and the last.
const PREFIX: u8 = 20;

/// Where the search for a network that the host does not know begins: 10.86.0.0, far from what routers come with.
const FIRST: [u8; 2] = [10, 86];

/// The network of `network=nat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The bridge, which names the tables of the firewall as well.
    pub bridge: String,
    /// Addresses of systems.
    pub ipv4: Block,
    /// The same places in another world.
    pub ipv6: Block,
}

impl Settings {
    /// One that nobody uses.
    pub(super) fn sample() -> Settings {
        let [a, b] = FIRST;
        Settings {
            bridge: "ctctl0".to_owned(),
            ipv4: Block::new(IpAddr::from([a, b, 0, 0]), PREFIX),
            ipv6: Block::new(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0), 64),
        }
    }

    /// The host's own address on the bridge.
    #[must_use]
    pub fn gateway4(&self) -> IpAddr {
        self.ipv4.nth(1)
    }

    /// The same for IPv6.
    #[must_use]
    pub fn gateway6(&self) -> IpAddr {
        self.ipv6.nth(1)
    }

    /// The IPv6 address of the system that has this IPv4 address: the same place in its network.
    #[must_use]
    pub fn twin(&self, address: IpAddr) -> Option<IpAddr> {
        self.ipv4.place(address).map(|place| self.ipv6.nth(place))
    }

    /// The bridge's hardware address, made of the network's random part.
    #[must_use]
    pub fn mac(&self) -> Mac {
        let IpAddr::V6(address) = self.ipv6.address else { return Mac([2, 0, 0, 0, 0, 1]) };
        let [_, a, b, c, d, e, ..] = address.octets();
        Mac([2, a, b, c, d, e])
    }

    /// The first address that no system has.
    #[must_use]
    pub fn free(&self, taken: &[IpAddr]) -> Option<IpAddr> {
        // The first is the network's own, the second the host's, the last means all.
        (2..self.ipv4.size() - 1).map(|place| self.ipv4.nth(place)).find(|address| !taken.contains(address))
    }
}

/// The word for new systems' network, if `network.toml` has one.
///
/// # Errors
/// `Value` for what is no such word.
pub fn default_network(host: &Host) -> Result<Option<String>> {
    if !host.network_file().exists() {
        return Ok(None);
    }
    let file = read(host)?;
    file.text_of("default")
}

/// The network of `network=nat`, if it was chosen already.
///
/// # Errors
/// `Value`, with the key.
pub fn chosen(host: &Host) -> Result<Option<Settings>> {
    if !host.network_file().exists() {
        return Ok(None);
    }
    let file = read(host)?;
    let path = host.network_file();
    let block = |key: &str, is_ipv4: bool| -> Result<Option<Block>> {
        let wrong = |text: String| Error::new(Exit::Value, format!("{}: {key}: {text}", path.display()));
        let Some(text) = file.text_of(key)? else { return Ok(None) };
        let block: Block = text.parse().map_err(wrong)?;
        let longest = if is_ipv4 { 30 } else { 112 };
        if block.address.is_ipv4() != is_ipv4 || block.prefix > longest || block.prefix < 8 {
            return Err(wrong(format!("expected a network with a prefix from 8 to {longest}")));
        }
        Ok(Some(Block::new(block.nth(0), block.prefix)))
    };
    let bridge = file.text_of("bridge")?;
    if let Some(name) = bridge.as_deref().filter(|name| !is_interface_name(name)) {
        return Err(Error::new(
            Exit::Value,
            format!("{}: bridge: {name:?} is no interface's name", path.display()),
        ));
    }
    match (bridge, block("ipv4", true)?, block("ipv6", false)?) {
        (Some(bridge), Some(ipv4), Some(ipv6)) => Ok(Some(Settings { bridge, ipv4, ipv6 })),
        _ => Ok(None),
    }
}

/// The network of `network=nat`, chosen and written down if it is not there. The caller has the network's lock.
///
/// # Errors
/// `Value`, with the key; `Failure` when the host has a route to everything that could be chosen.
pub(super) fn choose(host: &Host, netlink: &Netlink) -> Result<Settings> {
    if let Some(settings) = chosen(host)? {
        return Ok(settings);
    }
    let taken: Vec<Block> = netlink
        .routes()?
        .into_iter()
        .map(|(block, _)| block)
        .chain(netlink.addresses()?.into_iter().map(|(block, _)| block))
        .collect();
    let links = netlink.links()?;
    let free_name = |name: &String| links.iter().all(|link| link.name != *name);
    let settings = Settings {
        bridge: (0..).map(|n| format!("ctctl{n}")).find(free_name).unwrap_or_else(|| "ctctl0".to_owned()),
        ipv4: free_network(&taken).ok_or_else(|| {
            Error::new(Exit::Failure, "this host has routes to all networks that could be chosen")
                .hint(format!("write ipv4 = \"NETWORK/PREFIX\" into {}", host.network_file().display()))
        })?,
        ipv6: Block::new(private_network()?, 64),
    };
    let mut file = match host.network_file().exists() {
        true => read(host)?,
        false => ConfigFile::empty(&host.network_file()),
    };
    file.set_text("bridge", file.text_of("bridge")?.as_deref().unwrap_or(&settings.bridge));
    file.set_text("ipv4", file.text_of("ipv4")?.as_deref().unwrap_or(&settings.ipv4.to_string()));
    file.set_text("ipv6", file.text_of("ipv6")?.as_deref().unwrap_or(&settings.ipv6.to_string()));
    file.save()?;
    chosen(host)?.ok_or_else(|| Error::new(Exit::Failure, "the network was not written down"))
}

fn read(host: &Host) -> Result<ConfigFile> {
    let file = ConfigFile::read(&host.network_file())?;
    file.only(&["default", "bridge", "ipv4", "ipv6"])?;
    Ok(file)
}

fn free_network(taken: &[Block]) -> Option<Block> {
    let candidates = (0..16 * 64_u32).map(|number| {
        let first = Block::new(IpAddr::from([FIRST[0], FIRST[1], 0, 0]), 8);
        let begin = u32::from(FIRST[1]) << 16;
        Block::new(first.nth(begin + (number << (32 - PREFIX))), PREFIX)
    });
    candidates.into_iter().find(|block| !taken.iter().any(|other| other.overlaps(*block)))
}

/// A network of this host alone (RFC 4193): fd and forty random bits.
fn private_network() -> Result<Ipv6Addr> {
    let path = "/proc/sys/kernel/random/uuid";
    let uuid = fs::read_to_string(path).context(|| path)?;
    let [a, b, c, d, e, _] = Mac::from_uuid(&uuid).0;
    let pair = |high: u8, low: u8| u16::from_be_bytes([high, low]);
    Ok(Ipv6Addr::new(pair(0xfd, a), pair(b, c), pair(d, e), 0, 0, 0, 0, 0))
}

/// Whether the kernel takes this as the name of an interface, and nothing that repeats it has to quote it.
#[must_use]
pub fn is_interface_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=15).contains(&name.len())
        && name.chars().all(is_plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_chosen_that_no_route_leads_to() {
        let taken = |text: &str| vec![text.parse::<Block>().unwrap()];
        assert_eq!(free_network(&[]).unwrap().to_string(), "10.86.0.0/20");
        assert_eq!(free_network(&taken("10.86.0.77")).unwrap().to_string(), "10.86.16.0/20");
        assert_eq!(free_network(&taken("10.86.0.0/16")).unwrap().to_string(), "10.87.0.0/20");
        assert_eq!(free_network(&taken("10.0.0.0/8")), None);
    }

    #[test]
    fn addresses_are_given_in_order_and_have_twins() {
        let settings = Settings {
            bridge: "ctctl0".to_owned(),
            ipv4: "10.86.0.0/30".parse().unwrap(),
            ipv6: "fd01:203:405::/64".parse().unwrap(),
        };
        let first = settings.free(&[]).unwrap();
        assert_eq!(first.to_string(), "10.86.0.2");
        assert_eq!(settings.twin(first).unwrap().to_string(), "fd01:203:405::2");
        assert_eq!(settings.free(&[first]), None);
        assert_eq!(settings.mac().to_string(), "02:01:02:03:04:05");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Whether a configuration's network can be, before anything is changed.

use super::firewall::{self, Do};
use super::netlink::Netlink;
use super::settings::{self, Settings};
use super::{has_ipv6, lock};
use crate::config::keys::{self, Key};
use crate::config::value::Value;
use crate::config::{Config, Network};
use crate::error::{Error, Exit, Result};
use crate::host::Host;
use crate::store;
use runtime_sys::credentials;

const CAP_NET_ADMIN: u64 = 12;

/// Whether this host can do `network=nat`.
///
/// # Errors
/// `Unsupported`, with what is missing and the other choices.
pub fn can_translate(host: &Host) -> Result<()> {
    let missing = missing(host)?;
    if missing.is_empty() {
        return Ok(());
    }
    let text = format!("network=nat cannot be on this host: {}", missing.join("; "));
    Err(Error::new(Exit::Unsupported, text).hint(
        "create it with network=none for a system without a network, or network=host for the host's own",
    ))
}

fn missing(host: &Host) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    let (effective, _, _) = credentials::capget()?;
    if effective >> CAP_NET_ADMIN & 1 == 0 {
        missing.push("root lacks CAP_NET_ADMIN".to_owned());
    }
    for (program, package) in [("nft", "nftables"), ("dnsmasq", "dnsmasq-base")] {
        if firewall::program(program).is_none() {
            missing.push(format!("no program {program} (package {package})"));
        }
    }
    if missing.is_empty() && settings::chosen(host)?.is_none() {
        // Once, before the first use: the kernel looks at all that the rules need, and loads its modules.
        let checked = firewall::nft(&firewall::rules(&Settings::sample(), &[]), Do::Check);
        missing.extend(checked.err().map(|error| error.to_string()));
    }
    Ok(missing)
}

/// Gives a system of the bridge an address that no other has. The caller has the lock of the numbers.
///
/// # Errors
/// `Failure` when all are taken.
pub fn choose_address(host: &Host, config: &mut Config) -> Result<()> {
    if config.network != Network::Nat || config.address.is_some() {
        return Ok(());
    }
    let _lock = lock(host)?;
    let settings = settings::choose(host, &Netlink::open()?)?;
    let mut taken = Vec::new();
    for name in store::names(host).iter().filter(|name| **name != config.name) {
        taken.extend(store::read(host, name)?.address);
    }
    config.address = settings.free(&taken);
    if config.address.is_none() {
        return Err(Error::new(Exit::Failure, format!("all addresses of {} are taken", settings.ipv4)));
    }
    Ok(())
}

/// Checks a changed configuration, and chooses the address that it may need: the keys that were changed here, to be
/// written with the others. The caller has the lock of the numbers.
///
/// # Errors
/// As [`agree`]; `Unsupported` when the host cannot do `network=nat`.
pub fn settle(host: &Host, config: &mut Config) -> Result<Vec<(&'static Key, Option<Value>)>> {
    let before = config.address;
    if config.network == Network::Nat && before.is_none() {
        can_translate(host)?;
    }
    choose_address(host, config)?;
    agree(host, config)?;
    if config.address == before {
        return Ok(Vec::new());
    }
    let key = keys::find("address")?;
    Ok(vec![(key, (key.get)(config))])
}

/// Whether a configuration's keys of the network go together, and with those of other systems. The caller has the lock
/// of the numbers.
///
/// # Errors
/// `Value`, with the key and the way out.
pub fn agree(host: &Host, config: &Config) -> Result<()> {
    alone(config)?;
    if config.network == Network::Nat
        && let (Some(address), Some(settings)) = (config.address, settings::chosen(host)?)
    {
        let place = settings.ipv4.place(address);
        if !place.is_some_and(|place| (2..settings.ipv4.size() - 1).contains(&place)) {
            let text = format!("address: {address} is no address for a system in {}", settings.ipv4);
            return Err(Error::new(Exit::Value, text).hint("address= chooses a free one"));
        }
    }
    for name in store::names(host).iter().filter(|name| **name != config.name) {
        with(config, &store::read(host, name)?)?;
    }
    Ok(())
}

fn wrong(text: impl Into<String>, hint: &str) -> Error {
    Error::new(Exit::Value, text).hint(hint)
}

fn alone(config: &Config) -> Result<()> {
    let network = config.network.to_string();
    let is_bridge = matches!(config.network, Network::Bridge(_));
    if !config.ip.is_empty() && !is_bridge && config.network != Network::Routed {
        return Err(wrong(
            format!("ip: network={network} has no addresses to choose"),
            "network=routed or network=bridge:NAME has; ip= takes them away",
        ));
    }
    if !config.gateway.is_empty() && !is_bridge {
        return Err(wrong(
            format!("gateway: network={network} has its own"),
            "network=bridge:NAME takes one; gateway= takes it away",
        ));
    }
    if let Some(gateway) =
        config.gateway.iter().find(|gateway| !config.ip.iter().any(|ip| ip.contains(**gateway)))
        && !is_link_local(*gateway)
    {
        return Err(wrong(
            format!("gateway: {gateway} is in no network of ip"),
            "ip takes the network's prefix: ip=192.0.2.7/24",
        ));
    }
    if !config.port.is_empty() && config.network != Network::Nat {
        return Err(wrong(
            format!("port: network={network} publishes none"),
            "ports are for network=nat; port= takes them away",
        ));
    }
    if config.ip.iter().any(|ip| ip.address.is_ipv6()) && !has_ipv6() {
        return Err(wrong("ip: this host has no IPv6", "take the IPv6 addresses away: ip-=ADDRESS"));
    }
    for (number, port) in config.port.iter().enumerate() {
        if let Some(other) = config.port[..number].iter().find(|other| other.collides(*port)) {
            return Err(wrong(
                format!("port: {port} and {other} are the same port of the host"),
                "take one away",
            ));
        }
    }
    Ok(())
}

fn is_link_local(address: std::net::IpAddr) -> bool {
    matches!(address, std::net::IpAddr::V6(address) if address.is_unicast_link_local())
}

fn with(config: &Config, other: &Config) -> Result<()> {
    let name = &other.name;
    if config.network == Network::Nat && config.address.is_some() && config.address == other.address {
        let address = config.address.map(|address| address.to_string()).unwrap_or_default();
        return Err(wrong(format!("address: {address} is {name}'s"), "address= chooses a free one"));
    }
    if config.network.is_ours() && other.network.is_ours() && config.mac() == other.mac() {
        return Err(wrong(format!("mac: {} is {name}'s", config.mac()), "mac= is the system's own"));
    }
    let taken = |ip: &&super::address::Block| other.ip.iter().any(|there| there.address == ip.address);
    if let Some(ip) = config.ip.iter().find(taken) {
        return Err(wrong(
            format!("ip: {} is {name}'s", ip.address),
            "choose another, or take it from there",
        ));
    }
    for port in &config.port {
        if let Some(there) = other.port.iter().find(|there| there.collides(*port)) {
            return Err(wrong(
                format!("port: {port} collides with {there} of {name}"),
                "choose another port of the host, or one of its addresses: HOSTIP:HOSTPORT:PORT",
            ));
        }
    }
    Ok(())
}

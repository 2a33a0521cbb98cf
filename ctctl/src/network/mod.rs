// SPDX-License-Identifier: Apache-2.0
//! The network of systems.
//!
//! ```text
//! system                         host
//!   eth0 ---- veth ---- ve101 --- ctctl0 --- (forwarding, translation) --- the world    network=nat
//!   eth0 ---- veth ---- ve101 --- br0, the administrator's                              network=bridge:br0
//!   eth0 ---- veth ---- ve101 --- a route for each address                              network=routed
//! ```
//!
//! What a running system has is written to `network.json` beside its bundle before any of it is made ([`attachment`]);
//! everything shared (bridge, firewall, names) is made from all of those files together. So a start, a stop and a
//! repair are the same few functions, and what a killed one left is put right by the next.
//!
//! Order of locks: a system's name, the numbers, the network.

pub mod address;
mod attachment;
mod check;
mod connect;
mod dns;
mod firewall;
mod link;
mod netlink;
mod networkd;
pub mod port;
mod resolver;
pub mod settings;

pub use check::{agree, can_translate, choose_address, settle};
pub use connect::connect;
pub use resolver::{INHERIT, resolv_conf};

use crate::config::{Config, Network};
use crate::container::state;
use crate::error::{Error, Exit, Result};
use crate::host::{Host, private_dir};
use crate::output;
use crate::store::{self, Lock, Wait};
use attachment::{Attachment, Mode};
use link::set_parameter;
use netlink::Netlink;
use runtime_sys::AsFd;
use settings::Settings;
use std::fs;
use std::path::Path;

/// The network of a system that nobody gave one: the word of `network.toml`, else the host's translation.
///
/// # Errors
/// `Value` for what is no such word.
pub fn default(host: &Host) -> Result<Network> {
    let Some(word) = settings::default_network(host)? else { return Ok(Network::Nat) };
    let wrong = |text| Error::new(Exit::Value, format!("{}: default: {text}", host.network_file().display()));
    word.parse().map_err(wrong)
}

/// Keys that [`settle`] checks.
const KEYS: &[&str] = &["network", "address", "mac", "ip", "gateway", "port"];

/// Keys that [`apply`] changes in a running system.
const LIVE: &[&str] = &["ip", "gateway", "port"];

/// Whether a change of these keys concerns other systems.
#[must_use]
pub fn concerns(keys: &[&str]) -> bool {
    keys.iter().any(|key| KEYS.contains(key))
}

/// Held while something that systems share is looked at and changed.
fn lock(host: &Host) -> Result<Lock> {
    // No system has a name that begins with a dot.
    store::lock(host, ".network", Wait::Yes)
}

/// Whether the host speaks IPv6.
fn has_ipv6() -> bool {
    let path = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
    fs::read_to_string(path).is_ok_and(|text| text.trim() == "0")
}

/// Makes what a system's network needs of the host, before the system is there. Afterwards [`connect`] connects it.
///
/// # Errors
/// `Unsupported` for what the host lacks; `Value` for a bridge that is none. [`disconnect`] removes what was made.
pub fn prepare(host: &Host, config: &Config) -> Result<()> {
    if !config.network.is_ours() {
        return Ok(());
    }
    let _lock = lock(host)?;
    let netlink = Netlink::open()?;
    let settings = settings::choose(host, &netlink)?;
    let Some(ours) = Attachment::of(config, &settings, has_ipv6())? else { return Ok(()) };
    if let Mode::Bridge(name) = &ours.mode {
        connect::bridge(&netlink, name)?;
    }
    connect::not_the_hosts(&netlink, &ours)?;
    private_dir(&host.run(&config.name))?;
    ours.save(host)?;
    networkd::write(host, &ours)?;
    share(host, &netlink, &settings)
}

/// Takes a system from the networks, and removes what only it used.
///
/// # Errors
/// An interface that stays. What else stays is a warning: the next start or stop of a system removes it.
pub fn disconnect(host: &Host, name: &str) -> Result<()> {
    if !host.attachment_file(name).exists() {
        return Ok(());
    }
    let _lock = lock(host)?;
    let netlink = Netlink::open()?;
    // One that cannot be read was half written by another version; its link is gone with its namespace.
    if let Ok(Some(ours)) = Attachment::load(host, name) {
        connect::remove(&netlink, &ours)?;
    }
    Attachment::forget(host, name)?;
    let shared = settings::chosen(host)
        .and_then(|settings| settings.map_or(Ok(()), |settings| share(host, &netlink, &settings)));
    if let Err(error) = shared {
        output::progress(&format!("ctctl: after {name} left the network: {error}"));
    }
    Ok(())
}

/// Makes the ports and addresses of a running system those of its configuration, if they are among the named keys. A
/// system whose network changes with the next start keeps what it has until then.
///
/// # Errors
/// What the kernel does not take; `State` when its interface is gone.
pub fn apply(host: &Host, config: &Config, keys: &[&str]) -> Result<()> {
    if !keys.iter().any(|key| LIVE.contains(key)) {
        return Ok(());
    }
    let _lock = lock(host)?;
    let Some(old) = Attachment::load(host, &config.name)? else { return Ok(()) };
    let Some(init) = state::first_process(host, &config.name)? else { return Ok(()) };
    let netlink = Netlink::open()?;
    let settings = settings::choose(host, &netlink)?;
    let Some(mut wanted) = Attachment::of(config, &settings, has_ipv6())?.filter(|one| one.mode == old.mode)
    else {
        return Ok(());
    };
    // These are for the next start.
    wanted.mac = old.mac;
    if wanted.mode == Mode::Nat {
        wanted.addresses.clone_from(&old.addresses);
    }
    connect::not_the_hosts(&netlink, &wanted)?;
    // Of both until it is done: a killed one leaves nothing that nobody knows of.
    let mut both = wanted.clone();
    both.addresses.extend(old.addresses.iter().filter(|block| !wanted.addresses.contains(block)));
    let change = || {
        both.save(host)?;
        share(host, &netlink, &settings)?;
        connect::change(&netlink, &old, &wanted, init.as_fd())
    };
    let changed = change();
    // What failed is not what the next repair is to make.
    let kept = if changed.is_ok() { &wanted } else { &old };
    kept.save(host)?;
    let shared = share(host, &netlink, &settings);
    changed.and(shared)
}

/// Puts back what somebody took away: bridge, addresses, routes, rules, the server of names. Each sentence is one thing
/// that was missing.
///
/// # Errors
/// What cannot be put back.
pub fn repair(host: &Host) -> Result<Vec<String>> {
    let _lock = lock(host)?;
    let systems = Attachment::all(host)?;
    let Some(settings) = settings::chosen(host)?.filter(|_| !systems.is_empty()) else {
        return Ok(Vec::new());
    };
    let netlink = Netlink::open()?;
    let mut mended = gone(host, &netlink, &settings, &systems)?;
    share(host, &netlink, &settings)?;
    for one in &systems {
        if connect::mend(&netlink, &settings, one)? {
            mended.push(format!("the connection of {}", one.name));
        }
    }
    Ok(mended)
}

/// What of that is not there, as far as it is shared; nothing is changed.
///
/// # Errors
/// A file that is wrong; what the kernel answers.
pub fn missing(host: &Host) -> Result<Vec<String>> {
    let systems = Attachment::all(host)?;
    match settings::chosen(host)?.filter(|_| !systems.is_empty()) {
        Some(settings) => gone(host, &Netlink::open()?, &settings, &systems),
        None => Ok(Vec::new()),
    }
}

fn gone(host: &Host, netlink: &Netlink, settings: &Settings, systems: &[Attachment]) -> Result<Vec<String>> {
    let has_nat = systems.iter().any(|one| one.mode == Mode::Nat);
    let mut gone = Vec::new();
    if !firewall::is_loaded(settings) {
        gone.push(format!("the rules of table {}", settings.bridge));
    }
    if has_nat && netlink.link(&settings.bridge)?.is_none() {
        gone.push(format!("the bridge {}", settings.bridge));
    }
    if has_nat && dns::running(host).is_none() {
        gone.push("the server of names".to_owned());
    }
    Ok(gone)
}

/// What systems share, as all of their files ask for it together: made when the first needs it, gone with the last.
fn share(host: &Host, netlink: &Netlink, settings: &Settings) -> Result<()> {
    let systems = Attachment::all(host)?;
    let has_nat = systems.iter().any(|one| one.mode == Mode::Nat);
    if systems.is_empty() {
        firewall::unload(settings)?;
    } else {
        // Before any interface: there is no moment in which a system could send what the rules forbid.
        firewall::load(settings, &systems)?;
    }
    if systems.iter().any(|one| !matches!(one.mode, Mode::Bridge(_))) {
        forward()?;
    }
    if has_nat {
        make_bridge(netlink, settings)?;
        return dns::serve(host, settings, &systems);
    }
    dns::end(host)?;
    match netlink.link(&settings.bridge)? {
        Some(bridge) if bridge.mac == Some(settings.mac()) => netlink.remove(&bridge),
        _ => Ok(()),
    }
}

fn make_bridge(netlink: &Netlink, settings: &Settings) -> Result<()> {
    let name = &settings.bridge;
    let bridge = match netlink.link(name)? {
        Some(bridge) if bridge.mac == Some(settings.mac()) && bridge.kind == "bridge" => bridge,
        Some(_) => {
            let text = format!("there is an interface {name} that is not ours");
            return Err(Error::new(Exit::Failure, text)
                .hint("remove it, or write another name for bridge into network.toml"));
        }
        None => {
            netlink.add_bridge(name, settings.mac())?;
            netlink
                .link(name)?
                .ok_or_else(|| Error::new(Exit::Failure, format!("the bridge {name} went away")))?
        }
    };
    use address::Block;
    netlink.add_address(bridge.index, Block::new(settings.gateway4(), settings.ipv4.prefix))?;
    if has_ipv6() {
        netlink.add_address(bridge.index, Block::new(settings.gateway6(), settings.ipv6.prefix))?;
    }
    netlink.up(bridge.index)
}

/// Has the host pass packets on. An uplink that learns its own routes from others' advertisements goes on learning: a
/// host that forwards would stop, unless it is told 2.
fn forward() -> Result<()> {
    set_parameter("ipv4/ip_forward", "1")?;
    let all = "/proc/sys/net/ipv6/conf/all/forwarding";
    if !has_ipv6() || fs::read_to_string(all).is_ok_and(|text| text.trim() == "1") {
        return Ok(());
    }
    for entry in fs::read_dir(Path::new("/proc/sys/net/ipv6/conf")).into_iter().flatten().flatten() {
        let name = format!("ipv6/conf/{}/accept_ra", entry.file_name().to_string_lossy());
        if fs::read_to_string(format!("/proc/sys/net/{name}")).is_ok_and(|text| text.trim() == "1") {
            set_parameter(&name, "2")?;
        }
    }
    set_parameter("ipv6/conf/all/forwarding", "1")
}

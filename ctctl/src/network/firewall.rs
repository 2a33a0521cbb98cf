// SPDX-License-Identifier: Apache-2.0
//! The firewall: two nftables tables of our own, written whole in one transaction each time something changes.
//!
//! One text for a start, a stop, a published port and a repair: what a killed one left is gone with the next, and what
//! repairs is what runs every day. The text is made here without I/O; `nft` checks and loads it.
//!
//! The bridge's table keeps a system from sending with another's hardware or IP address, before anything else sees the
//! frame. The other one translates addresses, publishes ports, and keeps the outside from what is not published.

use super::attachment::{Attachment, Mode};
use super::settings::Settings;
use crate::error::{Context, Error, Exit, Result};
use runtime_sys::signal;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where programs of the administrator are, whatever the caller's PATH.
const FOLDERS: &[&str] = &["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/// A program of the host.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| PathBuf::from(folder).join(name)).find(|path| path.is_file())
}

/// What `nft` is to do with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    /// Have the kernel check it.
    Check,
    /// Put it in place.
    Load,
}

/// Writes the rules of these systems in place of those that are there.
pub(super) fn load(settings: &Settings, systems: &[Attachment]) -> Result<()> {
    nft(&rules(settings, systems), Do::Load)
}

/// Takes all rules away.
pub(super) fn unload(settings: &Settings) -> Result<()> {
    nft(&without(settings), Do::Load)
}

/// Whether the tables are in the kernel.
pub(super) fn is_loaded(settings: &Settings) -> bool {
    let Some(nft) = program("nft") else { return false };
    ["inet", "bridge"].into_iter().all(|family| {
        let mut command = Command::new(&nft);
        command.args(["list", "chain", family, &settings.bridge, "guard"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

pub(super) fn nft(text: &str, what: Do) -> Result<()> {
    let nft = program("nft").ok_or_else(|| {
        Error::new(Exit::Unsupported, "no program nft, which loads the firewall's rules")
            .hint("install the package nftables")
    })?;
    let mut command = Command::new(&nft);
    command.args(if what == Do::Check { &["-c", "-f", "-"][..] } else { &["-f", "-"][..] });
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    signal::block_none_in(&mut command);
    let mut run = || -> std::io::Result<_> {
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // It reads all before it writes anything; one that ended says why below.
            drop(stdin.write_all(text.as_bytes()));
        }
        child.wait_with_output()
    };
    let output = run().context(|| format!("run {}", nft.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let first = said.lines().next().unwrap_or("no word why").to_owned();
    Err(Error::new(Exit::Unsupported, format!("nft does not take the rules: {first}")).hint(
        "the kernel needs nf_tables with nat, fib and bridge (modules nft_chain_nat, nft_fib_inet, nft_masq)",
    ))
}

/// Removes both tables, whether they are there or not.
fn without(settings: &Settings) -> String {
    let name = &settings.bridge;
    let mut text = String::new();
    for family in ["inet", "bridge"] {
        let _infallible = writeln!(text, "table {family} {name}\ndelete table {family} {name}");
    }
    text
}

/// The whole text.
pub(super) fn rules(settings: &Settings, systems: &[Attachment]) -> String {
    let mut text = without(settings);
    text.push_str(&bridge_table(settings, systems));
    text.push_str(&inet_table(settings, systems));
    text
}

/// A set or map with its elements. An empty list of elements is none.
fn set(kind: &str, name: &str, of: &str, elements: &[String]) -> String {
    let mut text = format!("\t{kind} {name} {{\n\t\t{of}\n");
    if !elements.is_empty() {
        let _infallible = writeln!(text, "\t\telements = {{ {} }}", elements.join(", "));
    }
    text.push_str("\t}\n");
    text
}

/// An address as a number of 128 bits, as a comparison with a part of a packet wants it.
fn hex(address: IpAddr) -> String {
    match address {
        IpAddr::V4(_) => String::new(),
        IpAddr::V6(address) => format!("0x{:032x}", u128::from(address)),
    }
}

fn bridge_table(settings: &Settings, systems: &[Attachment]) -> String {
    let on_bridges: Vec<&Attachment> = systems.iter().filter(|one| one.mode != Mode::Routed).collect();
    // A system that asks for its address by DHCP has none that could be known here.
    let fixed: Vec<&Attachment> =
        on_bridges.iter().copied().filter(|one| !one.addresses.is_empty()).collect();
    let links: Vec<String> = on_bridges.iter().map(|one| format!("{:?}", one.link)).collect();
    let macs: Vec<String> = on_bridges.iter().map(|one| format!("{:?} . {}", one.link, one.mac)).collect();
    let fixed_links: Vec<String> = fixed.iter().map(|one| format!("{:?}", one.link)).collect();
    let own = |ipv4: bool| {
        fixed.iter().flat_map(move |one| {
            let link_local = (!ipv4).then(|| IpAddr::V6(one.mac.link_local()));
            one.addresses_of(ipv4).chain(link_local).map(move |address| (&one.link, address))
        })
    };
    let plain = |ipv4| own(ipv4).map(|(link, a)| format!("{link:?} . {a}")).collect::<Vec<String>>();
    let targets: Vec<String> = own(false).map(|(link, a)| format!("{link:?} . {}", hex(a))).collect();
    let mut text = format!("table bridge {} {{\n", settings.bridge);
    text += &set("set", "links", "type ifname", &links);
    text += &set("set", "macs", "type ifname . ether_addr", &macs);
    text += &set("set", "fixed", "type ifname", &fixed_links);
    text += &set("set", "own4", "type ifname . ipv4_addr", &plain(true));
    text += &set("set", "own6", "type ifname . ipv6_addr", &plain(false));
    text += &set("set", "targets", "typeof iifname . @th,64,128", &targets);
    text += BRIDGE_RULES;
    text
}

/// Only a neighbour's question may come from no address, only the host says where routes lead, and who answers for an
/// address must have it.
const BRIDGE_RULES: &str = "\tchain guard {
\t\ttype filter hook prerouting priority -300; policy accept;
\t\tiifname != @links accept
\t\tiifname . ether saddr != @macs drop
\t\tiifname != @fixed accept
\t\tether type arp arp saddr ip 0.0.0.0 iifname . arp saddr ether @macs accept
\t\tether type arp iifname . arp saddr ether @macs iifname . arp saddr ip @own4 accept
\t\tether type ip iifname . ip saddr @own4 accept
\t\tether type ip6 icmpv6 type { nd-router-advert, nd-redirect } drop
\t\tether type ip6 icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @targets drop
\t\tether type ip6 ip6 saddr :: icmpv6 type { nd-neighbor-solicit, mld2-listener-report } accept
\t\tether type ip6 iifname . ip6 saddr @own6 accept
\t\tdrop
\t}
}
";

fn inet_table(settings: &Settings, systems: &[Attachment]) -> String {
    let Settings { bridge, ipv4, ipv6 } = settings;
    let routed: Vec<&Attachment> = systems.iter().filter(|one| one.mode == Mode::Routed).collect();
    let links: Vec<String> = routed.iter().map(|one| format!("{:?}", one.link)).collect();
    let own = |ipv4: bool| {
        let all = routed.iter().flat_map(move |one| one.addresses_of(ipv4).map(move |a| (&one.link, a)));
        all.map(|(link, address)| format!("{link:?} . {address}")).collect::<Vec<String>>()
    };
    let mut text = format!("table inet {bridge} {{\n");
    for (number, ipv4) in [(4, true), (6, false)] {
        let (anywhere, at) = published(systems, ipv4);
        let to = format!("ipv{number}_addr . inet_service");
        text += &set(
            "map",
            &format!("port{number}"),
            &format!("type inet_proto . inet_service : {to}"),
            &anywhere,
        );
        let of = format!("type ipv{number}_addr . inet_proto . inet_service : {to}");
        text += &set("map", &format!("at{number}"), &of, &at);
    }
    text += &set("set", "routed", "type ifname", &links);
    text += &set("set", "routed4", "type ifname . ipv4_addr", &own(true));
    text += &set("set", "routed6", "type ifname . ipv6_addr", &own(false));
    text += INET_RULES;
    let _infallible = write!(
        text,
        "\tchain postrouting {{
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\tip saddr {ipv4} oifname != \"{bridge}\" masquerade
\t\tip6 saddr {ipv6} oifname != \"{bridge}\" masquerade
\t\tip saddr {ipv4} oifname \"{bridge}\" ct status dnat masquerade
\t\tip6 saddr {ipv6} oifname \"{bridge}\" ct status dnat masquerade
\t}}
\tchain forward {{
\t\ttype filter hook forward priority filter; policy accept;
\t\toifname != \"{bridge}\" accept
\t\tiifname \"{bridge}\" accept
\t\tct state established,related accept
\t\tct status dnat accept
\t\tdrop
\t}}
}}
"
    );
    text
}

/// A system with addresses of its own on a link without a bridge sends with those alone. Ports are published at the
/// host's own addresses; a connection of the host to its loopback stays there.
const INET_RULES: &str = "\tchain guard {
\t\ttype filter hook prerouting priority raw; policy accept;
\t\tiifname != @routed accept
\t\tmeta nfproto ipv4 iifname . ip saddr @routed4 accept
\t\tmeta nfproto ipv6 iifname . ip6 saddr @routed6 accept
\t\tip6 saddr fe80::/10 ip6 daddr { fe80::/10, ff00::/8 } accept
\t\tip6 saddr :: icmpv6 type { nd-neighbor-solicit, mld2-listener-report } accept
\t\tdrop
\t}
\tchain published {
\t\tmeta nfproto ipv4 meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport map @at4
\t\tmeta nfproto ipv4 meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @port4
\t\tmeta nfproto ipv6 meta l4proto { tcp, udp } dnat ip6 to ip6 daddr . meta l4proto . th dport map @at6
\t\tmeta nfproto ipv6 meta l4proto { tcp, udp } dnat ip6 to meta l4proto . th dport map @port6
\t}
\tchain prerouting {
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tfib daddr type local jump published
\t}
\tchain output {
\t\ttype nat hook output priority -100; policy accept;
\t\tip daddr 127.0.0.0/8 accept
\t\tip6 daddr ::1 accept
\t\tfib daddr type local jump published
\t}
";

/// The elements of the maps of published ports: those at all of the host's addresses, and those at one.
fn published(systems: &[Attachment], ipv4: bool) -> (Vec<String>, Vec<String>) {
    let (mut anywhere, mut at) = (Vec::new(), Vec::new());
    for one in systems {
        let Some(address) = one.address(ipv4) else { continue };
        for port in &one.ports {
            let to = format!("{} . {} : {address} . {}", port.protocol(), port.from, port.to);
            match port.host {
                None => anywhere.push(to),
                Some(host) if host.is_ipv4() == ipv4 => at.push(format!("{host} . {to}")),
                Some(_) => {}
            }
        }
    }
    (anywhere, at)
}

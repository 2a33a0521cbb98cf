// SPDX-License-Identifier: Apache-2.0
//! /etc/resolv.conf of a system.

use super::{dns, settings};
use crate::config::{Config, Network};
use crate::error::Result;
use crate::host::Host;
use std::fs;
use std::net::IpAddr;

/// The host's own; the second is where systemd-resolved writes whom it asks, when the first one names itself.
const OF_THE_HOST: &[&str] = &["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/// Longer ones are no such file.
const LONGEST: u64 = 1 << 16;

/// The word for the host's own.
pub const INHERIT: &str = "inherit";

/// What a system's resolv.conf is to say; nothing when the system itself sees to it.
///
/// # Errors
/// `Value` for a `network.toml` that is wrong.
pub fn resolv_conf(host: &Host, config: &Config) -> Result<Option<String>> {
    let mut servers: Vec<String> = Vec::new();
    let mut domains = config.searchdomain.clone();
    let asks_host = match config.nameserver.as_slice() {
        [] => match &config.network {
            Network::Nat => {
                if let Some(settings) = settings::chosen(host)? {
                    servers.push(settings.gateway4().to_string());
                }
                false
            }
            Network::Host | Network::Routed => true,
            Network::Bridge(_) if !config.ip.is_empty() => true,
            // A client inside learns them with its address.
            Network::Bridge(_) | Network::None if domains.is_empty() => return Ok(None),
            Network::Bridge(_) | Network::None => false,
        },
        words => {
            servers.extend(words.iter().filter(|word| *word != INHERIT).cloned());
            words.iter().any(|word| word == INHERIT)
        }
    };
    if asks_host {
        let (there, searched) = of_the_host(config.network == Network::Host);
        servers.extend(there);
        if domains.is_empty() {
            domains = searched;
        }
    }
    domains.retain(|word| word != INHERIT);
    if config.network == Network::Nat && !domains.iter().any(|domain| domain == dns::DOMAIN) {
        // A resolver that never asks for a single word finds other systems in their domain.
        domains.push(dns::DOMAIN.to_owned());
    }
    let mut text = "# Written by ctctl at each start: see its keys nameserver and searchdomain.\n".to_owned();
    text.extend(servers.iter().map(|server| format!("nameserver {server}\n")));
    if !domains.is_empty() {
        text.push_str(&format!("search {}\n", domains.join(" ")));
    }
    Ok(Some(text))
}

/// Servers and domains of the host. A server at the host's loopback is none for a system with another loopback.
fn of_the_host(same_loopback: bool) -> (Vec<String>, Vec<String>) {
    for path in OF_THE_HOST {
        let is_short = fs::metadata(path).is_ok_and(|data| data.len() <= LONGEST);
        let text = if is_short { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        let (servers, domains) = read(&text, same_loopback);
        if !servers.is_empty() {
            return (servers, domains);
        }
    }
    (Vec::new(), Vec::new())
}

fn read(text: &str, same_loopback: bool) -> (Vec<String>, Vec<String>) {
    let (mut servers, mut domains) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => {
                let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
                let usable = address.filter(|address| same_loopback || !address.is_loopback());
                servers.extend(usable.map(|address| address.to_string()));
            }
            Some("search" | "domain") => domains = words.map(str::to_owned).collect(),
            _ => {}
        }
    }
    (servers, domains)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_a_system_cannot_reach_are_left_out() {
        let text = "# x\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch a b\n";
        assert_eq!(read(text, false), (vec!["192.0.2.1".to_owned()], vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read(text, true).0, ["127.0.0.53", "192.0.2.1"]);
    }
}

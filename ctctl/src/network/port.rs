// SPDX-License-Identifier: Apache-2.0
//! A port of the host that leads to a port of a system.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// What is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// The host's address that it is published at; all of them when absent.
    pub host: Option<IpAddr>,
    /// The host's port.
    pub from: u16,
    /// The system's port.
    pub to: u16,
    /// UDP; else TCP.
    pub udp: bool,
}

impl Port {
    /// The protocol's word.
    #[must_use]
    pub fn protocol(self) -> &'static str {
        if self.udp { "udp" } else { "tcp" }
    }

    /// Whether both want the same port of the host.
    #[must_use]
    pub fn collides(self, other: Port) -> bool {
        let both = self.host.is_none() || other.host.is_none() || self.host == other.host;
        both && self.from == other.from && self.udp == other.udp
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Some(IpAddr::V4(host)) => write!(f, "{host}:")?,
            Some(IpAddr::V6(host)) => write!(f, "[{host}]:")?,
            None => {}
        }
        write!(f, "{}:{}", self.from, self.to)?;
        if self.udp { f.write_str("/udp") } else { Ok(()) }
    }
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Port, String> {
        let wrong = || format!("{text:?}: expected [HOSTIP:]HOSTPORT:PORT[/udp]");
        let (rest, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let udp = match protocol {
            "udp" => true,
            "tcp" => false,
            _ => return Err(wrong()),
        };
        let (rest, to) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let (host, from) = rest.rsplit_once(':').map_or((None, rest), |(host, from)| (Some(host), from));
        let host = match host {
            None => None,
            Some(host) => {
                let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
                let address: IpAddr = bare.unwrap_or(host).parse().map_err(|_| wrong())?;
                if address.is_ipv6() != bare.is_some() {
                    return Err(wrong());
                }
                if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
                    return Err(format!("{text:?}: nothing can be published at {address}"));
                }
                Some(address)
            }
        };
        let number = |text: &str| text.parse::<u16>().ok().filter(|n| *n > 0).ok_or_else(wrong);
        Ok(Port { host, from: number(from)?, to: number(to)?, udp })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_and_shown() {
        for text in ["8080:80", "53:53/udp", "192.0.2.1:8080:80", "[2001:db8::1]:8080:80/udp"] {
            assert_eq!(text.parse::<Port>().unwrap().to_string(), text);
        }
        assert_eq!("80:80/tcp".parse::<Port>().unwrap().to_string(), "80:80");
        for wrong in [
            "80",
            "0:80",
            "80:0",
            "80:80/sctp",
            "x:80:80",
            "2001:db8::1:80:80",
            "[192.0.2.1]:80:80",
            "127.0.0.1:1:1",
            "70000:80",
            "",
        ] {
            assert!(wrong.parse::<Port>().is_err(), "{wrong}");
        }
        let collide = |a: &str, b: &str| a.parse::<Port>().unwrap().collides(b.parse().unwrap());
        assert!(collide("80:80", "192.0.2.1:80:81") && collide("80:80", "80:90"));
        assert!(!collide("80:80", "80:80/udp") && !collide("192.0.2.1:80:80", "192.0.2.2:80:80"));
    }
}

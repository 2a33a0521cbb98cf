// SPDX-License-Identifier: Apache-2.0
//! What a running system has of networks, as it is written beside its bundle before any of it is made: whoever cleans up
//! or repairs reads it, whatever the configuration says by then.

use super::address::{Block, Mac};
use super::port::Port;
use super::settings::Settings;
use crate::config::{Config, Network};
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a routed system's default routes lead to: addresses that each host's end has on its link alone.
pub(super) const NEXT_HOPS: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(169, 254, 1, 1)), IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1))];

/// How it is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    /// A port of our own bridge, behind the host's address.
    Nat,
    /// A port of the administrator's bridge.
    Bridge(String),
    /// Routes to its addresses.
    Routed,
}

/// A running system's part of the networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attachment {
    pub(super) name: String,
    pub(super) uuid: String,
    pub(super) mode: Mode,
    /// The host's end.
    pub(super) link: String,
    /// The hardware address of its end.
    pub(super) mac: Mac,
    /// Its addresses.
    pub(super) addresses: Vec<Block>,
    /// Where its default routes lead, by way of its end.
    pub(super) gateways: Vec<IpAddr>,
    pub(super) ports: Vec<Port>,
}

/// The name of the host's end of a system's interface.
#[must_use]
pub(super) fn link_name(ctid: u64) -> String {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let decimal = format!("ve{ctid}");
    if decimal.len() < 15 {
        return decimal;
    }
    // A name has 15 bytes, a number of 64 bits 20 digits: in base 36 it has 13. None is as short as a decimal one.
    let mut digits = Vec::new();
    let mut rest = ctid;
    while rest > 0 {
        digits.push(char::from(DIGITS[usize::try_from(rest % 36).unwrap_or(0)]));
        rest /= 36;
    }
    format!("v{:_>14}", digits.iter().rev().collect::<String>())
}

impl Attachment {
    /// What a configuration asks for; nothing for a system without a network of ours.
    pub(super) fn of(config: &Config, settings: &Settings, ipv6: bool) -> Result<Option<Attachment>> {
        let mode = match &config.network {
            Network::None | Network::Host => return Ok(None),
            Network::Nat => Mode::Nat,
            Network::Bridge(name) => Mode::Bridge(name.clone()),
            Network::Routed => Mode::Routed,
        };
        let (addresses, gateways) = match &mode {
            Mode::Nat => {
                let address = config.address.filter(|address| settings.ipv4.contains(*address));
                let address = address.ok_or_else(|| outside(config, settings))?;
                let mut addresses = vec![Block::new(address, settings.ipv4.prefix)];
                let mut gateways = vec![settings.gateway4()];
                if ipv6 {
                    let twin = settings.twin(address);
                    addresses.extend(twin.map(|twin| Block::new(twin, settings.ipv6.prefix)));
                    gateways.push(settings.gateway6());
                }
                (addresses, gateways)
            }
            Mode::Bridge(_) => (config.ip.clone(), config.gateway.clone()),
            Mode::Routed => {
                (config.ip.iter().map(|ip| Block::single(ip.address)).collect(), NEXT_HOPS.to_vec())
            }
        };
        Ok(Some(Attachment {
            name: config.name.clone(),
            uuid: config.uuid.clone(),
            mode,
            link: link_name(config.ctid),
            mac: config.mac(),
            addresses,
            gateways,
            ports: config.port.clone(),
        }))
    }

    /// The hardware address of the host's end, by which it is known again.
    pub(super) fn mark(&self) -> Mac {
        let other_half: String = self.uuid.chars().filter(char::is_ascii_hexdigit).skip(20).collect();
        Mac::from_uuid(&other_half)
    }

    /// The addresses of one family.
    pub(super) fn addresses_of(&self, ipv4: bool) -> impl Iterator<Item = IpAddr> + '_ {
        self.addresses.iter().map(|block| block.address).filter(move |address| address.is_ipv4() == ipv4)
    }

    /// The address that published ports lead to.
    pub(super) fn address(&self, ipv4: bool) -> Option<IpAddr> {
        self.addresses_of(ipv4).next()
    }

    fn to_json(&self) -> Value {
        let words = |list: &[String]| json!(list);
        let (mode, bridge) = match &self.mode {
            Mode::Nat => ("nat", None),
            Mode::Bridge(name) => ("bridge", Some(name)),
            Mode::Routed => ("routed", None),
        };
        json!({
            "uuid": self.uuid, "mode": mode, "bridge": bridge, "link": self.link, "mac": self.mac.to_string(),
            "addresses": words(&self.addresses.iter().map(Block::to_string).collect::<Vec<_>>()),
            "gateways": words(&self.gateways.iter().map(IpAddr::to_string).collect::<Vec<_>>()),
            "ports": words(&self.ports.iter().map(Port::to_string).collect::<Vec<_>>()),
        })
    }

    fn from_json(name: &str, value: &Value) -> Option<Attachment> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        fn list<T: std::str::FromStr>(value: &Value) -> Option<Vec<T>> {
            value.as_array()?.iter().map(|word| word.as_str()?.parse().ok()).collect()
        }
        Some(Attachment {
            name: name.to_owned(),
            uuid: text("uuid")?,
            mode: match text("mode")?.as_str() {
                "nat" => Mode::Nat,
                "bridge" => Mode::Bridge(text("bridge")?),
                _ => Mode::Routed,
            },
            link: text("link")?,
            mac: text("mac")?.parse().ok()?,
            addresses: list(&value["addresses"])?,
            gateways: list(&value["gateways"])?,
            ports: list(&value["ports"])?,
        })
    }

    /// Writes it down; a reader sees the old one or the new one.
    pub(super) fn save(&self, host: &Host) -> Result<()> {
        let path = host.attachment_file(&self.name);
        let new = path.with_extension("new");
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&new)?;
            file.write_all(format!("{:#}\n", self.to_json()).as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().context(|| format!("write {}", path.display()))
    }

    /// What is written down of a system.
    pub(super) fn load(host: &Host, name: &str) -> Result<Option<Attachment>> {
        let path = host.attachment_file(name);
        let text = match fs::read_to_string(&path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            other => other.context(|| path.display().to_string())?,
        };
        let read = serde_json::from_str(&text).ok().and_then(|value| Attachment::from_json(name, &value));
        read.map(Some).ok_or_else(|| Error::new(Exit::Failure, format!("{} is damaged", path.display())))
    }

    /// Those of all systems.
    pub(super) fn all(host: &Host) -> Result<Vec<Attachment>> {
        let mut names = host.run_names();
        names.sort();
        names.iter().filter_map(|name| Attachment::load(host, name).transpose()).collect()
    }

    /// Forgets it.
    pub(super) fn forget(host: &Host, name: &str) -> Result<()> {
        let path = host.attachment_file(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).context(|| format!("remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }
}

fn outside(config: &Config, settings: &Settings) -> Error {
    let name = &config.name;
    match config.address {
        Some(address) => {
            Error::new(Exit::Value, format!("address: {address} is not in the bridge's {}", settings.ipv4))
        }
        None => Error::new(Exit::Value, "address: network=nat needs one"),
    }
    .hint(format!("ctctl set {name} address= chooses a free one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_a_name_of_its_own_whatever_the_number() {
        assert_eq!(link_name(101), "ve101");
        let long = link_name(u64::MAX);
        assert_eq!((long.len(), long.as_str()), (15, "v_3w5e11264sgsf"));
        assert_ne!(link_name(u64::MAX - 1), long);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut config = Config::new("web");
        config.uuid = "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned();
        config.network = Network::Nat;
        config.address = Some("10.86.0.2".parse().unwrap());
        config.port = vec!["8080:80".parse().unwrap()];
        let settings = Settings {
            bridge: "ctctl0".to_owned(),
            ipv4: "10.86.0.0/20".parse().unwrap(),
            ipv6: "fd00::/64".parse().unwrap(),
        };
        let nat = Attachment::of(&config, &settings, true).unwrap().unwrap();
        assert_eq!(Attachment::from_json("web", &nat.to_json()), Some(nat.clone()));
        assert_eq!(nat.address(false), Some("fd00::2".parse().unwrap()));
        config.network = Network::Bridge("br0".to_owned());
        let bridge = Attachment::of(&config, &settings, true).unwrap().unwrap();
        assert_eq!(Attachment::from_json("web", &bridge.to_json()), Some(bridge));
        config.network = Network::Nat;
        config.address = Some("10.1.0.2".parse().unwrap());
        assert!(Attachment::of(&config, &settings, true).is_err());
        config.network = Network::None;
        assert_eq!(Attachment::of(&config, &settings, true).unwrap(), None);
    }
}

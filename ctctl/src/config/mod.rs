// SPDX-License-Identifier: Apache-2.0
//! A system's configuration: typed ([`Config`]), as a file ([`file`]), and the one table of its keys ([`keys`]).

pub mod assign;
pub mod device;
pub mod dump;
pub mod file;
pub mod keys;
pub mod limits;
mod read;
pub mod restart;
pub mod value;

use crate::idmap::IdMap;
use crate::network::address::{Block, Mac};
use crate::network::port::Port;
use restart::Restart;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Everything that is configured of one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The system's name: that of its file.
    pub name: String,
    /// Its number, from 101 upwards.
    pub ctid: u64,
    /// Its identity: becomes the machine-id.
    pub uuid: String,
    /// The template that it was made from.
    pub template: String,
    /// Digests of the template's layers, lowest first. They stay when the template is built anew.
    pub layers: Vec<String>,
    /// Host ids of its users.
    pub idmap: IdMap,
    /// What it is for, in words.
    pub description: Option<String>,
    /// `KEY=VALUE` or `KEY`, sorted, each key once.
    pub labels: Vec<String>,
    /// Its host name; the system's name when absent.
    pub hostname: Option<String>,
    /// The first program, with arguments.
    pub init: Vec<String>,
    /// What the environment of programs inside has beside the usual, as `NAME=VALUE`.
    pub env: Vec<String>,
    /// The folder that the first program begins in.
    pub cwd: Option<String>,
    /// Numbers of the first program's user and group inside.
    pub user: (u32, u32),
    /// What asks init to halt.
    pub halt_signal: String,
    /// Seconds that an orderly stop may take.
    pub stop_timeout: u64,
    /// When a system that has ended is started again.
    pub restart: Restart,
    /// Whether it is started when the host boots; as it was before, when absent.
    pub onboot: Option<bool>,
    /// Its place among those; those without one are last.
    pub boot_order: Option<u64>,
    /// Seconds between its start and the next at boot.
    pub boot_delay: u64,
    /// Whether it may not be started.
    pub disabled: bool,
    /// Whether it is destroyed when it has stopped.
    pub ephemeral: bool,
    /// What its programs may do.
    pub profile: Profile,
    /// Whether a small init of ours is process 1, with `init` its only child.
    pub mini_init: bool,
    /// Bytes of a file of the console's log.
    pub log_max: u64,
    /// Files of the log that are kept beside the current one.
    pub log_files: u64,
    /// Bytes that are shown to who attends the console anew.
    pub console_buffer: u64,
    /// When a system counts as started.
    pub ready: Ready,
    /// Its network.
    pub network: Network,
    /// Its address on the bridge of `network=nat`.
    pub address: Option<IpAddr>,
    /// Its hardware address; made of its uuid when absent.
    pub mac: Option<Mac>,
    /// Addresses of its own, on an administrator's bridge or routed.
    pub ip: Vec<Block>,
    /// Where its default routes lead on an administrator's bridge.
    pub gateway: Vec<IpAddr>,
    /// Ports of the host that lead to it.
    pub port: Vec<Port>,
    /// Servers of names, or `inherit`.
    pub nameserver: Vec<String>,
    /// Domains that names are looked for in.
    pub searchdomain: Vec<String>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Percent of one processor.
    pub cpulimit: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Limits beside these.
    pub limits: limits::Limits,
    /// What the host has that is not there by default.
    pub features: Vec<Feature>,
    /// Capabilities that differ from the default: `+NAME` and `-NAME`.
    pub cap: Vec<String>,
    /// What it has of the host's files and devices.
    pub devices: Vec<device::Named>,
}

/// Something of the kernel that a system does without unless it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// File systems in user space: /dev/fuse.
    Fuse,
    /// Containers inside: user namespaces and the calls that runtimes use.
    Nesting,
    /// Tunnels: /dev/net/tun.
    Tun,
    /// The calls of the kernel's key rings.
    Keyctl,
}

impl Feature {
    /// All of them, with their words.
    pub const ALL: &[(Feature, &str)] = &[
        (Feature::Fuse, "fuse"),
        (Feature::Nesting, "nesting"),
        (Feature::Tun, "tun"),
        (Feature::Keyctl, "keyctl"),
    ];
}

/// When a system counts as started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// When process 1 says so (`READY=1`), as systemd does at its default target.
    Notify,
    /// When process 1 runs.
    Running,
}

/// What a system's programs may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// What an init needs that manages a whole system.
    System,
    /// What one application needs.
    Strict,
}

/// A system's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// A network of its own with nothing but the loopback.
    None,
    /// The host's.
    Host,
    /// Our own bridge, behind the host's address.
    Nat,
    /// A port of the administrator's bridge.
    Bridge(String),
    /// Routes of the host to its addresses.
    Routed,
}

impl Network {
    /// Whether we connect it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        !matches!(self, Network::None | Network::Host)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Network::None => f.write_str("none"),
            Network::Host => f.write_str("host"),
            Network::Nat => f.write_str("nat"),
            Network::Bridge(name) => write!(f, "bridge:{name}"),
            Network::Routed => f.write_str("routed"),
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        match (text, text.strip_prefix("bridge:")) {
            ("none", _) => Ok(Network::None),
            ("host", _) => Ok(Network::Host),
            ("nat", _) => Ok(Network::Nat),
            ("routed", _) => Ok(Network::Routed),
            (_, Some(name)) if crate::network::settings::is_interface_name(name) => {
                Ok(Network::Bridge(name.to_owned()))
            }
            _ => Err(format!("{text:?} is none of nat, none, host, routed, bridge:NAME")),
        }
    }
}

impl Config {
    /// A configuration with every key at its default.
    #[must_use]
    pub fn new(name: &str) -> Config {
        Config {
            name: name.to_owned(),
            ctid: 0,
            uuid: String::new(),
            template: String::new(),
            layers: Vec::new(),
            idmap: IdMap::Host,
            description: None,
            labels: Vec::new(),
            hostname: None,
            init: vec!["/sbin/init".to_owned()],
            env: Vec::new(),
            cwd: None,
            user: (0, 0),
            halt_signal: "TERM".to_owned(),
            stop_timeout: 120,
            restart: Restart::No,
            onboot: None,
            boot_order: None,
            boot_delay: 0,
            disabled: false,
            ephemeral: false,
            profile: Profile::System,
            mini_init: false,
            log_max: 1 << 20,
            log_files: 1,
            console_buffer: 64 << 10,
            ready: Ready::Running,
            network: Network::None,
            address: None,
            mac: None,
            ip: Vec::new(),
            gateway: Vec::new(),
            port: Vec::new(),
            nameserver: Vec::new(),
            searchdomain: Vec::new(),
            memory: None,
            cpulimit: None,
            pids: None,
            limits: limits::Limits::default(),
            features: Vec::new(),
            cap: Vec::new(),
            devices: Vec::new(),
        }
    }

    /// Whether it has a feature.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// The words of its features, in the order of all.
    #[must_use]
    pub fn feature_names(&self) -> Vec<&'static str> {
        Feature::ALL.iter().filter(|(feature, _)| self.has(*feature)).map(|(_, name)| *name).collect()
    }

    /// Its devices, and those that its features bring.
    #[must_use]
    pub fn all_devices(&self) -> Vec<device::Named> {
        let mut all = self.devices.clone();
        for (feature, name, path, number) in [
            (Feature::Fuse, "fuse", "/dev/fuse", (10, 229)),
            (Feature::Tun, "tun", "/dev/net/tun", (10, 200)),
        ] {
            let is_given = self.devices.iter().any(|named| device::target(&named.device) == path);
            if self.has(feature) && !is_given {
                all.push(device::Named { name: name.to_owned(), device: device::node(path, number) });
            }
        }
        all
    }

    /// Refuses keys that do not go together, each good in itself.
    ///
    /// # Errors
    /// `Value`, with the names of both.
    pub fn check(&self) -> crate::Result<()> {
        let wrong = |text: String, hint: &str| Err(crate::Error::new(crate::Exit::Value, text).hint(hint));
        let is_open = |(feature, _): &&(Feature, &str)| {
            matches!(feature, Feature::Nesting | Feature::Keyctl) && self.has(*feature)
        };
        if let Some((_, name)) = Feature::ALL.iter().find(is_open) {
            if self.idmap == IdMap::Host {
                return wrong(
                    format!("features: {name} does not go with idmap=host"),
                    "it would be given to the host's root: create the system with ids of its own",
                );
            }
            if self.profile == Profile::Strict {
                return wrong(
                    format!("features: {name} does not go with profile=strict"),
                    "the strict profile refuses the calls that it needs: profile=system has them",
                );
            }
        }
        if let IdMap::Range { size, .. } = self.idmap {
            // Beyond its own range are the ids of other systems.
            let has = |node: &device::Node| node.uid < size && node.gid < size;
            let is_foreign =
                |named: &&device::Named| matches!(&named.device, device::Device::Node(node) if !has(node));
            if let Some(named) = self.devices.iter().find(is_foreign) {
                let text = format!("devices.{}: uid or gid is none of the system's ids", named.name);
                return wrong(text, &format!("they are 0 to {}", size - 1));
            }
        }
        let mut places: Vec<&str> = self.devices.iter().map(|named| device::target(&named.device)).collect();
        places.sort_unstable();
        match places.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => wrong(format!("devices: two are at {}", pair[0]), "ctctl device rm takes one away"),
            None => Ok(()),
        }
    }

    /// Its hardware address.
    #[must_use]
    pub fn mac(&self) -> Mac {
        self.mac.unwrap_or_else(|| Mac::from_uuid(&self.uuid))
    }

    /// The name that it shows inside.
    #[must_use]
    pub fn hostname(&self) -> &str {
        self.hostname.as_deref().unwrap_or(&self.name)
    }
}

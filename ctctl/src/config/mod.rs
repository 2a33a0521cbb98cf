// SPDX-License-Identifier: Apache-2.0
//! A system's configuration: typed ([`Config`]), as a file ([`file`]), and the one table of its keys ([`keys`]).

pub mod device;
pub mod file;
pub mod keys;
pub mod value;

use crate::idmap::IdMap;

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
    /// Its host name; the system's name when absent.
    pub hostname: Option<String>,
    /// The first program, with arguments.
    pub init: Vec<String>,
    /// What the environment of programs inside has beside the usual, as `NAME=VALUE`.
    pub env: Vec<String>,
    /// The folder that the first program begins in.
    pub cwd: Option<String>,
    /// What asks init to halt.
    pub halt_signal: String,
    /// Seconds that an orderly stop may take.
    pub stop_timeout: u64,
    /// When a system counts as started.
    pub ready: Ready,
    /// Its network.
    pub network: Network,
    /// Bytes.
    pub memory: Option<u64>,
    /// Percent of one processor.
    pub cpulimit: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
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

/// A system's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// A network of its own with nothing but the loopback.
    None,
    /// The host's.
    Host,
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
            hostname: None,
            init: vec!["/sbin/init".to_owned()],
            env: Vec::new(),
            cwd: None,
            halt_signal: "TERM".to_owned(),
            stop_timeout: 120,
            ready: Ready::Running,
            network: Network::None,
            memory: None,
            cpulimit: None,
            pids: None,
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
        if self.idmap == IdMap::Host {
            for (feature, name) in Feature::ALL {
                let is_open = matches!(feature, Feature::Nesting | Feature::Keyctl);
                if is_open && self.has(*feature) {
                    let text = format!("features: {name} does not go with idmap=host");
                    return wrong(
                        text,
                        "it would be given to the host's root: create the system with ids of its own",
                    );
                }
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

    /// The name that it shows inside.
    #[must_use]
    pub fn hostname(&self) -> &str {
        self.hostname.as_deref().unwrap_or(&self.name)
    }
}

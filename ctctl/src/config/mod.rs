// SPDX-License-Identifier: Apache-2.0
//! A system's configuration: typed ([`Config`]), as a file ([`file`]), and the one table of its keys ([`keys`]).

pub mod dump;
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
            description: None,
            labels: Vec::new(),
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
        }
    }

    /// The name that it shows inside.
    #[must_use]
    pub fn hostname(&self) -> &str {
        self.hostname.as_deref().unwrap_or(&self.name)
    }
}

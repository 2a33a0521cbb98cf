// SPDX-License-Identifier: Apache-2.0
//! A system's configuration: typed ([`Config`]), as a file ([`file`]), and the one table of its keys ([`keys`]).

pub mod file;
pub mod keys;
pub mod restart;
pub mod value;

use crate::idmap::IdMap;
use restart::Restart;

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
    /// What its administrator says of it.
    pub description: Option<String>,
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

/// What a system's programs may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// What an init needs that manages a whole system.
    System,
    /// What one application needs.
    Strict,
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
            restart: Restart::No,
            onboot: None,
            boot_order: None,
            boot_delay: 0,
            disabled: false,
            description: None,
            ephemeral: false,
            profile: Profile::System,
            mini_init: false,
            log_max: 1 << 20,
            log_files: 1,
            console_buffer: 64 << 10,
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

// SPDX-License-Identifier: Apache-2.0
//! What is remembered of a container, and its status as the kernel has it at each read.

mod identity;
mod record;
mod report;
mod store;
mod time;

pub use identity::Identity;
pub use report::Report;
pub use store::{Container, Root, check_id};
pub use time::{now, rfc3339};

use crate::spec::IdMapping;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The content of `state.json`: facts that do not change after create, but for the process.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// Version of the specification that the bundle follows.
    pub oci_version: String,
    /// The container's name.
    pub id: String,
    /// Number of its first process in the pid namespace of the runtime; none before it is there.
    pub pid: Option<i32>,
    /// With the number it means this process and no later one.
    pub identity: Identity,
    /// The boot in which it was made, where the record outlives that boot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// Absolute path of the bundle.
    pub bundle: PathBuf,
    /// Absolute path of the root file system.
    pub rootfs: PathBuf,
    /// When it was made, RFC 3339.
    pub created: String,
    /// User who made it.
    pub owner: u32,
    /// As in config.json.
    pub annotations: BTreeMap<String, String>,
    /// Paths of its control groups, as the cgroup layer wants them back.
    pub cgroup: crate::cgroup::Saved,
    /// `CLONE_NEW*` bits of the namespaces that are not the runtime's own: what exec joins.
    pub namespaces: u64,
    /// Whether its configuration has hooks: most have none, and need not be read again.
    pub has_hooks: bool,
    /// The name of the session keyring that its processes share, if they have one of their own.
    pub keyring: Option<String>,
    /// Mappings of its user namespace, if it has one of its own.
    pub uid_mappings: Vec<IdMapping>,
    /// Mappings of its user namespace, if it has one of its own.
    pub gid_mappings: Vec<IdMapping>,
}

/// Where a container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `create` is at work, or died at it.
    Creating,
    /// The payload waits for `start`.
    Created,
    /// The payload runs.
    Running,
    /// The payload runs and is frozen.
    Paused,
    /// The first process is no more.
    Stopped,
}

impl Status {
    /// The specification's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Creating => "creating",
            Status::Created => "created",
            Status::Running => "running",
            Status::Paused => "paused",
            Status::Stopped => "stopped",
        }
    }
}

impl State {
    /// The first process, if it lives.
    ///
    /// # Errors
    /// EMFILE.
    pub fn first_process(&self) -> crate::error::Result<Option<runtime_sys::OwnedFd>> {
        match self.pid {
            // After a reboot process numbers, their inodes and start times begin anew.
            Some(_) if self.boot.is_some() && self.boot != identity::boot() => Ok(None),
            Some(pid) => self.identity.find(pid),
            None => Ok(None),
        }
    }

    /// Whether the first process lives.
    ///
    /// # Errors
    /// EMFILE.
    pub fn is_alive(&self) -> crate::error::Result<bool> {
        Ok(self.first_process()?.is_some())
    }
}

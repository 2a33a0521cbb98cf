// SPDX-License-Identifier: Apache-2.0
//! What is remembered of a container, and its status as the kernel has it at each read.

mod record;
mod report;
mod store;
mod time;

pub use report::Report;
pub use store::{Container, Root, check_id};
pub use time::now;

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
    /// Start time of that process (field 22 of /proc/PID/stat, clock ticks since boot): with the number it means
    /// this process and no later one.
    pub pid_start: u64,
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

/// Start time of a process that lives: nothing for one that is gone or a zombie.
#[must_use]
pub fn start_time(pid: i32) -> Option<u64> {
    let path = std::ffi::CString::new(format!("/proc/{pid}/stat")).ok()?;
    let mut stat = [0; 512];
    let stat = runtime_sys::fs::read_once(&path, &mut stat).ok()?;
    // The name stands in parentheses and may hold anything, so the fields are counted from the last one.
    let after = stat.iter().rposition(|byte| *byte == b')')? + 2;
    let mut fields = std::str::from_utf8(stat.get(after..)?).ok()?.split(' ');
    match fields.next()? {
        "Z" | "X" => None,
        // Field 3 is the state; 22 is the start time.
        _ => fields.nth(18)?.parse().ok(),
    }
}

impl State {
    /// Whether the first process lives and is the one that was recorded.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.pid.is_some_and(|pid| start_time(pid) == Some(self.pid_start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_start_time_and_a_missing_one_has_none() {
        let pid = i32::try_from(std::process::id()).unwrap();
        assert!(start_time(pid).unwrap() > 0);
        assert_eq!(start_time(i32::MAX), None);
        let state = State { pid: Some(pid), pid_start: 1, ..State::default() };
        assert!(!state.is_alive(), "another start time is another process");
    }
}

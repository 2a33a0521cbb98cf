// SPDX-License-Identifier: Apache-2.0
//! config.json: every property of runtime-spec 1.3 for Linux, as borrowed types.
//!
//! Names follow the specification. Values that are enumerations there are strings here: `plan/check.rs` turns an unknown one
//! into an error that names the field, or into a warning.

pub mod capabilities;
pub mod document;
pub mod items;
pub mod mount_options;
pub mod resources;
pub mod seccomp;
pub mod text;

use items::{Items, Pairs};
use serde::{Deserialize, Serialize};
use text::Text;

/// The version of the specification that is followed.
pub const VERSION: &str = "1.3.0";

/// A whole config.json.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec<'a> {
    #[serde(borrow)]
    pub oci_version: Text<'a>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub process: Option<Process<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub root: Option<Root<'a>>,
    #[serde(borrow)]
    pub hostname: Option<Text<'a>>,
    #[serde(borrow)]
    pub domainname: Option<Text<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub mounts: Items<Mount<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub hooks: Option<Hooks<'a>>,
    #[serde(borrow)]
    pub annotations: Pairs<'a>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub linux: Option<Linux<'a>>,
    /// Present or not: the vm mode reads it.
    pub vm: Option<serde::de::IgnoredAny>,
}

/// What one more process in a container needs of its config.json. The rest, which is most of it, is skipped: an exec
/// that read it all would take a twentieth longer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ForExec<'a> {
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub process: Option<Process<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub linux: Option<LinuxForExec<'a>>,
}

/// `linux` of [`ForExec`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LinuxForExec<'a> {
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub seccomp: Option<seccomp::Seccomp<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub personality: Option<Personality<'a>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Process<'a> {
    pub terminal: bool,
    #[serde(deserialize_with = "items::object")]
    pub console_size: Option<ConsoleSize>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object_or_default")]
    pub user: User<'a>,
    #[serde(borrow)]
    pub args: Items<Text<'a>>,
    #[serde(borrow)]
    pub env: Items<Text<'a>>,
    #[serde(borrow)]
    pub cwd: Text<'a>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub capabilities: Option<Capabilities<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub rlimits: Items<Rlimit<'a>>,
    pub no_new_privileges: bool,
    #[serde(borrow)]
    pub apparmor_profile: Option<Text<'a>>,
    pub oom_score_adj: Option<i32>,
    #[serde(borrow)]
    pub selinux_label: Option<Text<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub scheduler: Option<Scheduler<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub io_priority: Option<IoPriority<'a>>,
    #[serde(rename = "execCPUAffinity", borrow)]
    #[serde(deserialize_with = "items::object")]
    pub exec_cpu_affinity: Option<CpuAffinity<'a>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct ConsoleSize {
    pub height: u16,
    pub width: u16,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct User<'a> {
    pub uid: u32,
    pub gid: u32,
    pub umask: Option<u32>,
    pub additional_gids: Items<u32>,
    #[serde(borrow)]
    pub username: Option<Text<'a>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Capabilities<'a> {
    #[serde(borrow)]
    pub bounding: Items<Text<'a>>,
    #[serde(borrow)]
    pub effective: Items<Text<'a>>,
    #[serde(borrow)]
    pub inheritable: Items<Text<'a>>,
    #[serde(borrow)]
    pub permitted: Items<Text<'a>>,
    #[serde(borrow)]
    pub ambient: Items<Text<'a>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rlimit<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    pub soft: u64,
    pub hard: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Scheduler<'a> {
    #[serde(borrow)]
    pub policy: Text<'a>,
    pub nice: i32,
    pub priority: i32,
    #[serde(borrow)]
    pub flags: Items<Text<'a>>,
    pub runtime: u64,
    pub deadline: u64,
    pub period: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct IoPriority<'a> {
    #[serde(borrow)]
    pub class: Text<'a>,
    pub priority: i32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CpuAffinity<'a> {
    #[serde(borrow)]
    pub initial: Option<Text<'a>>,
    #[serde(borrow, rename = "final")]
    pub last: Option<Text<'a>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Root<'a> {
    #[serde(borrow)]
    pub path: Text<'a>,
    pub readonly: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mount<'a> {
    #[serde(borrow)]
    pub destination: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub source: Option<Text<'a>>,
    #[serde(borrow)]
    pub options: Items<Text<'a>>,
    #[serde(deserialize_with = "items::objects")]
    pub uid_mappings: Items<IdMapping>,
    #[serde(deserialize_with = "items::objects")]
    pub gid_mappings: Items<IdMapping>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdMapping {
    #[serde(rename = "containerID")]
    pub container_id: u32,
    #[serde(rename = "hostID")]
    pub host_id: u32,
    pub size: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hooks<'a> {
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub prestart: Items<Hook<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub create_runtime: Items<Hook<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub create_container: Items<Hook<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub start_container: Items<Hook<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub poststart: Items<Hook<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub poststop: Items<Hook<'a>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Hook<'a> {
    #[serde(borrow)]
    pub path: Text<'a>,
    #[serde(borrow)]
    pub args: Items<Text<'a>>,
    /// Without it the hook has the environment that it would have anyway; an empty one is an empty one.
    #[serde(borrow)]
    pub env: Option<Items<Text<'a>>>,
    /// Seconds.
    pub timeout: Option<i64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Linux<'a> {
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub namespaces: Items<Namespace<'a>>,
    #[serde(deserialize_with = "items::objects")]
    pub uid_mappings: Items<IdMapping>,
    #[serde(deserialize_with = "items::objects")]
    pub gid_mappings: Items<IdMapping>,
    #[serde(deserialize_with = "items::object")]
    pub time_offsets: Option<TimeOffsets>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::objects")]
    pub devices: Items<Device<'a>>,
    #[serde(borrow)]
    pub cgroups_path: Option<Text<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub resources: Option<resources::Resources<'a>>,
    #[serde(borrow)]
    pub rootfs_propagation: Option<Text<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub seccomp: Option<seccomp::Seccomp<'a>>,
    #[serde(borrow)]
    pub sysctl: Pairs<'a>,
    #[serde(borrow)]
    pub masked_paths: Items<Text<'a>>,
    #[serde(borrow)]
    pub readonly_paths: Items<Text<'a>>,
    #[serde(borrow)]
    pub mount_label: Option<Text<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "items::object")]
    pub personality: Option<Personality<'a>>,
    pub intel_rdt: Option<serde::de::IgnoredAny>,
    pub memory_policy: Option<serde::de::IgnoredAny>,
    pub net_devices: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Namespace<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub path: Option<Text<'a>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct TimeOffsets {
    #[serde(deserialize_with = "items::object")]
    pub monotonic: Option<TimeOffset>,
    #[serde(deserialize_with = "items::object")]
    pub boottime: Option<TimeOffset>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct TimeOffset {
    pub secs: i64,
    pub nanosecs: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Device<'a> {
    #[serde(borrow)]
    pub path: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    pub major: i64,
    pub minor: i64,
    pub file_mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Personality<'a> {
    #[serde(borrow)]
    pub domain: Text<'a>,
    #[serde(borrow)]
    pub flags: Items<Text<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn strings_are_borrowed_and_null_lists_are_empty() {
        let json = r#"{"ociVersion":"1.0.2","process":{"args":["sh","-c"],"env":null,"cwd":"/"},
            "linux":{"namespaces":[{"type":"pid","path":"/p"}],"sysctl":null},"unknown":{"a":[1]}}"#;
        let spec: Spec<'_> = serde_json::from_str(json).unwrap();
        let process = spec.process.unwrap();
        assert!(process.args.iter().all(|arg| matches!(arg.0, Cow::Borrowed(_))));
        assert!(process.env.is_empty());
        let linux = spec.linux.unwrap();
        assert!(matches!(linux.namespaces[0].path.as_ref().unwrap().0, Cow::Borrowed("/p")));
        assert!(linux.sysctl.is_empty());
    }
}

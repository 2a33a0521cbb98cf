// SPDX-License-Identifier: Apache-2.0
//! `linux.resources`: what a control group is asked to limit.
//!
//! A field that is absent is `None`: it stays as it is on `update` and at the kernel's default on `create`.

use super::text::{Text, null_as_default};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `linux.resources`, and the document that `update --resources` reads.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Resources<'a> {
    /// Rules of the device filter, in order: the last one that matches decides.
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub devices: Vec<DeviceRule<'a>>,
    #[serde(deserialize_with = "super::items::object")]
    pub memory: Option<Memory>,
    #[serde(borrow)]
    #[serde(deserialize_with = "super::items::object")]
    pub cpu: Option<Cpu<'a>>,
    #[serde(deserialize_with = "super::items::object")]
    pub pids: Option<Pids>,
    #[serde(rename = "blockIO")]
    #[serde(deserialize_with = "super::items::object")]
    pub block_io: Option<BlockIo>,
    #[serde(borrow, rename = "hugepageLimits", deserialize_with = "null_as_default")]
    pub hugepage_limits: Vec<HugepageLimit<'a>>,
    #[serde(borrow)]
    #[serde(deserialize_with = "super::items::object")]
    pub network: Option<Network<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub rdma: BTreeMap<Text<'a>, Rdma>,
    /// Files of the cgroup v2 directory, written as they are.
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub unified: BTreeMap<Text<'a>, Text<'a>>,
}

/// One rule of the device filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct DeviceRule<'a> {
    pub allow: bool,
    /// `a` (all), `b`, `c` or `u` (which is `c`); absent is `a`.
    #[serde(borrow, default, rename = "type")]
    pub kind: Option<Text<'a>>,
    /// Absent or -1 is any.
    #[serde(default)]
    pub major: Option<i64>,
    /// Absent or -1 is any.
    #[serde(default)]
    pub minor: Option<i64>,
    /// A subset of `rwm`; absent or empty is all three.
    #[serde(borrow, default)]
    pub access: Option<Text<'a>>,
}

/// `resources.memory`, in bytes; -1 is without limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Memory {
    pub limit: Option<i64>,
    pub reservation: Option<i64>,
    /// Memory and swap together, as cgroup v1 counts them.
    pub swap: Option<i64>,
    pub kernel: Option<i64>,
    #[serde(rename = "kernelTCP")]
    pub kernel_tcp: Option<i64>,
    pub swappiness: Option<u64>,
    #[serde(rename = "disableOOMKiller")]
    pub disable_oom_killer: Option<bool>,
    pub use_hierarchy: Option<bool>,
    pub check_before_update: Option<bool>,
}

/// `resources.cpu`; times in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Cpu<'a> {
    pub shares: Option<u64>,
    pub quota: Option<i64>,
    pub burst: Option<u64>,
    pub period: Option<u64>,
    pub realtime_runtime: Option<i64>,
    pub realtime_period: Option<u64>,
    #[serde(borrow)]
    pub cpus: Option<Text<'a>>,
    #[serde(borrow)]
    pub mems: Option<Text<'a>>,
    pub idle: Option<i64>,
}

/// `resources.pids`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Pids {
    /// 0 is a limit of its own; -1 is none.
    pub limit: Option<i64>,
}

/// `resources.blockIO`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BlockIo {
    pub weight: Option<u16>,
    pub leaf_weight: Option<u16>,
    #[serde(deserialize_with = "null_as_default")]
    pub weight_device: Vec<WeightDevice>,
    #[serde(deserialize_with = "null_as_default")]
    pub throttle_read_bps_device: Vec<ThrottleDevice>,
    #[serde(deserialize_with = "null_as_default")]
    pub throttle_write_bps_device: Vec<ThrottleDevice>,
    #[serde(rename = "throttleReadIOPSDevice", deserialize_with = "null_as_default")]
    pub throttle_read_iops_device: Vec<ThrottleDevice>,
    #[serde(rename = "throttleWriteIOPSDevice", deserialize_with = "null_as_default")]
    pub throttle_write_iops_device: Vec<ThrottleDevice>,
}

/// The weight of one block device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WeightDevice {
    pub major: u32,
    pub minor: u32,
    #[serde(default)]
    pub weight: Option<u16>,
    #[serde(default)]
    pub leaf_weight: Option<u16>,
}

/// A rate of one block device, in bytes or operations a second; 0 is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ThrottleDevice {
    pub major: u32,
    pub minor: u32,
    pub rate: u64,
}

/// A limit of one size of huge pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HugepageLimit<'a> {
    /// As the kernel writes it: `2MB`, `1GB`.
    #[serde(borrow)]
    pub page_size: Text<'a>,
    pub limit: u64,
}

/// `resources.network`: cgroup v1 only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Network<'a> {
    #[serde(rename = "classID")]
    pub class_id: Option<u32>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub priorities: Vec<InterfacePriority<'a>>,
}

/// The priority of one network interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct InterfacePriority<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub priority: u32,
}

/// The limits of one RDMA device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rdma {
    pub hca_handles: Option<u32>,
    pub hca_objects: Option<u32>,
}

impl Resources<'_> {
    /// Whether this asks for a limit, which a runtime without control groups could not give.
    ///
    /// Device rules do not count: every config.json has some.
    #[must_use]
    pub fn has_limits(&self) -> bool {
        let no_devices = Resources { devices: Vec::new(), ..self.clone() };
        no_devices != Resources::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn strings_are_borrowed_inside_options_lists_and_maps() {
        let json = r#"{"cpu":{"cpus":"0-3"},"devices":[{"allow":true,"type":"c","access":"rwm"}],
            "unified":{"memory.high":"max"},"hugepageLimits":[{"pageSize":"2MB","limit":1}],
            "network":{"classID":7,"priorities":[{"name":"eth0","priority":1}]}}"#;
        let resources: Resources = serde_json::from_str(json).unwrap();
        let borrowed = |text: &Text| matches!(text.0, Cow::Borrowed(_));
        assert!(borrowed(resources.cpu.unwrap().cpus.as_ref().unwrap()));
        assert!(borrowed(resources.devices[0].access.as_ref().unwrap()));
        assert!(borrowed(&resources.hugepage_limits[0].page_size));
        assert!(borrowed(&resources.network.unwrap().priorities[0].name));
        let (key, value) = resources.unified.first_key_value().unwrap();
        assert!(borrowed(key) && borrowed(value));
    }

    #[test]
    fn an_escaped_string_is_copied() {
        let resources: Resources = serde_json::from_str(r#"{"cpu":{"cpus":"0\u002d3"}}"#).unwrap();
        assert_eq!(resources.cpu.unwrap().cpus.unwrap(), "0-3");
    }

    #[test]
    fn null_is_absent_everywhere() {
        let json = r#"{"devices":null,"memory":null,"cpu":{"shares":null,"cpus":null},"pids":{"limit":null},
            "blockIO":{"weight":null,"weightDevice":null,"throttleReadBpsDevice":null,
            "throttleWriteIOPSDevice":null},"hugepageLimits":null,"network":{"classID":null,"priorities":null},
            "rdma":null,"unified":null}"#;
        let resources: Resources = serde_json::from_str(json).unwrap();
        assert_eq!(resources.cpu, Some(Cpu::default()));
        assert_eq!(resources.block_io, Some(BlockIo::default()));
        assert!(resources.devices.is_empty() && resources.unified.is_empty());
    }

    #[test]
    fn the_spellings_of_the_specification_are_read() {
        let json = r#"{"memory":{"limit":1,"swap":-1,"kernelTCP":2,"disableOOMKiller":true,"useHierarchy":false,
            "checkBeforeUpdate":true},"cpu":{"realtimeRuntime":5,"realtimePeriod":6,"idle":1},
            "blockIO":{"leafWeight":10,"weightDevice":[{"major":8,"minor":0,"leafWeight":20}],
            "throttleWriteIOPSDevice":[{"major":8,"minor":1,"rate":600}]},
            "rdma":{"mlx5_1":{"hcaHandles":3,"hcaObjects":10000}},"pids":{}}"#;
        let resources: Resources = serde_json::from_str(json).unwrap();
        let memory = resources.memory.unwrap();
        assert_eq!((memory.kernel_tcp, memory.disable_oom_killer), (Some(2), Some(true)));
        assert_eq!(resources.cpu.unwrap().realtime_period, Some(6));
        let block_io = resources.block_io.unwrap();
        assert_eq!(block_io.weight_device[0].leaf_weight, Some(20));
        assert_eq!(block_io.throttle_write_iops_device[0].rate, 600);
        assert_eq!(resources.rdma[&Text::from("mlx5_1")].hca_handles, Some(3));
        assert_eq!(resources.pids, Some(Pids { limit: None }));
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Limits of a system that runs, and what its control groups say of them.

use super::machine::machine;
use crate::config::Config;
use crate::error::{Context, Result};
use crate::host::Host;
use crate::output;
use crate::resources::{is_limit, resources};
use runtime::cgroup::Cgroup;
use runtime::state::Root;
use runtime::verbs::update;

/// Whether this host can give the limits of these keys, as far as can be told before they are applied.
///
/// # Errors
/// `Value` and `Unsupported`, by the key's name.
pub fn check(host: &Host, config: &Config, keys: &[&str]) -> Result<()> {
    resources(config, keys, &machine(host, keys)?).map(drop)
}

/// Makes the limits of these keys in a running system those of its configuration; other keys are passed over. When one
/// is refused, those before it become again what `old` says.
///
/// # Errors
/// `State` when it does not run; the limit that the kernel did not take, by its key.
pub fn apply(host: &Host, old: &Config, new: &Config, keys: &[&str]) -> Result<()> {
    let keys: Vec<&str> = keys.iter().copied().filter(|key| is_limit(key)).collect();
    check(host, new, &keys)?;
    for (number, key) in keys.iter().enumerate() {
        if let Err(error) = apply_one(host, new, key) {
            for done in keys[..=number].iter().rev() {
                if let Err(error) = apply_one(host, old, done) {
                    output::progress(&format!("take back {error}"));
                }
            }
            return Err(error);
        }
    }
    Ok(())
}

fn apply_one(host: &Host, config: &Config, key: &str) -> Result<()> {
    let root = Root::open(&host.oci_root())?;
    let document = resources(config, &[key], &machine(host, &[key])?)?.to_string();
    let resources = update::parse(document.as_bytes())?;
    update::update(&root, &config.name, &resources).context(|| key)
}

/// Where a limit can be read: the key, v1's controller and file, v2's file.
const FILES: &[(&str, &str, &str, &str)] = &[
    ("memory", "memory", "memory.limit_in_bytes", "memory.max"),
    ("swap", "memory", "memory.memsw.limit_in_bytes", "memory.swap.max"),
    ("memory_low", "memory", "memory.soft_limit_in_bytes", "memory.low"),
    ("cpuunits", "cpu", "cpu.shares", "cpu.weight"),
    ("cpulimit", "cpu", "cpu.cfs_quota_us", "cpu.max"),
    ("cpus", "cpuset", "cpuset.effective_cpus", "cpuset.cpus.effective"),
    ("cpumask", "cpuset", "cpuset.effective_cpus", "cpuset.cpus.effective"),
    ("nodemask", "cpuset", "cpuset.effective_mems", "cpuset.mems.effective"),
    ("iolimit", "blkio", "blkio.throttle.read_bps_device", "io.max"),
    ("iopslimit", "blkio", "blkio.throttle.read_iops_device", "io.max"),
    ("pids", "pids", "pids.max", "pids.max"),
];

/// A limit that a running system has, in the kernel's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actual {
    /// The key.
    pub key: &'static str,
    /// The file of the control group.
    pub file: &'static str,
    /// What it says.
    pub value: String,
}

/// The limits that the kernel holds a running system to. What this host does not count is left out.
///
/// # Errors
/// The runtime's state cannot be read.
pub fn actual(host: &Host, name: &str) -> Result<Vec<Actual>> {
    let root = Root::open(&host.oci_root())?;
    let state = root.container(name)?.state()?;
    let cgroup = Cgroup::open(&state.cgroup);
    let mut found = Vec::new();
    for (key, controller, v1, v2) in FILES {
        if let Some((file, text)) = cgroup.setting(controller, v1, v2) {
            let value = match text.trim() {
                // What v1 writes for no limit.
                "9223372036854771712" | "-1" => "max".to_owned(),
                text => text.replace('\n', ", "),
            };
            found.push(Actual { key, file, value });
        }
    }
    Ok(found)
}

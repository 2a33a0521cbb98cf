// SPDX-License-Identifier: Apache-2.0
//! What this host has that limits need to know; read for the limits in question alone, since every start asks.

use crate::cpulist;
use crate::error::{Context, Result};
use crate::host::Host;
use crate::resources::Machine;
use runtime::cgroup;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Where the processors are listed that a host may give away: of cgroup v2, of v1, of a host without the controller.
const PROCESSORS: &[&str] = &[
    "/sys/fs/cgroup/cpuset.cpus.effective",
    "/sys/fs/cgroup/cpuset/cpuset.effective_cpus",
    "/sys/devices/system/cpu/online",
];

const NODES: &str = "/sys/devices/system/node";

/// Looks at this host for these limits.
///
/// # Errors
/// The folder of systems' files cannot be read.
pub fn machine(host: &Host, keys: &[&str]) -> Result<Machine> {
    let asks = |names: &[&str]| keys.iter().any(|key| names.contains(key));
    let mut machine = Machine { is_v2: !keys.is_empty() && cgroup::is_unified(), ..Machine::default() };
    if asks(&["cpus", "cpumask", "nodemask"]) {
        let lists = PROCESSORS.iter().filter_map(|path| fs::read_to_string(path).ok());
        machine.cpus = lists.filter_map(|list| cpulist::parse(&list)).next().unwrap_or_default();
        machine.nodes = nodes();
    }
    if asks(&["iolimit", "iopslimit"]) {
        machine.disk = disk(&host.system_files())?;
    }
    Ok(machine)
}

/// A kernel without NUMA has no such folder, and one node.
fn nodes() -> Vec<(u32, Vec<u32>)> {
    let online = fs::read_to_string(format!("{NODES}/online")).ok();
    let numbers = online.and_then(|list| cpulist::parse(&list)).unwrap_or_default();
    let with_cpus = |node: u32| {
        let list = fs::read_to_string(format!("{NODES}/node{node}/cpulist")).unwrap_or_default();
        // A node of memory alone has an empty list.
        (node, cpulist::parse(&list).unwrap_or_default())
    };
    numbers.into_iter().map(with_cpus).collect()
}

/// The disk of a folder: the kernel slows down whole disks, not their partitions. None for a file system that is on no
/// block device, such as tmpfs, or on several.
fn disk(folder: &Path) -> Result<Option<(u32, u32)>> {
    let nearest = folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let number = fs::metadata(nearest).context(|| nearest.display().to_string())?.dev();
    let (major, minor) = (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00);
    let device = format!("/sys/dev/block/{major}:{minor}");
    let file = if Path::new(&device).join("partition").exists() { "../dev" } else { "dev" };
    let Ok(text) = fs::read_to_string(format!("{device}/{file}")) else { return Ok(None) };
    let parts = text.trim().split_once(':');
    Ok(parts.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_processors_and_kernel_file_systems_no_disk() {
        let lists = PROCESSORS.iter().filter_map(|path| fs::read_to_string(path).ok());
        assert!(lists.filter_map(|list| cpulist::parse(&list)).next().is_some_and(|cpus| !cpus.is_empty()));
        assert_eq!(disk(Path::new("/proc/self/fdinfo")).unwrap(), None);
    }
}

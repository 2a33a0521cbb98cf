// SPDX-License-Identifier: Apache-2.0
//! Limits on cgroup v2.

use super::convert::{self, Swap};
use super::place::Directory;
use crate::error::{Context, Error, Result};
use crate::spec::resources::{BlockIo, Cpu, HugepageLimit, Memory, Network, Resources, ThrottleDevice};
use runtime_sys::Errno;

/// A controller, and the key of config.json that needs it.
pub(super) type Need = (&'static str, &'static str);

/// Which controllers the resources need.
pub(super) fn needs(resources: &Resources<'_>) -> Vec<Need> {
    let mut needs = Vec::new();
    let set = |value: Option<i64>| value.is_some_and(|v| v != 0);
    if let Some(memory) = &resources.memory
        && (set(memory.limit) || set(memory.reservation) || set(memory.swap))
    {
        needs.push(("memory", "memory"));
    }
    if let Some(cpu) = &resources.cpu {
        let some = |value: Option<u64>| value.is_some_and(|v| v != 0);
        let timed = set(cpu.quota) || some(cpu.period) || cpu.burst.is_some() || cpu.idle.is_some();
        if timed || some(cpu.shares) {
            needs.push(("cpu", "cpu"));
        }
        if [&cpu.cpus, &cpu.mems].into_iter().flatten().any(|list| !list.is_empty()) {
            needs.push(("cpuset", "cpu/cpus"));
        }
    }
    if resources.pids.as_ref().is_some_and(|pids| pids.limit.is_some()) {
        needs.push(("pids", "pids"));
    }
    let idle = BlockIo::default();
    let unweighted = BlockIo { weight: Some(0), ..BlockIo::default() };
    if resources.block_io.as_ref().is_some_and(|io| *io != idle && *io != unweighted) {
        needs.push(("io", "blockIO"));
    }
    if !resources.hugepage_limits.is_empty() {
        needs.push(("hugetlb", "hugepageLimits"));
    }
    if !resources.rdma.is_empty() {
        needs.push(("rdma", "rdma"));
    }
    needs
}

/// The controllers that the keys of `unified` begin with.
pub(super) fn wishes<'r>(resources: &'r Resources<'_>) -> Vec<&'r str> {
    let keys = resources.unified.keys().filter_map(|key| key.split_once('.'));
    keys.map(|(controller, _)| controller).filter(|name| !matches!(*name, "" | "cgroup")).collect()
}

/// Writes what the resources ask for; what they do not name stays as it is.
pub(super) fn apply(directory: &Directory, resources: &Resources<'_>) -> Result<()> {
    if let Some(limit) = resources.pids.as_ref().and_then(|pids| pids.limit) {
        let value = match limit {
            // No process fits into 0 either way, and systemd knows no 0: 1 is what runc writes.
            0 => "1".to_owned(),
            limit => limit_text(limit),
        };
        directory.set("pids/limit", "pids.max", value)?;
    }
    if let Some(limits) = &resources.memory {
        memory(directory, limits)?;
    }
    if let Some(limits) = &resources.cpu {
        cpu(directory, limits)?;
        cpuset(directory, limits)?;
    }
    if let Some(limits) = &resources.block_io {
        block_io(directory, limits)?;
    }
    for limit in &resources.hugepage_limits {
        hugepages(directory, limit)?;
    }
    for (device, limits) in &resources.rdma {
        directory.set("rdma", "rdma.max", super::rdma_line(device, limits))?;
    }
    if let Some(limits) = &resources.network {
        network(limits);
    }
    unified(directory, resources)
}

/// -1 (any negative number, as runc has it) is no limit.
pub(super) fn limit_text(value: i64) -> String {
    if value < 0 { "max".to_owned() } else { value.to_string() }
}

fn memory(directory: &Directory, limits: &Memory) -> Result<()> {
    let asked = |value: Option<i64>| value.filter(|v| *v != 0);
    let (limit, total) = (asked(limits.limit), asked(limits.swap));
    if limits.check_before_update == Some(true) {
        check_usage(directory, limit, total)?;
    }
    let swap = swap_wanted(directory, limit, total).map_err(|e| e.wrap("/linux/resources/memory/swap"))?;
    match swap {
        Swap::Unchanged => {}
        Swap::Unlimited => swap_file(directory, "max")?,
        Swap::Bytes(bytes) => swap_file(directory, &bytes.to_string())?,
    }
    if let Some(limit) = limit {
        directory.set("memory/limit", "memory.max", limit_text(limit))?;
    }
    if let Some(reservation) = asked(limits.reservation) {
        directory.set("memory/reservation", "memory.low", limit_text(reservation))?;
    }
    let ignored = [
        ("kernel", limits.kernel.is_some()),
        ("kernelTCP", limits.kernel_tcp.is_some()),
        ("swappiness", limits.swappiness.is_some()),
        ("disableOOMKiller", limits.disable_oom_killer == Some(true)),
        ("useHierarchy", limits.use_hierarchy == Some(false)),
    ];
    for (key, _) in ignored.iter().filter(|(_, given)| *given) {
        log::warn!("/linux/resources/memory/{key} is ignored: cgroup v2 has no such limit");
    }
    Ok(())
}

/// The new limit of swap alone. A total without its memory counts from the memory as it is; memory without a total
/// leaves the swap as it is, for a container that was denied swap must not get some by a lower limit of memory.
fn swap_wanted(directory: &Directory, limit: Option<i64>, total: Option<i64>) -> Result<Swap> {
    match (limit, total) {
        (None, Some(1..)) => {
            let now = directory.number("memory.max").and_then(|bytes| i64::try_from(bytes).ok());
            convert::swap(total, now)
        }
        _ => convert::swap(total, limit),
    }
}

fn swap_file(directory: &Directory, value: &str) -> Result<()> {
    match directory.write("memory.swap.max", value) {
        // A kernel without swap accounting limits it by itself.
        Err(error) if error.errno == Errno::NOENT && matches!(value, "max" | "0") => Ok(()),
        other => other.map_err(|error| directory.refusal("memory/swap", "memory.swap.max", value, error)),
    }
}

fn check_usage(directory: &Directory, limit: Option<i64>, total: Option<i64>) -> Result<()> {
    let Ok(text) = directory.read("memory.current") else { return Ok(()) };
    super::check_usage(text.trim().parse().unwrap_or(0), limit, total)
}

fn cpu(directory: &Directory, limits: &Cpu<'_>) -> Result<()> {
    if limits.realtime_runtime.is_some_and(|v| v != 0) || limits.realtime_period.is_some_and(|v| v != 0) {
        return Err(Error::unsupported(
            "/linux/resources/cpu/realtimeRuntime: cgroup v2 has no limit for real-time processes",
        ));
    }
    if let Some(idle) = limits.idle {
        directory.set("cpu/idle", "cpu.idle", idle)?;
    }
    // The kernel refuses a weight for an idle cgroup.
    if let Some(weight) = limits.shares.and_then(convert::cpu_weight).filter(|_| limits.idle != Some(1)) {
        directory.set("cpu/shares", "cpu.weight", weight)?;
    }
    let quota = limits.quota.filter(|v| *v != 0);
    let period = limits.period.filter(|v| *v != 0);
    let burst = limits.burst.map(|burst| burst.to_string());
    // A burst may not exceed the quota: it goes first when it shrinks, and second when the quota makes room.
    let late = burst.as_ref().filter(|burst| directory.write("cpu.max.burst", burst).is_err());
    if quota.is_some() || period.is_some() {
        directory.set("cpu/quota", "cpu.max", quota_text(directory, quota, period))?;
    }
    match late {
        Some(burst) => directory.set("cpu/burst", "cpu.max.burst", burst),
        None => Ok(()),
    }
}

/// `QUOTA PERIOD`; the half that is not given keeps its value.
fn quota_text(directory: &Directory, quota: Option<i64>, period: Option<u64>) -> String {
    match (quota, period) {
        (Some(quota), Some(period)) => format!("{} {period}", limit_text(quota)),
        // A quota alone leaves the period.
        (Some(quota), None) => limit_text(quota),
        (None, period) => {
            let text = directory.read("cpu.max").unwrap_or_default();
            let old = text.split_whitespace().next().unwrap_or("max");
            format!("{old} {}", period.unwrap_or(100_000))
        }
    }
}

pub(super) fn cpuset(directory: &Directory, limits: &Cpu<'_>) -> Result<()> {
    for (key, file, list) in
        [("cpu/cpus", "cpuset.cpus", &limits.cpus), ("cpu/mems", "cpuset.mems", &limits.mems)]
    {
        if let Some(list) = list.as_deref().filter(|list| !list.is_empty()) {
            directory.set(key, file, list)?;
        }
    }
    Ok(())
}

fn block_io(directory: &Directory, limits: &BlockIo) -> Result<()> {
    if limits.leaf_weight.is_some_and(|w| w != 0)
        || limits.weight_device.iter().any(|d| d.leaf_weight.is_some_and(|w| w != 0))
    {
        log::warn!("/linux/resources/blockIO/leafWeight is ignored: cgroup v2 has no such weight");
    }
    let weight = limits.weight.filter(|w| *w != 0);
    if weight.is_some() || !limits.weight_device.is_empty() {
        // The BFQ scheduler's file takes v1's numbers; the general one has its own range.
        let has_bfq = directory.has("io.bfq.weight");
        if let Some(weight) = weight {
            let general = convert::io_weight(weight).unwrap_or(1);
            if has_bfq {
                directory.set("blockIO/weight", "io.bfq.weight", weight)?;
            } else {
                directory.set("blockIO/weight", "io.weight", format!("default {general}"))?;
            }
        }
        for device in &limits.weight_device {
            let Some(weight) = device.weight.filter(|w| *w != 0) else { continue };
            let (file, weight) = if has_bfq {
                ("io.bfq.weight", u64::from(weight))
            } else {
                ("io.weight", convert::io_weight(weight).unwrap_or(1))
            };
            let line = format!("{}:{} {weight}", device.major, device.minor);
            directory.set("blockIO/weightDevice", file, line)?;
        }
    }
    throttle(directory, "blockIO/throttleReadBpsDevice", "rbps", &limits.throttle_read_bps_device)?;
    throttle(directory, "blockIO/throttleWriteBpsDevice", "wbps", &limits.throttle_write_bps_device)?;
    throttle(directory, "blockIO/throttleReadIOPSDevice", "riops", &limits.throttle_read_iops_device)?;
    throttle(directory, "blockIO/throttleWriteIOPSDevice", "wiops", &limits.throttle_write_iops_device)
}

fn throttle(directory: &Directory, key: &str, word: &str, devices: &[ThrottleDevice]) -> Result<()> {
    for device in devices {
        let rate = if device.rate == 0 { "max".to_owned() } else { device.rate.to_string() };
        directory.set(key, "io.max", format!("{}:{} {word}={rate}", device.major, device.minor))?;
    }
    Ok(())
}

/// Reservations count before a page is touched, so a limit on them is an error at mmap and not a SIGBUS later; a
/// kernel before 5.7 has no such file.
fn hugepages(directory: &Directory, limit: &HugepageLimit<'_>) -> Result<()> {
    let size = super::page_size(&limit.page_size)?;
    let reserved = format!("hugetlb.{size}.rsvd.max");
    if directory.has(&reserved) {
        directory.set("hugepageLimits", &reserved, limit.limit)?;
    }
    directory.set("hugepageLimits", &format!("hugetlb.{size}.max"), limit.limit)
}

fn network(limits: &Network<'_>) {
    if limits.class_id.is_some_and(|id| id != 0) || !limits.priorities.is_empty() {
        log::warn!("/linux/resources/network is ignored: only cgroup v1 has it");
    }
}

fn unified(directory: &Directory, resources: &Resources<'_>) -> Result<()> {
    for (key, value) in &resources.unified {
        if key.contains(['/', '\0']) || matches!(key.as_str(), "" | "." | "..") {
            let why =
                format!("/linux/resources/unified: {:?} must be a file name (no slashes)", key.as_str());
            return Err(Error::invalid(why));
        }
        // A file with several settings takes one in a write.
        for line in value.lines().filter(|line| !line.trim().is_empty()) {
            directory.write(key, line).map_err(|error| unified_error(directory, key, error))?;
        }
    }
    Ok(())
}

fn unified_error(directory: &Directory, key: &str, error: runtime_sys::SysError) -> Error {
    let missing = matches!(error.errno, Errno::NOENT | Errno::PERM | Errno::ACCESS);
    let Some((controller, _)) = key.split_once('.').filter(|(name, _)| !name.is_empty()) else {
        let why = format!("/linux/resources/unified: {key:?} must be in the form CONTROLLER.PARAMETER");
        return Error::invalid(why);
    };
    let offered = directory.read("cgroup.controllers").unwrap_or_default();
    if missing && controller != "cgroup" && !offered.split_whitespace().any(|name| name == controller) {
        let why = format!(
            "/linux/resources/unified: unified resource {key:?} can't be set: controller {controller:?} not available \
             (this host offers: {})",
            offered.trim()
        );
        return Error::unsupported(why);
    }
    let doing = format!("/linux/resources/unified: unable to set unified resource {key:?}");
    Err::<(), _>(error).context(|| doing).expect_err("it was an error")
}

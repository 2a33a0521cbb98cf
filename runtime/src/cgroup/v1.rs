// SPDX-License-Identifier: Apache-2.0
//! Limits on cgroup v1, one hierarchy for each controller.

use super::limits::{Open, on_v1};
use super::place::Directory;
use super::v2::limit_text;
use crate::error::{Error, Result};
use crate::spec::resources::{BlockIo, Cpu, HugepageLimit, Memory, Network, Resources, ThrottleDevice};
use runtime_sys::Errno;

/// Writes what the resources ask for where v1 has a controller for it; the rest is v2's.
pub(super) fn apply(open: &Open<'_>, resources: &Resources<'_>) -> Result<()> {
    if let (Some(directory), Some(limits)) = (on_v1(open, "memory"), &resources.memory) {
        memory(directory, limits)?;
    }
    if let Some(limits) = &resources.cpu {
        if let Some(directory) = on_v1(open, "cpu") {
            cpu(directory, limits)?;
        }
        if let Some(directory) = on_v1(open, "cpuset") {
            super::v2::cpuset(directory, limits)?;
        }
    }
    let pids = resources.pids.as_ref().and_then(|pids| pids.limit);
    if let (Some(directory), Some(limit)) = (on_v1(open, "pids"), pids) {
        // As on v2: no process fits into 0 either way.
        let value = if limit == 0 { "1".to_owned() } else { limit_text(limit) };
        directory.set("pids/limit", "pids.max", value)?;
    }
    if let (Some(directory), Some(limits)) = (on_v1(open, "blkio"), &resources.block_io) {
        block_io(directory, limits)?;
    }
    if let Some(directory) = on_v1(open, "hugetlb") {
        resources.hugepage_limits.iter().try_for_each(|limit| hugepages(directory, limit))?;
    }
    if let Some(directory) = on_v1(open, "rdma") {
        for (device, limits) in &resources.rdma {
            directory.set("rdma", "rdma.max", super::rdma_line(device, limits))?;
        }
    }
    match &resources.network {
        Some(limits) => network(open, limits),
        None => Ok(()),
    }
}

fn memory(directory: &Directory, limits: &Memory) -> Result<()> {
    let asked = |value: Option<i64>| value.filter(|v| *v != 0);
    let (limit, mut total) = (asked(limits.limit), asked(limits.swap));
    if limits.check_before_update == Some(true)
        && let Some(usage) = directory.number("memory.usage_in_bytes")
    {
        super::check_usage(usage, limit, total)?;
    }
    const TOTAL: &str = "memory.memsw.limit_in_bytes";
    // The kernel refuses a total below the memory: unlimited memory takes the total with it.
    if limit == Some(-1) && total.is_none() && directory.has(TOTAL) {
        total = Some(-1);
    }
    let present = directory.number("memory.limit_in_bytes").unwrap_or(0);
    let grows = total == Some(-1) || total.is_some_and(|total| present < total.unsigned_abs());
    if grows && let Some(total) = total {
        directory.set("memory/swap", TOTAL, total)?;
    }
    if let Some(limit) = limit {
        set_memory(directory, limit)?;
    }
    if !grows && let Some(total) = total {
        directory.set("memory/swap", TOTAL, total)?;
    }
    if let Some(reservation) = asked(limits.reservation) {
        directory.set("memory/reservation", "memory.soft_limit_in_bytes", reservation)?;
    }
    if limits.disable_oom_killer == Some(true) {
        directory.set("memory/disableOOMKiller", "memory.oom_control", 1)?;
    }
    if let Some(swappiness) = limits.swappiness {
        if swappiness > 100 {
            let why = format!("/linux/resources/memory/swappiness: {swappiness} is not between 0 and 100");
            return Err(Error::invalid(why));
        }
        directory.set("memory/swappiness", "memory.swappiness", swappiness)?;
    }
    for (key, is_given) in [("kernel", limits.kernel.is_some()), ("kernelTCP", limits.kernel_tcp.is_some())] {
        if is_given {
            log::warn!("/linux/resources/memory/{key} is ignored: Linux has taken this limit out");
        }
    }
    Ok(())
}

fn set_memory(directory: &Directory, limit: i64) -> Result<()> {
    let (key, file, value) = ("memory/limit", "memory.limit_in_bytes", limit.to_string());
    match directory.write(file, &value) {
        Err(error) if error.errno == Errno::BUSY => {
            let number = |name: &str| directory.number(name).unwrap_or(0);
            let (usage, peak) = (number("memory.usage_in_bytes"), number("memory.max_usage_in_bytes"));
            let why =
                format!("unable to set memory limit to {limit} (current usage: {usage}, peak usage: {peak})");
            Err(directory.refusal(key, file, &value, error).wrap(why))
        }
        Err(error) => Err(directory.refusal(key, file, &value, error)),
        Ok(()) => Ok(()),
    }
}

fn cpu(directory: &Directory, limits: &Cpu<'_>) -> Result<()> {
    if let Some(idle) = limits.idle {
        directory.set("cpu/idle", "cpu.idle", idle)?;
    }
    // The kernel refuses shares for an idle cgroup.
    if let Some(shares) = limits.shares.filter(|v| *v != 0 && limits.idle != Some(1)) {
        set_shares(directory, shares)?;
    }
    // The runtime may not exceed the period: the period goes first when it grows, second when it shrinks.
    let period = limits.realtime_period.filter(|v| *v != 0);
    let runtime = limits.realtime_runtime.filter(|v| *v != 0);
    in_either_order(
        directory,
        period.map(|v| ("cpu/realtimePeriod", "cpu.rt_period_us", v.to_string())).as_ref(),
        runtime.map(|v| ("cpu/realtimeRuntime", "cpu.rt_runtime_us", v.to_string())).as_ref(),
    )?;
    let quota = limits.quota.filter(|v| *v != 0).map(|v| ("cpu/quota", "cpu.cfs_quota_us", v.to_string()));
    let period =
        limits.period.filter(|v| *v != 0).map(|v| ("cpu/period", "cpu.cfs_period_us", v.to_string()));
    let burst = limits.burst.map(|v| ("cpu/burst", "cpu.cfs_burst_us", v.to_string()));
    // The same holds of the quota with its period (below the limit of the cgroup above), and of the burst with both.
    let late = burst.filter(|(_, file, value)| directory.write(file, value).is_err());
    in_either_order(directory, period.as_ref(), quota.as_ref())?;
    match late {
        Some((key, file, value)) => directory.set(key, file, value),
        None => Ok(()),
    }
}

/// Key, file and value.
type Setting = (&'static str, &'static str, String);

/// Writes the first, then the second; the first again behind it if the kernel wanted it so.
fn in_either_order(directory: &Directory, first: Option<&Setting>, second: Option<&Setting>) -> Result<()> {
    let Some((key, file, value)) = first else {
        return second.map_or(Ok(()), |(key, file, value)| directory.set(key, file, value));
    };
    let early = directory.write(file, value);
    let is_order = matches!(&early, Err(error) if error.errno == Errno::INVAL) && second.is_some();
    if let Err(error) = early
        && !is_order
    {
        return Err(directory.refusal(key, file, value, error));
    }
    if let Some((key, file, value)) = second {
        directory.set(key, file, value)?;
    }
    if is_order { directory.set(key, file, value) } else { Ok(()) }
}

/// The kernel cuts shares to its range without a word.
fn set_shares(directory: &Directory, shares: u64) -> Result<()> {
    directory.set("cpu/shares", "cpu.shares", shares)?;
    let taken = directory.number("cpu.shares").unwrap_or(shares);
    match taken.cmp(&shares) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(Error::invalid(format!(
            "/linux/resources/cpu/shares: the maximum allowed cpu-shares is {taken}"
        ))),
        std::cmp::Ordering::Greater => Err(Error::invalid(format!(
            "/linux/resources/cpu/shares: the minimum allowed cpu-shares is {taken}"
        ))),
    }
}

fn block_io(directory: &Directory, limits: &BlockIo) -> Result<()> {
    // The BFQ scheduler has files of its own, the old CFQ had those without the prefix.
    let scheduler = if directory.has("blkio.weight") { "blkio" } else { "blkio.bfq" };
    let weight = |weight: Option<u16>| weight.filter(|w| *w != 0);
    if let Some(weight) = weight(limits.weight) {
        directory.set("blockIO/weight", &format!("{scheduler}.weight"), weight)?;
    }
    if let Some(weight) = weight(limits.leaf_weight) {
        directory.set("blockIO/leafWeight", "blkio.leaf_weight", weight)?;
    }
    for device in &limits.weight_device {
        let line = |weight: u16| format!("{}:{} {weight}", device.major, device.minor);
        if let Some(weight) = weight(device.weight) {
            directory.set("blockIO/weightDevice", &format!("{scheduler}.weight_device"), line(weight))?;
        }
        if let Some(weight) = weight(device.leaf_weight) {
            directory.set("blockIO/weightDevice", "blkio.leaf_weight_device", line(weight))?;
        }
    }
    throttle(directory, "throttleReadBpsDevice", "read_bps", &limits.throttle_read_bps_device)?;
    throttle(directory, "throttleWriteBpsDevice", "write_bps", &limits.throttle_write_bps_device)?;
    throttle(directory, "throttleReadIOPSDevice", "read_iops", &limits.throttle_read_iops_device)?;
    throttle(directory, "throttleWriteIOPSDevice", "write_iops", &limits.throttle_write_iops_device)
}

fn throttle(directory: &Directory, key: &str, word: &str, devices: &[ThrottleDevice]) -> Result<()> {
    for device in devices {
        let line = format!("{}:{} {}", device.major, device.minor, device.rate);
        directory.set(&format!("blockIO/{key}"), &format!("blkio.throttle.{word}_device"), line)?;
    }
    Ok(())
}

fn hugepages(directory: &Directory, limit: &HugepageLimit<'_>) -> Result<()> {
    let size = super::page_size(&limit.page_size)?;
    let reserved = format!("hugetlb.{size}.rsvd.limit_in_bytes");
    if directory.has(&reserved) {
        directory.set("hugepageLimits", &reserved, limit.limit)?;
    }
    directory.set("hugepageLimits", &format!("hugetlb.{size}.limit_in_bytes"), limit.limit)
}

fn network(open: &Open<'_>, limits: &Network<'_>) -> Result<()> {
    let missing = |key: &str, controller: &str| {
        let why = "is not mounted on this host";
        Error::unsupported(format!("/linux/resources/network/{key}: controller {controller:?} {why}"))
    };
    if let Some(class) = limits.class_id.filter(|class| *class != 0) {
        let directory = on_v1(open, "net_cls").ok_or_else(|| missing("classID", "net_cls"))?;
        directory.set("network/classID", "net_cls.classid", class)?;
    }
    for priority in &limits.priorities {
        let directory = on_v1(open, "net_prio").ok_or_else(|| missing("priorities", "net_prio"))?;
        let line = format!("{} {}", priority.name, priority.priority);
        directory.set("network/priorities", "net_prio.ifpriomap", line)?;
    }
    Ok(())
}

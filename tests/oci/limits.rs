// SPDX-License-Identifier: Apache-2.0
//! `linux.resources` of memory, processors, processes and more, read back from the cgroup (SP-26, SP-27, SP-29).
//!
//! What only cgroup v2 with all its controllers has is looked at in the test machine.

use std::path::Path;

use integration_tests::{Bundle, Need, is_met, limit, needs};
use serde_json::{Value, json};

pub(crate) fn with(resources: &Value) -> Bundle {
    Bundle::running(["sleep", "1000"]).with(|c| {
        for (key, value) in resources.as_object().unwrap() {
            c["linux"]["resources"][key] = value.clone();
        }
    })
}

pub(crate) fn created(resources: &Value) -> Bundle {
    let ct = with(resources);
    ct.create().ok();
    ct
}

/// The one of two values that this machine's version of cgroups has.
pub(crate) fn here<T>(v2: T, v1: T) -> T {
    if is_met(Need::CgroupV2) { v2 } else { v1 }
}

const SWAP: &[&str] = &["memory.swap.max", "memory.memsw.limit_in_bytes"];

// SP-26: v1 counts memory and swap together, v2 swap alone.
#[test]
fn memory_limits() {
    needs!(Root, Memory);
    let ct = created(&json!({ "memory": { "limit": 64 << 20, "swap": 96 << 20, "reservation": 32 << 20 } }));
    assert_eq!(limit(&ct.id, &["memory.max", "memory.limit_in_bytes"]), (64 << 20).to_string());
    assert_eq!(limit(&ct.id, SWAP), here(32 << 20, 96 << 20).to_string());
    assert_eq!(limit(&ct.id, &["memory.low", "memory.soft_limit_in_bytes"]), (32 << 20).to_string());
    ct.delete_force().ok();
}

// SP-26
#[test]
fn swap_is_counted_from_the_memory() {
    needs!(Root, Memory);
    let ct = created(&json!({ "memory": { "limit": 64 << 20, "swap": 64 << 20 } }));
    assert_eq!(limit(&ct.id, SWAP), here(0, 64 << 20).to_string());
    ct.delete_force().ok();
    let ct = created(&json!({ "memory": { "limit": 64 << 20, "swap": -1 } }));
    let unlimited = limit(&ct.id, SWAP);
    assert!(unlimited == "max" || unlimited.len() > 15, "{unlimited}");
    ct.delete_force().ok();
    // A total below the memory, and one with no memory to count from.
    for memory in [json!({ "limit": 64 << 20, "swap": 32 << 20 }), json!({ "swap": 32 << 20 })] {
        with(&json!({ "memory": memory })).create().fails_with("/linux/resources/memory/swap");
    }
}

// SP-26: what the kernel no longer has is accepted with a warning.
#[test]
fn kernel_memory_is_ignored() {
    needs!(Root, Memory);
    let ct = with(&json!({ "memory": { "kernel": 64 << 20, "kernelTCP": 64 << 20, "useHierarchy": true } }));
    let said = ct.create().ok().stderr;
    for key in ["kernel", "kernelTCP"] {
        assert!(said.contains(&format!("/linux/resources/memory/{key} is ignored")), "{key}: {said}");
    }
    assert!(!said.contains("useHierarchy"), "{said}");
    ct.delete_force().ok();
}

// SP-26: v1 has them, v2 says that it does not.
#[test]
fn swappiness_and_the_oom_killer() {
    needs!(Root, Memory);
    let ct = with(&json!({ "memory": { "limit": 64 << 20, "swappiness": 30, "disableOOMKiller": true } }));
    let said = ct.create().ok().stderr;
    if is_met(Need::CgroupV2) {
        for key in ["swappiness", "disableOOMKiller"] {
            assert!(said.contains(&format!("/linux/resources/memory/{key} is ignored")), "{key}: {said}");
        }
    } else {
        assert_eq!(limit(&ct.id, &["memory.swappiness"]), "30");
        let oom = limit(&ct.id, &["memory.oom_control"]);
        assert!(oom.starts_with("oom_kill_disable 1\n"), "{oom}");
        assert!(!said.contains("ignored"), "{said}");
        let ct = with(&json!({ "memory": { "swappiness": 101 } }));
        ct.create().fails_with("/linux/resources/memory/swappiness");
    }
    ct.delete_force().ok();
}

// SP-26: a program beyond its limit is killed, and the exit code says so.
#[test]
fn a_program_beyond_its_memory_is_killed() {
    needs!(Root, Memory);
    let ct = Bundle::running(["tail", "/dev/zero"])
        .with(|c| c["linux"]["resources"]["memory"] = json!({ "limit": 16 << 20, "swap": 16 << 20 }));
    ct.run().exits(137);
}

// SP-27
#[test]
fn cpu_shares_and_quota() {
    needs!(Root, Cpu);
    let ct =
        created(&json!({ "cpu": { "shares": 512, "quota": 30_000, "period": 60_000, "burst": 10_000 } }));
    assert_eq!(limit(&ct.id, &["cpu.max", "cpu.cfs_quota_us"]), here("30000 60000", "30000"));
    assert_eq!(limit(&ct.id, &["cpu.max.burst", "cpu.cfs_burst_us"]), "10000");
    // v2: the curve on which 1024 shares are a weight of 100.
    assert_eq!(limit(&ct.id, &["cpu.weight", "cpu.shares"]), here("59", "512"));
    ct.delete_force().ok();
    // One without the other: the kernel's period, and no quota.
    let ct = created(&json!({ "cpu": { "quota": 30_000 } }));
    assert_eq!(limit(&ct.id, &["cpu.max", "cpu.cfs_quota_us"]), here("30000 100000", "30000"));
    ct.delete_force().ok();
    let ct = created(&json!({ "cpu": { "quota": -1, "period": 60_000 } }));
    assert_eq!(limit(&ct.id, &["cpu.max", "cpu.cfs_quota_us"]), here("max 60000", "-1"));
    ct.delete_force().ok();
}

// SP-27: an idle cgroup has no weight of its own, and the kernel refuses one.
#[test]
fn an_idle_cgroup() {
    needs!(Root, Cpu);
    let ct = created(&json!({ "cpu": { "idle": 1, "shares": 512 } }));
    assert_eq!(limit(&ct.id, &["cpu.idle"]), "1");
    ct.delete_force().ok();
}

// SP-27: v2 has no real-time limits; what cannot be kept is not promised.
#[test]
fn real_time_limits() {
    needs!(Root, Cpu);
    let ct = with(&json!({ "cpu": { "realtimeRuntime": 20_000, "realtimePeriod": 500_000 } }));
    if Path::new("/sys/fs/cgroup/cpu/cpu.rt_runtime_us").exists() {
        ct.create().ok();
        assert_eq!(limit(&ct.id, &["cpu.rt_runtime_us"]), "20000");
        assert_eq!(limit(&ct.id, &["cpu.rt_period_us"]), "500000");
        ct.delete_force().ok();
    } else {
        ct.create().fails_with("/linux/resources/cpu/realtime");
    }
}

// SP-27
#[test]
fn processors_and_memory_nodes() {
    needs!(Root, Cpuset);
    let ct = created(&json!({ "cpu": { "cpus": "0", "mems": "0" } }));
    assert_eq!(limit(&ct.id, &["cpuset.cpus"]), "0");
    assert_eq!(limit(&ct.id, &["cpuset.mems"]), "0");
    ct.delete_force().ok();
    let ct = Bundle::new().with(|c| c["linux"]["resources"]["cpu"] = json!({ "cpus": "x" }));
    ct.run().fails_with("cpus");
}

// SP-29
#[test]
fn pids_limit() {
    needs!(Root, Pids);
    let ct = created(&json!({ "pids": { "limit": 20 } }));
    assert_eq!(limit(&ct.id, &["pids.max"]), "20");
    ct.delete_force().ok();
    let ct = Bundle::sh("for n in 1 2 3 4 5 6 7 8 9; do sleep 5 & done")
        .with(|c| c["linux"]["resources"]["pids"] = json!({ "limit": 4 }));
    ct.run().fails_with("can't fork");
}

// SP-29: 0 is a limit, and leaves the program itself; any negative number is none.
#[test]
fn no_further_process_and_any_number() {
    needs!(Root, Pids);
    let ct = Bundle::sh("echo alone; (:); echo together")
        .with(|c| c["linux"]["resources"]["pids"] = json!({ "limit": 0 }));
    let ran = ct.run();
    assert_eq!(ran.stdout, "alone\n", "{ran:?}");
    ran.fails_with("can't fork");
    let ct = created(&json!({ "pids": { "limit": -1 } }));
    assert_eq!(limit(&ct.id, &["pids.max"]), "max");
    ct.delete_force().ok();
}

// SP-29: v2 only; they go last, and so over what another key says.
#[test]
fn unified_is_written_through() {
    needs!(Root, CgroupV2, Pids, Memory);
    let ct = created(&json!({
        "pids": { "limit": 20 },
        "unified": { "pids.max": "77", "memory.high": "50331648", "cgroup.max.depth": "3" },
    }));
    assert_eq!(limit(&ct.id, &["pids.max"]), "77");
    assert_eq!(limit(&ct.id, &["memory.high"]), "50331648");
    assert_eq!(limit(&ct.id, &["cgroup.max.depth"]), "3");
    ct.delete_force().ok();
    for key in ["../pids.max", "a/b", "", "."] {
        let ct = Bundle::new().with(|c| c["linux"]["resources"]["unified"] = json!({ key: "1" }));
        ct.run().fails_with("/linux/resources/unified");
    }
}

// SP-29: a key that nothing here knows is an error that names it.
#[test]
fn what_unified_cannot_be_written_to_is_named() {
    needs!(Root);
    let ran = |key: &str, value: &str| with(&json!({ "unified": { key: value } })).create();
    if !is_met(Need::CgroupV2) {
        ran("pids.max", "77").fails_with("cannot use unified on cgroup v1");
        return;
    }
    ran("nosuch.max", "1").fails_with("\"nosuch.max\"").fails_with("controller \"nosuch\" not available");
    ran("pids.nosuch", "1").fails_with("\"pids.nosuch\"").fails_with("no such file");
    ran("cgroup.nosuch", "1").fails_with("\"cgroup.nosuch\"");
    ran("nodot", "1").fails_with("\"nodot\"").fails_with("CONTROLLER.PARAMETER");
    ran("pids.max", "many").fails_with("\"pids.max\"").fails_with("invalid argument");
}

// SP-29: a limit on what is reserved is an error at mmap, where one on what is used is a SIGBUS later; so both.
#[test]
fn huge_page_limits() {
    needs!(Root);
    for size in ["3MB", "2mb", "../x"] {
        let ct = with(&json!({ "hugepageLimits": [{ "pageSize": size, "limit": 1 }] }));
        ct.create().fails_with("/linux/resources/hugepageLimits");
    }
    let ct = created(&json!({ "hugepageLimits": [{ "pageSize": "2MB", "limit": 4 << 20 }] }));
    for names in [
        ["hugetlb.2MB.rsvd.max", "hugetlb.2MB.rsvd.limit_in_bytes"],
        ["hugetlb.2MB.max", "hugetlb.2MB.limit_in_bytes"],
    ] {
        assert_eq!(limit(&ct.id, &names), (4 << 20).to_string());
    }
    ct.delete_force().ok();
}

// SP-29: v1's only, and there a hierarchy of its own.
#[test]
fn network_classes_and_priorities() {
    needs!(Root);
    let network = json!({ "classID": 0x0010_0001, "priorities": [{ "name": "lo", "priority": 3 }] });
    let ct = with(&json!({ "network": network }));
    let ran = ct.create();
    if is_met(Need::CgroupV2) {
        let said = ran.ok().stderr;
        assert!(said.contains("/linux/resources/network is ignored"), "{said}");
    } else if Path::new("/sys/fs/cgroup/net_cls/net_cls.classid").exists() {
        ran.ok();
        assert_eq!(limit(&ct.id, &["net_cls.classid"]), 0x0010_0001.to_string());
        assert!(limit(&ct.id, &["net_prio.ifpriomap"]).contains("lo 3"));
    } else {
        ran.fails_with("/linux/resources/network/classID").fails_with("net_cls");
        return;
    }
    ct.delete_force().ok();
}

// SP-29: whether there is no controller or no such device, the error has the key.
#[test]
fn rdma_limits_need_the_device() {
    needs!(Root);
    let ct = with(&json!({ "rdma": { "nosuch1": { "hcaHandles": 3, "hcaObjects": 100 } } }));
    ct.create().fails_with("/linux/resources/rdma");
}

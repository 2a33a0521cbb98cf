// SPDX-License-Identifier: Apache-2.0
//! `linux.resources` and `cgroupsPath`, read back from the cgroup (SP-25 to SP-29).
//!
//! What only cgroup v2 with all its controllers has is looked at in the test machine.

use std::fs;
use std::path::Path;

use integration_tests::{Bundle, cgroup_folders, needs};
use serde_json::{Value, json};

fn created(resources: &Value) -> Bundle {
    let ct = Bundle::running(["sleep", "1000"]).with(|c| {
        for (key, value) in resources.as_object().unwrap() {
            c["linux"]["resources"][key] = value.clone();
        }
    });
    ct.create().ok();
    ct
}

/// The value of the first of these files, v2's name or v1's.
fn read(ct: &Bundle, names: &[&str]) -> String {
    let folders = cgroup_folders(&ct.id);
    let found = folders.iter().flat_map(|f| names.iter().map(move |n| f.join(n))).find(|p| p.exists());
    let path = found.unwrap_or_else(|| panic!("none of {names:?} in {folders:?}"));
    fs::read_to_string(path).expect("a limit can be read").trim().to_owned()
}

// SP-26
#[test]
fn memory_limits() {
    needs!(Root, Memory);
    let ct = created(&json!({ "memory": { "limit": 64 << 20, "reservation": 32 << 20 } }));
    assert_eq!(read(&ct, &["memory.max", "memory.limit_in_bytes"]), (64 << 20).to_string());
    assert_eq!(read(&ct, &["memory.low", "memory.soft_limit_in_bytes"]), (32 << 20).to_string());
    ct.delete_force().ok();
}

// SP-26: what the kernel no longer has is accepted with a warning.
#[test]
fn kernel_memory_is_ignored() {
    needs!(Root, Memory);
    let ct =
        created(&json!({ "memory": { "kernel": 64 << 20, "kernelTCP": 64 << 20, "useHierarchy": true } }));
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
    let ct = created(&json!({ "cpu": { "shares": 512, "quota": 30_000, "period": 60_000 } }));
    let quota = read(&ct, &["cpu.max", "cpu.cfs_quota_us"]);
    assert!(["30000 60000", "30000"].contains(&quota.as_str()), "{quota}");
    // v2: runc's conversion, in which 1024 shares are a weight of 100.
    let shares = read(&ct, &["cpu.weight", "cpu.shares"]);
    assert!(["512", "59", "20"].contains(&shares.as_str()), "{shares}");
    ct.delete_force().ok();
}

// SP-27
#[test]
fn processors_and_memory_nodes() {
    needs!(Root, Cpuset);
    let ct = created(&json!({ "cpu": { "cpus": "0", "mems": "0" } }));
    assert_eq!(read(&ct, &["cpuset.cpus"]), "0");
    assert_eq!(read(&ct, &["cpuset.mems"]), "0");
    ct.delete_force().ok();
    let ct = Bundle::new().with(|c| c["linux"]["resources"]["cpu"] = json!({ "cpus": "x" }));
    ct.run().fails_with("cpus");
}

// SP-29
#[test]
fn pids_limit() {
    needs!(Root, Pids);
    let ct = created(&json!({ "pids": { "limit": 20 } }));
    assert_eq!(read(&ct, &["pids.max"]), "20");
    ct.delete_force().ok();
    let ct = Bundle::sh("for n in 1 2 3 4 5 6 7 8 9; do sleep 5 & done")
        .with(|c| c["linux"]["resources"]["pids"] = json!({ "limit": 4 }));
    ct.run().fails_with("can't fork");
}

// SP-29: v2 only. A key that names a missing controller, a path or nothing known is an error.
#[test]
fn unified_is_written_through() {
    needs!(Root, CgroupV2, Pids);
    let ct = created(&json!({ "unified": { "pids.max": "77" } }));
    assert_eq!(read(&ct, &["pids.max"]), "77");
    ct.delete_force().ok();
    for key in ["nosuch.max", "../pids.max", "a/b", ""] {
        let ct = Bundle::new().with(|c| c["linux"]["resources"]["unified"] = json!({ key: "1" }));
        ct.run().fails_with("unified");
    }
}

// SP-25
#[test]
fn the_cgroups_path_is_where_it_says() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.change(|c| c["linux"]["cgroupsPath"] = json!(format!("/{}-parent/inner", ct.id)));
    ct.create().ok();
    let own = fs::read_to_string(format!("/proc/{}/cgroup", ct.pid())).unwrap();
    assert!(own.contains(&format!("/{}-parent/inner\n", ct.id)), "{own}");
    ct.delete_force().ok();
    // The folder above is not the container's own: whoever named it takes it away.
    for folder in cgroup_folders(&ct.id) {
        fs::remove_dir(folder).unwrap();
    }
}

// SP-25, SEC-19
#[test]
fn a_cgroups_path_does_not_climb() {
    needs!(Root);
    for path in ["/../../x", "/a/../../x", "../x"] {
        let ct = Bundle::new().with(|c| c["linux"]["cgroupsPath"] = json!(path));
        let ran = ct.run();
        assert!(!Path::new("/sys/fs/x").exists());
        if ran.code == 0 {
            continue;
        }
        assert!(ran.stderr.contains("cgroupsPath"), "{ran:?}");
    }
}

// SP-25: without a path, one of the runtime's own choice that holds the id.
#[test]
fn without_a_path_the_cgroup_has_the_containers_name() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]).with(|c| {
        c["linux"].as_object_mut().unwrap().remove("cgroupsPath");
    });
    ct.create().ok();
    assert!(!cgroup_folders(&ct.id).is_empty());
    ct.delete_force().ok();
}

// SP-25: a cgroup with someone else in it is not ours to take.
#[test]
fn a_cgroup_in_use_is_refused() {
    needs!(Root);
    let first = Bundle::running(["sleep", "1000"]);
    first.create().ok();
    let second = Bundle::new().with(|c| c["linux"]["cgroupsPath"] = json!(format!("/{}", first.id)));
    second.create().fails();
    assert_eq!(first.status(), "created");
    first.delete_force().ok();
}

// SP-28
#[test]
fn block_io_limits() {
    needs!(Root);
    if !integration_tests::is_met(integration_tests::Need::CgroupV1)
        || !Path::new("/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device").exists()
    {
        needs!(CgroupV1);
    }
    let device = fs::read_to_string("/sys/block/vda/dev").unwrap_or_else(|_| "7:0\n".to_owned());
    let (major, minor) = device.trim().split_once(':').unwrap();
    let (major, minor): (u32, u32) = (major.parse().unwrap(), minor.parse().unwrap());
    let ct = created(
        &json!({ "blockIO": { "throttleReadBpsDevice": [{ "major": major, "minor": minor, "rate": 1 << 20 }] } }),
    );
    assert_eq!(read(&ct, &["blkio.throttle.read_bps_device"]), format!("{major}:{minor} {}", 1 << 20));
    ct.delete_force().ok();
}

// SP-29
#[test]
fn huge_page_limits() {
    needs!(Root);
    let ct = Bundle::new()
        .with(|c| c["linux"]["resources"]["hugepageLimits"] = json!([{ "pageSize": "3MB", "limit": 1 }]));
    ct.run().fails();
    let ct = created(&json!({ "hugepageLimits": [{ "pageSize": "2MB", "limit": 4 << 20 }] }));
    let limit = read(
        &ct,
        &[
            "hugetlb.2MB.rsvd.max",
            "hugetlb.2MB.rsvd.limit_in_bytes",
            "hugetlb.2MB.max",
            "hugetlb.2MB.limit_in_bytes",
        ],
    );
    assert_eq!(limit, (4 << 20).to_string());
    ct.delete_force().ok();
}

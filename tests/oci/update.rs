// SPDX-License-Identifier: Apache-2.0
//! `ctrun update` (OC-13), read back from the cgroup on whichever version the host has.

use std::fs;
use std::path::PathBuf;

use integration_tests::{Bundle, Need, Ran, cgroup_folders, is_met, limit, needs, wait_until};
use serde_json::{Value, json};

fn sleeping(ct: Bundle) -> Bundle {
    ct.create().ok();
    ct.start().ok();
    ct
}

const MEMORY: &[&str] = &["memory.max", "memory.limit_in_bytes"];

// OC-13, SP-26
#[test]
fn update_changes_memory_and_leaves_the_rest() {
    needs!(Root, Memory, Pids);
    let ct = sleeping(Bundle::running(["sleep", "1000"]).with(|c| {
        c["linux"]["resources"]["memory"] = json!({ "limit": 64 << 20 });
        c["linux"]["resources"]["pids"] = json!({ "limit": 33 });
    }));
    assert_eq!(limit(&ct.id, MEMORY), (64 << 20).to_string());
    ct.ctrun(["update", "--memory", &(96 << 20).to_string(), &ct.id]).ok();
    assert_eq!(limit(&ct.id, MEMORY), (96 << 20).to_string());
    assert_eq!(limit(&ct.id, &["pids.max"]), "33");
    ct.delete_force().ok();
}

// OC-13: memory and swap move together, up and down, in the order that the kernel takes.
#[test]
fn update_moves_memory_and_swap_together() {
    needs!(Root, Memory);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    for mib in [64_u64, 256, 32, 128] {
        let (memory, swap) = ((mib << 20).to_string(), (mib << 21).to_string());
        ct.ctrun(["update", "--memory", &memory, "--memory-swap", &swap, &ct.id]).ok();
        assert_eq!(limit(&ct.id, MEMORY), memory);
    }
    ct.delete_force().ok();
}

/// `update` by a document.
fn update(ct: &Bundle, resources: &Value) -> Ran {
    fs::write(ct.folder.join("resources.json"), resources.to_string()).unwrap();
    ct.ctrun(["update", "--resources", "resources.json", &ct.id])
}

// OC-13, SP-26: v2's limit of swap is its own, and memory alone leaves it: a container without swap gets none.
#[test]
fn update_of_memory_alone_leaves_swap() {
    needs!(Root, CgroupV2, Memory);
    let ct = sleeping(Bundle::running(["sleep", "1000"]).with(|c| {
        c["linux"]["resources"]["memory"] = json!({ "limit": 64 << 20, "swap": 64 << 20 });
    }));
    for mib in [128_u64, 32] {
        ct.ctrun(["update", "--memory", &(mib << 20).to_string(), &ct.id]).ok();
        assert_eq!(limit(&ct.id, MEMORY), (mib << 20).to_string());
        assert_eq!(limit(&ct.id, &["memory.swap.max"]), "0");
    }
    // A total alone counts from the memory as it is.
    ct.ctrun(["update", "--memory-swap", &(48 << 20).to_string(), &ct.id]).ok();
    assert_eq!(limit(&ct.id, &["memory.swap.max"]), (16 << 20).to_string());
    ct.ctrun(["update", "--memory", "-1", &ct.id]).ok();
    assert_eq!(limit(&ct.id, MEMORY), "max");
    assert_eq!(limit(&ct.id, &["memory.swap.max"]), "max");
    ct.delete_force().ok();
}

// OC-13, SP-26: a limit below what is in use would kill somebody.
#[test]
fn update_checks_the_usage_before_if_asked() {
    needs!(Root, Memory);
    let fill = "dd if=/dev/zero of=/dev/shm/file bs=1M count=24 2> /dev/null; sleep 1000";
    let ct = sleeping(
        Bundle::sh(fill).with(|c| c["linux"]["resources"]["memory"] = json!({ "limit": 128 << 20 })),
    );
    let usage = || limit(&ct.id, &["memory.current", "memory.usage_in_bytes"]).parse().unwrap_or(0);
    assert!(wait_until(|| usage() > 24 << 20));
    for (memory, key) in [
        (json!({ "limit": 8 << 20, "swap": 8 << 20, "checkBeforeUpdate": true }), "memory limit 8388608"),
        (json!({ "swap": 8 << 20, "checkBeforeUpdate": true }), "memory+swap limit 8388608"),
    ] {
        update(&ct, &json!({ "memory": memory })).fails_with(&format!("rejecting {key}"));
        assert_eq!(limit(&ct.id, MEMORY), (128 << 20).to_string());
    }
    update(&ct, &json!({ "memory": { "limit": 96 << 20, "checkBeforeUpdate": true } })).ok();
    assert_eq!(limit(&ct.id, MEMORY), (96 << 20).to_string());
    // v1 refuses by itself what it cannot reclaim; v2 kills, as it was told to.
    if is_met(Need::CgroupV1) {
        update(&ct, &json!({ "memory": { "limit": 8 << 20 } })).fails_with("unable to set memory limit");
    }
    assert_eq!(ct.status(), "running");
    ct.delete_force().ok();
}

// OC-13, SP-29
#[test]
fn update_changes_the_pids_limit() {
    needs!(Root, Pids);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    ct.ctrun(["update", "--pids-limit", "17", &ct.id]).ok();
    assert_eq!(limit(&ct.id, &["pids.max"]), "17");
    ct.ctrun(["update", "--pids-limit", "-1", &ct.id]).ok();
    assert_eq!(limit(&ct.id, &["pids.max"]), "max");
    ct.delete_force().ok();
}

// OC-13, SP-27
#[test]
fn update_changes_the_cpu_quota() {
    needs!(Root, Cpu);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    ct.ctrun(["update", "--cpu-period", "50000", "--cpu-quota", "20000", &ct.id]).ok();
    let quota = limit(&ct.id, &["cpu.max", "cpu.cfs_quota_us"]);
    assert!(quota == "20000 50000" || quota == "20000", "{quota}");
    ct.ctrun(["update", "--cpu-share", "512", &ct.id]).ok();
    let quota = limit(&ct.id, &["cpu.max", "cpu.cfs_quota_us"]);
    assert!(quota == "20000 50000" || quota == "20000", "{quota}");
    ct.delete_force().ok();
}

// OC-13, SP-27: a burst fits into its quota at every moment, and half of a pair leaves the other half.
#[test]
fn update_changes_quota_period_and_burst_in_any_direction() {
    needs!(Root, Cpu);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    let quota = || limit(&ct.id, &["cpu.max", "cpu.cfs_quota_us"]);
    let period = || limit(&ct.id, &["cpu.max", "cpu.cfs_period_us"]).rsplit(' ').next().unwrap().to_owned();
    for (quota_us, burst_us) in [("20000", "10000"), ("8000", "5000"), ("40000", "30000"), ("6000", "0")] {
        ct.ctrun(["update", "--cpu-quota", quota_us, "--cpu-burst", burst_us, &ct.id]).ok();
        assert_eq!(quota().split(' ').next(), Some(quota_us));
        assert_eq!(limit(&ct.id, &["cpu.max.burst", "cpu.cfs_burst_us"]), burst_us);
    }
    ct.ctrun(["update", "--cpu-period", "50000", &ct.id]).ok();
    assert_eq!((quota().split(' ').next(), period().as_str()), (Some("6000"), "50000"));
    ct.ctrun(["update", "--cpu-quota", "-1", &ct.id]).ok();
    assert!(["max 50000", "-1"].contains(&quota().as_str()), "{}", quota());
    ct.delete_force().ok();
}

// OC-13, SP-27: the kernel takes no weight while a cgroup is idle.
#[test]
fn update_makes_a_cgroup_idle_and_busy_again() {
    needs!(Root, Cpu);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    for (idle, share) in [("1", "300"), ("1", "400"), ("0", "512")] {
        ct.ctrun(["update", "--cpu-idle", idle, "--cpu-share", share, &ct.id]).ok();
        assert_eq!(limit(&ct.id, &["cpu.idle"]), idle);
    }
    let weight = limit(&ct.id, &["cpu.weight", "cpu.shares"]);
    assert!(["59", "512"].contains(&weight.as_str()), "{weight}");
    ct.delete_force().ok();
}

// OC-13
#[test]
fn update_reads_resources_from_a_file_or_standard_input() {
    needs!(Root, Pids);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    let file = ct.folder.join("resources.json");
    fs::write(&file, json!({ "pids": { "limit": 21 } }).to_string()).unwrap();
    ct.ctrun(["update", "--resources", "resources.json", &ct.id]).ok();
    assert_eq!(limit(&ct.id, &["pids.max"]), "21");
    fs::write(&file, json!({ "pids": { "limit": 22 } }).to_string()).unwrap();
    let mut sh = std::process::Command::new("sh");
    let update = ct.command(["update", "-r", "-", &ct.id]);
    sh.args(["-c", "exec \"$@\" < resources.json", "sh"]).arg(update.get_program()).args(update.get_args());
    ct.finish(sh.current_dir(&ct.folder)).ok();
    assert_eq!(limit(&ct.id, &["pids.max"]), "22");
    ct.delete_force().ok();
}

// OC-13
#[test]
fn update_needs_a_container() {
    needs!(Root);
    let ct = Bundle::new();
    ct.ctrun(["update", "--pids-limit", "17", &ct.id]).fails_with("does not exist");
}

/// One option of `update`: its value, and where it is to be read back on v1 and on v2. No file on v2 means that the
/// option is refused there.
struct Case {
    option: &'static str,
    value: &'static str,
    v1: (&'static str, &'static str),
    v2: Option<(&'static str, &'static str)>,
}

const fn case(
    option: &'static str,
    value: &'static str,
    v1: (&'static str, &'static str),
    v2: Option<(&'static str, &'static str)>,
) -> Case {
    Case { option, value, v1, v2 }
}

/// Each goes to the same container, in this order: a burst is within a quota, a total above the memory.
const CASES: &[Case] = &[
    case("--blkio-weight", "500", ("blkio.weight", "500"), Some(("io.weight", "default 4950"))),
    case("--cpu-period", "50000", ("cpu.cfs_period_us", "50000"), Some(("cpu.max", "max 50000"))),
    case("--cpu-quota", "20000", ("cpu.cfs_quota_us", "20000"), Some(("cpu.max", "20000 50000"))),
    case("--cpu-burst", "10000", ("cpu.cfs_burst_us", "10000"), Some(("cpu.max.burst", "10000"))),
    case("--cpu-share", "512", ("cpu.shares", "512"), Some(("cpu.weight", "59"))),
    case("--cpu-rt-period", "500000", ("cpu.rt_period_us", "500000"), None),
    case("--cpu-rt-runtime", "1000", ("cpu.rt_runtime_us", "1000"), None),
    case("--cpu-quota", "-1", ("cpu.cfs_quota_us", "-1"), Some(("cpu.max", "max 50000"))),
    case("--cpu-idle", "1", ("cpu.idle", "1"), Some(("cpu.idle", "1"))),
    case("--cpu-idle", "0", ("cpu.idle", "0"), Some(("cpu.idle", "0"))),
    case("--cpuset-cpus", "0", ("cpuset.cpus", "0"), Some(("cpuset.cpus", "0"))),
    case("--cpuset-mems", "0", ("cpuset.mems", "0"), Some(("cpuset.mems", "0"))),
    case("--memory", "64M", ("memory.limit_in_bytes", "67108864"), Some(("memory.max", "67108864"))),
    case(
        "--memory-reservation",
        "32m",
        ("memory.soft_limit_in_bytes", "33554432"),
        Some(("memory.low", "33554432")),
    ),
    case(
        "--memory-swap",
        "100663296",
        ("memory.memsw.limit_in_bytes", "100663296"),
        Some(("memory.swap.max", "33554432")),
    ),
    case("--pids-limit", "17", ("pids.max", "17"), Some(("pids.max", "17"))),
];

fn file_of(folders: &[PathBuf], name: &str) -> Option<String> {
    let path = folders.iter().map(|folder| folder.join(name)).find(|path| path.exists())?;
    Some(fs::read_to_string(path).expect("a limit can be read").trim().to_owned())
}

// OC-13: every option that sets a limit, with `=` and without, read back where the host has the file.
#[test]
fn every_option_of_update_is_read_back() {
    needs!(Root, Pids);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    let is_v2 = is_met(Need::CgroupV2);
    for (index, case) in CASES.iter().enumerate() {
        let Case { option, value, .. } = case;
        let ran = match index % 2 {
            0 => ct.ctrun(["update", option, value, &ct.id]),
            _ => ct.ctrun(["update", &format!("{option}={value}"), &ct.id]),
        };
        let (file, expected) = match case.v2 {
            Some(of_v2) if is_v2 => of_v2,
            None if is_v2 => {
                ran.fails_with("real-time");
                continue;
            }
            _ => case.v1,
        };
        // The cgroup that the limit made necessary may be new.
        match file_of(&cgroup_folders(&ct.id), file) {
            Some(there) => {
                assert_eq!(there, expected, "{option} {value}: {ran:?}");
                ran.ok();
            }
            // A kernel without it: what cannot be limited is told of, but for weights, which bfq may have.
            None if *option == "--blkio-weight" => drop(ran),
            None => drop(ran.fails_with(file.split('.').next().unwrap())),
        }
    }
    // What the kernel has no more is taken, with a word about it; what there is not yet is refused by name.
    for option in ["--kernel-memory", "--kernel-memory-tcp"] {
        assert!(ct.ctrun(["update", option, "64M", &ct.id]).ok().stderr.contains(&option[2..]), "{option}");
    }
    for (option, value) in [("--l3-cache-schema", "L3:0=1"), ("--mem-bw-schema", "MB:0=20")] {
        ct.ctrun(["update", option, value, &ct.id]).fails_with(&option[2..]);
    }
    // Nothing is changed by nothing, nor by an empty value, as engines send it.
    ct.ctrun(["update", &ct.id]).ok();
    ct.ctrun(["update", "--memory", "", "--pids-limit", "", "--cpuset-cpus", "", &ct.id]).ok();
    assert_eq!(limit(&ct.id, &["pids.max"]), "17");
    ct.delete_force().ok();
}

// OC-13: values that are none are refused before anything is changed.
#[test]
fn every_option_of_update_refuses_what_is_no_value() {
    needs!(Root, Pids);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    let before = limit(&ct.id, &["pids.max"]);
    let numbers = CASES.iter().filter(|case| !case.option.starts_with("--cpuset"));
    for option in numbers.map(|case| case.option).chain(["--resources"]) {
        for value in ["x", "1x", "0x10", "1.5", "99999999999999999999"] {
            let ran = ct.ctrun(["update", "--pids-limit", "3", option, value, &ct.id]);
            ran.fails_with(&option[2..]);
            assert_eq!(limit(&ct.id, &["pids.max"]), before, "{option} {value}");
        }
    }
    ct.delete_force().ok();
}

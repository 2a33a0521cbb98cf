// SPDX-License-Identifier: Apache-2.0
//! `ctrun update` (OC-13), read back from the cgroup on whichever version the host has.

use std::fs;
use std::path::PathBuf;

use integration_tests::{Bundle, cgroup_folders, needs};
use serde_json::json;

fn sleeping(ct: Bundle) -> Bundle {
    ct.create().ok();
    ct.start().ok();
    ct
}

/// The first of these files that one of the container's cgroups has.
fn limit(ct: &Bundle, names: &[&str]) -> String {
    let folders = cgroup_folders(&ct.id);
    let there: Vec<PathBuf> =
        folders.iter().flat_map(|f| names.iter().map(move |n| f.join(n))).filter(|p| p.exists()).collect();
    let path = there.first().unwrap_or_else(|| panic!("none of {names:?} in {folders:?}"));
    fs::read_to_string(path).expect("a limit can be read").trim().to_owned()
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
    assert_eq!(limit(&ct, MEMORY), (64 << 20).to_string());
    ct.ctrun(["update", "--memory", &(96 << 20).to_string(), &ct.id]).ok();
    assert_eq!(limit(&ct, MEMORY), (96 << 20).to_string());
    assert_eq!(limit(&ct, &["pids.max"]), "33");
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
        assert_eq!(limit(&ct, MEMORY), memory);
    }
    ct.delete_force().ok();
}

// OC-13, SP-29
#[test]
fn update_changes_the_pids_limit() {
    needs!(Root, Pids);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    ct.ctrun(["update", "--pids-limit", "17", &ct.id]).ok();
    assert_eq!(limit(&ct, &["pids.max"]), "17");
    ct.ctrun(["update", "--pids-limit", "-1", &ct.id]).ok();
    assert_eq!(limit(&ct, &["pids.max"]), "max");
    ct.delete_force().ok();
}

// OC-13, SP-27
#[test]
fn update_changes_the_cpu_quota() {
    needs!(Root, Cpu);
    let ct = sleeping(Bundle::running(["sleep", "1000"]));
    ct.ctrun(["update", "--cpu-period", "50000", "--cpu-quota", "20000", &ct.id]).ok();
    let quota = limit(&ct, &["cpu.max", "cpu.cfs_quota_us"]);
    assert!(quota == "20000 50000" || quota == "20000", "{quota}");
    ct.ctrun(["update", "--cpu-share", "512", &ct.id]).ok();
    let quota = limit(&ct, &["cpu.max", "cpu.cfs_quota_us"]);
    assert!(quota == "20000 50000" || quota == "20000", "{quota}");
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
    assert_eq!(limit(&ct, &["pids.max"]), "21");
    fs::write(&file, json!({ "pids": { "limit": 22 } }).to_string()).unwrap();
    let mut sh = std::process::Command::new("sh");
    let update = ct.command(["update", "-r", "-", &ct.id]);
    sh.args(["-c", "exec \"$@\" < resources.json", "sh"]).arg(update.get_program()).args(update.get_args());
    ct.finish(sh.current_dir(&ct.folder)).ok();
    assert_eq!(limit(&ct, &["pids.max"]), "22");
    ct.delete_force().ok();
}

// OC-13
#[test]
fn update_needs_a_container() {
    needs!(Root);
    let ct = Bundle::new();
    ct.ctrun(["update", "--pids-limit", "17", &ct.id]).fails_with("does not exist");
}

// SPDX-License-Identifier: Apache-2.0
//! What a test needs of the machine. A missing need is a reported skip, never a silent pass.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Effective user id 0.
    Root,
    /// cgroup v2 alone at /sys/fs/cgroup.
    CgroupV2,
    /// cgroup v1 hierarchies below /sys/fs/cgroup.
    CgroupV1,
    /// The memory controller, on either version.
    Memory,
    Cpu,
    Cpuset,
    Pids,
    Freezer,
    /// The program with fault injection.
    Faults,
    /// CAP_SYS_RESOURCE, which some test hosts withhold from root.
    SysResource,
    Overlay,
    Strace,
    /// A compiler for the small C programs that some tests run inside.
    Gcc,
    /// The programs and the kernel's part for `network=nat`.
    Nat,
    /// systemd as the host's init.
    Systemd,
    /// skopeo and umoci.
    ImageTools,
    /// The kernel has FUSE.
    Fuse,
    /// The kernel has tunnels.
    Tun,
    /// mmdebstrap, and an archive that answers.
    Mmdebstrap,
}

#[must_use]
pub fn is_met(need: Need) -> bool {
    match need {
        Need::Root => status_line("Uid:").split_whitespace().nth(1) == Some("0"),
        Need::CgroupV2 => is_v2(),
        Need::CgroupV1 => !is_v2() && Path::new("/sys/fs/cgroup/devices").is_dir(),
        Need::Memory => has_controller("memory"),
        Need::Cpu => has_controller("cpu"),
        Need::Cpuset => has_controller("cpuset"),
        Need::Pids => has_controller("pids"),
        Need::Freezer => is_v2() || has_controller("freezer"),
        Need::Faults => crate::bundle::ctrun_with_faults().is_some(),
        Need::SysResource => has_capability(24),
        Need::Overlay => fs::read_to_string("/proc/filesystems").is_ok_and(|t| t.contains("overlay")),
        Need::ImageTools => answers("skopeo", "--version") && answers("umoci", "--version"),
        Need::Fuse => fs::read_to_string("/proc/filesystems").is_ok_and(|t| t.contains("fuse")),
        Need::Tun => fs::read_to_string("/proc/misc").is_ok_and(|t| t.contains("tun")),
        Need::Mmdebstrap => answers("mmdebstrap", "--version"),
        Need::Strace => answers("strace", "-V"),
        Need::Gcc => answers("gcc", "--version"),
        Need::Nat => can_translate(),
        Need::Systemd => Path::new("/run/systemd/system").is_dir(),
    }
}

/// Whether all are met; if not, the skip is written where `make test` looks for it, and to the test's output.
#[must_use]
pub fn needed(needs: &[Need]) -> bool {
    let Some(missing) = needs.iter().find(|n| !is_met(**n)) else { return true };
    // The test runner names its threads after the tests.
    let thread = std::thread::current();
    let line = format!("{}: needs {missing:?}\n", thread.name().unwrap_or("a test"));
    if let Some(list) = std::env::var_os("CTCTL_SKIPS") {
        let file = OpenOptions::new().create(true).append(true).open(&list);
        let written = file.and_then(|mut f| f.write_all(line.as_bytes()));
        assert!(written.is_ok(), "the list of skips cannot be written: {list:?}");
    }
    // Straight to the descriptor: a test's captured output is thrown away when the test passes.
    let _nobody_reads = std::io::stderr().write_all(format!("skipped {line}").as_bytes());
    false
}

/// Asked in a network namespace of its own.
fn can_translate() -> bool {
    let rules =
        "table inet t { chain c { type nat hook prerouting priority 0; fib daddr type local accept; }; }";
    let line = format!(
        "nft '{rules}' && nft 'table bridge t {{ chain c {{ type filter hook prerouting priority 0; }}; }}'"
    );
    answers("dnsmasq", "--version")
        && Command::new("unshare").args(["--net", "sh", "-c", &line]).status().is_ok_and(|s| s.success())
}

fn answers(program: &str, version: &str) -> bool {
    Command::new(program).arg(version).output().is_ok_and(|o| o.status.success())
}

fn is_v2() -> bool {
    Path::new("/sys/fs/cgroup/cgroup.controllers").exists()
}

fn has_controller(name: &str) -> bool {
    if is_v2() {
        let text = fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").unwrap_or_default();
        return text.split_whitespace().any(|c| c == name);
    }
    Path::new("/sys/fs/cgroup").join(name).is_dir()
}

fn status_line(key: &str) -> String {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines().find_map(|l| l.strip_prefix(key)).unwrap_or("").trim().to_owned()
}

fn has_capability(number: u32) -> bool {
    u64::from_str_radix(&status_line("CapEff:"), 16).is_ok_and(|set| set >> number & 1 == 1)
}

// SPDX-License-Identifier: Apache-2.0
//! What this machine offers.

use super::{Finding, Verdict};
use crate::host::{Host, need_root};
use crate::idmap::{self, IdMap};
use crate::{storage, store};
use runtime_sys::rustix::fs::statvfs;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

const SYS_ADMIN: u32 = 21;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let mut all = vec![root(), kernel(), cgroups(), user_namespaces(), ids(host), overlay(), id_maps(host)];
    all.extend([seccomp(), kvm(), helpers(host)]);
    all.extend(room(host));
    all
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn root() -> Finding {
    if need_root().is_err() {
        return Finding::new("root", Verdict::Bad, "not root: most verbs need it")
            .way_out("run it with sudo");
    }
    let status = read("/proc/self/status");
    let set = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap_or_default().trim();
    let set = u64::from_str_radix(set, 16).unwrap_or(0);
    if set >> SYS_ADMIN & 1 == 0 {
        return Finding::new("root", Verdict::Bad, "root without CAP_SYS_ADMIN: nothing can be mounted")
            .way_out("give this container or service CAP_SYS_ADMIN");
    }
    Finding::good("root", "root, with CAP_SYS_ADMIN")
}

fn kernel() -> Finding {
    let release = read("/proc/sys/kernel/osrelease");
    let release = release.trim();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
    let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= (6, 1) {
        return Finding::good("kernel", format!("Linux {release}"));
    }
    Finding::new("kernel", Verdict::Bad, format!("Linux {release}: 6.1 or later is needed"))
        .way_out("boot a newer kernel, such as that of Debian 12")
}

/// The controllers that keys need.
const CONTROLLERS: &[&str] = &["memory", "cpu", "pids"];

fn cgroups() -> Finding {
    let root = Path::new("/sys/fs/cgroup");
    let unified = read("/sys/fs/cgroup/cgroup.controllers");
    let has = |name: &&&str| match unified.is_empty() {
        true => root.join(name).is_dir(),
        false => unified.split_whitespace().any(|known| known == **name),
    };
    let missing: Vec<&str> = CONTROLLERS.iter().filter(|name| !has(name)).copied().collect();
    let layout = if unified.is_empty() { "version 1" } else { "version 2" };
    if missing.len() == CONTROLLERS.len() {
        return Finding::new("cgroups", Verdict::Bad, "no control groups at /sys/fs/cgroup")
            .way_out("mount -t cgroup2 none /sys/fs/cgroup");
    }
    if !missing.is_empty() {
        let text = format!("{layout}, without {}: its limits are refused", missing.join(", "));
        return Finding::new("cgroups", Verdict::Warning, text)
            .way_out("see cgroup_disable= on the kernel's command line");
    }
    Finding::good("cgroups", layout)
}

fn user_namespaces() -> Finding {
    match storage::probe_user_namespace() {
        Ok(()) => Finding::good("user namespaces", "can be made"),
        Err(error) => Finding::new("user namespaces", Verdict::Bad, error.to_string())
            .way_out("sysctl user.max_user_namespaces=10000; or create systems with --idmap host"),
    }
}

fn ids(host: &Host) -> Finding {
    let maps: Vec<IdMap> =
        store::names(host).iter().filter_map(|name| store::read(host, name).ok()).map(|c| c.idmap).collect();
    match idmap::allocate(&read("/etc/subuid"), &read("/etc/subgid"), &maps) {
        Some(map) => Finding::good("ids", format!("{map} is the next free range")),
        None => Finding::new("ids", Verdict::Bad, "no free range of 65,536 ids")
            .way_out("give owner ctctl more in /etc/subuid and /etc/subgid, the same in both"),
    }
}

fn overlay() -> Finding {
    if read("/proc/filesystems").lines().any(|line| line.trim_start_matches("nodev").trim() == "overlay") {
        return Finding::good("overlay", "known to the kernel");
    }
    Finding::new("overlay", Verdict::Bad, "the kernel does not know overlay file systems")
        .way_out("modprobe overlay")
}

fn id_maps(host: &Host) -> Finding {
    let folder = existing(host.places()[1]);
    match storage::probe_id_maps(&folder) {
        Ok(true) => Finding::good("id maps", format!("{} takes them", folder.display())),
        Ok(false) => {
            let text =
                format!("the file system of {} takes no id maps: systems are copies", folder.display());
            Finding::new("id maps", Verdict::Warning, text)
                .way_out("use ext4, xfs or btrfs there, or another --data-dir")
        }
        Err(error) => Finding::new("id maps", Verdict::Warning, format!("cannot be tried: {error}")),
    }
}

/// The path, or the nearest folder above it that is there.
fn existing(path: &Path) -> PathBuf {
    path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

fn seccomp() -> Finding {
    let actions = read("/proc/sys/kernel/seccomp/actions_avail");
    if actions.contains("errno") {
        return Finding::good("seccomp", "filters can be loaded");
    }
    Finding::new("seccomp", Verdict::Bad, "the kernel has no seccomp filters")
        .way_out("boot a kernel with CONFIG_SECCOMP_FILTER")
}

fn kvm() -> Finding {
    match OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        Ok(_) => Finding::good("kvm", "/dev/kvm can be opened"),
        Err(error) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            Finding::new("kvm", Verdict::Warning, format!("/dev/kvm: {text}; containers do without"))
                .way_out("modprobe kvm_intel or kvm_amd; in a virtual machine, allow it nested ones")
        }
    }
}

fn helpers(host: &Host) -> Finding {
    match host.helper("ctctl-monitor") {
        Ok(path) => Finding::good("helpers", path.display().to_string()),
        Err(error) => Finding::new("helpers", Verdict::Bad, error.to_string())
            .way_out(error.hint_text().unwrap_or("install ctctl anew").to_owned()),
    }
}

/// Less than this is soon full.
const LEAST_ROOM: u64 = 100 << 20;

fn room(host: &Host) -> Vec<Finding> {
    let place = |path: &&Path| {
        let folder = existing(path);
        let space = match statvfs(&folder) {
            Ok(space) => space,
            Err(error) => {
                let text = format!("{}: {error}", folder.display());
                return Finding::new("room", Verdict::Bad, text);
            }
        };
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        let text = format!("{}: {} free", path.display(), crate::output::size(free));
        match free < LEAST_ROOM || space.f_files > 0 && space.f_favail < 1000 {
            true => Finding::new("room", Verdict::Warning, text)
                .way_out("make room: ctctl template rm NAME, ctctl destroy NAME"),
            false => Finding::good("room", text),
        }
    };
    host.places().iter().map(place).collect()
}

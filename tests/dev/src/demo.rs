// SPDX-License-Identifier: Apache-2.0
//! `make demo`: the main job on this machine, each command before its output.

use std::fs;
use std::process::Command;

use crate::build::build;
use crate::command::{Failed, Result, at, is_root, run, say, target_folder};
use crate::packages;

/// A first bundle, with ctrun. Each line runs as a person would type it, in an empty folder.
const FIRST_BUNDLE: &[&str] = &[
    "mkdir -p rootfs/bin && cp /bin/busybox rootfs/bin/ && rootfs/bin/busybox --install rootfs/bin",
    "ctrun spec",
    "sed -i 's/\"terminal\": true/\"terminal\": false/; s/\"sh\"/\"echo\", \"hello from inside\"/' config.json",
    "ctrun run hello",
    "sed -i 's/\"echo\", \"hello from inside\"/\"sleep\", \"600\"/' config.json",
    "ctrun create box",
    "ctrun start box",
    "ctrun list",
    "ctrun exec box ps",
    "ctrun state box",
    "ctrun kill box KILL",
    "ctrun delete --force box",
    "ctrun list",
];

/// The main job, with ctctl: two systems from nothing to nothing. Its places are in the demo's folder.
const FIRST_SYSTEMS: &[&str] = &[
    "ctctl template build busybox",
    "ctctl template build debian-12",
    "ctctl template list",
    "ctctl create box --template busybox network=none memory=64M",
    "ctctl start box",
    "ctctl exec box -- ps",
    "ctctl create deb --template debian-12 network=none",
    "ctctl start --wait deb",
    "ctctl list",
    "ctctl exec deb -- systemctl is-system-running",
    "ctctl exec deb -- systemctl --failed --no-pager",
    "echo 'head -1 /etc/os-release; hostname; id; cat /proc/self/uid_map' | ctctl enter deb",
    "ctctl set deb memory=256M cpulimit=50% pids=200",
    "ctctl exec deb -- sh -c 'cd /sys/fs/cgroup; cat memory.max memory/memory.limit_in_bytes 2> /dev/null || true'",
    "ctctl info deb",
    "ctctl stop deb",
    "ctctl stop box",
    "ctctl list",
    "ctctl status deb",
    "ctctl destroy deb",
    "ctctl destroy box",
    "ctctl list",
];

/// Removes the systems of a demo that did not come to its end, with what is mounted and running.
const LEFT: &str = "ctctl list --json | grep -o '\"name\": \"[^\"]*\"' | cut -d'\"' -f4 \
    | while read -r name; do ctctl destroy --force \"$name\"; done";

pub(crate) fn demo() -> Result<()> {
    if !is_root() {
        return Err(Failed::new("the demo makes containers and needs root: sudo make demo"));
    }
    packages::install(&["build", "demo"])?;
    let dist = build()?;
    let folder = target_folder().join("demo");
    let path = format!("{}:{}", dist.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let shell = |line: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(&folder).env("PATH", &path);
        let places =
            [("CTCTL_CONFIG", "etc"), ("CTCTL_DATA", "data"), ("CTCTL_RUN", "run"), ("CTCTL_LOG", "log")];
        for (variable, place) in places {
            shell.env(variable, folder.join(place));
        }
        run(&mut shell)
    };
    if folder.exists() {
        shell(LEFT)?;
        at(&folder, fs::remove_dir_all(&folder))?;
    }
    at(&folder, fs::create_dir_all(&folder))?;
    for line in FIRST_BUNDLE.iter().chain(FIRST_SYSTEMS) {
        say(&format!("\n$ {line}"));
        shell(line)?;
    }
    Ok(())
}

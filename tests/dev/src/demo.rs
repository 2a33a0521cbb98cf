// SPDX-License-Identifier: Apache-2.0
//! `make demo`: the main job on this machine, each command before its output.

use std::fs;
use std::process::Command;

use crate::build::build;
use crate::command::{Failed, Result, at, is_root, run, say, target_folder};
use crate::packages;

/// A first bundle, with ctrun. Each line runs as a person would type it, in an empty folder.
const FIRST_BUNDLE: &[&str] = &[
    "mkdir -p rootfs/bin && cp /bin/busybox rootfs/bin/ && rootfs/bin/busybox --install -s rootfs/bin",
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

pub(crate) fn demo() -> Result<()> {
    if !is_root() {
        return Err(Failed::new("the demo makes containers and needs root: sudo make demo"));
    }
    packages::install(&["build", "demo"])?;
    let dist = build()?;
    let folder = target_folder().join("demo");
    if folder.exists() {
        at(&folder, fs::remove_dir_all(&folder))?;
    }
    at(&folder, fs::create_dir_all(&folder))?;
    let path = format!("{}:{}", dist.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    for line in FIRST_BUNDLE {
        say(&format!("\n$ {line}"));
        run(Command::new("sh").args(["-c", line]).current_dir(&folder).env("PATH", &path))?;
    }
    Ok(())
}

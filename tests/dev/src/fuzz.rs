// SPDX-License-Identifier: Apache-2.0
//! `make fuzz`: ten minutes for each target of tests/fuzz. `CTCTL_FUZZ_SECONDS` changes the time, `CTCTL_FUZZ_TARGETS`
//! chooses among the targets.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::command::{Result, at, cargo, say, show, succeeds, target_folder, top};
use crate::packages;

const FOLDER: &str = "tests/fuzz";

/// More than this for one input is a finding.
const LIMITS: [&str; 2] = ["-rss_limit_mb=2048", "-timeout=10"];

pub(crate) fn fuzz() -> Result<()> {
    packages::install(&["build", "fuzz"])?;
    let tool = cargo_fuzz()?;
    let seconds = std::env::var("CTCTL_FUZZ_SECONDS").unwrap_or_else(|_| "600".to_owned());
    let wanted = std::env::var("CTCTL_FUZZ_TARGETS").unwrap_or_default();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.split_whitespace().any(|word| word == name);
    for target in targets()?.iter().filter(|target| is_wanted(target)) {
        say(&format!("fuzzing {target} for {seconds} s"));
        // What was found before goes on from one run to the next; the seeds in the tree are never written to.
        let corpus = target_folder().join("fuzz-corpus").join(target);
        at(&corpus, fs::create_dir_all(&corpus))?;
        let mut command = fuzz_command(&tool);
        command.args(["run", "--fuzz-dir", FOLDER, target]).arg(&corpus);
        let seeds = top().join(FOLDER).join("seeds").join(target);
        if seeds.is_dir() {
            command.arg(seeds);
        }
        show(command.arg("--").args(LIMITS).arg(format!("-max_total_time={seconds}")))?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>> {
    let folder = top().join(FOLDER).join("targets");
    let entries = at(&folder, fs::read_dir(&folder))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// The tool itself, installed below the target folder if it is not there.
fn cargo_fuzz() -> Result<PathBuf> {
    let root = target_folder().join("tools");
    let tool = root.join("bin/cargo-fuzz");
    if !succeeds(Command::new(&tool).args(["fuzz", "--version"])) {
        show(cargo(["install", "--locked", "cargo-fuzz", "--root"]).arg(&root))?;
    }
    Ok(tool)
}

fn fuzz_command(tool: &PathBuf) -> Command {
    let mut command = Command::new(tool);
    // The sanitizers' flags are not stable; the pinned toolchain has them all the same, and no other is needed.
    command
        .arg("fuzz")
        .current_dir(top())
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", target_folder().join("fuzz"));
    command
}

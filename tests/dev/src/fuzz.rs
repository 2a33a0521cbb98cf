// SPDX-License-Identifier: Apache-2.0
//! `make fuzz`: ten minutes for each target of fuzz/. `CTCTL_FUZZ_SECONDS` changes the time.

use std::fs;

use crate::command::{Failed, Result, at, program, say, show, succeeds, top};

pub(crate) fn fuzz() -> Result<()> {
    let folder = top().join("fuzz/fuzz_targets");
    let entries = at(&folder, fs::read_dir(&folder))?;
    if !succeeds(&mut program("cargo", ["+nightly", "fuzz", "--version"])) {
        return Err(Failed::new("no cargo-fuzz: rustup toolchain install nightly; cargo install cargo-fuzz"));
    }
    let seconds = std::env::var("CTCTL_FUZZ_SECONDS").unwrap_or_else(|_| "600".to_owned());
    let mut targets: Vec<String> =
        entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    targets.sort();
    for target in targets.iter().filter_map(|t| t.strip_suffix(".rs")) {
        say(&format!("fuzzing {target} for {seconds} s"));
        show(&mut program(
            "cargo",
            ["+nightly", "fuzz", "run", target, "--", &format!("-max_total_time={seconds}")],
        ))?;
    }
    Ok(())
}

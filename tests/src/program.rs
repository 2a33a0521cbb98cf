// SPDX-License-Identifier: Apache-2.0
//! Small programs in C, for what a shell inside a container cannot do.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds `NAME.c` of the tests' folder as a static program at `program`. The test has declared that it needs `Gcc`.
#[track_caller]
pub fn build_program(name: &str, program: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).with_extension("c");
    let mut gcc = Command::new("gcc");
    gcc.args(["-static", "-pthread", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(program).arg(source);
    let gcc = gcc.output().expect("the test declared that it needs gcc");
    assert!(gcc.status.success(), "{}", String::from_utf8_lossy(&gcc.stderr));
    program.to_owned()
}

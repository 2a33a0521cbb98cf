// SPDX-License-Identifier: Apache-2.0
//! The stage's program in a sealed memfd, and the plan in another.
//!
//! A container that gets hold of its first process's executable finds a copy that nobody can write to, which dies
//! with the process: never the runtime's own file (CVE-2019-5736), and never its page cache either.

use crate::error::{Context, Result};
use runtime_sys::{OwnedFd, fs};

/// Built by the build script.
const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stage"));

/// The program, ready for execveat.
pub(super) fn program() -> Result<OwnedFd> {
    fs::sealed_memory_file(c"ctrun-stage", PROGRAM, fs::Executable::Yes).context(|| "make the stage's memfd")
}

/// A plan, ready to be mapped by the stage.
pub(super) fn plan(encoded: &[u8]) -> Result<OwnedFd> {
    fs::sealed_memory_file(c"ctrun-plan", encoded, fs::Executable::No).context(|| "make the plan's memfd")
}

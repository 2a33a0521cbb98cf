// SPDX-License-Identifier: Apache-2.0
//! `make check`: what to run before every commit.

use crate::command::{Result, cargo, say, show};
use crate::licences;

pub(crate) fn check() -> Result<()> {
    style()?;
    house()?;
    licences::check()?;
    unit()
}

/// Format and clippy, warnings as errors.
pub(crate) fn style() -> Result<()> {
    show(&mut cargo(["fmt", "--all", "--check"]))?;
    show(&mut cargo([
        "clippy",
        "--quiet",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

/// The house rules, as a test that reads the tree.
pub(crate) fn house() -> Result<()> {
    show(&mut cargo(["test", "--quiet", "--locked", "--package", "integration-tests", "--test", "house"]))
}

/// The tests beside the code: no root, no fork, parallel.
pub(crate) fn unit() -> Result<()> {
    show(&mut cargo([
        "test",
        "--quiet",
        "--locked",
        "--workspace",
        "--lib",
        "--bin",
        "dev",
        "--exclude",
        "integration-tests",
    ]))?;
    native_machines()
}

/// Machines with a payload of a few instructions: a /dev/kvm that only emulates is enough, none is not.
fn native_machines() -> Result<()> {
    if let Err(e) = std::fs::OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        say(&format!("skipped: the shim's own machines: /dev/kvm: {e}"));
        return Ok(());
    }
    show(&mut cargo(["test", "--quiet", "--locked", "--package", "kvm-shim", "--test", "native"]))
}

// SPDX-License-Identifier: Apache-2.0
//! A verb for many systems in the order of their boot, some at a time: each is carried out by a `ctctl` of its own, since
//! whoever starts a system has one thread.

use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::output;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The place of a system in the order of starts; who has none is behind those who have.
#[must_use]
pub fn place(config: &Config) -> (u64, u64) {
    (config.boot_order.unwrap_or(u64::MAX), config.ctid)
}

/// Runs `ctctl VERB… NAME` for each, in the order given: of those of one boot order at most so many at a time, and those
/// of the next when all of them are done.
///
/// # Errors
/// Names those for which it failed; the others are done all the same.
pub fn each(host: &Host, verb: &[&str], systems: &[Config], most: usize, delays: bool) -> Result<()> {
    let mut failed = Vec::new();
    let mut running: Vec<(String, Child)> = Vec::new();
    let mut order = None;
    for config in systems {
        if order.replace(config.boot_order).is_some_and(|before| before != config.boot_order) {
            running.drain(..).for_each(|job| wait(job, &mut failed));
        }
        while running.len() >= most.max(1) {
            wait(running.remove(0), &mut failed);
        }
        running.push((config.name.clone(), spawn(host, verb, &config.name)?));
        if delays && config.boot_delay > 0 {
            running.drain(..).for_each(|job| wait(job, &mut failed));
            std::thread::sleep(Duration::from_secs(config.boot_delay));
        }
    }
    running.drain(..).for_each(|job| wait(job, &mut failed));
    if failed.is_empty() {
        return Ok(());
    }
    Err(Error::new(Exit::Failure, format!("failed for {}", failed.join(", "))))
}

fn spawn(host: &Host, verb: &[&str], name: &str) -> Result<Child> {
    let program = std::env::current_exe().context(|| "find this program")?;
    let mut command = Command::new(&program);
    for (option, place) in ["--config-dir", "--data-dir", "--run-dir", "--log-dir"].iter().zip(host.places())
    {
        command.arg(option).arg(place);
    }
    command.args(verb).arg(name).stdin(Stdio::null());
    command.spawn().context(|| format!("run {}", program.display()))
}

fn wait((name, mut child): (String, Child), failed: &mut Vec<String>) {
    let is_done = child.wait().is_ok_and(|status| status.success());
    output::progress(&format!("{name}: {}", if is_done { "done" } else { "failed" }));
    if !is_done {
        failed.push(name);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl-monitor`: the parent of one running system's init, and all that stays of `ctctl start`.
//!
//! ```text
//! ctctl start                 ctctl-monitor                    init of the system
//!   locks the name
//!   locks monitor.lock
//!   spawns, lock inherited -> adopts orphans, writes the bundle,
//!                             mounts the root, creates ------> is born, runs
//!   returns      <- Started -- watches: console to log,
//!                <- Ready ----- READY=1,                       <- runs
//!                               waits for the end              ends
//!                             notes the exit, deletes the rest
//!                             again from the bundle on, if init asked for a reboot
//!                             ends: monitor.lock is free
//! ```
//!
//! Whether a monitor lives is asked of its lock, never of a number in a file. Without one (it was killed) the system runs
//! on; the next verb that comes by puts another one beside it, which cannot learn the exit but removes what is left.

pub mod console;
pub mod launch;
pub mod report;
pub mod watch;

use crate::container::state;
use crate::error::{Context, Result};
use crate::events;
use crate::host::Host;
use crate::output;
use launch::Started;
use report::{Report, Reporter};
use runtime_sys::process::Exit;
use runtime_sys::rustix::stdio;
use runtime_sys::{AsFd, fs as sysfs, process, signal, tty};
use serde_json::json;
use watch::End;

/// Signals that init dies of when it asks for a reboot (reboot(2) in a pid namespace).
const SIGHUP: i32 = 1;

/// What a monitor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Start a system and stay with it.
    Start,
    /// Stay with a system whose own monitor is dead. Not being init's parent, it learns that init ends, not how.
    Adopt,
}

impl Task {
    /// The word on the monitor's command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Task::Start => "start",
            Task::Adopt => "adopt",
        }
    }
}

/// Carries a task out. Standard input is the lock, standard output the reporter.
///
/// # Errors
/// What could not be reported, since nobody waits for it any more.
pub fn run(host: &Host, name: &str, task: Task) -> Result<()> {
    // Held, by this open file alone, until the process ends.
    let _lock = stdio::stdin().try_clone_to_owned().context(|| "keep the lock")?;
    let mut reporter = Reporter::new(stdio::stdout().try_clone_to_owned().context(|| "keep the pipe")?);
    let prepared = prepare();
    match task {
        Task::Start => live(host, name, prepared, &mut reporter),
        Task::Adopt => prepared.and_then(|()| adopt(host, name, reporter)),
    }
}

fn adopt(host: &Host, name: &str, mut reporter: Reporter) -> Result<()> {
    reporter.send(&Report::Started);
    reporter.close();
    if let Some(pidfd) = state::first_process(host, name)? {
        process::ended(pidfd.as_fd())?;
    }
    launch::clean_up(host, name, End::Unknown)
}

fn live(host: &Host, name: &str, prepared: Result<()>, reporter: &mut Reporter) -> Result<()> {
    let mut reboots = 0;
    let mut start = prepared.and_then(|()| launch::launch(host, name));
    loop {
        let started = match start {
            Ok(started) => started,
            Err(error) => {
                reporter.send(&Report::Failed(&error));
                return Err(error);
            }
        };
        events::tell(host, name, if reboots == 0 { "started" } else { "restarted" }, json!({}));
        reporter.send(&Report::Started);
        let end = see_to_the_end(host, name, started, reporter)?;
        if end != End::Known(Exit::Signal(SIGHUP)) {
            return Ok(());
        }
        reboots += 1;
        start = launch::launch(host, name);
    }
}

/// Leaves the caller's session and terminal; nothing that follows may be interrupted half done.
fn prepare() -> Result<()> {
    let null = sysfs::open(sysfs::CWD, c"/dev/null", sysfs::OpenFlags::RDWR, 0)?;
    for number in 0..2 {
        tty::become_stdio(null.as_fd(), number)?;
    }
    signal::set_mask(signal::ALL)?;
    process::setsid()?;
    process::set_child_subreaper()?;
    Ok(())
}

fn see_to_the_end(host: &Host, name: &str, started: Started, reporter: &mut Reporter) -> Result<End> {
    let end = watch::watch(host, name, started, reporter);
    if let Err(error) = &end {
        output::progress(&format!("ctctl-monitor: {name}: {error}"));
    }
    launch::clean_up(host, name, end.as_ref().copied().unwrap_or(End::Unknown))?;
    end
}

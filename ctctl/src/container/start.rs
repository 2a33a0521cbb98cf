// SPDX-License-Identifier: Apache-2.0
//! Starting a system: its monitor is spawned, and does the rest.

use super::{copying, mounted, state, stop};
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, private_dir};
use crate::monitor::Task;
use crate::monitor::report::{Heard, Reports};
use crate::monitor::wishes::Wishes;
use crate::output;
use crate::store::Lock;
use runtime_sys::{OwnedFd, fd};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// When a start is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Init runs.
    Running,
    /// Init says that it is ready, if it is one that does, within this time if one is given.
    Ready(Option<Duration>),
}

/// Starts a system whose name is locked; the lock is given up as soon as init runs, so that a system that does not
/// become ready can be stopped.
///
/// # Errors
/// `Running` when it runs already; whatever the monitor reports; `Timeout` for one that runs and is not ready in time.
pub fn start(host: &Host, name: &str, lock: Lock, until: Until, wishes: &Wishes) -> Result<()> {
    if state::state(host, name)?.is_running() {
        adopt(host, name)?;
        return Err(Error::new(Exit::Running, "it runs already")
            .hint(format!("ctctl enter {name} goes inside, ctctl restart {name} starts it again")));
    }
    stop::clear(host, name)?;
    mounted::refuse(host, name)?;
    copying::refuse(host, name)?;
    let monitor = monitor_lock(host, name)?
        .ok_or_else(|| Error::new(Exit::State, "it is being started or stopped by another monitor"))?;
    let (_child, mut reports) = spawn(host, name, Task::Start, monitor, wishes)?;
    if let Err(error) = started(&mut reports) {
        // It ends when it has reported. What a killed one left is removed here.
        stop::clear_failed(host, name)?;
        return Err(error);
    }
    drop(lock);
    match until {
        Until::Running => Ok(()),
        Until::Ready(time) => ready(host, name, &mut reports, time),
    }
}

/// Refuses a system that its administrator has disabled.
///
/// # Errors
/// `State`.
pub fn allowed(config: &Config, force: bool) -> Result<()> {
    if config.disabled && !force {
        return Err(Error::new(Exit::State, "it is disabled")
            .hint(format!("ctctl set {} disabled=no, or start --force", config.name)));
    }
    Ok(())
}

fn started(reports: &mut Reports) -> Result<()> {
    match reports.hear(None)? {
        Some(Heard::Closed) => Err(Error::new(Exit::Failure, "ctctl-monitor died before the system ran")),
        _ => Ok(()),
    }
}

fn ready(host: &Host, name: &str, reports: &mut Reports, time: Option<Duration>) -> Result<()> {
    let log = host.log_file(name);
    let hint = format!("what it printed is in {}", log.display());
    match reports.hear(time)? {
        Some(Heard::Closed) => Err(Error::new(Exit::Failure, "it ended before it was ready").hint(hint)),
        Some(_) => Ok(()),
        None => {
            let seconds = time.unwrap_or_default().as_secs();
            Err(Error::new(Exit::Timeout, format!("it runs, but was not ready within {seconds} s"))
                .hint(hint))
        }
    }
}

/// Puts a monitor beside a system that runs without one, since its own was killed.
///
/// # Errors
/// When none can be started; the system runs on.
pub fn adopt(host: &Host, name: &str) -> Result<()> {
    let Some(lock) = monitor_lock(host, name)? else { return Ok(()) };
    let (_child, mut reports) = spawn(host, name, Task::Adopt, lock, &Wishes::default())?;
    reports.hear(None).map(drop)
}

/// Whether a monitor lives; without a run folder there is none.
///
/// # Errors
/// What the file system answers.
pub fn is_watched(host: &Host, name: &str) -> Result<bool> {
    if !host.run(name).exists() {
        return Ok(false);
    }
    monitor_lock(host, name).map(|lock| lock.is_none())
}

/// The lock that a living monitor holds; nothing when one does.
///
/// # Errors
/// What the file system answers.
pub(super) fn monitor_lock(host: &Host, name: &str) -> Result<Option<File>> {
    private_dir(&host.run(name))?;
    let path = host.run(name).join("monitor.lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = open.context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context(|| format!("lock {}", path.display())),
    }
}

/// Whether a monitor lives. The system's name is locked.
///
/// # Errors
/// What the file system answers.
pub fn has_monitor(host: &Host, name: &str) -> Result<bool> {
    Ok(monitor_lock(host, name)?.is_none())
}

fn spawn(host: &Host, name: &str, task: Task, lock: File, wishes: &Wishes) -> Result<(Child, Reports)> {
    let (from, to) = std::io::pipe().context(|| "make a pipe")?;
    let log = host.monitor_log(name);
    let log =
        OpenOptions::new().create(true).append(true).mode(0o600).open(&log).context(|| "monitor.log")?;
    // What else the caller left open is not the monitor's to keep: a pipe would never end.
    fd::close_range_on_exec(3)?;
    let (mut command, program) = monitor(host, name, task)?;
    output::step(&format!("{name}: run {program} {}", task.word()));
    command
        .args(wishes.to_args()?)
        // The lock belongs to the open file: from here on it is the monitor's, and ends with it.
        .stdin(lock)
        .stdout(to)
        .stderr(Stdio::from(log));
    let child = command.spawn().context(|| format!("run {program}"))?;
    Ok((child, Reports::new(OwnedFd::from(from))))
}

fn monitor(host: &Host, name: &str, task: Task) -> Result<(Command, String)> {
    let program = host.helper("ctctl-monitor")?;
    let mut command = Command::new(&program);
    command.args([task.word(), name]).args(host.places()).env_clear().current_dir("/");
    Ok((command, program.display().to_string()))
}

/// Runs the scripts for a start inside a system, beside its monitor, which calls this; failures are told on a pipe.
///
/// # Errors
/// When it cannot be run.
pub fn spawn_scripts(host: &Host, name: &str) -> Result<Child> {
    let (mut command, program) = monitor(host, name, Task::Scripts)?;
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().context(|| format!("run {program}"))
}

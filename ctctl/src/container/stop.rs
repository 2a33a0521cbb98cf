// SPDX-License-Identifier: Apache-2.0
//! Stopping a system in order, or at once; and removing what a dead monitor left.

use super::scripts::{self, Step};
use super::start::monitor_lock;
use super::state::{self, State};
use crate::config::Config;
use crate::console::{self, socket as sockets};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, private_dir};
use crate::monitor::launch::{forget_bundle, note_exit};
use crate::monitor::watch::End;
use crate::{network, output};
use runtime::state::Root;
use runtime::verbs::{delete, kill, pause};
use runtime_sys::{AsFd, BorrowedFd, OwnedFd, process, socket};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

/// How long a monitor may take to remove what its system left.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a system came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It did what it was asked.
    InOrder,
    /// It was killed, since it did not in time.
    Killed,
}

/// What a system is stopped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Somebody wants it to be down.
    Good,
    /// The host goes down: when it boots again the system is to run as before.
    HostShutdown,
}

const HOST: &[u8] = b"host";

/// Says, as long as it is held, that no start is to follow the system's end.
fn announce(host: &Host, name: &str, why: For) -> Result<File> {
    private_dir(&host.run(name))?;
    let path = host.stopping_file(name);
    let doing = || format!("write {}", path.display());
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let mut file = open.context(doing)?;
    file.lock().context(doing)?;
    file.set_len(0).context(doing)?;
    if why == For::HostShutdown {
        file.write_all(HOST).context(doing)?;
    }
    Ok(file)
}

/// What the system is being stopped for at this moment; nothing when no verb is at it.
#[must_use]
pub fn being_stopped(host: &Host, name: &str) -> Option<For> {
    let mut file = File::open(host.stopping_file(name)).ok()?;
    if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    let mut why = Vec::new();
    // What cannot be read was not written for the host's sake.
    drop(file.read_to_end(&mut why));
    Some(if why == HOST { For::HostShutdown } else { For::Good })
}

/// Asks init to halt, and kills it when it has not after `timeout`. The system's name is locked.
///
/// # Errors
/// A process that does not die.
pub fn stop(host: &Host, config: &Config, timeout: Duration, why: For) -> Result<Stopped> {
    let name = &config.name;
    if timeout > Duration::ZERO {
        before(host, config, timeout, why)?;
    }
    let announced = announce(host, name, why)?;
    let how = loop {
        let how = halt(host, config, timeout)?;
        match clear(host, name) {
            // A start that was under way when it was announced; no other follows.
            Err(error) if error.exit() == Exit::Running => {}
            other => break other.map(|()| how)?,
        }
    };
    drop(announced);
    if why == For::Good {
        // A monitor that was killed has not.
        state::forget_up(host, name)?;
    }
    Ok(how)
}

/// Runs the administrator's scripts; a host that goes down does not wait for one that fails.
fn before(host: &Host, config: &Config, time: Duration, why: For) -> Result<()> {
    let name = &config.name;
    let state = state::state(host, name)?;
    if scripts::of(host, name, Step::Stop).is_empty() || !state.is_running() {
        return Ok(());
    }
    if matches!(state, State::Paused(_)) {
        pause::resume(&Root::open(&host.oci_root())?, name)?;
    }
    match scripts::run_inside(host, config, Step::Stop, time) {
        Err(error) if why == For::HostShutdown => output::progress(&format!("{name}: {error}")),
        other => other?,
    }
    Ok(())
}

fn halt(host: &Host, config: &Config, timeout: Duration) -> Result<Stopped> {
    let name = &config.name;
    let signal = kill::parse_signal(&config.halt_signal)?;
    let deadline = Instant::now() + timeout;
    let mut how = Stopped::InOrder;
    let mut asked = None;
    loop {
        let now = state::state(host, name)?;
        let Some(pid) = now.pid() else { break };
        let is_late = Instant::now() >= deadline;
        if is_late {
            how = Stopped::Killed;
            signal_init(host, name, 9)?;
        } else if asked != Some(pid) {
            // A frozen one hears nothing. A second process is a system that rebooted meanwhile.
            if matches!(now, State::Paused(_)) {
                pause::resume(&Root::open(&host.oci_root())?, name)?;
            }
            output::step(&format!("{name}: send {} to process {pid}", config.halt_signal));
            signal_init(host, name, signal)?;
            asked = Some(pid);
        }
        let left = if is_late { PATIENCE } else { deadline.saturating_duration_since(Instant::now()) };
        if !wait_for_end(pid, left)? && is_late {
            return Err(Error::new(Exit::Timeout, "its first process does not die of SIGKILL"));
        }
    }
    Ok(how)
}

/// Whether a monitor waits to start the system again. The system's name is locked.
///
/// # Errors
/// What the file system answers.
pub fn waits_to_restart(host: &Host, name: &str) -> Result<bool> {
    // Between two starts there is no note of an end: its lock alone says that a monitor is there.
    Ok(host.run(name).exists() && monitor_lock(host, name)?.is_none())
}

/// Kills init, and with it everything in its pid namespace. The system's name is locked.
///
/// # Errors
/// A process that does not die.
pub fn kill_now(host: &Host, config: &Config) -> Result<()> {
    stop(host, config, Duration::ZERO, For::Good).map(drop)
}

fn signal_init(host: &Host, name: &str, signal: i32) -> Result<()> {
    let root = Root::open(&host.oci_root())?;
    match kill::kill(&root, name, signal, false) {
        // It ended meanwhile, and its monitor may have removed it already.
        Err(error) if matches!(error.kind(), runtime::ErrorKind::State | runtime::ErrorKind::NotFound) => {
            Ok(())
        }
        other => Ok(other?),
    }
}

fn wait_for_end(pid: i32, time: Duration) -> Result<bool> {
    let Ok(pidfd) = process::pidfd_open(pid) else { return Ok(true) };
    ended_within(pidfd.as_fd(), time)
}

/// Whether a process has ended within a time; rounded up, so that a wait never becomes a busy one.
///
/// # Errors
/// None that is expected.
pub fn ended_within(pidfd: BorrowedFd<'_>, time: Duration) -> Result<bool> {
    let seconds = u32::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    Ok(process::ended_within(pidfd, seconds)?)
}

fn runs() -> Error {
    Error::new(Exit::Running, "it runs already")
}

/// Removes what is left of a system that does not run: waits for a monitor that is at it, or does a dead one's work.
/// The system's name is locked.
///
/// # Errors
/// `Running` when it runs (again); a cgroup that stays.
pub fn clear(host: &Host, name: &str) -> Result<()> {
    if !host.run(name).exists() && !host.oci_root().join(name).exists() {
        return network::disconnect(host, name);
    }
    // The monitor of a start whose ctctl was killed goes on: then there is nothing to wait for.
    let _lock = wait_for_monitor(host, name, Wait::UnlessItRuns)?;
    if state::state(host, name)?.is_running() {
        return Err(runs());
    }
    remove_left(host, name)?;
    if let Some(words) = state::last_exit(host, name).filter(|words| !state::is_final(words)) {
        // The monitor that was to start it again was killed.
        note_exit(host, name, state::settled(&words))?;
    }
    network::disconnect(host, name)?;
    forget_bundle(host, name)
}

/// The same behind a start that failed: its monitor ends, and what runs all the same is killed, since it was said that
/// nothing does.
///
/// # Errors
/// As [`clear`].
pub fn clear_failed(host: &Host, name: &str) -> Result<()> {
    let lock = wait_for_monitor(host, name, Wait::Always)?;
    remove_left(host, name)?;
    drop(lock);
    state::forget_up(host, name)?;
    clear(host, name)
}

/// Kills what still runs of a system that no monitor watches, and removes the rest.
fn remove_left(host: &Host, name: &str) -> Result<()> {
    if host.oci_root().join(name).exists() {
        let root = Root::open(&host.oci_root())?;
        delete::delete(&root, name, true).context(|| format!("remove what {name} left"))?;
        note_exit(host, name, &End::Unknown.words())?;
    }
    Ok(())
}

/// Whether a monitor is waited for whose system runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    Always,
    UnlessItRuns,
}

/// Its lock, when the monitor has ended.
fn wait_for_monitor(host: &Host, name: &str, wait: Wait) -> Result<File> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    let mut told = None;
    loop {
        if let Some(lock) = monitor_lock(host, name)? {
            return Ok(lock);
        }
        if wait == Wait::UnlessItRuns && state::state(host, name)?.is_running() {
            return Err(runs());
        }
        dismiss(host, name, &mut told)?;
        if Instant::now() > deadline {
            return Err(Error::new(Exit::State, "its monitor does not end"));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Tells a monitor that waits to start its system again that it need not.
///
/// One connection for all words: those that a busy monitor has not accepted are few, and the next would wait.
fn dismiss(host: &Host, name: &str, told: &mut Option<OwnedFd>) -> Result<()> {
    if told.is_none() {
        *told = sockets::connect(&host.console_socket(name))?;
    }
    // One that has just ended hears nothing, and need not.
    if told.as_ref().is_some_and(|monitor| socket::send_now(monitor.as_fd(), &[console::DISMISS]).is_err()) {
        *told = None;
    }
    Ok(())
}

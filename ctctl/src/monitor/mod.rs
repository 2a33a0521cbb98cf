// SPDX-License-Identifier: Apache-2.0
//! `ctctl-monitor`: the parent of one running system's init, and all that stays of `ctctl start`.
//!
//! ```text
//! ctctl start                 ctctl-monitor                    init of the system
//!   locks the name
//!   locks monitor.lock
//!   spawns, lock inherited -> adopts orphans, opens the console,
//!                             writes the bundle,
//!                             mounts the root, creates ------> is born, runs
//!                             runs the script `start` inside
//!   returns      <- Started -- watches: console to log and to
//!                              who attends it,
//!                <- Ready ----- READY=1,                       <- runs
//!                               waits for the end              ends
//!                             deletes the rest, notes the exit
//!                             again from the bundle on, if init asked for a reboot or the key restart says so
//!                             ends: monitor.lock is free
//! ```
//!
//! Whether a monitor lives is asked of its lock, never of a number in a file. Without one (it was killed) the system runs
//! on; the next verb that comes by puts another one beside it, which cannot learn the exit but removes what is left.

pub mod console;
pub mod launch;
pub mod log;
pub mod memory;
pub mod report;
pub mod ring;
pub mod watch;
pub mod wishes;

use crate::config::Config;
use crate::config::restart::Attempts;
use crate::container::scripts::{self, Step};
use crate::container::{destroy, state, stop};
use crate::error::{Context, Result};
use crate::events;
use crate::host::Host;
use crate::store::{self, Wait};
use console::Console;
use launch::Started;
use report::{Report, Reporter};
use runtime_sys::rustix::stdio;
use runtime_sys::{AsFd, OwnedFd, fs as sysfs, process, signal, tty};
use serde_json::json;
use std::time::{Duration, Instant};
use watch::{End, Events};
use wishes::Wishes;

/// How long who attends may take to hear the end, unless the system has to wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the administrator's scripts may take at a start: what runs them is the system's own shell.
const SCRIPTS: Duration = Duration::from_secs(600);

/// What a monitor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Start a system and stay with it.
    Start,
    /// Stay with a system whose own monitor is dead. Not being init's parent, it learns that init ends, not how.
    Adopt,
    /// Run the administrator's scripts for a start in a system, for its monitor, which has other things to wait for.
    Scripts,
}

impl Task {
    /// The word on the monitor's command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Task::Start => "start",
            Task::Adopt => "adopt",
            Task::Scripts => "scripts",
        }
    }

    /// The task of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Task> {
        [Task::Start, Task::Adopt, Task::Scripts].into_iter().find(|task| task.word() == word)
    }
}

/// Carries a task out. Standard input is the lock, standard output the reporter.
///
/// # Errors
/// What could not be reported, since nobody waits for it any more.
pub fn run(host: &Host, name: &str, task: Task, mut wishes: Wishes) -> Result<()> {
    if task == Task::Scripts {
        return scripts_inside(host, name);
    }
    // Held, by this open file alone, until the system's end is noted.
    let lock = stdio::stdin().try_clone_to_owned().context(|| "keep the lock")?;
    let mut reporter = Reporter::new(stdio::stdout().try_clone_to_owned().context(|| "keep the pipe")?);
    let ready = prepare(&mut wishes).and_then(|()| Ok((Events::new()?, open_console(host, name, task)?)));
    let (events, console) = match ready {
        Ok(ready) => ready,
        Err(error) => {
            reporter.send(&Report::Failed(&error));
            return Err(error);
        }
    };
    let attempts = Attempts::default();
    Life { host, name, lock: Some(lock), console, reporter, events, wishes, attempts }.live(task)
}

/// What goes wrong is told on standard output; what the scripts print goes where the monitor's own words go.
fn scripts_inside(host: &Host, name: &str) -> Result<()> {
    let told = stdio::stdout().try_clone_to_owned().context(|| "keep the pipe")?;
    tty::become_stdio(stdio::stderr(), 1)?;
    let result =
        store::read(host, name).and_then(|config| scripts::run_inside(host, &config, Step::Start, SCRIPTS));
    if let Err(error) = &result {
        // The monitor that was to hear it may have been killed.
        let _unheard = runtime_sys::rustix::io::write(&told, error.to_string().as_bytes());
    }
    result
}

/// A system that another monitor started has lost its terminal with it.
fn open_console(host: &Host, name: &str, task: Task) -> Result<Console> {
    if task == Task::Start { Console::open(host, name) } else { Ok(Console::closed(host, name)) }
}

/// Leaves the caller's session and terminal; nothing that follows may be interrupted half done.
fn prepare(wishes: &mut Wishes) -> Result<()> {
    wishes.keep_stdio()?;
    let null = sysfs::open(sysfs::CWD, c"/dev/null", sysfs::OpenFlags::RDWR, 0)?;
    for number in 0..2 {
        tty::become_stdio(null.as_fd(), number)?;
    }
    signal::set_mask(signal::ALL)?;
    process::setsid()?;
    process::set_child_subreaper()?;
    leave_the_callers_service();
    Ok(())
}

/// A monitor that a login's shell or a service started is not to be killed with it: systemd ends all that is in a unit's
/// control group. The root group is nobody's unit.
fn leave_the_callers_service() {
    if !std::path::Path::new("/run/systemd/system").is_dir() {
        return;
    }
    for tree in ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"] {
        // Only one or two of them are there. A monitor that stays where it is works all the same.
        drop(std::fs::write(format!("{tree}/cgroup.procs"), "0"));
    }
}

/// All starts of a system under one monitor.
struct Life<'h> {
    host: &'h Host,
    name: &'h str,
    lock: Option<OwnedFd>,
    console: Console,
    reporter: Reporter,
    events: Events,
    wishes: Wishes,
    attempts: Attempts,
}

/// What follows an end.
struct Next {
    words: String,
    pause: Option<Duration>,
}

impl Life<'_> {
    fn live(mut self, task: Task) -> Result<()> {
        let mut next = if task == Task::Adopt { self.adopted()? } else { self.once(true)? };
        while let Some(pause) = next.pause {
            if !pause.is_zero() && self.dismissed_within(pause)? {
                next.words = state::settled(&next.words).to_owned();
                launch::note_exit(self.host, self.name, &next.words)?;
                break;
            }
            next = self.once(false)?;
        }
        self.finish(&next.words)
    }

    /// From the bundle to the end, of which nothing is left.
    fn once(&mut self, is_first: bool) -> Result<Next> {
        let began = Instant::now();
        let started = match launch::launch(self.host, self.name, &self.wishes) {
            Ok(started) => started,
            Err(error) if is_first => {
                self.reporter.send(&Report::Failed(&error));
                return Err(error);
            }
            Err(error) => {
                let words = format!("not started again: {error}");
                crate::output::progress(&format!("ctctl-monitor: {}: {words}", self.name));
                launch::note_exit(self.host, self.name, &words)?;
                return Ok(Next { words, pause: None });
            }
        };
        let Started { launched, master, notify, config } = started;
        events::tell(self.host, self.name, if is_first { "started" } else { "restarted" }, json!({}));
        self.console.configure(&config);
        self.console.connect(master);
        let init = watch::Init { launched, notify };
        let seen =
            watch::watch(self.host, &config, init, &mut self.events, &mut self.console, &mut self.reporter);
        if let Err(error) = &seen {
            crate::output::progress(&format!("ctctl-monitor: {}: {error}", self.name));
        }
        self.console.finish();
        let seen = seen.unwrap_or(watch::Seen { end: End::Unknown, is_refused: false });
        self.ended(&seen, began.elapsed())
    }

    fn adopted(&mut self) -> Result<Next> {
        self.reporter.send(&Report::Started);
        self.reporter.close();
        let began = Instant::now();
        if let Some(pidfd) = state::first_process(self.host, self.name)? {
            process::ended(pidfd.as_fd())?;
        }
        self.ended(&watch::Seen { end: End::Unknown, is_refused: false }, began.elapsed())
    }

    /// Removes what is left and notes the exit.
    fn ended(&mut self, seen: &watch::Seen, ran: Duration) -> Result<Next> {
        let config = self.config();
        let is_wanted = !seen.is_refused && stop::being_stopped(self.host, self.name).is_none();
        let policy = config.as_ref().map(|config| config.restart).unwrap_or_default();
        let pause = self.attempts.next(policy, seen.end.exit(), ran).filter(|_| is_wanted);
        let words = match (seen.end.words(), pause) {
            (words, Some(pause)) if !pause.is_zero() => state::restarting(&words),
            (words, _) => words,
        };
        launch::clean_up(self.host, self.name, &words)?;
        if let Some(config) = &config {
            scripts::after_the_end(self.host, config);
        }
        Ok(Next { words, pause })
    }

    /// The configuration as it is now; nothing when there is none any more.
    fn config(&self) -> Option<Config> {
        let mut config = store::read(self.host, self.name).ok()?;
        self.wishes.apply(&mut config).ok()?;
        Some(config)
    }

    /// Waits, and hears whether a verb wants the system for itself meanwhile.
    fn dismissed_within(&mut self, pause: Duration) -> Result<bool> {
        let deadline = Instant::now() + pause;
        // What was said to a system that still ran is not meant.
        self.console.serve();
        let _not_meant = self.console.take_dismissal();
        while Instant::now() < deadline {
            if self.console.take_dismissal() {
                return Ok(true);
            }
            self.events.wait(
                &self.console,
                None,
                None,
                Some(deadline.saturating_duration_since(Instant::now())),
            )?;
            self.events.reap()?;
            self.console.serve();
        }
        Ok(false)
    }

    fn finish(mut self, words: &str) -> Result<()> {
        // Where watching itself failed somebody may still wait for a word.
        self.reporter.close();
        let is_ephemeral = self.config().is_some_and(|config| config.ephemeral);
        if stop::being_stopped(self.host, self.name) != Some(stop::For::HostShutdown) {
            state::forget_up(self.host, self.name)?;
        }
        // Whoever waits for this monitor may go on.
        drop(self.lock.take());
        let deadline = Instant::now() + PATIENCE;
        while !self.console.take_leave(words) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.console.drop_slow();
            }
            self.events.wait(&self.console, None, None, (!left.is_zero()).then_some(left))?;
        }
        if is_ephemeral {
            let lock = store::lock(self.host, self.name, Wait::Yes)?;
            destroy::destroy_if_ephemeral(self.host, self.name, lock)?;
        }
        Ok(())
    }
}

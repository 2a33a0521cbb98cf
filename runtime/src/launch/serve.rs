// SPDX-License-Identifier: Apache-2.0
//! The side that stays: answering a stage until its payload waits or runs.

use super::Launched;
use super::protocol::{Heard, hear};
use crate::error::{Error, ErrorKind, Result};
use runtime_sys::process::{self, Exit};
use runtime_sys::{BorrowedFd, OwnedFd, fs, socket};
use std::time::{Duration, Instant};

/// What the stage may ask for. Each is called at most once.
pub struct Service<'s> {
    /// Writes id maps and joins cgroups of v1, with the process's number; the stage waits for it.
    pub gate: Option<&'s mut dyn FnMut(i32) -> Result<()>>,
    /// Runs the hooks of the runtime's namespace, with the process's number.
    pub hooks: &'s mut dyn FnMut(i32) -> Result<()>,
    /// Takes the master of the payload's terminal.
    pub terminal: &'s mut dyn FnMut(OwnedFd) -> Result<()>,
    /// Takes the listener of the payload's filter.
    pub notify: &'s mut dyn FnMut(OwnedFd, i32) -> Result<()>,
}

impl std::fmt::Debug for Service<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

/// How a launch came to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// The payload waits to be started.
    Waiting,
    /// The channel closed: the payload runs, or the stage died without a word.
    Closed,
}

/// Serves until the stage is ready or gone.
///
/// # Errors
/// What the stage reported, or what serving it met. The process is not killed here.
pub fn serve(launched: &mut Launched, service: &mut Service<'_>) -> Result<Rest> {
    if !launched.moves {
        open_gate(launched, service)?;
    }
    loop {
        match launched.channel.hear()? {
            Heard::Moved(pid) => {
                launched.moved(pid)?;
                open_gate(launched, service)?;
            }
            Heard::RunHooks => {
                (service.hooks)(launched.pid)?;
                launched.channel.go()?;
            }
            Heard::Terminal(master) => (service.terminal)(master)?,
            Heard::SeccompNotify(listener) => {
                (service.notify)(listener, launched.pid)?;
                launched.channel.go()?;
            }
            Heard::Ready => return Ok(Rest::Waiting),
            Heard::Starting => {}
            Heard::Failed(error) => return Err(error),
            Heard::Closed => return Ok(Rest::Closed),
        }
    }
}

/// Opens the gate, if there is one that was not opened yet.
///
/// # Errors
/// What writing maps or joining cgroups met.
pub fn open_gate(launched: &Launched, service: &mut Service<'_>) -> Result<()> {
    let Some(gate) = service.gate.take() else { return Ok(()) };
    gate(launched.pid)?;
    launched.channel.go()
}

impl Launched {
    /// A descriptor of the process.
    ///
    /// # Errors
    /// EMFILE.
    pub fn pidfd(&self) -> Result<OwnedFd> {
        Ok(process::pidfd_open(self.pid)?)
    }

    /// The launch goes on in this process; the one before ended with that word.
    fn moved(&mut self, pid: i32) -> Result<()> {
        process::wait(self.pid, true)?;
        self.pid = pid;
        self.moves = false;
        Ok(())
    }

    /// The number of the payload's process, which is waited for if the stage has not moved there yet.
    ///
    /// # Errors
    /// What the stage reported instead.
    pub fn payload(&mut self) -> Result<i32> {
        while self.moves {
            match self.channel.hear()? {
                Heard::Moved(pid) => self.moved(pid)?,
                Heard::Failed(error) => return Err(error),
                Heard::Closed => return Err(self.died()),
                _ => {}
            }
        }
        Ok(self.pid)
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// What the stage reported, when it never moved to the payload's process.
    pub fn ended(&mut self) -> Result<Option<Exit>> {
        if self.moves {
            match process::wait(self.pid, false)? {
                Some(Exit::Code(0)) => {}
                other => return Ok(other),
            }
            match self.channel.hear()? {
                Heard::Moved(pid) => (self.pid, self.moves) = (pid, false),
                Heard::Failed(error) => return Err(error),
                _ => return Err(Error::new(ErrorKind::System, "the stage ended without a word")),
            }
        }
        Ok(process::wait(self.pid, false)?)
    }

    /// Gives the word to go on, to the gate or to the payload.
    ///
    /// # Errors
    /// EPIPE when the stage is gone; what it said before it went is still to be heard.
    pub fn go(&self) -> Result<()> {
        self.channel.go()
    }

    /// Waits until the channel closes: the payload runs.
    ///
    /// # Errors
    /// What the stage reported instead.
    pub fn hear_the_end(&self) -> Result<()> {
        loop {
            match self.channel.hear()? {
                Heard::Failed(error) => return Err(error),
                Heard::Closed => return Ok(()),
                _ => {}
            }
        }
    }

    /// The same for a process that nobody has waited for yet: one that was killed before is an error.
    ///
    /// # Errors
    /// What the stage reported instead; when it was killed.
    pub fn hear_the_start(&self) -> Result<()> {
        self.hear_the_end()?;
        if died_as_stage(self.pid) == Some(true) { Err(never_ran()) } else { Ok(()) }
    }

    /// Ends a launch that met this error, and returns what to tell: what the stage said before it went is better than
    /// what its end did to us.
    #[must_use]
    pub fn end_after(&self, error: Error) -> Error {
        if let Err(error) = self.kill() {
            return error;
        }
        let mut better = None;
        while let Some(heard) = self.channel.hear_now() {
            match heard {
                // It had cloned itself once more: that process waits for a word of ours.
                Heard::Moved(pid) => end(pid),
                Heard::Failed(said) => better = Some(said),
                Heard::Closed => break,
                _ => {}
            }
        }
        better.unwrap_or(error)
    }

    /// Kills and reaps the process: a launch that failed leaves none.
    ///
    /// # Errors
    /// None that is expected.
    pub fn kill(&self) -> Result<()> {
        match process::kill(self.pid, 9) {
            Err(error) if error.errno != runtime_sys::Errno::SRCH => return Err(error.into()),
            _ => {}
        }
        match process::wait(self.pid, true) {
            Err(error) if error.errno != runtime_sys::Errno::CHILD => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Why the stage closed its channel without a word before the payload could run. It is left to [`Launched::kill`],
    /// which must not find another process under its number.
    #[must_use]
    pub fn died(&self) -> Error {
        let how = match process::wait_and_leave(self.pid) {
            Ok(Exit::Signal(9)) => "was killed (is the memory limit too low?)".to_owned(),
            Ok(Exit::Signal(signal)) => format!("died of signal {signal}"),
            Ok(Exit::Code(code)) => format!("exited with {code}"),
            Err(_) => "is gone".to_owned(),
        };
        Error::new(ErrorKind::System, format!("the container's first process {how} before it was ready"))
    }
}

/// Kills and reaps a child of ours. One that is gone already needs neither.
fn end(pid: i32) {
    if let Err(error) = process::kill(pid, 9).and_then(|()| process::wait(pid, true).map(drop)) {
        log::debug!("end process {pid}: {error}");
    }
}

/// Lets the payload of process `pid` run, which waits behind its start socket, and waits until it does.
///
/// # Errors
/// What the stage reports instead; when it was killed.
pub fn start_over(socket: BorrowedFd<'_>, pid: i32) -> Result<()> {
    socket::send(socket, stage::message::GO, None)?;
    let mut is_starting = false;
    loop {
        match hear(socket)? {
            Heard::Failed(error) => return Err(error),
            Heard::Starting => is_starting = true,
            _ => break,
        }
    }
    // The socket is closed by an execve and by a death.
    match died_as_stage(pid) {
        Some(false) => Ok(()),
        None if is_starting => Ok(()),
        _ => Err(never_ran()),
    }
}

/// The flag in /proc/PID/stat of a process that dies; it has it before its descriptors are closed.
const PF_EXITING: u32 = 4;
/// More than an execve takes from the close of descriptors to the new name.
const LONGEST_EXECVE: Duration = Duration::from_millis(200);

/// Whether a process that has closed its channel died as a stage, and is no payload: one that nobody has waited for keeps
/// the name that it died with. Unknown when it is gone.
fn died_as_stage(pid: i32) -> Option<bool> {
    let path =
        |file: &str| std::ffi::CString::new(format!("/proc/{pid}/{file}")).expect("digits hold no NUL");
    let (name, mut buffer) = (stage::message::NAME.to_bytes(), [0; 256]);
    if fs::read_once(&path("comm"), &mut buffer).ok()?.strip_suffix(b"\n") != Some(name) {
        return Some(false);
    }
    // An execve closes descriptors a moment before it gives the new name, and a death before it is one.
    let (stat, since) = (path("stat"), Instant::now());
    loop {
        let stat = fs::read_once(&stat, &mut buffer).ok()?;
        let stat = &stat[stat.iter().position(|byte| *byte == b'(')? + 1..];
        // The kernel looks at the state before it looks at the name: of a dead one that is the last.
        let Some(rest) = stat.strip_prefix(name).and_then(|rest| rest.strip_prefix(b") ")) else {
            return Some(false);
        };
        let flags = rest.split(|byte| *byte == b' ').nth(6).and_then(|word| std::str::from_utf8(word).ok());
        let flags: u32 = flags.and_then(|word| word.parse().ok()).unwrap_or_default();
        if matches!(rest, [b'Z' | b'X', ..]) || flags & PF_EXITING != 0 {
            return Some(true);
        }
        // A payload may have this name, or give it to itself: it runs.
        if since.elapsed() > LONGEST_EXECVE {
            return Some(false);
        }
        std::thread::sleep(Duration::from_micros(100));
    }
}

fn never_ran() -> Error {
    let why = "the container's first process died before its program ran: was it killed? is the memory limit too low?";
    Error::new(ErrorKind::System, why)
}

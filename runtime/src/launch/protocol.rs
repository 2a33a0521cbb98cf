// SPDX-License-Identifier: Apache-2.0
//! The runtime's end of the conversation that `stage::message` draws: receiving, and turning a failure into an error.

use crate::error::{Error, ErrorKind, Result};
use runtime_sys::error::reason;
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd, socket};
use stage::message::{Failure, FromStage, GO, LONGEST};

/// What the stage said, with the borrowed parts made into values.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The launch goes on in this process.
    Moved(i32),
    /// The stage waits for the runtime's hooks.
    RunHooks,
    /// The master of the payload's terminal.
    Terminal(OwnedFd),
    /// The listener of the payload's filter.
    SeccompNotify(OwnedFd),
    /// The payload waits to be started.
    Ready,
    /// Only the payload's execve is left.
    Starting,
    /// A step failed.
    Failed(Error),
    /// The stage is no more: its payload runs, or it died.
    Closed,
}

/// Our end of one launch's conversation.
#[derive(Debug)]
pub(crate) enum Channel {
    /// The stage waits for words and sends descriptors.
    Socket(OwnedFd),
    /// It only tells of a second clone and of failures.
    Pipe(OwnedFd),
}

impl Channel {
    pub(crate) fn go(&self) -> Result<()> {
        match self {
            Channel::Socket(socket) => Ok(socket::send(socket.as_fd(), GO, None)?),
            Channel::Pipe(_) => Err(Error::new(ErrorKind::System, "the stage waits for no word")),
        }
    }

    pub(crate) fn hear(&self) -> Result<Heard> {
        match self {
            Channel::Socket(socket) => hear(socket.as_fd()),
            Channel::Pipe(pipe) => hear_by(&mut |buffer| {
                socket::receive_from_pipe(pipe.as_fd(), buffer, true).map(|len| (len, None))
            }),
        }
    }

    /// What was said already; nothing more is waited for.
    pub(crate) fn hear_now(&self) -> Option<Heard> {
        let heard = match self {
            Channel::Socket(socket) => hear_by(&mut |buffer| socket::receive_now(socket.as_fd(), buffer)),
            Channel::Pipe(pipe) => hear_by(&mut |buffer| {
                socket::receive_from_pipe(pipe.as_fd(), buffer, false).map(|len| (len, None))
            }),
        };
        heard.ok()
    }
}

/// Waits for the next message.
pub(crate) fn hear(socket: BorrowedFd<'_>) -> Result<Heard> {
    hear_by(&mut |buffer| socket::receive(socket, buffer))
}

type Receive<'r> = dyn FnMut(&mut [u8]) -> runtime_sys::Result<(usize, Option<OwnedFd>)> + 'r;

fn hear_by(receive: &mut Receive<'_>) -> Result<Heard> {
    let mut buffer = [0; LONGEST];
    let (len, fd) = loop {
        match receive(&mut buffer) {
            // The stage ended with a word of ours unread; the kernel tells so once, before what the stage said.
            Err(error) if error.errno == Errno::CONNRESET => {}
            other => break other?,
        }
    };
    if len == 0 {
        return Ok(Heard::Closed);
    }
    let unexpected = || Error::new(ErrorKind::System, "the stage said something that it cannot have meant");
    Ok(match (FromStage::get(&buffer[..len]).map_err(|_| unexpected())?, fd) {
        (FromStage::Moved(pid), _) => Heard::Moved(pid),
        (FromStage::RunHooks, _) => Heard::RunHooks,
        (FromStage::Terminal, Some(fd)) => Heard::Terminal(fd),
        (FromStage::SeccompNotify, Some(fd)) => Heard::SeccompNotify(fd),
        (FromStage::Ready, _) => Heard::Ready,
        (FromStage::Starting, _) => Heard::Starting,
        #[cfg(feature = "fault")]
        (FromStage::Failed(failure), _) if failure.call == b"kill" => {
            crate::fault::die();
            Heard::Closed
        }
        (FromStage::Failed(failure), _) => Heard::Failed(error(&failure)),
        (FromStage::Terminal | FromStage::SeccompNotify, None) => return Err(unexpected()),
    })
}

/// The words that callers match on (podman: exit codes 126 and 127) where it is about the payload's program; else
/// `step: path: call: errno in words`.
fn error(failure: &Failure<'_>) -> Error {
    let step = String::from_utf8_lossy(failure.step);
    let call = String::from_utf8_lossy(failure.call);
    let detail = String::from_utf8_lossy(failure.detail);
    let call = match failure.subject {
        b"" => call,
        subject => format!("{call}({})", String::from_utf8_lossy(subject)).into(),
    };
    let errno = Errno::from_raw_os_error(failure.errno.max(1));
    let why = reason(&String::from_utf8_lossy(failure.call), errno);
    let kind = match (step.as_ref(), errno) {
        ("find program" | "execute program", Errno::NOENT) => ErrorKind::NoProgram,
        ("find program" | "execute program", _) => ErrorKind::CannotRun,
        _ => ErrorKind::System,
    };
    let detail = if PATH_STEPS.contains(&step.as_ref()) && !detail.is_empty() && !detail.starts_with('/') {
        format!("/{detail}").into()
    } else {
        detail
    };
    let key = key(&step, &call).map_or_else(String::new, |key| format!(" ({key})"));
    let text = match (step.as_ref(), call.as_ref()) {
        ("find program", "lookup") if errno == Errno::NOENT => {
            format!("exec: \"{detail}\": executable file not found in $PATH")
        }
        ("find program", "lookup") => format!("exec: \"{detail}\": {why}"),
        ("find program", _) | ("execute program", "newfstatat" | "faccessat2") => {
            format!("exec: \"{detail}\": stat {detail}: {why}")
        }
        ("execute program", "execve") => format!("exec {detail}: {why}"),
        (_, "hook") => format!("{step}: error running hook: {detail}"),
        _ if detail.is_empty() => format!("{step}{key}: {call}: {why}"),
        _ => format!("{step}{key}: {}: {call}: {why}", detail.trim_end()),
    };
    Error::new(kind, text)
}

/// Steps whose details are paths below the root.
const PATH_STEPS: [&str; 5] = ["mount", "make devices", "make links", "hide paths", "make paths read-only"];

/// The property of config.json that a step carries out.
fn key(step: &str, call: &str) -> Option<&'static str> {
    Some(match (step, call) {
        ("set time offsets", _) => "/linux/timeOffsets",
        ("write kernel parameters", _) => "/linux/sysctl",
        ("set host name", "setdomainname") => "/domainname",
        ("set host name", _) => "/hostname",
        ("enter working directory", _) => "/process/cwd",
        ("set limits and priorities" | "become the payload's user", "prlimit64") => "/process/rlimits",
        ("set limits and priorities", "sched_setattr") => "/process/scheduler",
        ("set limits and priorities", "ioprio_set") => "/process/ioPriority",
        ("set limits and priorities", "sched_setaffinity") => "/process/execCPUAffinity",
        ("set limits and priorities", "personality") => "/linux/personality",
        ("become the payload's user", "seccomp") => "/linux/seccomp",
        ("become the payload's user", "setgroups") => "/process/user/additionalGids",
        ("become the payload's user", "setresuid") => "/process/user/uid",
        ("become the payload's user", "setresgid") => "/process/user/gid",
        ("become the payload's user", "capset") => "/process/capabilities",
        ("make devices", _) => "/linux/devices",
        ("hide paths", _) => "/linux/maskedPaths",
        ("make paths read-only", _) => "/linux/readonlyPaths",
        ("mount", _) => "/mounts",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(step: &str, call: &str, errno: i32, detail: &str) -> String {
        let failure = Failure {
            step: step.as_bytes(),
            call: call.as_bytes(),
            errno,
            subject: b"",
            detail: detail.as_bytes(),
        };
        error(&failure).to_string()
    }

    #[test]
    fn failures_read_as_callers_expect() {
        assert_eq!(
            text("find program", "lookup", 2, "sh"),
            "exec: \"sh\": executable file not found in $PATH"
        );
        assert_eq!(
            text("find program", "newfstatat", 2, "/bin/x"),
            "exec: \"/bin/x\": stat /bin/x: no such file or directory"
        );
        assert_eq!(
            text("mount", "fsopen", 1, "proc"),
            "mount (/mounts): /proc: fsopen: operation not permitted"
        );
        assert_eq!(text("become root", "setresuid", 22, ""), "become root: setresuid: invalid argument");
    }
}

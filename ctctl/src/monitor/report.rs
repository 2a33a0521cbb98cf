// SPDX-License-Identifier: Apache-2.0
//! What a monitor tells the `ctctl start` that waits for it: one line each. An error crosses as data.

use crate::error::{Context, Error, Exit, Result};
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::{Errno, OwnedFd};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

/// One message.
#[derive(Debug)]
pub enum Report<'e> {
    /// Init runs.
    Started,
    /// Init says that it is ready.
    Ready,
    /// Nothing runs.
    Failed(&'e Error),
}

/// The monitor's end.
#[derive(Debug)]
pub struct Reporter {
    to: Option<File>,
}

impl Reporter {
    /// Writes to this descriptor.
    #[must_use]
    pub fn new(to: OwnedFd) -> Reporter {
        Reporter { to: Some(File::from(to)) }
    }

    /// Sends a message; nobody may be there to hear it any more.
    pub fn send(&mut self, report: &Report<'_>) {
        let line = match report {
            Report::Started => json!({ "report": "started" }),
            Report::Ready => json!({ "report": "ready" }),
            Report::Failed(error) => json!({
                "report": "failed", "exit": error.exit() as u8, "message": error.to_string(), "hint": error.hint_text(),
            }),
        };
        if let Some(to) = &mut self.to
            && writeln!(to, "{line}").is_err()
        {
            self.close();
        }
    }

    /// Says that nothing follows.
    pub fn close(&mut self) {
        self.to = None;
    }
}

/// The other end.
#[derive(Debug)]
pub struct Reports {
    from: BufReader<File>,
}

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Init runs.
    Started,
    /// Init is ready.
    Ready,
    /// The monitor has nothing more to say, or is dead.
    Closed,
}

impl Reports {
    /// Reads from this descriptor.
    #[must_use]
    pub fn new(from: OwnedFd) -> Reports {
        Reports { from: BufReader::new(File::from(from)) }
    }

    /// The next message; nothing when none comes within `time`.
    ///
    /// # Errors
    /// The failure that the monitor reports.
    pub fn hear(&mut self, time: Option<Duration>) -> Result<Option<Heard>> {
        if self.from.buffer().is_empty()
            && let Some(time) = time
            && !self.is_readable(time)?
        {
            return Ok(None);
        }
        self.next_line().map(Some)
    }

    fn is_readable(&self, time: Duration) -> Result<bool> {
        let deadline = Instant::now() + time;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).unwrap_or_default();
            let mut fds = [PollFd::new(self.from.get_ref(), PollFlags::IN)];
            match poll(&mut fds, Some(&timeout)) {
                Err(Errno::INTR) => {}
                other => {
                    return other.map(|ready| ready > 0).map_err(std::io::Error::from).context(|| "poll");
                }
            }
        }
    }

    fn next_line(&mut self) -> Result<Heard> {
        let mut line = String::new();
        // A pipe that cannot be read is one without a monitor.
        let length = self.from.read_line(&mut line).unwrap_or(0);
        let Ok(report) = serde_json::from_str::<Value>(&line) else {
            let what = if length == 0 { Ok(Heard::Closed) } else { Err(garbled(&line)) };
            return what;
        };
        match report["report"].as_str() {
            Some("started") => Ok(Heard::Started),
            Some("ready") => Ok(Heard::Ready),
            Some("failed") => Err(failure(&report)),
            _ => Err(garbled(&line)),
        }
    }
}

fn garbled(line: &str) -> Error {
    Error::new(Exit::Failure, format!("ctctl-monitor said {:?}: is it of another version?", line.trim_end()))
}

fn failure(report: &Value) -> Error {
    let exit = report["exit"].as_u64().and_then(Exit::from_code).unwrap_or(Exit::Failure);
    let error = Error::new(exit, report["message"].as_str().unwrap_or_default());
    match report["hint"].as_str() {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_arrives_as_it_was_sent() {
        let (from, to) = std::io::pipe().unwrap();
        let mut reporter = Reporter::new(to.into());
        let error = Error::new(Exit::NoTemplate, "no template \"x\"\nat all").hint("make it");
        reporter.send(&Report::Started);
        reporter.send(&Report::Failed(&error));
        reporter.close();
        let mut reports = Reports::new(from.into());
        assert_eq!(reports.hear(None).unwrap(), Some(Heard::Started));
        let heard = reports.hear(None).unwrap_err();
        assert_eq!(heard.exit(), Exit::NoTemplate);
        assert_eq!((heard.to_string(), heard.hint_text()), (error.to_string(), Some("make it")));
        assert_eq!(reports.hear(None).unwrap(), Some(Heard::Closed));
    }

    #[test]
    fn silence_has_an_end() {
        let (from, _to) = std::io::pipe().unwrap();
        assert_eq!(Reports::new(from.into()).hear(Some(Duration::from_millis(1))).unwrap(), None);
    }
}

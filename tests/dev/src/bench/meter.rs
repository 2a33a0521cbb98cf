// SPDX-License-Identifier: Apache-2.0
//! Runs commands through the meter (tests/bench/meter.c) and reads what they cost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{Failed, Result, at};

/// What one run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    pub(crate) succeeded: bool,
    /// User and system time of the command and all it waited for, in microseconds.
    pub(crate) cpu: f64,
    /// In KiB.
    pub(crate) peak_rss: f64,
}

impl Sample {
    /// Several commands that make one job.
    pub(crate) fn sum(parts: &[Self]) -> Self {
        Self {
            succeeded: parts.iter().all(|p| p.succeeded),
            cpu: parts.iter().map(|p| p.cpu).sum(),
            peak_rss: parts.iter().map(|p| p.peak_rss).fold(0.0, f64::max),
        }
    }
}

/// The runs of one command, and the wall time of all of them in microseconds.
pub(crate) struct Metered {
    pub(crate) samples: Vec<Sample>,
    pub(crate) wall: f64,
}

pub(crate) struct Meter {
    program: PathBuf,
    report: PathBuf,
    /// A number that no run has had.
    pub(crate) serial: usize,
}

impl Meter {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { program: folder.join("meter"), report: folder.join("report"), serial: 0 }
    }

    pub(crate) fn once(&mut self, command: &[String]) -> Result<Sample> {
        let metered = self.many(command, 1, 1, 60)?;
        metered.samples.first().copied().ok_or_else(|| Failed::new("the meter told nothing"))
    }

    /// `workers` at a time; a run is killed after `seconds`. "{}" in the command is the run's number.
    pub(crate) fn many(
        &mut self,
        command: &[String],
        runs: usize,
        workers: usize,
        seconds: usize,
    ) -> Result<Metered> {
        let numbers = [runs, workers, seconds, self.serial].map(|n| n.to_string());
        self.serial += runs;
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$@\" 3>\"$REPORT\"", "sh"]).arg(&self.program).args(numbers).args(command);
        shell.env("REPORT", &self.report).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = shell.status().map_err(|e| Failed::new(format!("meter: {e}")))?;
        if !status.success() {
            return Err(Failed::new(format!("meter: {status}")));
        }
        let text = at(&self.report, fs::read_to_string(&self.report))?;
        parse(&text).ok_or_else(|| Failed::new(format!("meter: cannot read {text:?}")))
    }
}

fn parse(text: &str) -> Option<Metered> {
    let mut samples = Vec::new();
    let mut wall = None;
    for line in text.lines() {
        let numbers: Vec<f64> =
            line.split(' ').map(str::parse).collect::<std::result::Result<_, _>>().ok()?;
        match numbers[..] {
            [code, _, user, system, peak_rss] => {
                samples.push(Sample { succeeded: code == 0.0, cpu: user + system, peak_rss });
            }
            [all] => wall = Some(all),
            _ => return None,
        }
    }
    Some(Metered { samples, wall: wall? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_read() {
        let metered = parse("0 900 100 200 1348\n137 10 1 2 3\n1234\n").unwrap();
        assert_eq!(metered.samples[0], Sample { succeeded: true, cpu: 300.0, peak_rss: 1348.0 });
        assert!(!metered.samples[1].succeeded);
        assert!((metered.wall - 1234.0).abs() < 1e-9);
        assert!(parse("0 1\n").is_none());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The table that a run of several parts ends with.

use std::time::{Duration, Instant};

use crate::command::{Failed, Result, say};

/// What ran, how long it took, and why it failed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    parts: Vec<(String, Duration, Option<Failed>)>,
}

impl Report {
    /// Runs one part. The parts after it run whether it fails or not.
    pub(crate) fn part(&mut self, name: &str, body: impl FnOnce() -> Result<()>) {
        say(&format!("\n== {name}"));
        let began = Instant::now();
        let failed = body().err();
        if let Some(failed) = &failed {
            say(&format!("FAILED: {failed}"));
        }
        self.parts.push((name.to_owned(), began.elapsed(), failed));
    }

    /// Prints one line per part; an error if one failed.
    pub(crate) fn finish(self) -> Result<()> {
        say("\n== summary");
        let mut bad = 0;
        for (name, time, failed) in &self.parts {
            let verdict = failed.as_ref().map_or_else(|| "ok".to_owned(), |f| format!("FAILED: {f}"));
            say(&format!("{:>5} s  {name}: {verdict}", time.as_secs()));
            bad += usize::from(failed.is_some());
        }
        say(&format!("{} passed, {bad} failed", self.parts.len() - bad));
        if bad == 0 { Ok(()) } else { Err(Failed::new(format!("{bad} part(s) failed"))) }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! How far a long reading is, on a terminal: one line that is written over.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is written anew.
const BEAT: Duration = Duration::from_millis(200);

/// The line. Without a terminal nothing is shown.
#[derive(Debug)]
pub struct Meter {
    is_shown: bool,
    /// When this reading began, and how much of it was done when the line was last written.
    began: Instant,
    written: Option<Instant>,
    done: u64,
}

impl Default for Meter {
    fn default() -> Self {
        let is_shown = std::io::stderr().is_terminal();
        Meter { is_shown, began: Instant::now(), written: None, done: 0 }
    }
}

impl Meter {
    /// Takes in how many bytes are read, and of how many.
    pub fn at(&mut self, done: u64, total: Option<u64>) {
        if !self.is_shown {
            return;
        }
        if done < self.done {
            // The next file.
            self.began = Instant::now();
        }
        self.done = done;
        if self.written.is_some_and(|written| written.elapsed() < BEAT) {
            return;
        }
        self.written = Some(Instant::now());
        let text = text(done, total, self.began.elapsed());
        // To the end of the line, so that a longer text before leaves nothing.
        drop(write!(std::io::stderr().lock(), "\r{text}\x1b[K"));
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.written.is_some() {
            drop(write!(std::io::stderr().lock(), "\r\x1b[K"));
        }
    }
}

/// `45% of 120 MiB, 80 MiB/s, 2 s left`
fn text(done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let mebi = |bytes: u64| bytes >> 20;
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = done.saturating_mul(1000) / milliseconds;
    match total.filter(|total| *total > 0) {
        None => format!("{} MiB, {} MiB/s", mebi(done), mebi(rate)),
        Some(total) => {
            let percent = done.saturating_mul(100) / total;
            let left = total.saturating_sub(done).checked_div(rate).unwrap_or(0);
            format!("{percent}% of {} MiB, {} MiB/s, {left} s left", mebi(total), mebi(rate))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_rate_and_time_left() {
        let mebi = 1 << 20;
        assert_eq!(
            text(50 * mebi, Some(200 * mebi), Duration::from_secs(2)),
            "25% of 200 MiB, 25 MiB/s, 6 s left"
        );
        assert_eq!(text(50 * mebi, None, Duration::from_secs(1)), "50 MiB, 50 MiB/s");
        assert_eq!(text(0, Some(mebi), Duration::ZERO), "0% of 1 MiB, 0 MiB/s, 0 s left");
    }
}

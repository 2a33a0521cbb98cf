// SPDX-License-Identifier: Apache-2.0
//! Tables and JSON; the only writer of stdout and stderr.

use crate::error::{Context, Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// Writes one line to stdout.
///
/// # Errors
/// The reader is gone (`ctctl list | head`): the caller ends quietly.
pub fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Writes text to stdout as it is.
///
/// # Errors
/// The reader is gone.
pub fn raw(text: &[u8]) -> io::Result<()> {
    io::stdout().lock().write_all(text)
}

/// Writes a JSON value, indented.
///
/// # Errors
/// The reader is gone.
pub fn json(value: &serde_json::Value) -> io::Result<()> {
    line(&format!("{value:#}"))
}

/// Writes rows below a heading, columns aligned; the last column is not padded.
///
/// # Errors
/// The reader is gone.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    aligned(&std::iter::once(&heading).chain(rows).collect::<Vec<_>>())
}

/// The same without a heading.
///
/// # Errors
/// The reader is gone.
pub fn rows(rows: &[Vec<String>]) -> io::Result<()> {
    aligned(&rows.iter().collect::<Vec<_>>())
}

fn aligned(rows: &[&Vec<String>]) -> io::Result<()> {
    let mut widths = vec![0; rows.iter().map(|row| row.len()).max().unwrap_or(0)];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(*row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let begin = text.len();
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:<width$}  "));
        }
        text.truncate(begin + text[begin..].trim_end().len());
        text.push('\n');
    }
    // In one piece: a line at a time is a call for each.
    raw(text.as_bytes())
}

/// A number of bytes for people, with one digit behind the point.
#[must_use]
pub fn size(bytes: u64) -> String {
    let units = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];
    match units.iter().find(|(_, shift)| bytes >> shift > 0) {
        Some((unit, shift)) => {
            let tenths = (u128::from(bytes) * 10) >> shift;
            format!("{}.{}{unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes}B"),
    }
}

/// How much is said, on the terminal and in the log; neither depends on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Level {
    /// What went wrong
    Error,
    /// And what is worth knowing of what was done
    Info,
    /// And each step
    Debug,
}

static CONSOLE: AtomicU8 = AtomicU8::new(Level::Info as u8);
static LOG: OnceLock<(File, Level)> = OnceLock::new();

/// Says how much is shown on stderr.
pub fn set_console(level: Level) {
    CONSOLE.store(level as u8, Ordering::Relaxed);
}

/// Adds to this log from now on, whatever is shown.
///
/// # Errors
/// A file that cannot be written.
pub fn set_log(path: &Path, level: Level) -> Result<()> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    let file = file.context(|| format!("log to {}", path.display()))?;
    // The second of two would be lost, and there is one command line.
    drop(LOG.set((file, level)));
    Ok(())
}

/// A line in the log, if there is one that takes this level.
fn log(level: Level, text: &str) {
    if let Some((file, most)) = LOG.get()
        && level <= *most
    {
        let word = format!("{level:?}").to_lowercase();
        let line = format!("{} {} {word} {text}\n", runtime::state::now(), std::process::id());
        // One call: lines of several commands do not mix. A full disk is no reason to fail.
        drop((&*file).write_all(line.as_bytes()));
    }
}

fn say(level: Level, text: &str) {
    log(level, text);
    if level as u8 <= CONSOLE.load(Ordering::Relaxed) {
        // Nobody reads stderr: nothing to be done about that.
        drop(writeln!(io::stderr().lock(), "{text}"));
    }
}

/// Says on stderr what is being done, for verbs that take a while.
pub fn progress(text: &str) {
    say(Level::Info, text);
}

/// Says one of the steps, for who asks to see them.
pub fn step(text: &str) {
    say(Level::Debug, text);
}

/// Asks something on stderr; the answer comes on the same line.
pub fn prompt(text: &str) {
    drop(write!(io::stderr().lock(), "{text}"));
}

/// Passes on to stderr what a program printed that we ran.
pub fn passed_on(bytes: &[u8]) {
    // As above.
    drop(io::stderr().lock().write_all(bytes));
}

/// Shows an error and its hint.
pub fn error(error: &Error) {
    let hint = error.hint_text().map_or(String::new(), |hint| format!(" (hint: {hint})"));
    log(Level::Error, &format!("{error}{hint}"));
    let mut err = io::stderr().lock();
    drop(writeln!(err, "ctctl: {error}"));
    if let Some(hint) = error.hint_text() {
        drop(writeln!(err, "hint: {hint}"));
    }
}

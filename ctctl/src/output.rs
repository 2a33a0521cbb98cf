// SPDX-License-Identifier: Apache-2.0
//! Tables and JSON; the only writer of stdout and stderr.

use crate::error::Error;
use std::io::{self, Write};

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
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = io::stdout().lock();
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&heading).chain(rows) {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:<width$}  "));
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// Says on stderr what is being done, for verbs that take a while.
pub fn progress(text: &str) {
    // Nobody reads stderr: nothing to be done about that.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Passes on to stderr what a program printed that we ran.
pub fn passed_on(bytes: &[u8]) {
    // As above.
    drop(io::stderr().lock().write_all(bytes));
}

/// Shows an error and its hint.
pub fn error(error: &Error) {
    let mut err = io::stderr().lock();
    drop(writeln!(err, "ctctl: {error}"));
    if let Some(hint) = error.hint_text() {
        drop(writeln!(err, "hint: {hint}"));
    }
}

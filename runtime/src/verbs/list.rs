// SPDX-License-Identifier: Apache-2.0
//! `list`: all containers below one root.

use crate::error::{ErrorKind, Result};
use crate::state::{Report, Root};
use std::fmt::Write;

/// All containers by name. One that cannot be read is told of in the log and left out.
///
/// # Errors
/// When the root cannot be read.
pub fn list(root: &Root) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    for id in root.ids()? {
        match Report::of(root, &id) {
            Ok(report) => reports.push(report),
            // Deleted meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => log::warn!("{id}: {error}"),
        }
    }
    Ok(reports)
}

/// The table that people read, with runc's columns.
#[must_use]
pub fn table(reports: &[Report]) -> String {
    let header = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"].map(str::to_owned);
    let rows = reports.iter().map(|report| {
        [
            report.id.clone(),
            report.pid.to_string(),
            report.status.to_owned(),
            report.bundle.clone(),
            report.created.clone(),
            report.owner.clone(),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0).max(9) + 3;
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut table = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _infallible = write!(line, "{cell:width$}");
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

/// The list that programs read; `null` when it is empty, as runc has it.
#[must_use]
pub fn json(reports: &[Report]) -> String {
    if reports.is_empty() {
        return "null".to_owned();
    }
    serde_json::to_string(reports).expect("reports are JSON")
}

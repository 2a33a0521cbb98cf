// SPDX-License-Identifier: Apache-2.0
//! `state`: one container, as JSON.

use crate::error::Result;
use crate::state::{Report, Root};

/// The report as runc prints it.
///
/// # Errors
/// [`crate::ErrorKind::NotFound`].
pub fn json(root: &Root, id: &str) -> Result<String> {
    let report = Report::of(root, id)?;
    let mut text = serde_json::to_string_pretty(&report).expect("a report is JSON");
    text.push('\n');
    Ok(text)
}

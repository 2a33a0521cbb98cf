// SPDX-License-Identifier: Apache-2.0
//! `process.oomScoreAdj`.
//!
//! A process in a user namespace cannot write its own score (it is not dumpable while it is the stage), so the
//! runtime takes the score on for the moment of the clone, which inherits it.

use crate::error::{Context, Result};
use std::fs;

const FILE: &str = "/proc/self/oom_score_adj";

/// The runtime's own score, taken back when this is dropped.
#[derive(Debug)]
pub struct Borrowed {
    own: Option<String>,
}

/// Takes a score on until the returned value is dropped.
///
/// # Errors
/// EACCES: a score lower than the one that the caller started with needs CAP_SYS_RESOURCE.
pub fn take_on(score: Option<i32>) -> Result<Borrowed> {
    let Some(score) = score else { return Ok(Borrowed { own: None }) };
    let what = || format!("/process/oomScoreAdj: write {score} to {FILE}");
    let own = fs::read_to_string(FILE).context(what)?;
    if own.trim_end() == score.to_string() {
        return Ok(Borrowed { own: None });
    }
    fs::write(FILE, score.to_string()).context(what)?;
    Ok(Borrowed { own: Some(own) })
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(own) = &self.own
            && let Err(error) = fs::write(FILE, own)
        {
            log::warn!("restore {FILE}: {error}");
        }
    }
}

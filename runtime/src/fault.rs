// SPDX-License-Identifier: Apache-2.0
//! Failing, or dying, at a chosen point: for tests, and never in a shipped build (the feature `fault`).
//!
//! `CTRUN_FAULT="fail POINT"` makes a point fail, `"kill POINT"` kills the runtime there. A point is one of the
//! runtime's own, named below its `fault::point`, or a step of the stage, by its name in the stage's list.

use crate::error::Result;

#[cfg(feature = "fault")]
static WANTED: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// What the environment asks for; `main.rs` reads it.
#[cfg(feature = "fault")]
pub fn want(fault: String) {
    drop(WANTED.set(fault));
}

/// A point between two steps of the runtime.
///
/// # Errors
/// The injected one.
#[cfg(feature = "fault")]
pub(crate) fn point(name: &str) -> Result<()> {
    match WANTED.get().and_then(|wanted| wanted.split_once(' ')) {
        Some(("fail", point)) if point == name => {
            Err(crate::Error::new(crate::ErrorKind::System, format!("{name}: injected")))
        }
        Some(("kill", point)) if point == name => {
            die();
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A point between two steps of the runtime.
///
/// # Errors
/// None in a build without the feature.
#[cfg(not(feature = "fault"))]
#[inline]
pub(crate) fn point(_name: &str) -> Result<()> {
    Ok(())
}

/// What the stage is told.
#[cfg(feature = "fault")]
pub(crate) fn for_stage() -> Option<&'static str> {
    WANTED.get().map(String::as_str)
}

/// Ends this process as `kill -9` does.
#[cfg(feature = "fault")]
pub(crate) fn die() {
    use runtime_sys::rustix::process::{Signal, getpid, kill_process};
    kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
}

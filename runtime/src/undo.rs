// SPDX-License-Identifier: Apache-2.0
//! What to take back if a later step fails.

use crate::Error;
use std::fmt;

type Step<'a> = Box<dyn FnOnce() -> Result<(), Error> + 'a>;

/// A stack of things to take back, run from the top unless it is disarmed.
#[derive(Default)]
pub struct Undo<'a> {
    steps: Vec<(&'static str, Step<'a>)>,
}

impl fmt::Debug for Undo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.steps.iter().map(|(what, _)| what)).finish()
    }
}

impl<'a> Undo<'a> {
    /// Nothing to take back yet.
    #[must_use]
    pub fn new() -> Self {
        Undo::default()
    }

    /// Remembers how to take back what was just done.
    pub fn push(&mut self, what: &'static str, step: impl FnOnce() -> Result<(), Error> + 'a) {
        self.steps.push((what, Box::new(step)));
    }

    /// All went well: nothing is taken back.
    pub fn disarm(mut self) {
        self.steps.clear();
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        while let Some((what, step)) = self.steps.pop() {
            if let Err(error) = step() {
                // The first error is on its way to the user; this one must not hide it.
                log::warn!("{what}: {error}");
            }
        }
    }
}

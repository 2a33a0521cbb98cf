// SPDX-License-Identifier: Apache-2.0
//! What can go wrong: a chain that people read, each layer adding its own step.

use std::fmt;

/// One failure: what was being done, and why it did not work.
#[derive(Debug)]
pub struct Error {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure without a deeper cause.
    pub fn new(message: impl Into<String>) -> Self {
        Error { message: message.into(), source: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// Adds what this layer was doing to what the one below answered.
pub trait Step<T> {
    /// `open /dev/kvm: permission denied`.
    ///
    /// # Errors
    /// The cause, with the step before it.
    fn step(self, step: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> Step<T> for std::result::Result<T, E> {
    fn step(self, step: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error { message: step(), source: Some(Box::new(source)) })
    }
}

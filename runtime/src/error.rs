// SPDX-License-Identifier: Apache-2.0
//! What can go wrong, as a kind that callers match on and a chain that people read.

use runtime_sys::error::errno_text;
use runtime_sys::{Errno, SysError};
use std::fmt;

/// What sort of failure this is; the texts are free to change, the kinds are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The caller's input (config.json, a flag, an id) is wrong.
    Invalid,
    /// No such container.
    NotFound,
    /// The container exists already.
    Exists,
    /// The container is not in a state that allows this.
    State,
    /// This host or this mode cannot do it.
    Unsupported,
    /// The payload's program does not exist (127 for callers that have such a code).
    NoProgram,
    /// The payload's program exists and may not be run (126).
    CannotRun,
    /// A system call failed.
    System,
}

/// One failure: what was being done, and why it did not work.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kernel's answer without its call, behind words that callers match on.
#[derive(Debug)]
struct Answer(Errno);

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&errno_text(self.0))
    }
}

impl std::error::Error for Answer {}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure without a deeper cause.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), source: None }
    }

    /// The caller's input is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Invalid, message)
    }

    /// This host or mode cannot do it.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Unsupported, message)
    }

    /// The container's state does not allow it.
    pub fn state(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::State, message)
    }

    /// What was done, in words that callers know, and the kernel's answer.
    pub fn answered(errno: Errno, message: impl Into<String>) -> Self {
        Error { source: Some(Box::new(Answer(errno))), ..Error::new(ErrorKind::System, message) }
    }

    /// What sort of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The kernel's answer at the root of it, if there is one.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        let source = self.source.as_ref()?;
        if let Some(error) = source.downcast_ref::<SysError>() {
            return Some(error.errno);
        }
        if let Some(error) = source.downcast_ref::<std::io::Error>() {
            return error.raw_os_error().map(Errno::from_raw_os_error);
        }
        if let Some(Answer(errno)) = source.downcast_ref() {
            return Some(*errno);
        }
        source.downcast_ref::<Error>()?.errno()
    }

    /// Adds what this layer was doing; the kind stays.
    #[must_use]
    pub fn wrap(self, doing: impl Into<String>) -> Self {
        Error { kind: self.kind, message: doing.into(), source: Some(Box::new(self)) }
    }
}

/// Prints the whole chain: `create web: mount /proc: move_mount(…): operation not permitted`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) if self.message.is_empty() => write!(f, "{source}"),
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

// No `source()`: `Display` already prints the whole chain, and a printer that walks it would say it twice.
impl std::error::Error for Error {}

impl From<SysError> for Error {
    fn from(error: SysError) -> Self {
        Error { kind: ErrorKind::System, message: String::new(), source: Some(Box::new(error)) }
    }
}

/// Adds the operation and its object to an error on its way up.
pub trait Context<T> {
    /// `…context(|| format!("mount {destination}"))`; the closure runs only on failure.
    ///
    /// # Errors
    /// The error it was called on, wrapped.
    fn context<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn context<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| error.wrap(doing()))
    }
}

impl<T> Context<T> for std::result::Result<T, SysError> {
    fn context<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| Error {
            kind: ErrorKind::System,
            message: doing().into(),
            source: Some(Box::new(error)),
        })
    }
}

impl<T> Context<T> for std::io::Result<T> {
    fn context<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| Error {
            kind: ErrorKind::System,
            message: doing().into(),
            source: Some(Box::new(error)),
        })
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What went wrong, for a person: the chain of what was being done, and a hint at what to do.

use runtime::ErrorKind;
use std::fmt;

/// The program's exit codes; part of its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Success = 0,
    /// Anything without a code of its own.
    Failure = 1,
    /// The command line is wrong.
    Usage = 2,
    /// No such system.
    NoSystem = 3,
    /// The name is taken.
    Exists = 4,
    /// The system is not in a state that allows this.
    State = 5,
    /// No such template or recipe.
    NoTemplate = 6,
    /// A key or its value is wrong.
    Value = 7,
    /// Not permitted; most verbs need root.
    Permission = 8,
    /// This host cannot do it.
    Unsupported = 9,
    /// A deadline passed.
    Timeout = 10,
    /// It runs already.
    Running = 11,
    /// The system's root is mounted for the host already.
    Mounted = 12,
    /// A script of the administrator's failed.
    Script = 79,
    /// The command inside exists and cannot be run.
    CannotRun = 126,
    /// The command inside does not exist.
    NoProgram = 127,
    /// A signal ended it, in order.
    Interrupted = 130,
}

impl Exit {
    /// The code of this number.
    #[must_use]
    pub fn from_code(code: u64) -> Option<Exit> {
        EXITS.iter().map(|(exit, _)| *exit).find(|exit| *exit as u64 == code)
    }
}

/// Every code with its meaning, for the manual.
pub const EXITS: &[(Exit, &str)] = &[
    (
        Exit::Success,
        "success; `exec`, `enter`, `run` and `start --foreground` end with the code of their command",
    ),
    (Exit::Failure, "a failure without a code of its own"),
    (Exit::Usage, "the command line is wrong"),
    (Exit::NoSystem, "no such system"),
    (Exit::Exists, "the name is taken"),
    (Exit::State, "the system's state does not allow it"),
    (Exit::NoTemplate, "no such template or recipe"),
    (Exit::Value, "a key or its value is wrong"),
    (Exit::Permission, "not permitted; most verbs need root"),
    (Exit::Unsupported, "this host cannot do it"),
    (Exit::Timeout, "a deadline passed"),
    (Exit::Running, "`start`: it runs already"),
    (Exit::Mounted, "the system's root is mounted for the host already"),
    (Exit::Script, "an action script failed"),
    (Exit::CannotRun, "the command for `exec` cannot be run"),
    (Exit::NoProgram, "the command for `exec` does not exist"),
    (Exit::Interrupted, "a signal ended a build, which has cleaned up"),
];

/// One failure.
#[derive(Debug)]
pub struct Error {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure with its exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Error {
        Error { exit, message: message.into(), hint: None }
    }

    /// Adds what to do about it. The hint nearest to the cause stays.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Adds what this layer was doing.
    #[must_use]
    pub fn wrap(mut self, doing: impl fmt::Display) -> Error {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// The same with another exit code.
    #[must_use]
    pub fn with_exit(mut self, exit: Exit) -> Error {
        self.exit = exit;
        self
    }

    /// The code that the program ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What to do about it.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<runtime::Error> for Error {
    fn from(error: runtime::Error) -> Error {
        let exit = match error.kind() {
            ErrorKind::Exists => Exit::Exists,
            ErrorKind::State => Exit::State,
            ErrorKind::Unsupported => Exit::Unsupported,
            ErrorKind::CannotRun => Exit::CannotRun,
            ErrorKind::NoProgram => Exit::NoProgram,
            _ => Exit::Failure,
        };
        Error::new(exit, error.to_string())
    }
}

impl From<runtime_sys::SysError> for Error {
    fn from(error: runtime_sys::SysError) -> Error {
        Error::new(Exit::Failure, error.to_string())
    }
}

/// Adds the operation and its object to an error on its way up.
pub trait Context<T> {
    /// The closure runs only on failure.
    ///
    /// # Errors
    /// The error that it was called on, wrapped.
    fn context<S: fmt::Display>(self, doing: impl FnOnce() -> S) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn context<S: fmt::Display>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| error.wrap(doing()))
    }
}

impl<T> Context<T> for runtime::Result<T> {
    fn context<S: fmt::Display>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| Error::from(error).wrap(doing()))
    }
}

impl<T> Context<T> for std::result::Result<T, runtime_sys::SysError> {
    fn context<S: fmt::Display>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| Error::from(error).wrap(doing()))
    }
}

impl<T> Context<T> for std::io::Result<T> {
    fn context<S: fmt::Display>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| {
            use std::io::ErrorKind;
            let exit = match error.kind() {
                ErrorKind::PermissionDenied => Exit::Permission,
                _ => Exit::Failure,
            };
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let error_here = Error::new(exit, format!("{}: {}", doing(), lower_first(text)));
            match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => error_here.hint(
                    "make room: ctctl template rm NAME, ctctl destroy NAME; ctctl doctor shows what is free",
                ),
                ErrorKind::ReadOnlyFilesystem => {
                    error_here.hint("mount it writable, or see --config-dir, --data-dir")
                }
                _ => error_here,
            }
        })
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The word that was most likely meant, if one is near.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().map(|other| (strsim::damerau_levenshtein(word, other), other));
    let (distance, other) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= (word.len().max(other.len()) / 3).max(1)).then_some(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        assert_eq!(nearest("memroy", ["memory", "pids"]), Some("memory"));
        assert_eq!(nearest("debian-13", ["busybox", "debian-12"]), Some("debian-12"));
        assert_eq!(nearest("zebra", ["memory", "pids"]), None);
    }

    #[test]
    fn the_hint_nearest_to_the_cause_stays() {
        let error = Error::new(Exit::Failure, "no such file").hint("make it").wrap("open x").hint("give up");
        assert_eq!(error.to_string(), "open x: no such file");
        assert_eq!(error.hint_text(), Some("make it"));
    }
}

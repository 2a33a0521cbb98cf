// SPDX-License-Identifier: Apache-2.0
//! The lowest error: the call that failed, with its arguments.

use core::fmt;
pub use rustix::io::Errno;

/// A failed system call: `openat2(3, "etc/passwd"): no such file or directory`.
#[derive(Debug, Clone)]
pub struct SysError {
    /// The kernel's name of the call.
    pub call: &'static str,
    /// Its arguments as far as they help a reader; empty without `std`.
    #[cfg(feature = "std")]
    pub args: String,
    /// What the kernel answered.
    pub errno: Errno,
}

/// The result of one system call.
pub type Result<T> = core::result::Result<T, SysError>;

impl SysError {
    /// An error without arguments.
    #[must_use]
    pub fn new(call: &'static str, errno: Errno) -> Self {
        SysError {
            call,
            #[cfg(feature = "std")]
            args: String::new(),
            errno,
        }
    }

    /// An error whose arguments are formatted only when there is someone to read them.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn with(call: &'static str, errno: Errno, args: fmt::Arguments<'_>) -> Self {
        SysError { call, args: args.to_string(), errno }
    }

    /// Without `std` the arguments are dropped: the step that failed travels with the error instead.
    #[cfg(not(feature = "std"))]
    #[must_use]
    pub fn with(call: &'static str, errno: Errno, _args: fmt::Arguments<'_>) -> Self {
        SysError { call, errno }
    }
}

impl From<Errno> for SysError {
    fn from(errno: Errno) -> Self {
        SysError::new("", errno)
    }
}

/// Calls without which nothing goes, and the kernel that brought them (docs/kernel.md).
#[cfg(feature = "std")]
const SINCE: &[(&str, &str)] = &[
    ("clone3", "5.3"),
    ("close_range", "5.11"),
    ("fsconfig", "5.2"),
    ("fsmount", "5.2"),
    ("fsopen", "5.2"),
    ("mount_setattr", "5.12"),
    ("move_mount", "5.2"),
    ("open_tree", "5.2"),
    ("pidfd_open", "5.3"),
    ("pidfd_send_signal", "5.1"),
];

/// The errno in words; for a call that is not there, what the host lacks and what else it may be.
#[cfg(feature = "std")]
#[must_use]
pub fn reason(call: &str, errno: Errno) -> String {
    let text = errno_text(errno);
    match SINCE.iter().find(|(name, _)| *name == call && errno == Errno::NOSYS) {
        Some((_, version)) => {
            format!("{text}: it needs Linux {version}, or a seccomp filter around us that allows it")
        }
        None => text,
    }
}

/// The errno in words, as `strerror` says it but in lower case: `no such file or directory`.
#[cfg(feature = "std")]
#[must_use]
pub fn errno_text(errno: Errno) -> String {
    let text = std::io::Error::from_raw_os_error(errno.raw_os_error()).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(feature = "std")]
impl fmt::Display for SysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}): {}", self.call, self.args, reason(self.call, self.errno))
    }
}

#[cfg(feature = "std")]
impl std::error::Error for SysError {}

/// Turns rustix's result into ours: `openat2(..).call("openat2", format_args!("{path:?}"))`.
pub trait Call<T> {
    /// Names the call and its arguments.
    ///
    /// # Errors
    /// The errno that rustix returned, with the call's name.
    fn call(self, call: &'static str, args: fmt::Arguments<'_>) -> Result<T>;
}

impl<T> Call<T> for rustix::io::Result<T> {
    fn call(self, call: &'static str, args: fmt::Arguments<'_>) -> Result<T> {
        self.map_err(|errno| SysError::with(call, errno, args))
    }
}

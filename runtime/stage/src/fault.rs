// SPDX-License-Identifier: Apache-2.0
//! Why a step failed, in the form that travels to the runtime.

use runtime_sys::{Errno, SysError};
use stage::message::Failure;

/// A failed call and what it was about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault<'a> {
    call: &'static str,
    errno: i32,
    detail: &'a [u8],
    subject: &'a [u8],
}

impl<'a> Fault<'a> {
    pub(crate) fn new(call: &'static str, errno: i32, detail: &'a [u8]) -> Self {
        Fault { call, errno, detail, subject: b"" }
    }

    /// Names what of it was wrong: an option, a file system.
    pub(crate) fn on(self, subject: &'a [u8]) -> Self {
        Fault { subject, ..self }
    }

    /// Names the path, key or program that the call was about; the first name stays.
    pub(crate) fn about(mut self, detail: &'a [u8]) -> Self {
        if self.detail.is_empty() {
            self.detail = detail;
        }
        self
    }

    /// The same failure, told of another path.
    pub(crate) fn at<'b>(&self, detail: &'b [u8]) -> Fault<'b> {
        Fault { call: self.call, errno: self.errno, detail, subject: b"" }
    }

    pub(crate) fn is(&self, errno: Errno) -> bool {
        self.errno == errno.raw_os_error()
    }

    pub(crate) fn failure(&self, step: &'static str) -> Failure<'a> {
        Failure {
            step: step.as_bytes(),
            call: self.call.as_bytes(),
            errno: self.errno,
            detail: self.detail,
            subject: self.subject,
        }
    }
}

impl From<SysError> for Fault<'_> {
    fn from(error: SysError) -> Self {
        Fault::new(error.call, error.errno.raw_os_error(), b"")
    }
}

/// `call().about(path)?`
pub(crate) trait About<'a, T> {
    fn about(self, detail: &'a [u8]) -> Result<T, Fault<'a>>;
    fn on(self, subject: &'a [u8]) -> Result<T, Fault<'a>>;
}

impl<'a, T> About<'a, T> for runtime_sys::Result<T> {
    fn about(self, detail: &'a [u8]) -> Result<T, Fault<'a>> {
        self.map_err(|error| Fault::from(error).about(detail))
    }

    fn on(self, subject: &'a [u8]) -> Result<T, Fault<'a>> {
        self.map_err(|error| Fault::from(error).on(subject))
    }
}

impl<'a, T> About<'a, T> for Result<T, Fault<'a>> {
    fn about(self, detail: &'a [u8]) -> Result<T, Fault<'a>> {
        self.map_err(|fault| fault.about(detail))
    }

    fn on(self, subject: &'a [u8]) -> Result<T, Fault<'a>> {
        self.map_err(|fault| fault.on(subject))
    }
}

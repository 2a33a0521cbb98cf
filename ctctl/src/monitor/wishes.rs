// SPDX-License-Identifier: Apache-2.0
//! What a start is told that no file keeps: keys for this once, and the caller's own standard descriptors.

use crate::config::Config;
use crate::config::assign;
use crate::error::{Context, Result};
use runtime_sys::rustix::stdio;
use runtime_sys::{AsFd, AsRawFd, OwnedFd, fd, fs as sysfs, tty};

/// The option on the monitor's command line that names the descriptors.
const STDIO: &str = "--stdio=";

/// What one start is told.
#[derive(Debug, Default)]
pub struct Wishes {
    /// `KEY=VALUE`, above what the file says.
    pub keys: Vec<(String, String)>,
    /// Standard input, output and error of the first program, in place of a console.
    pub stdio: Option<[OwnedFd; 3]>,
    numbers: Option<[i32; 3]>,
}

impl Wishes {
    /// With these keys, and a console or the caller's own descriptors.
    #[must_use]
    pub fn new(keys: Vec<(String, String)>, stdio: Option<[OwnedFd; 3]>) -> Wishes {
        Wishes { keys, stdio, numbers: None }
    }

    /// Puts the keys into a configuration.
    ///
    /// # Errors
    /// `Value`.
    pub fn apply(&self, config: &mut Config) -> Result<()> {
        self.keys.iter().try_for_each(|(key, value)| assign::assign(config, key, value).map(drop))?;
        config.check()
    }

    /// Arguments for the monitor, which inherits the descriptors.
    ///
    /// # Errors
    /// None that is expected.
    pub fn to_args(&self) -> Result<Vec<String>> {
        let mut args = Vec::new();
        if let Some(stdio) = &self.stdio {
            for fd in stdio {
                sysfs::keep_over_exec(fd.as_fd())?;
            }
            let [a, b, c] = stdio.each_ref().map(AsRawFd::as_raw_fd);
            args.push(format!("{STDIO}{a},{b},{c}"));
        }
        args.extend(self.keys.iter().map(|(key, value)| format!("{key}={value}")));
        Ok(args)
    }

    /// Reads them.
    #[must_use]
    pub fn from_args(args: &[String]) -> Option<Wishes> {
        let mut wishes = Wishes::default();
        for arg in args {
            if let Some(numbers) = arg.strip_prefix(STDIO) {
                let numbers = numbers.split(',').map(|n| n.parse().ok()).collect::<Option<Vec<i32>>>()?;
                wishes.numbers = Some(numbers.try_into().ok()?);
            } else {
                let (key, value) = arg.split_once('=')?;
                wishes.keys.push((key.to_owned(), value.to_owned()));
            }
        }
        Some(wishes)
    }

    /// Takes the inherited descriptors, which no other program is to inherit.
    ///
    /// # Errors
    /// EBADF.
    pub fn keep_stdio(&mut self) -> Result<()> {
        if let Some(numbers) = self.numbers.take() {
            let stdio = numbers.map(fd::take_inherited);
            for fd in &stdio {
                sysfs::close_on_exec(fd.as_fd())?;
            }
            self.stdio = Some(stdio);
        }
        Ok(())
    }

    /// Runs something that is born with the caller's descriptors, where there are any.
    ///
    /// # Errors
    /// What it answers.
    pub fn with_stdio<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let Some(theirs) = &self.stdio else { return body() };
        let own = [stdio::stdin(), stdio::stdout(), stdio::stderr()].map(|fd| fd.try_clone_to_owned());
        let own = own.into_iter().collect::<std::io::Result<Vec<_>>>().context(|| "keep the descriptors")?;
        let become_all = |fds: &[OwnedFd]| -> Result<()> {
            fds.iter().zip(0..).try_for_each(|(fd, number)| Ok(tty::become_stdio(fd.as_fd(), number)?))
        };
        become_all(theirs)?;
        let result = body();
        become_all(&own)?;
        result
    }
}

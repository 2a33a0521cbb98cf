// SPDX-License-Identifier: Apache-2.0
//! Files in /etc that programs inside read and believe: at each start they are made to say what the configuration says.

use super::{files, hostname};
use crate::config::Config;
use crate::error::{Context, Result};
use crate::host::Host;
use crate::{network, output};
use runtime_sys::{AsFd, BorrowedFd};

/// What they say.
#[derive(Debug, Default)]
pub struct Texts {
    hostname: String,
    /// Nothing when the system itself sees to it.
    resolv_conf: Option<String>,
}

impl Texts {
    /// Those of a system.
    ///
    /// # Errors
    /// A wrong `network.toml`.
    pub fn of(host: &Host, config: &Config) -> Result<Texts> {
        let resolv_conf = network::resolv_conf(host, config)?;
        Ok(Texts { hostname: config.hostname().to_owned(), resolv_conf })
    }

    /// Writes them, each as far as it can be. New files belong to `owner`, if the caller is somebody else.
    ///
    /// # Errors
    /// What whoever works inside has made impossible.
    pub fn write(&self, root: BorrowedFd<'_>, owner: Option<u32>) -> Result<()> {
        let name = hostname::write(root, &self.hostname, owner).context(|| "write the host name");
        if let Some(text) = &self.resolv_conf {
            let owner = owner.unwrap_or_else(hostname::own_uid);
            write_resolv_conf(root, text, owner).context(|| "write /etc/resolv.conf")?;
        }
        name
    }

    /// The same for a system that starts all the same.
    pub(super) fn write_or_say(&self, root: BorrowedFd<'_>, owner: Option<u32>) {
        if let Err(error) = self.write(root, owner) {
            output::progress(&format!("ctctl-monitor: {error}"));
        }
    }
}

/// Writes the file, unless it is there, in a real folder `etc`.
fn write_resolv_conf(root: BorrowedFd<'_>, text: &str, owner: u32) -> Result<()> {
    let Ok(etc) = files::own_folder(root, c"etc") else { return Ok(()) };
    // A link, as distributions have it to what a program of theirs writes, is replaced and not followed.
    let old = files::read(etc.as_fd(), c"resolv.conf").unwrap_or_default();
    if old.is_some_and(|old| old.bytes == text.as_bytes()) {
        return Ok(());
    }
    files::replace(etc.as_fd(), c"resolv.conf", text.as_bytes(), (owner, owner, 0o644))
}

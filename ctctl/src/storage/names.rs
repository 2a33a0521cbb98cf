// SPDX-License-Identifier: Apache-2.0
//! The host name and the files of names of a system that runs.

use super::{etc, overlay};
use crate::config::Config;
use crate::container::state;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::idmap::IdMap;
use runtime_sys::clone::{Clone, Forked, fork};
use runtime_sys::fs::{self, CWD, OpenFlags};
use runtime_sys::{AsFd, BorrowedFd, namespace, process, rustix, socket};
use std::ffi::CString;

/// Keys that are written into a running system by [`apply`].
const KEYS: &[&str] = &["hostname", "nameserver", "searchdomain"];

/// Makes the names of a running system those of its configuration, if they are among the named keys. The caller has one
/// thread.
///
/// # Errors
/// What whoever is root inside made impossible.
pub fn apply(host: &Host, config: &Config, keys: &[&str]) -> Result<()> {
    if !keys.iter().any(|key| KEYS.contains(key)) {
        return Ok(());
    }
    let Some(pid) = state::state(host, &config.name)?.pid() else { return Ok(()) };
    let Some(init) = state::first_process(host, &config.name)? else { return Ok(()) };
    let path = CString::new(format!("/proc/{pid}/root")).unwrap_or_default();
    let root = fs::open(CWD, &path, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
    if process::ended_within(init.as_fd(), 0)? {
        // The number may be another process's by now, and the root too.
        return Ok(());
    }
    let files = etc::files(host, config)?;
    let (ours, theirs) = socket::packet_pair()?;
    match fork(&Clone::default(), false)? {
        Forked::Child => {
            drop(ours);
            let said = match write(init.as_fd(), root.as_fd(), config, &files) {
                Ok(()) => "+".to_owned(),
                Err(error) => error.to_string(),
            };
            let sent = socket::send(theirs.as_fd(), said.as_bytes(), None);
            process::exit_now(i32::from(sent.is_err()))
        }
        Forked::Parent(child) => {
            drop(theirs);
            let mut said = [0; 4096];
            let heard = socket::receive(ours.as_fd(), &mut said);
            process::wait(child.pid, true)?;
            match &said[..heard?.0] {
                b"+" => Ok(()),
                text => Err(Error::new(Exit::Failure, String::from_utf8_lossy(text))
                    .hint("the next start writes them too")),
            }
        }
    }
}

/// In a process of its own, which becomes the one who may write on the system's files.
fn write(init: BorrowedFd<'_>, root: BorrowedFd<'_>, config: &Config, files: &[etc::File]) -> Result<()> {
    namespace::setns(init, namespace::CLONE_NEWUTS)?;
    rustix::system::sethostname(config.hostname().as_bytes())
        .map_err(std::io::Error::from)
        .context(|| "set the host name")?;
    if let IdMap::Range { base, .. } = config.idmap {
        overlay::become_user(base)?;
    }
    for (name, text) in files {
        etc::write(root, name, text, None).context(|| format!("write /etc/{}", name.to_string_lossy()))?;
    }
    Ok(())
}

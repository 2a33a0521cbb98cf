// SPDX-License-Identifier: Apache-2.0
//! Which process a number means: numbers are used again, and state.json outlives processes.

use crate::error::Result;
use runtime_sys::{AsFd, Errno, OwnedFd, fs, process};
use serde::{Deserialize, Serialize};

/// What no other process has had since the host booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Identity {
    /// The inode of its pidfd, where pidfds have a file system of their own (Linux 6.9): one fstat(2).
    Inode(u64),
    /// Its start time in clock ticks: a file of /proc to be made and read.
    Start(u64),
}

impl Default for Identity {
    fn default() -> Self {
        Identity::Start(0)
    }
}

impl Identity {
    /// Of a process; nothing when it has ended.
    ///
    /// # Errors
    /// EPERM, ENOSYS where pidfds are denied.
    pub fn of(pid: i32) -> Result<Option<Identity>> {
        let pidfd = match process::pidfd_open(pid) {
            Err(error) if matches!(error.errno, Errno::SRCH | Errno::INVAL) => return Ok(None),
            other => other?,
        };
        if process::ended_within(pidfd.as_fd(), 0)? {
            return Ok(None);
        }
        if fs::fs_magic(pidfd.as_fd())? == fs::PIDFD_MAGIC {
            return Ok(Some(Identity::Inode(fs::fstat(pidfd.as_fd())?.st_ino)));
        }
        Ok(start_time(pid).map(Identity::Start))
    }

    /// A descriptor of the process that has this number, if it is this one and has not ended.
    ///
    /// # Errors
    /// EMFILE.
    pub fn find(self, pid: i32) -> Result<Option<OwnedFd>> {
        let pidfd = match process::pidfd_open(pid) {
            Err(error) if matches!(error.errno, Errno::SRCH | Errno::INVAL) => return Ok(None),
            other => other?,
        };
        // Looked at after opening: from here on the descriptor means the process that was meant, or none.
        let is_it = match self {
            Identity::Inode(inode) => fs::fstat(pidfd.as_fd())?.st_ino == inode,
            Identity::Start(start) => start_time(pid) == Some(start),
        };
        Ok((is_it && !process::ended_within(pidfd.as_fd(), 0)?).then_some(pidfd))
    }
}

/// The kernel's name of this boot; nothing where it has none.
pub(super) fn boot() -> Option<String> {
    let mut text = [0; 64];
    let text = fs::read_once(c"/proc/sys/kernel/random/boot_id", &mut text).ok()?;
    Some(std::str::from_utf8(text).ok()?.trim_end().to_owned())
}

/// Start time of a process: nothing for one that is gone.
fn start_time(pid: i32) -> Option<u64> {
    let path = std::ffi::CString::new(format!("/proc/{pid}/stat")).ok()?;
    let mut stat = [0; 512];
    let stat = fs::read_once(&path, &mut stat).ok()?;
    // The name stands in parentheses and may hold anything, so the fields are counted from the last one.
    let after = stat.iter().rposition(|byte| *byte == b')')? + 2;
    let mut fields = std::str::from_utf8(stat.get(after..)?).ok()?.split(' ');
    // Field 3 is the state; 22 is the start time.
    fields.nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_the_process_that_was_recorded_and_no_other() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let identity = Identity::of(pid).unwrap().unwrap();
        assert!(identity.find(pid).unwrap().is_some());
        let start = Identity::Start(start_time(pid).unwrap());
        assert!(start.find(pid).unwrap().is_some(), "before Linux 6.9");
        for other in [Identity::Inode(1), Identity::Start(1)] {
            assert!(other.find(pid).unwrap().is_none(), "{other:?}");
        }
        assert!(identity.find(i32::MAX).unwrap().is_none());
        assert_eq!(Identity::of(i32::MAX).unwrap(), None);
    }

    #[test]
    fn a_process_that_nobody_has_waited_for_has_ended() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let identity = Identity::of(pid).unwrap().unwrap();
        let pidfd = identity.find(pid).unwrap().expect("it lives");
        drop(child.stdin.take());
        process::ended(pidfd.as_fd()).unwrap();
        assert!(identity.find(pid).unwrap().is_none());
        assert_eq!(Identity::of(pid).unwrap(), None);
        child.wait().unwrap();
        assert!(identity.find(pid).unwrap().is_none());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! A cgroup with everything below it: its processes, their end, and its removal.
//!
//! A container may nest cgroups as deep as it likes, so a walk holds one descriptor and no stack frame per level.

use super::freeze;
use super::place::{Directory, Place};
use crate::error::{Context, Error, Result};
use runtime_sys::cgroupfs::{self, Access, News};
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd, SysError, process};
use std::ffi::CString;
use std::time::{Duration, Instant};

/// How long processes that were killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which cgroups are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The one itself.
    One,
    /// And all below it.
    All,
}

/// The processes in a cgroup, each once.
pub(super) fn pids(directory: &Directory, depth: Depth) -> runtime_sys::Result<Vec<i32>> {
    let mut found = Vec::new();
    let mut read = |at: BorrowedFd<'_>| {
        let file = match cgroupfs::open_file(at, "cgroup.procs", Access::Read) {
            Err(error) if is_gone(&error) => return Ok(()),
            other => other?,
        };
        match cgroupfs::read(file.as_fd()) {
            Ok(text) => found.extend(text.lines().filter_map(|line| line.parse::<i32>().ok())),
            // A threaded cgroup's processes are listed in the one above it.
            Err(error) if error.errno == Errno::OPNOTSUPP || is_gone(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    };
    match depth {
        Depth::One => read(directory.fd())?,
        Depth::All => visit(directory.fd(), read)?,
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Whether an error says that there is no such cgroup.
pub(super) fn is_gone(error: &SysError) -> bool {
    matches!(error.errno, Errno::NOENT | Errno::NODEV)
}

/// Calls `each` with the directory and all below it.
fn visit(
    top: BorrowedFd<'_>,
    mut each: impl FnMut(BorrowedFd<'_>) -> runtime_sys::Result<()>,
) -> runtime_sys::Result<()> {
    each(top)?;
    let mut here: Option<OwnedFd> = None;
    let mut open = vec![cgroupfs::subdirectories(top)?];
    while let Some(names) = open.last_mut() {
        let at = here.as_ref().map_or(top, AsFd::as_fd);
        if let Some(name) = names.pop() {
            let below = match cgroupfs::open_file(at, name.as_c_str(), Access::Directory) {
                Err(error) if is_gone(&error) => continue,
                other => other?,
            };
            each(below.as_fd())?;
            open.push(cgroupfs::subdirectories(below.as_fd()).unwrap_or_default());
            here = Some(below);
        } else {
            open.pop();
            if open.len() <= 1 {
                here = None;
            } else {
                here = Some(cgroupfs::open_file(at, "..", Access::Directory)?);
            }
        }
    }
    Ok(())
}

/// Removes all cgroups below this one; EBUSY when one of them has processes.
fn remove_below(top: BorrowedFd<'_>) -> runtime_sys::Result<()> {
    let mut here: Option<OwnedFd> = None;
    let mut names: Vec<CString> = Vec::new();
    loop {
        let at = here.as_ref().map_or(top, AsFd::as_fd);
        let mut inner = None;
        for name in cgroupfs::subdirectories(at)? {
            match cgroupfs::rmdir(at, name.as_c_str()) {
                Err(error) if error.errno == Errno::BUSY => {
                    inner = Some(name);
                    break;
                }
                other => other?,
            }
        }
        if let Some(name) = inner {
            here = Some(cgroupfs::open_file(at, name.as_c_str(), Access::Directory)?);
            names.push(name);
            continue;
        }
        let Some(name) = names.pop() else { return Ok(()) };
        let above = cgroupfs::open_file(at, "..", Access::Directory)?;
        cgroupfs::rmdir(above.as_fd(), name.as_c_str())?;
        here = if names.is_empty() { None } else { Some(above) };
    }
}

/// Removes a place with all below it, waiting for processes that are on their way out. One that is not there is no
/// error.
pub(super) fn remove(mount: BorrowedFd<'_>, place: &Place) -> Result<()> {
    let busy = match cgroupfs::rmdir(mount, place.path.as_str()) {
        Err(error) if error.errno == Errno::BUSY => error,
        other => return other.context(|| format!("remove the cgroup {}", place.absolute())),
    };
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    loop {
        let directory = match Directory::open(mount, &place.path) {
            Err(error) if is_gone(&error) => return Ok(()),
            other => other.context(|| format!("remove the cgroup {}", place.absolute()))?,
        };
        // Whatever keeps the inner ones is seen again when the outer one is removed.
        let _inner: runtime_sys::Result<()> = remove_below(directory.fd());
        match cgroupfs::rmdir(mount, place.path.as_str()) {
            Err(error) if error.errno == Errno::BUSY => {}
            other => return other.context(|| format!("remove the cgroup {}", place.absolute())),
        }
        if Instant::now() > deadline {
            let left = pids(&directory, Depth::All).unwrap_or_default();
            let doing = format!("remove the cgroup {}: processes {left:?} are in it", place.absolute());
            return Err(busy).context(|| doing);
        }
        wait_until_empty(&directory, pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// v2 tells when the last process is gone; v1 does not, so there the wait is the pause.
fn wait_until_empty(directory: &Directory, pause: Duration) {
    if let Ok(file) = directory.open_file("cgroup.events", Access::Read)
        && let Ok(text) = cgroupfs::read(file.as_fd())
        && text.lines().any(|line| line == "populated 1")
    {
        let _news = cgroupfs::wait_for_news([(file.as_fd(), News::Notified)], Some(1000));
        return;
    }
    std::thread::sleep(pause);
}

/// Sends SIGKILL to every process in a place and below it, and sees to it that it arrives.
pub(super) fn kill(directory: &Directory, place: &Place) -> Result<()> {
    let what = || format!("kill the processes of {}", place.absolute());
    if place.is_v2() {
        match directory.write("cgroup.kill", "1") {
            // Linux before 5.14.
            Err(error) if error.errno == Errno::NOENT => {}
            other => return other.context(what),
        }
    }
    let is_freezer = place.is_v2() || place.has("freezer");
    // Frozen, none can make another one while they are counted.
    if is_freezer
        && !is_empty(directory)?
        && let Err(error) = freeze::freeze(directory, place)
    {
        log::debug!("{error}: its processes are killed as they run");
    }
    let result = signal_each(directory, 9).context(what);
    if is_freezer {
        // Whoever is frozen by v1 dies when it thaws.
        thaw_all(directory, place)?;
    }
    result
}

/// Thaws a place and, on v1, all below it: a container that may divide its cgroup can freeze a part of itself, and
/// nobody in there would die of SIGKILL.
pub(super) fn thaw_all(directory: &Directory, place: &Place) -> Result<()> {
    freeze::thaw(directory, place)?;
    if place.is_v2() {
        return Ok(());
    }
    let thaw = |at: BorrowedFd<'_>| {
        let file = cgroupfs::open_file(at, "freezer.state", Access::Write);
        match file.and_then(|file| cgroupfs::write(file.as_fd(), "THAWED")) {
            Err(error) if is_gone(&error) => Ok(()),
            other => other,
        }
    };
    visit(directory.fd(), thaw).context(|| format!("thaw what is below {}", place.absolute()))
}

/// Sends a signal to every process in a cgroup and below it.
pub(super) fn signal_each(directory: &Directory, signal: i32) -> runtime_sys::Result<()> {
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    // 0 stands for processes of other pid namespaces, and for a whole group in kill(2).
    for pid in pids(directory, Depth::All)?.into_iter().filter(|pid| *pid > 0 && *pid != own) {
        match process::kill(pid, signal) {
            Err(error) if error.errno == Errno::SRCH => {}
            other => other?,
        }
    }
    Ok(())
}

/// Whether nobody is in a place or below it.
pub(super) fn is_empty(directory: &Directory) -> Result<bool> {
    if let Ok(text) = directory.read("cgroup.events") {
        return Ok(!text.lines().any(|line| line == "populated 1"));
    }
    let found = pids(directory, Depth::All).map_err(Error::from)?;
    Ok(found.is_empty())
}

// SPDX-License-Identifier: Apache-2.0
//! Hearing of processes that were killed because the container's memory was used up.

use super::limits::{Open, on_v1, on_v2};
use super::place::Directory;
use crate::error::{Context, Result};
use runtime_sys::cgroupfs::{self, Access, News};
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// A descriptor that has news when a process is killed.
#[derive(Debug)]
pub struct OomWatch {
    /// `memory.events` on v2, a counter of the kernel's on v1.
    news: OwnedFd,
    /// v1's registration lasts as long as this is open.
    control: Option<OwnedFd>,
    seen: u64,
}

impl OomWatch {
    /// What to poll for [`OomWatch::kind`].
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.news.as_fd()
    }

    /// What sort of news the descriptor has.
    #[must_use]
    pub fn kind(&self) -> News {
        if self.control.is_some() { News::Readable } else { News::Notified }
    }

    /// Takes note of news, so that the descriptor has none. On v1 it waits for some.
    ///
    /// # Errors
    /// None that is expected.
    pub fn hear(&self) -> Result<()> {
        match &self.control {
            Some(_) => Ok(cgroupfs::take_count(self.news.as_fd()).map(drop)?),
            // Reading the file is what takes them.
            None => Ok(()),
        }
    }

    /// How many processes were killed for memory since the last call. The kernel tells that memory ran out before it
    /// kills and counts: whoever waits for the end of the process asks once more after it.
    #[must_use]
    pub fn count(&mut self) -> u64 {
        // When the cgroup is gone there is nothing to read.
        let file = self.control.as_ref().unwrap_or(&self.news);
        let count = killed(&cgroupfs::read(file.as_fd()).unwrap_or_default()).unwrap_or(self.seen);
        let new = count.saturating_sub(self.seen);
        self.seen = self.seen.max(count);
        new
    }
}

fn killed(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

/// Begins to watch; nothing where memory is not controlled.
pub(super) fn watch(open: &Open<'_>) -> Result<Option<OomWatch>> {
    if let Some(directory) = on_v1(open, "memory") {
        return watch_v1(directory).map(Some);
    }
    let Some((_, directory)) = on_v2(open).filter(|(_, directory)| directory.has("memory.events")) else {
        return Ok(None);
    };
    let what = || directory.name_of("memory.events");
    let news = directory.open_file("memory.events", Access::Read).context(what)?;
    let seen = killed(&cgroupfs::read(news.as_fd()).context(what)?).unwrap_or(0);
    Ok(Some(OomWatch { news, control: None, seen }))
}

fn watch_v1(directory: &Directory) -> Result<OomWatch> {
    let what = || format!("watch {}", directory.name_of("memory.oom_control"));
    let news = cgroupfs::eventfd().context(what)?;
    let control = directory.open_file("memory.oom_control", Access::Read).context(what)?;
    let seen = killed(&cgroupfs::read(control.as_fd()).context(what)?).unwrap_or(0);
    let line = format!("{} {}", news.as_raw_fd(), control.as_raw_fd());
    directory.write("cgroup.event_control", &line).context(what)?;
    Ok(OomWatch { news, control: Some(control), seen })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_both_files() {
        assert_eq!(killed("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), Some(3));
        assert_eq!(killed("low 0\nhigh 0\nmax 9\noom 4\noom_kill 2\noom_group_kill 0\n"), Some(2));
        assert_eq!(killed("under_oom 0\n"), None);
    }
}

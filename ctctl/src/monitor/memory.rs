// SPDX-License-Identifier: Apache-2.0
//! Hearing that a system's memory ran out, so that it is told to who follows events.

use crate::error::Result;
use crate::events;
use crate::host::Host;
use runtime::cgroup::{Cgroup, OomWatch};
use runtime::state::Root;
use runtime_sys::cgroupfs::{News, wait_for_news};
use runtime_sys::rustix::event::{PollFd, PollFlags};
use serde_json::json;
use std::time::Duration;

/// How often a count that was announced is looked for: v1 announces before it kills and counts.
const LOOKS: u32 = 100;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The counter of a running system.
#[derive(Debug)]
pub struct Memory {
    /// Without one the system runs as well, and nobody hears that its memory ran out.
    watch: Option<OomWatch>,
    looks: u32,
}

impl Memory {
    /// That of this system.
    #[must_use]
    pub fn of(host: &Host, name: &str) -> Memory {
        Memory { watch: open(host, name).ok().flatten(), looks: 0 }
    }

    /// What to wait for.
    #[must_use]
    pub fn poll_for(&self) -> Option<PollFd<'_>> {
        let flags = |news| match news {
            News::Notified => PollFlags::PRI,
            News::Readable => PollFlags::IN,
        };
        self.watch.as_ref().map(|watch| PollFd::from_borrowed_fd(watch.fd(), flags(watch.kind())))
    }

    /// After which time to look although nothing came.
    #[must_use]
    pub fn soon(&self) -> Option<Duration> {
        (self.looks > 0).then_some(PAUSE)
    }

    /// Tells how often memory ran out since the last time.
    pub fn look(&mut self, host: &Host, name: &str) {
        let Some(watch) = self.watch.as_mut() else { return };
        match counted(watch) {
            Ok(Oom::Announced) => self.looks = LOOKS,
            Ok(Oom::Counted(count)) => {
                events::tell(host, name, "oom", json!({ "count": count }));
                self.looks = 0;
            }
            Ok(Oom::Nothing) => self.looks = self.looks.saturating_sub(1),
            Err(_) => self.watch = None,
        }
    }
}

fn open(host: &Host, name: &str) -> Result<Option<OomWatch>> {
    let saved = Root::open(&host.oci_root())?.container(name)?.load()?;
    match saved {
        Some(saved) => Ok(Cgroup::open(&saved.cgroup).watch_oom()?),
        None => Ok(None),
    }
}

/// What is new of memory that ran out.
enum Oom {
    Nothing,
    /// There will be a count.
    Announced,
    Counted(u64),
}

fn counted(watch: &mut OomWatch) -> Result<Oom> {
    let is_announced = wait_for_news([(watch.fd(), watch.kind())], Some(0))?[0];
    if is_announced {
        watch.hear()?;
    }
    let count = watch.count();
    Ok(match (count, is_announced) {
        (0, true) => Oom::Announced,
        (0, false) => Oom::Nothing,
        _ => Oom::Counted(count),
    })
}

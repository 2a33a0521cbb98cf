// SPDX-License-Identifier: Apache-2.0
//! Stopping all processes of a cgroup where they are, and letting them go on.

use super::place::{Directory, Place};
use crate::error::{Context, Error, Result};
use runtime_sys::AsFd;
use runtime_sys::cgroupfs::{self, Access, News};
use std::time::{Duration, Instant};

/// How long the kernel may take to stop a process (one in an uninterruptible sleep holds it up).
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether a place is frozen, or on its way there.
pub(super) fn is_frozen(directory: &Directory, place: &Place) -> bool {
    let (file, thawed) = if place.is_v2() { ("cgroup.freeze", "0") } else { ("freezer.state", "THAWED") };
    directory.read(file).is_ok_and(|text| text.trim() != thawed)
}

/// Freezes a place; it is thawed again if that does not come to an end.
pub(super) fn freeze(directory: &Directory, place: &Place) -> Result<()> {
    let result = if place.is_v2() { freeze_v2(directory) } else { freeze_v1(directory) };
    if result.is_err()
        && let Err(error) = thaw(directory, place)
    {
        log::warn!("{error}");
    }
    result.context(|| format!("freeze {}", place.absolute()))
}

/// Lets the processes of a place go on.
pub(super) fn thaw(directory: &Directory, place: &Place) -> Result<()> {
    let (file, value) = if place.is_v2() { ("cgroup.freeze", "0") } else { ("freezer.state", "THAWED") };
    directory.write(file, value).context(|| format!("thaw {}", directory.name_of(file)))
}

fn freeze_v2(directory: &Directory) -> Result<()> {
    directory.write("cgroup.freeze", "1").context(|| directory.name_of("cgroup.freeze"))?;
    let events = directory.open_file("cgroup.events", Access::Read)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = cgroupfs::read(events.as_fd())?;
        // Without a process there is nothing to wait for, and the kernel never says "frozen".
        if text.lines().any(|line| line == "frozen 1" || line == "populated 0") {
            return Ok(());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(took_too_long());
        }
        let left = u32::try_from(left.as_millis()).unwrap_or(u32::MAX);
        cgroupfs::wait_for_news([(events.as_fd(), News::Notified)], Some(left.max(1)))?;
    }
}

/// v1 says nothing when it is done, and may hang at FREEZING until it is asked again.
fn freeze_v1(directory: &Directory) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(50);
    loop {
        directory.write("freezer.state", "FROZEN").context(|| directory.name_of("freezer.state"))?;
        if directory.read("freezer.state")?.trim() == "FROZEN" {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(took_too_long());
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn took_too_long() -> Error {
    Error::state(format!("a process did not stop within {} seconds", PATIENCE.as_secs()))
}

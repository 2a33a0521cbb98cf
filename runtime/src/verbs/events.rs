// SPDX-License-Identifier: Apache-2.0
//! `events`: what a container uses, again and again, and when its memory runs out; one JSON object each.

use crate::cgroup::{Cgroup, OomWatch};
use crate::error::{Error, Result};
use crate::state::Root;
use runtime_sys::cgroupfs::{News, wait_for_news};
use runtime_sys::{AsFd, OwnedFd};
use serde::Serialize;
use serde_json::Value;
use std::time::{Duration, Instant};

/// What `events` is told.
#[derive(Debug, Clone, Copy)]
pub struct EventsOptions {
    /// The time between two statistics.
    pub interval: Duration,
    /// One statistic, and nothing more.
    pub stats_once: bool,
}

impl Default for EventsOptions {
    fn default() -> Self {
        EventsOptions { interval: Duration::from_secs(5), stats_once: false }
    }
}

/// Reads a duration as Go writes it: `5s`, `100ms`, `1m30s`.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for what is none, or not above zero.
pub fn parse_interval(text: &str) -> Result<Duration> {
    let bad = || Error::invalid(format!("--interval: {text:?} is no duration: write 5s, 100ms or 1m30s"));
    let mut total = 0f64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(bad)?;
        let number: f64 = rest[..digits].parse().map_err(|_| bad())?;
        rest = &rest[digits..];
        let units =
            [("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, seconds) = units.iter().find(|(unit, _)| rest.starts_with(unit)).ok_or_else(bad)?;
        rest = &rest[unit.len()..];
        total += number * seconds;
    }
    let interval = Duration::try_from_secs_f64(total).map_err(|_| bad())?;
    if interval.is_zero() {
        return Err(Error::invalid("--interval: duration interval must be greater than 0"));
    }
    Ok(interval)
}

/// One line of `events`; the names and their order are runc's.
#[derive(Debug, Serialize)]
pub struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

impl Event<'_> {
    /// The line, without its end.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("an event is JSON")
    }
}

/// Gives each event to `tell`, until the container ends; for ever if it never does.
///
/// # Errors
/// [`crate::ErrorKind::State`] for a container that is not running; what `tell` returns.
pub fn events(
    root: &Root,
    id: &str,
    options: EventsOptions,
    tell: &mut dyn FnMut(&Event<'_>) -> Result<()>,
) -> Result<()> {
    let (cgroup, pidfd) = open(root, id)?;
    let stats = || Ok::<_, Error>(Event { kind: "stats", id, data: Some(cgroup.stats()?) });
    if options.stats_once {
        return tell(&stats()?);
    }
    let mut watch = cgroup.watch_oom()?;
    let mut next = Instant::now() + options.interval;
    loop {
        let (out_of_memory, has_ended) = wait(watch.as_ref(), &pidfd, next)?;
        if let Some(watch) = &mut watch {
            if out_of_memory {
                watch.hear()?;
            }
            for _ in 0..watch.count() {
                tell(&Event { kind: "oom", id, data: None })?;
            }
        }
        if has_ended {
            return Ok(());
        }
        if Instant::now() >= next {
            tell(&stats()?)?;
            next += options.interval;
        }
    }
}

/// Its cgroup and its first process. The lock is let go: other verbs go on while events are told.
fn open(root: &Root, id: &str) -> Result<(Cgroup, OwnedFd)> {
    let container = root.container(id)?;
    let state = container.state()?;
    let ended = || Error::state(format!("container with id {id} is not running"));
    let pidfd = state.first_process()?.ok_or_else(ended)?;
    Ok((Cgroup::open(&state.cgroup), pidfd))
}

/// Whether memory ran out and whether the container ended, as soon as one is so or the time has come.
fn wait(watch: Option<&OomWatch>, pidfd: &OwnedFd, next: Instant) -> Result<(bool, bool)> {
    let left = next.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000);
    let left = Some(u32::try_from(left).unwrap_or(u32::MAX));
    let end = (pidfd.as_fd(), News::Readable);
    Ok(match watch {
        Some(watch) => {
            let [memory, end] = wait_for_news([(watch.fd(), watch.kind()), end], left)?;
            (memory, end)
        }
        None => (false, wait_for_news([end], left)?[0]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // OC-14
    #[test]
    fn intervals_are_written_as_in_go() {
        for (text, ms) in [("5s", 5000), ("100ms", 100), ("1m30s", 90_000), ("1.5s", 1500), ("2h", 7_200_000)]
        {
            assert_eq!(parse_interval(text).unwrap(), Duration::from_millis(ms), "{text}");
        }
        for text in ["", "0s", "5", "s", "-1s", "1x", "5s3"] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
    }
}

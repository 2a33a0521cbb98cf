// SPDX-License-Identifier: Apache-2.0
//! `ctctl events`.

use super::printed;
use crate::error::{Error, Exit, Result};
use crate::events::{Follower, parse_since};
use crate::host::Host;
use crate::{output, select};
use serde_json::Value;

/// Words that events may be asked for.
pub const EVENTS: &[&str] = &[
    "created",
    "started",
    "ready",
    "restarted",
    "paused",
    "unpaused",
    "oom",
    "set",
    "renamed",
    "stopped",
    "destroyed",
];

/// Show what happens to systems: starts, ends, changes
///
/// The last 1 to 2 MiB are kept, until this machine boots anew.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Systems: whole names, or patterns such as 'web*'; they may be gone already
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Go on with what happens from now on
    #[arg(short, long)]
    pub follow: bool,
    /// From this moment on: 30s, 10m, 2h or 1d before now, 2026-01-31T12:00 in UTC, or @SECONDS since 1970
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// These events alone
    #[arg(short, long, value_name = "EVENT,...", value_delimiter = ',', value_parser = EVENTS.to_vec())]
    pub event: Vec<String>,
    /// The last events alone
    #[arg(short = 'n', long, value_name = "EVENTS")]
    pub tail: Option<usize>,
    /// As JSON, one object a line
    #[arg(short, long)]
    pub json: bool,
}

/// Carries it out.
///
/// # Errors
/// `Value` for a moment that is none; a file that cannot be read.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let since = args.since.as_deref().map(parse_since).transpose()?;
    if let Some(wrong) = args.names.iter().find(|name| name.is_empty()) {
        return Err(Error::new(Exit::Value, format!("{wrong:?} is not a name")));
    }
    let mut follower = Follower::from_the_oldest(host)?;
    let is_wanted = |event: &Value| args.wants(event, since.as_deref());
    let mut events: Vec<Value> = follower.read()?.into_iter().filter(is_wanted).collect();
    let skipped = args.tail.map_or(0, |tail| events.len().saturating_sub(tail));
    events.drain(..skipped);
    loop {
        for event in events {
            let text = if args.json { event.to_string() } else { text(&event) };
            if let Err(error) = output::line(&text) {
                return printed(Err(error));
            }
        }
        if !args.follow {
            return Ok(0);
        }
        follower.wait(None, None)?;
        events = follower.read()?.into_iter().filter(is_wanted).collect();
    }
}

impl Args {
    fn wants(&self, event: &Value, since: Option<&str>) -> bool {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        let is_named = |word: &String| {
            [text("name"), text("from")].into_iter().any(|name| select::matches(word, name))
                || event["ctid"].as_u64().is_some_and(|ctid| *word == ctid.to_string())
        };
        let is_kind = self.event.is_empty() || self.event.iter().any(|kind| kind == text("event"));
        (self.names.is_empty() || self.names.iter().any(is_named))
            && is_kind
            && since.is_none_or(|since| text("time") >= since)
    }
}

/// `2026-01-31T12:00:00.123Z web stopped reason=halted`
fn text(event: &Value) -> String {
    let word = |key: &str| event[key].as_str().unwrap_or("-");
    // To the millisecond.
    let time = word("time");
    let mut line = format!("{}Z {} {}", time.get(..23).unwrap_or(time), word("name"), word("event"));
    for (key, value) in event.as_object().into_iter().flatten() {
        if !["time", "name", "event", "ctid"].contains(&key.as_str()) {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
                other => other.to_string(),
            };
            line.push_str(&format!(" {key}={value}"));
        }
    }
    line
}

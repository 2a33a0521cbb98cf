// SPDX-License-Identifier: Apache-2.0
//! `ctctl stats`.

use super::printed;
use crate::container::state::{self, State};
use crate::error::{Error, Exit, Result};
use crate::host::Host;
use crate::select::{self, By, Groups};
use crate::usage::{self, Usage};
use crate::{output, store};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

/// Show what running systems use
///
/// Processor time, disks and network are shown per second, between two readings.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Systems: names, numbers, beginnings of names, or patterns such as 'web*'; all that run when absent
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub groups: Groups,
    /// Again and again; this is the default on a terminal
    #[arg(long, conflicts_with = "no_stream")]
    pub stream: bool,
    /// Once
    #[arg(long)]
    pub no_stream: bool,
    /// The seconds between two readings
    #[arg(short, long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub interval: Duration,
    /// As JSON: an array; with --stream one array a line
    #[arg(short, long)]
    pub json: bool,
}

fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected seconds, such as 0.5".to_owned())?;
    let is_sane = (0.01..=86_400.0).contains(&seconds);
    if is_sane {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("expected 0.01 to 86400 seconds".to_owned())
    }
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `State` for a named system that does not run.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let is_terminal = std::io::stdout().is_terminal();
    let streams = args.stream || is_terminal && !args.no_stream && !args.json;
    let mut before = BTreeMap::new();
    read(args, host, &mut before)?;
    loop {
        std::thread::sleep(args.interval);
        let mut now = BTreeMap::new();
        read(args, host, &mut now)?;
        let both = now.iter().filter_map(|(name, now)| Some((name, before.get(name)?, now)));
        let reports: Vec<Value> = both.map(|(name, before, now)| usage::report(name, before, now)).collect();
        let written = match (args.json, streams) {
            (true, true) => output::line(&Value::Array(reports).to_string()),
            (true, false) => output::json(&Value::Array(reports)),
            // To the top of an empty screen.
            (false, true) if is_terminal => output::raw(b"\x1b[2J\x1b[H").and_then(|()| table(&reports)),
            (false, _) => table(&reports),
        };
        if !streams || written.is_err() {
            return printed(written);
        }
        before = now;
    }
}

/// The counters of the systems that are meant, as they are found each time: others come and go.
fn read(args: &Args, host: &Host, into: &mut BTreeMap<String, Usage>) -> Result<()> {
    let is_for_all = args.names.is_empty() && args.groups.is_empty();
    if is_for_all {
        for name in store::names(host) {
            into.extend(usage::usage(host, &name)?.map(|usage| (name, usage)));
        }
        return Ok(());
    }
    let chosen = select::choose(host, &args.names, &args.groups)?;
    if let Some(error) = chosen.unknown.into_iter().next() {
        return Err(error);
    }
    for (name, by) in chosen.systems {
        match usage::usage(host, &name)? {
            Some(usage) => drop(into.insert(name, usage)),
            None if by == By::Name && state::state(host, &name)? == State::Stopped => {
                return Err(Error::new(Exit::State, format!("stats of {name}: it does not run")));
            }
            None => {}
        }
    }
    Ok(())
}

fn table(reports: &[Value]) -> std::io::Result<()> {
    let rows: Vec<Vec<String>> = reports.iter().map(row).collect();
    output::table(
        &["NAME", "CPU%", "MEMORY", "LIMIT", "PIDS", "READ/s", "WRITTEN/s", "RECEIVED/s", "SENT/s"],
        &rows,
    )
}

fn row(report: &Value) -> Vec<String> {
    let size = |key: &str| report[key].as_u64().map_or("-".to_owned(), output::size);
    vec![
        report["name"].as_str().unwrap_or_default().to_owned(),
        report["cpu_percent"].as_f64().map_or("-".to_owned(), |percent| format!("{percent:.2}")),
        size("memory"),
        size("memory_limit"),
        report["pids"].as_u64().map_or("-".to_owned(), |count| count.to_string()),
        size("io_read_rate"),
        size("io_written_rate"),
        size("net_received_rate"),
        size("net_sent_rate"),
    ]
}

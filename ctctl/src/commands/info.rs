// SPDX-License-Identifier: Apache-2.0
//! `ctctl info`.

use super::{device, printed};
use crate::config::keys::KEYS;
use crate::config::value::Value;
use crate::container::{limits, state};
use crate::error::Result;
use crate::host::Host;
use crate::{output, store};
use serde_json::{Map, json};

/// Show all that is configured of a system, and what it uses
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// As JSON
    #[arg(short, long)]
    pub json: bool,
}

/// Carries it out: the table of keys, with defaults where the file says nothing.
///
/// # Errors
/// `NoSystem`, `Value`; the runtime's state cannot be read.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let name = store::resolve(host, &args.name)?;
    let config = store::read(host, &name)?;
    let state = state::state(host, &name)?;
    let actual = if state.is_running() { limits::actual(host, &name)? } else { Vec::new() };
    if args.json {
        let mut object = Map::new();
        object.insert("name".to_owned(), json!(name));
        object.insert("status".to_owned(), json!(state.word()));
        object.insert("pid".to_owned(), json!(state.pid()));
        for key in KEYS {
            object.insert(key.name.to_owned(), (key.get)(&config).map_or(json!(null), to_json));
        }
        let actual = actual.iter().map(|limit| (limit.key.to_owned(), json!({ limit.file: limit.value })));
        object.insert("actual".to_owned(), serde_json::Value::Object(actual.collect()));
        let devices = config.devices.iter().map(|named| (named.name.clone(), device::to_json(&named.device)));
        object.insert("devices".to_owned(), serde_json::Value::Object(devices.collect()));
        return printed(output::json(&serde_json::Value::Object(object)));
    }
    let mut rows =
        vec![vec!["name".to_owned(), name.clone()], vec!["status".to_owned(), state.word().to_owned()]];
    rows.extend(state.pid().map(|pid| vec!["pid".to_owned(), pid.to_string()]));
    for key in KEYS {
        let mut text = (key.get)(&config).map_or(key.default.to_owned(), |value| key.kind.print(&value));
        if let Some(limit) = actual.iter().find(|limit| limit.key == key.name && !limit.value.is_empty()) {
            text.push_str(&format!("  ({} {})", limit.file, limit.value));
        }
        rows.push(vec![key.name.to_owned(), text]);
    }
    for named in &config.devices {
        rows.push(vec![format!("devices.{}", named.name), device::line(&named.device)]);
    }
    rows.push(vec!["files".to_owned(), host.data(&name).display().to_string()]);
    printed(output::table(&["KEY", "VALUE"], &rows))
}

fn to_json(value: Value) -> serde_json::Value {
    match value {
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(words) => json!(words),
    }
}

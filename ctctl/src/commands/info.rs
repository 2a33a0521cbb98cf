// SPDX-License-Identifier: Apache-2.0
//! `ctctl info`.

use super::{device, printed};
use crate::config::Config;
use crate::config::device::Named;
use crate::config::keys::{self, KEYS};
use crate::config::value::Value;
use crate::container::limits;
use crate::container::state::{self, State};
use crate::error::{Error, Exit, Result, nearest};
use crate::host::Host;
use crate::select::Selection;
use crate::{output, store, usage};
use serde_json::{Map, json};

/// Show all that is configured of systems, and what they use
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
    /// These alone: keys of the configuration, or name, status, pid, ip, files, memory.current, pids.current, cpu.usage
    #[arg(short, long, value_name = "FIELD,...", value_delimiter = ',')]
    pub output: Vec<String>,
    /// The value of this key alone
    #[arg(short, long, value_name = "KEY", conflicts_with_all = ["output", "json"])]
    pub config: Vec<String>,
    /// The state alone
    #[arg(short, long)]
    pub state: bool,
    /// The number of the first process alone
    #[arg(short, long)]
    pub pid: bool,
    /// The addresses inside alone
    #[arg(short, long)]
    pub ips: bool,
    /// What it uses alone
    #[arg(short = 'S', long)]
    pub stats: bool,
    /// Sizes as numbers of bytes
    #[arg(short = 'H', long)]
    pub raw: bool,
    /// As JSON: an object, or an array of them for several systems
    #[arg(short, long)]
    pub json: bool,
}

/// What is known of a system beside its configuration.
const FACTS: &[&str] = &["name", "status", "pid", "ip", "files", "devices", "actual"];
/// What a running system uses.
const USED: &[&str] = &["memory.current", "memory.peak", "pids.current", "cpu.usage"];

/// Carries it out: the table of keys, with defaults where the file says nothing.
///
/// # Errors
/// `NoSystem`, `Value`; the runtime's state cannot be read.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let fields = args.fields()?;
    let chosen = args.systems.choose(host)?;
    let is_one = chosen.systems.len() + chosen.unknown.len() == 1 && !chosen.has_group();
    let mut objects = Vec::new();
    let code = chosen.each(|name, _| {
        let facts = Facts::of(host, name)?;
        if args.json {
            let pair = |field: &&str| ((*field).to_owned(), facts.json(field));
            objects.push(serde_json::Value::Object(fields.iter().map(pair).collect::<Map<_, _>>()));
            return Ok(0);
        }
        // A single value is for programs too.
        let with_actual = args.config.is_empty() && args.output.is_empty();
        let text = |field: &&str| facts.text(field, args.raw, with_actual);
        if !args.config.is_empty() || args.is_short() && fields.len() == 1 {
            let lines: Vec<String> = fields.iter().map(text).collect();
            return printed(output::line(&lines.join("\n")));
        }
        let is_idle = |field: &str| !facts.state.is_running() && (USED.contains(&field) || field == "pid");
        // What the kernel holds is shown with each key; it is a field for programs.
        let is_meant = |field: &str| !is_idle(field) && !["actual", "devices"].contains(&field);
        let shown = fields.iter().filter(|field| !args.output.is_empty() || is_meant(field));
        let mut rows: Vec<Vec<String>> = shown.map(|field| vec![(*field).to_owned(), text(field)]).collect();
        if args.output.is_empty() && !args.is_short() {
            let named = facts.config.devices.iter();
            let row = |named: &Named| vec![format!("devices.{}", named.name), device::line(&named.device)];
            rows.extend(named.map(row));
        }
        if args.is_short() {
            printed(output::rows(&rows))
        } else {
            printed(output::table(&["KEY", "VALUE"], &rows))
        }
    })?;
    match (args.json, is_one, objects.pop()) {
        (true, true, Some(object)) => printed(output::json(&object))?,
        (true, _, last) => printed(output::json(&objects.into_iter().chain(last).collect()))?,
        _ => 0,
    };
    Ok(code)
}

impl Args {
    fn is_short(&self) -> bool {
        self.state || self.pid || self.ips || self.stats
    }

    fn fields(&self) -> Result<Vec<&'static str>> {
        let named: Vec<&String> =
            self.output.iter().chain(&self.config).filter(|word| !word.is_empty()).collect();
        if !named.is_empty() {
            return named.into_iter().map(|word| field(word)).collect();
        }
        let mut fields = Vec::new();
        fields.extend(self.state.then_some("status"));
        fields.extend(self.pid.then_some("pid"));
        fields.extend(self.ips.then_some("ip"));
        if self.stats {
            fields.extend(USED);
        }
        if fields.is_empty() {
            fields.extend(FACTS.iter().take(3));
            fields.extend(KEYS.iter().map(|key| key.name));
            fields.extend(FACTS.iter().skip(3).chain(USED));
        }
        Ok(fields)
    }
}

fn field(word: &str) -> Result<&'static str> {
    let lower = word.to_lowercase();
    if let Some(fact) = FACTS.iter().chain(USED).find(|fact| **fact == lower) {
        return Ok(fact);
    }
    keys::find(word).map(|key| key.name).map_err(|_| {
        let known = || KEYS.iter().map(|key| key.name).chain(FACTS.iter().chain(USED).copied());
        let error = Error::new(Exit::Value, format!("no field {word:?}"));
        match nearest(&lower, known()) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(format!("fields: {}", known().collect::<Vec<_>>().join(", "))),
        }
    })
}

struct Facts {
    config: Config,
    state: State,
    files: String,
    addresses: Vec<String>,
    usage: Option<usage::Usage>,
    /// What the kernel's files say of the limits.
    actual: Vec<limits::Actual>,
}

fn actual(host: &Host, name: &str) -> Result<Vec<limits::Actual>> {
    match limits::actual(host, name) {
        // It ended while it was read.
        Err(_) if !state::state(host, name)?.is_running() => Ok(Vec::new()),
        other => other,
    }
}

impl Facts {
    fn of(host: &Host, name: &str) -> Result<Facts> {
        let config = store::read(host, name)?;
        let state = state::state(host, name)?;
        Ok(Facts {
            config,
            state,
            actual: if state.is_running() { actual(host, name)? } else { Vec::new() },
            files: host.data(name).display().to_string(),
            addresses: state.pid().map(usage::addresses).unwrap_or_default(),
            usage: usage::usage(host, name)?,
        })
    }

    fn json(&self, field: &str) -> serde_json::Value {
        match field {
            "name" => json!(self.config.name),
            "status" => json!(self.state.word()),
            "pid" => json!(self.state.pid()),
            "ip" => json!(self.addresses),
            "files" => json!(self.files),
            "devices" => {
                let named = self.config.devices.iter();
                let pair = |named: &Named| (named.name.clone(), device::to_json(&named.device));
                named.map(pair).collect::<Map<_, _>>().into()
            }
            "actual" => {
                let pair =
                    |limit: &limits::Actual| (limit.key.to_owned(), json!({ limit.file: limit.value }));
                self.actual.iter().map(pair).collect::<Map<_, _>>().into()
            }
            "memory.current" => json!(self.usage.and_then(|usage| usage.memory)),
            "memory.peak" => json!(self.usage.and_then(|usage| usage.memory_peak)),
            "pids.current" => json!(self.usage.and_then(|usage| usage.pids)),
            "cpu.usage" => json!(self.usage.and_then(|usage| usage.cpu).map(|cpu| cpu.as_secs_f64())),
            key => keys::find(key)
                .ok()
                .and_then(|key| (key.get)(&self.config))
                .map_or(json!(null), Value::to_json),
        }
    }

    fn text(&self, field: &str, is_raw: bool, with_actual: bool) -> String {
        let key = keys::find(field).ok().filter(|_| !FACTS.contains(&field) && !USED.contains(&field));
        if let Some(key) = key {
            let text = match (key.get)(&self.config) {
                None => key.default.to_owned(),
                Some(Value::Number(number)) if is_raw => return number.to_string(),
                Some(value) => key.kind.print(&value),
            };
            let actual = self.actual.iter().find(|limit| limit.key == key.name && !limit.value.is_empty());
            return match actual.filter(|_| !is_raw && with_actual) {
                Some(limit) => format!("{text}  ({} {})", limit.file, limit.value),
                None => text,
            };
        }
        match self.json(field) {
            serde_json::Value::String(text) => text,
            serde_json::Value::Array(words) if words.is_empty() => "-".to_owned(),
            serde_json::Value::Array(words) => {
                words.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(" ")
            }
            serde_json::Value::Null => "-".to_owned(),
            number => match number.as_u64().filter(|_| field.starts_with("memory.") && !is_raw) {
                Some(bytes) => output::size(bytes),
                None => number.to_string(),
            },
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The fields of `ctctl list`: one table, with vzlist's names.

use crate::config::Config;
use crate::config::keys;
use crate::config::value::{Value as KeyValue, print_size};
use crate::container::state::State;
use crate::usage::Usage;
use serde_json::{Value, json};
use std::fs;

/// One system, as the fields see it.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What it does.
    pub state: State,
    /// Its configuration, or what is wrong with the file.
    pub config: std::result::Result<Config, String>,
    /// Read when a field asks for them.
    pub addresses: Vec<String>,
    /// Read when a field asks for it.
    pub usage: Option<Usage>,
    /// The folder of its files.
    pub private: String,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Its name, and that of its column.
    pub name: &'static str,
    /// Other names that mean it.
    pub aliases: &'static [&'static str],
    /// One line.
    pub help: &'static str,
    /// Its value; `null` for none. The type is the same for every system.
    pub get: fn(&Row) -> Value,
    /// Whether it reads [`Row::addresses`].
    pub needs_addresses: bool,
    /// Whether it reads [`Row::usage`].
    pub needs_usage: bool,
}

/// The fields of the table.
pub const TABLE: &[&str] = &["ctid", "name", "status", "pid", "memory", "template"];
/// The fields of the objects.
pub const JSON: &[&str] =
    &["ctid", "name", "status", "pid", "template", "memory", "hostname", "description", "labels", "mode"];

const fn plain(
    name: &'static str,
    aliases: &'static [&'static str],
    help: &'static str,
    get: fn(&Row) -> Value,
) -> Field {
    Field { name, aliases, help, get, needs_addresses: false, needs_usage: false }
}

const fn used(
    name: &'static str,
    aliases: &'static [&'static str],
    help: &'static str,
    get: fn(&Row) -> Value,
) -> Field {
    Field { name, aliases, help, get, needs_addresses: false, needs_usage: true }
}

const fn addressed(
    name: &'static str,
    aliases: &'static [&'static str],
    help: &'static str,
    get: fn(&Row) -> Value,
) -> Field {
    Field { name, aliases, help, get, needs_addresses: true, needs_usage: false }
}

/// All fields.
pub static FIELDS: &[Field] = &[
    plain("ctid", &["veid"], "its number", |row| of(row, |c| json!(c.ctid))),
    plain("name", &["smart_name"], "its name", |row| json!(row.name)),
    plain("status", &["state"], "stopped, running, paused, or broken for a wrong file", |row| {
        let is_broken = row.config.is_err() && !row.state.is_running();
        json!(if is_broken { "broken" } else { row.state.word() })
    }),
    plain("pid", &[], "its first process, on this host", |row| json!(row.state.pid())),
    plain("memory", &["ram"], "the most memory that it may use", |row| of(row, |c| json!(c.memory))),
    plain(
        "template",
        &["ostemplate", "image", "distribution"],
        "the template that it was made from",
        |row| of(row, |c| json!(c.template)),
    ),
    plain("hostname", &[], "its host name", |row| of(row, |c| json!(c.hostname()))),
    plain("description", &[], "what it is for", |row| of(row, |c| json!(c.description))),
    plain("labels", &["groups"], "its labels", |row| of(row, |c| json!(c.labels))),
    plain("mode", &["isolation", "type"], "container", |_| json!("container")),
    plain("uuid", &[], "its identity", |row| of(row, |c| json!(c.uuid))),
    plain("idmap", &[], "host ids of its users", |row| of(row, |c| json!(c.idmap.to_string()))),
    plain("unprivileged", &[], "whether it has a user namespace", |row| {
        of(row, |c| json!(c.idmap != crate::idmap::IdMap::Host))
    }),
    plain("private", &["root"], "the folder of its files", |row| json!(row.private)),
    plain("cpulimit", &[], "the most processor time, in percent of one", |row| {
        of(row, |c| json!(c.cpulimit))
    }),
    plain("pids", &["numproc.l", "numproc.b"], "the most processes", |row| of(row, |c| json!(c.pids))),
    plain("network", &["netif", "netdevs"], "what network it has", |row| key(row, "network")),
    plain("init", &[], "its first program", |row| of(row, |c| json!(c.init))),
    plain("uptime", &[], "seconds since its first process began", |row| {
        row.state.pid().and_then(uptime).map_or(Value::Null, Value::from)
    }),
    addressed("ip", &["ipv4", "configured_ip"], "the addresses inside", |row| json!(row.addresses)),
    used("memory.current", &["physpages"], "bytes of memory that it uses", |row| {
        json!(row.usage.and_then(|usage| usage.memory))
    }),
    used("memory.peak", &["physpages.m"], "the most that it has used", |row| {
        json!(row.usage.and_then(|usage| usage.memory_peak))
    }),
    used("pids.current", &["numproc"], "how many processes it has", |row| {
        json!(row.usage.and_then(|usage| usage.pids))
    }),
    used("cpu", &["cpu.usage"], "seconds of processor time that it has used", |row| {
        json!(row.usage.and_then(|usage| usage.cpu).map(|cpu| cpu.as_secs_f64()))
    }),
];

fn of(row: &Row, get: fn(&Config) -> Value) -> Value {
    row.config.as_ref().map_or(Value::Null, get)
}

fn key(row: &Row, name: &str) -> Value {
    let Ok(config) = &row.config else { return Value::Null };
    let value = keys::find(name).ok().and_then(|key| (key.get)(config));
    value.map_or(Value::Null, KeyValue::to_json)
}

/// From the 22nd word of /proc/PID/stat: the name, in parentheses, may have spaces.
fn uptime(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks: u64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let up = fs::read_to_string("/proc/uptime").ok()?;
    let up: u64 = up.split('.').next()?.parse().ok()?;
    // Ticks of user space are hundredths of a second on every architecture.
    Some(up.saturating_sub(ticks / 100))
}

/// A value in a table.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        // Sizes are the only numbers that are so large.
        Value::Number(number) => match number.as_u64() {
            Some(bytes) if bytes >= 1 << 20 && bytes.trailing_zeros() >= 10 => print_size(bytes),
            _ => number.to_string(),
        },
        Value::Array(values) if values.is_empty() => "-".to_owned(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_means_one_field() {
        let words = FIELDS.iter().flat_map(|field| std::iter::once(&field.name).chain(field.aliases));
        let mut words: Vec<_> = words.collect();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
        for name in TABLE.iter().chain(JSON) {
            assert!(FIELDS.iter().any(|field| field.name == *name), "{name}");
        }
    }
}

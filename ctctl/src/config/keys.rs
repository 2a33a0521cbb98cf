// SPDX-License-Identifier: Apache-2.0
//! The one table of keys: `set`, `info`, the file, the manual and the completion are made from it.

use super::limits;
use super::restart::Restart;
use super::value::{Kind, Value};
use super::{Config, Feature, Network, Profile, Ready};
use crate::error::{Error, Exit, Result, nearest};
use crate::network::INHERIT;
use std::net::{IpAddr, Ipv4Addr};
use templates::recipe::HALT_SIGNALS;

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// At once, in a running system.
    Live,
    /// At the next start.
    NextStart,
    /// Never: it is given at creation.
    Never,
}

/// One key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// Its name in the file and on the command line.
    pub name: &'static str,
    /// Another name that the command line takes.
    pub alias: Option<&'static str>,
    /// What sort of value it takes.
    pub kind: Kind,
    /// What holds without it, in words.
    pub default: &'static str,
    /// One line.
    pub help: &'static str,
    /// When a change takes effect.
    pub change: Change,
    /// Reads it from a configuration; `None` when it is at its default for lack of a value.
    pub get: fn(&Config) -> Option<Value>,
    /// Writes it; `None` is the default. The error says what is expected.
    pub put: fn(&mut Config, Option<Value>) -> std::result::Result<(), String>,
}

/// Every key, in the order in which the file and `info` show them.
pub static KEYS: &[Key] = &[
    Key {
        name: "ctid",
        alias: None,
        kind: Kind::Count,
        default: "the next free one from 101",
        help: "the system's number; verbs take it in place of the name",
        change: Change::Never,
        get: |c| Some(Value::Number(c.ctid)),
        put: |c, v| number(v.as_ref()).map(|n| c.ctid = n.unwrap_or(0)),
    },
    Key {
        name: "uuid",
        alias: None,
        kind: Kind::Text,
        default: "random",
        help: "the system's identity: its machine-id, with dashes",
        change: Change::Never,
        get: |c| text_of(&c.uuid),
        put: |c, v| uuid(v).map(|t| c.uuid = t),
    },
    Key {
        name: "template",
        alias: Some("ostemplate"),
        kind: Kind::Text,
        default: "none: it is required",
        help: "the template that the system was made from",
        change: Change::Never,
        get: |c| text_of(&c.template),
        put: |c, v| text(v).map(|t| c.template = t.unwrap_or_default()),
    },
    Key {
        name: "layers",
        alias: None,
        kind: Kind::Words,
        default: "the template's",
        help: "the read-only layers below the system's own files, lowest first",
        change: Change::Never,
        get: |c| Some(Value::List(c.layers.clone())),
        put: |c, v| layers(v).map(|w| c.layers = w),
    },
    Key {
        name: "idmap",
        alias: None,
        kind: Kind::Text,
        default: "auto: 65,536 ids of the system's own",
        help: "host ids of the system's users: auto, BASE:SIZE, or host",
        change: Change::Never,
        get: |c| Some(Value::Text(c.idmap.to_string())),
        put: |c, v| text(v)?.map_or(Ok(()), |t| t.parse().map(|m| c.idmap = m)),
    },
    Key {
        name: "description",
        alias: None,
        kind: Kind::Text,
        default: "none",
        help: "what the system is for, in one line",
        change: Change::Live,
        get: |c| c.description.clone().map(Value::Text),
        put: |c, v| line(v).map(|t| c.description = t),
    },
    Key {
        name: "labels",
        alias: None,
        kind: Kind::Words,
        default: "none",
        help: "words of your own, KEY=VALUE or KEY, by which --label finds systems; see ctctl label",
        change: Change::Live,
        get: |c| (!c.labels.is_empty()).then(|| Value::List(c.labels.clone())),
        put: |c, v| labels(v).map(|w| c.labels = w),
    },
    Key {
        name: "hostname",
        alias: None,
        kind: Kind::Text,
        default: "the system's name",
        help: "the host name inside",
        change: Change::Live,
        get: |c| c.hostname.clone().map(Value::Text),
        put: |c, v| hostname(v).map(|t| c.hostname = t),
    },
    Key {
        name: "init",
        alias: None,
        kind: Kind::Words,
        default: "/sbin/init",
        help: "the first program, with its arguments",
        change: Change::NextStart,
        get: |c| Some(Value::List(c.init.clone())),
        put: |c, v| words(v).map(|w| c.init = w.unwrap_or_else(|| Config::new("").init)),
    },
    Key {
        name: "env",
        alias: None,
        kind: Kind::Words,
        default: "nothing beside the usual",
        help: "variables for the programs inside, as NAME=VALUE; in the file, values may have spaces",
        change: Change::NextStart,
        get: |c| (!c.env.is_empty()).then(|| Value::List(c.env.clone())),
        put: |c, v| variables(v).map(|w| c.env = w),
    },
    Key {
        name: "cwd",
        alias: None,
        kind: Kind::Text,
        default: "/",
        help: "the folder inside that the first program begins in",
        change: Change::NextStart,
        get: |c| c.cwd.clone().map(Value::Text),
        put: |c, v| folder(v).map(|t| c.cwd = t),
    },
    Key {
        name: "user",
        alias: None,
        kind: Kind::Text,
        default: "0:0, which is root",
        help: "the first program's user and group inside, as UID:GID; commands of exec and enter are root's",
        change: Change::NextStart,
        get: |c| (c.user != (0, 0)).then(|| Value::Text(format!("{}:{}", c.user.0, c.user.1))),
        put: |c, v| user(v).map(|ids| c.user = ids),
    },
    Key {
        name: "halt_signal",
        alias: None,
        kind: Kind::Choice(HALT_SIGNALS),
        default: "TERM",
        help: "the signal that asks init to halt in order",
        change: Change::Live,
        get: |c| text_of(&c.halt_signal),
        put: |c, v| text(v).map(|t| c.halt_signal = t.unwrap_or_else(|| Config::new("").halt_signal)),
    },
    Key {
        name: "stop_timeout",
        alias: None,
        kind: Kind::Seconds,
        default: "120",
        help: "how long an orderly stop may take before the system is killed",
        change: Change::Live,
        get: |c| Some(Value::Number(c.stop_timeout)),
        put: |c, v| {
            number(v.as_ref()).map(|n| c.stop_timeout = n.unwrap_or_else(|| Config::new("").stop_timeout))
        },
    },
    Key {
        name: "restart",
        alias: None,
        kind: Kind::Text,
        default: "no",
        help: "when it is started again after its end: no, on-failure, on-failure:NUMBER, always, unless-stopped",
        change: Change::Live,
        get: |c| Some(Value::Text(c.restart.to_string())),
        put: |c, v| text(v)?.map_or(Ok(Restart::No), |t| t.parse()).map(|r| c.restart = r),
    },
    Key {
        name: "onboot",
        alias: None,
        kind: Kind::Choice(&["yes", "no", "unset"]),
        default: "unset",
        help: "whether it is started when the host boots; unset: if it ran before",
        change: Change::Live,
        get: |c| c.onboot.map(yes),
        put: |c, v| on_boot(v).map(|y| c.onboot = y),
    },
    Key {
        name: "boot_order",
        alias: Some("boot.order"),
        kind: Kind::Number,
        default: "behind those that have one",
        help: "its place among those that start at boot, the lowest first; they stop the other way round",
        change: Change::Live,
        get: |c| c.boot_order.map(Value::Number),
        put: |c, v| number(v.as_ref()).map(|n| c.boot_order = n),
    },
    Key {
        name: "boot_delay",
        alias: Some("boot.delay"),
        kind: Kind::Seconds,
        default: "0",
        help: "how long the next start at boot waits after this one",
        change: Change::Live,
        get: |c| Some(Value::Number(c.boot_delay)),
        put: |c, v| number(v.as_ref()).map(|n| c.boot_delay = n.unwrap_or(0)),
    },
    Key {
        name: "disabled",
        alias: None,
        kind: Kind::Choice(&["yes", "no"]),
        default: "no",
        help: "whether start refuses it without --force",
        change: Change::Live,
        get: |c| Some(yes(c.disabled)),
        put: |c, v| is_yes(v).map(|y| c.disabled = y.unwrap_or(false)),
    },
    Key {
        name: "ephemeral",
        alias: None,
        kind: Kind::Choice(&["yes", "no"]),
        default: "no",
        help: "whether it is destroyed when it has stopped",
        change: Change::Live,
        get: |c| Some(yes(c.ephemeral)),
        put: |c, v| is_yes(v).map(|y| c.ephemeral = y.unwrap_or(false)),
    },
    Key {
        name: "profile",
        alias: None,
        kind: Kind::Choice(&["system", "strict"]),
        default: "system",
        help: "what its programs may do: what an init needs, or what one application needs",
        change: Change::NextStart,
        get: |c| Some(Value::Text(if c.profile == Profile::Strict { "strict" } else { "system" }.to_owned())),
        put: |c, v| {
            let is_strict = text(v)?.as_deref() == Some("strict");
            c.profile = if is_strict { Profile::Strict } else { Profile::System };
            Ok(())
        },
    },
    Key {
        name: "mini_init",
        alias: None,
        kind: Kind::Choice(&["yes", "no"]),
        default: "no",
        help: "whether a small init of ours is process 1 and runs the first program",
        change: Change::NextStart,
        get: |c| Some(yes(c.mini_init)),
        put: |c, v| is_yes(v).map(|y| c.mini_init = y.unwrap_or(false)),
    },
    Key {
        name: "log_max",
        alias: Some("log.max"),
        kind: Kind::Size,
        default: "1M",
        help: "the size at which a new file of the console's log begins",
        change: Change::NextStart,
        get: |c| Some(Value::Number(c.log_max)),
        put: |c, v| least(v.as_ref(), 4 << 10, "4K").map(|n| c.log_max = n.unwrap_or(1 << 20)),
    },
    Key {
        name: "log_files",
        alias: Some("log.files"),
        kind: Kind::Number,
        default: "1",
        help: "how many older files of the log are kept, at most 100",
        change: Change::NextStart,
        get: |c| Some(Value::Number(c.log_files)),
        put: |c, v| log_files(v.as_ref()).map(|n| c.log_files = n),
    },
    Key {
        name: "console_buffer",
        alias: Some("console.buffer"),
        kind: Kind::Size,
        default: "64K",
        help: "how much of what was printed a new console shows, at most 16M",
        change: Change::NextStart,
        get: |c| Some(Value::Number(c.console_buffer)),
        put: |c, v| console_buffer(v.as_ref()).map(|n| c.console_buffer = n),
    },
    Key {
        name: "ready",
        alias: None,
        kind: Kind::Choice(&["notify", "running"]),
        default: "running",
        help: "when `start --wait` returns: at init's READY=1, or as soon as init runs",
        change: Change::NextStart,
        get: |c| Some(Value::Text(if c.ready == Ready::Notify { "notify" } else { "running" }.to_owned())),
        put: |c, v| {
            let is_notify = text(v)?.as_deref() == Some("notify");
            c.ready = if is_notify { Ready::Notify } else { Ready::Running };
            Ok(())
        },
    },
    Key {
        name: "network",
        alias: None,
        kind: Kind::Text,
        default: "none; ctctl create writes nat, or the default of network.toml",
        help: "nat: a private network behind the host's address; none: the loopback alone; host: the host's; \
            bridge:NAME: a port of that bridge; routed: the host routes ip to it",
        change: Change::NextStart,
        get: |c| Some(Value::Text(c.network.to_string())),
        put: |c, v| text(v)?.map_or(Ok(Network::None), |t| t.parse()).map(|n| c.network = n),
    },
    Key {
        name: "address",
        alias: None,
        kind: Kind::Text,
        default: "a free one of the bridge's network, for network=nat",
        help: "the system's fixed address with network=nat; the IPv6 one has the same place in its network",
        change: Change::NextStart,
        get: |c| c.address.map(|a| Value::Text(a.to_string())),
        put: |c, v| address(v).map(|a| c.address = a),
    },
    Key {
        name: "mac",
        alias: None,
        kind: Kind::Text,
        default: "made of the uuid",
        help: "the hardware address of eth0; the system can send with no other",
        change: Change::NextStart,
        get: |c| c.mac.map(|m| Value::Text(m.to_string())),
        put: |c, v| text(v)?.map(|t| t.parse()).transpose().map(|m| c.mac = m),
    },
    Key {
        name: "ip",
        alias: None,
        kind: Kind::Words,
        default: "none; with network=bridge:NAME a client inside may ask for one",
        help: "addresses with network=bridge:NAME, each with its network's prefix, or network=routed",
        change: Change::Live,
        get: |c| list_of(&c.ip),
        put: |c, v| parsed(v).map(|w| c.ip = w),
    },
    Key {
        name: "gateway",
        alias: None,
        kind: Kind::Words,
        default: "none",
        help: "where default routes lead with network=bridge:NAME, one for each sort of address",
        change: Change::Live,
        get: |c| list_of(&c.gateway),
        put: |c, v| parsed(v).and_then(gateways).map(|w| c.gateway = w),
    },
    Key {
        name: "port",
        alias: Some("publish"),
        kind: Kind::Words,
        default: "none",
        help: "ports of the host that lead to the system: [HOSTIP:]HOSTPORT:PORT[/udp]; see ctctl port",
        change: Change::Live,
        get: |c| list_of(&c.port),
        put: |c, v| parsed(v).map(|w| c.port = w),
    },
    Key {
        name: "nameserver",
        alias: None,
        kind: Kind::Words,
        default: "the host's bridge with network=nat, else inherit",
        help: "addresses of servers of names, or inherit: those of the host",
        change: Change::Live,
        get: |c| list_of(&c.nameserver),
        put: |c, v| words(v).and_then(|w| nameservers(w.unwrap_or_default())).map(|w| c.nameserver = w),
    },
    Key {
        name: "searchdomain",
        alias: None,
        kind: Kind::Words,
        default: "the host's where its servers are asked",
        help: "domains that names are looked for in, or inherit",
        change: Change::Live,
        get: |c| list_of(&c.searchdomain),
        put: |c, v| words(v).and_then(|w| domains(w.unwrap_or_default())).map(|w| c.searchdomain = w),
    },
    Key {
        name: "memory",
        alias: Some("ram"),
        kind: Kind::Memory,
        default: "unlimited",
        help: "the most memory that the system may use",
        change: Change::Live,
        get: |c| c.memory.map(Value::Number),
        put: |c, v| number(v.as_ref()).and_then(memory).map(|n| c.memory = n),
    },
    Key {
        name: "cpulimit",
        alias: None,
        kind: Kind::Percent,
        default: "unlimited",
        help: "the most processor time, in percent of one processor: 150% is one and a half",
        change: Change::Live,
        get: |c| c.cpulimit.map(Value::Number),
        put: |c, v| number(v.as_ref()).map(|n| c.cpulimit = n),
    },
    Key {
        name: "pids",
        alias: None,
        kind: Kind::Count,
        default: "unlimited",
        help: "the most processes and threads",
        change: Change::Live,
        get: |c| c.pids.map(Value::Number),
        put: |c, v| number(v.as_ref()).map(|n| c.pids = n),
    },
    limits::SWAP,
    limits::MEMORY_LOW,
    limits::CPUUNITS,
    limits::CPUS,
    limits::CPUMASK,
    limits::NODEMASK,
    limits::IOLIMIT,
    limits::IOPSLIMIT,
    limits::ULIMITS,
    limits::SYSCTL,
    limits::SHM_SIZE,
    limits::OOM_SCORE,
    Key {
        name: "features",
        alias: None,
        kind: Kind::Words,
        default: "none",
        help: "what the kernel has and a system does without by default: fuse, nesting, tun, keyctl",
        change: Change::NextStart,
        get: |c| list_of(&c.feature_names()),
        put: |c, v| features(v).map(|f| c.features = f),
    },
    Key {
        name: "cap",
        alias: Some("capability"),
        kind: Kind::Words,
        default: "all but what would be the host's",
        help: "capabilities that differ from the default, as +NAME and -NAME; cap+=NAME and cap-=NAME change one",
        change: Change::NextStart,
        get: |c| list_of(&c.cap),
        put: |c, v| capabilities(v).map(|w| c.cap = w),
    },
];

/// Finds a key by its name or alias.
///
/// # Errors
/// `Value`, with the nearest name as a hint.
pub fn find(name: &str) -> Result<&'static Key> {
    let found = KEYS.iter().find(|key| key.name == name || key.alias == Some(name));
    found.ok_or_else(|| {
        if let Some(error) = limits::refused(name) {
            return error;
        }
        let error = Error::new(Exit::Value, format!("no key {name:?}"));
        match nearest(name, KEYS.iter().map(|key| key.name)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error
                .hint(format!("keys: {}", KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", "))),
        }
    })
}

/// The name of a key without the sign of `KEY+=` or `KEY-=`.
#[must_use]
pub fn plain(name: &str) -> &str {
    name.strip_suffix(['+', '-']).unwrap_or(name)
}

/// Puts what a person typed into a configuration, for a key that may change, and returns what its file is to hold.
///
/// # Errors
/// `Value`, with the key.
pub fn assign(config: &mut Config, name: &str, text: &str) -> Result<(&'static Key, Option<Value>)> {
    let (name, how) = match (name.strip_suffix('+'), name.strip_suffix('-')) {
        (Some(name), _) => (name, How::Add),
        (_, Some(name)) => (name, How::Remove),
        _ => (name, How::Replace),
    };
    if ["password", "userpasswd"].contains(&name) {
        // What stands on a command line is read by everybody on the host.
        return Err(Error::new(Exit::Usage, "a password is no part of a command line")
            .hint("ctctl passwd NAME USER asks for it, or reads it from standard input"));
    }
    let key = find(name)?;
    if key.change == Change::Never {
        return Err(Error::new(Exit::Value, format!("{} is given at creation", key.name))
            .hint("create another system with the value that you want"));
    }
    let wrong = |text: String| {
        let error = Error::new(Exit::Value, format!("{}: {text}", key.name));
        error.hint("ctctl set --help shows what each key takes")
    };
    let mut value = key.kind.parse(text).map_err(wrong)?;
    if how != How::Replace {
        value = changed_words(key, config, value, how).map_err(wrong)?;
    }
    (key.put)(config, value.clone()).map_err(wrong)?;
    if key.kind == Kind::Words && value.is_some() {
        // As it was understood: words have one form in the file.
        value = (key.get)(config);
    }
    Ok((key, value))
}

/// What is done to a key's words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Replace,
    Add,
    Remove,
}

/// The words of a key with some more or some less; `all` takes all away.
fn changed_words(
    key: &Key,
    config: &Config,
    given: Option<Value>,
    how: How,
) -> std::result::Result<Option<Value>, String> {
    if key.kind != Kind::Words {
        return Err("+= and -= are for keys with several words".to_owned());
    }
    if given.is_none() {
        return Err("which word?".to_owned());
    }
    let given = match key.name {
        "features" | "cap" => separate(given)?,
        _ => words(given)?.unwrap_or_default(),
    };
    let mut words = match (key.get)(config) {
        Some(Value::List(words)) => words,
        _ => Vec::new(),
    };
    match how {
        // Both say something of a capability; the last word about it holds.
        How::Add if key.name == "cap" => words.extend(given.iter().map(|word| format!("+{word}"))),
        How::Remove if key.name == "cap" => words.extend(given.iter().map(|word| format!("-{word}"))),
        How::Remove if given == ["all"] => words.clear(),
        How::Remove => {
            if let Some(absent) = given.iter().find(|word| !words.contains(word)) {
                return Err(format!("{absent:?} is not there"));
            }
            words.retain(|word| !given.contains(word));
        }
        _ => words.extend(given),
    }
    Ok((!words.is_empty()).then_some(Value::List(words)))
}

/// The smallest limit that lets a system's first program run at all.
const LEAST_MEMORY: u64 = 1 << 20;

fn memory(bytes: Option<u64>) -> std::result::Result<Option<u64>, String> {
    match bytes {
        Some(bytes) if bytes < LEAST_MEMORY => Err("less than 1M starts nothing".to_owned()),
        other => Ok(other),
    }
}

pub(super) fn number(value: Option<&Value>) -> std::result::Result<Option<u64>, String> {
    match value {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(Some(*number)),
        Some(_) => Err("expected a number".to_owned()),
    }
}

fn yes(is_so: bool) -> Value {
    Value::Text(if is_so { "yes" } else { "no" }.to_owned())
}

fn is_yes(value: Option<Value>) -> std::result::Result<Option<bool>, String> {
    Ok(text(value)?.map(|word| word == "yes"))
}

fn on_boot(value: Option<Value>) -> std::result::Result<Option<bool>, String> {
    is_yes(value.filter(|value| *value != Value::Text("unset".to_owned())))
}

fn least(value: Option<&Value>, least: u64, shown: &str) -> std::result::Result<Option<u64>, String> {
    match number(value)? {
        Some(bytes) if bytes < least => Err(format!("expected {shown} or more")),
        other => Ok(other),
    }
}

fn log_files(value: Option<&Value>) -> std::result::Result<u64, String> {
    match number(value)? {
        Some(101..) => Err("expected at most 100".to_owned()),
        other => Ok(other.unwrap_or(1)),
    }
}

fn console_buffer(value: Option<&Value>) -> std::result::Result<u64, String> {
    match least(value, 8 << 10, "8K")? {
        Some(bytes) if bytes > 16 << 20 => Err("expected at most 16M".to_owned()),
        other => Ok(other.unwrap_or(64 << 10)),
    }
}

pub(super) fn text(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    match value {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err("expected a string".to_owned()),
    }
}

pub(super) fn words(value: Option<Value>) -> std::result::Result<Option<Vec<String>>, String> {
    match value {
        None => Ok(None),
        Some(Value::List(words)) if !words.is_empty() => Ok(Some(words)),
        Some(_) => Err("expected a list of words".to_owned()),
    }
}

fn variables(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
    let variables = words(value)?.unwrap_or_default();
    let is_one = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| !name.is_empty()) && !word.contains('\0')
    };
    match variables.iter().find(|word| !is_one(word)) {
        Some(word) => Err(format!("{word:?}: expected NAME=VALUE")),
        None => Ok(variables),
    }
}

fn line(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    match text(value)? {
        Some(text) if text.chars().any(char::is_control) => Err("expected one line of text".to_owned()),
        other => Ok(other),
    }
}

/// Sorted, the last value of each key.
fn labels(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
    let mut labels = std::collections::BTreeMap::new();
    for label in words(value)?.unwrap_or_default() {
        let key = label.split_once('=').map_or(label.as_str(), |(key, _)| key);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let begins_well = key.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_shown_whole = !label.chars().any(|c| c.is_control() || c.is_whitespace());
        if !begins_well || key.ends_with('-') || !key.chars().all(is_plain) || !is_shown_whole {
            return Err(format!(
                "{label:?} is not a label: KEY=VALUE without spaces, KEY of letters, digits, -, _, . and /"
            ));
        }
        labels.insert(key.to_owned(), label);
    }
    Ok(labels.into_values().collect())
}

fn folder(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    match text(value)? {
        Some(path) if !path.starts_with('/') || path.contains('\0') => {
            Err(format!("{path:?}: expected a path from / on"))
        }
        other => Ok(other),
    }
}

fn list_of<T: ToString>(list: &[T]) -> Option<Value> {
    (!list.is_empty()).then(|| Value::List(list.iter().map(T::to_string).collect()))
}

/// Each word as what it stands for, none of them twice.
fn parsed<T: std::str::FromStr + PartialEq>(value: Option<Value>) -> std::result::Result<Vec<T>, String>
where
    T::Err: std::fmt::Display,
{
    let mut list = Vec::new();
    for word in words(value)?.unwrap_or_default() {
        let one = word.parse::<T>().map_err(|error| error.to_string())?;
        if list.contains(&one) {
            return Err(format!("{word:?} is there twice"));
        }
        list.push(one);
    }
    Ok(list)
}

fn address(value: Option<Value>) -> std::result::Result<Option<IpAddr>, String> {
    let wrong = |text: &str| format!("{text:?} is no IPv4 address");
    let parse = |text: String| text.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| wrong(&text));
    text(value)?.map(parse).transpose()
}

fn gateways(list: Vec<IpAddr>) -> std::result::Result<Vec<IpAddr>, String> {
    let of = |ipv4: bool| list.iter().filter(|address| address.is_ipv4() == ipv4).count();
    if of(true) > 1 || of(false) > 1 {
        return Err("there is one default route for each sort of address".to_owned());
    }
    Ok(list)
}

fn nameservers(words: Vec<String>) -> std::result::Result<Vec<String>, String> {
    match words.iter().find(|word| *word != INHERIT && word.parse::<IpAddr>().is_err()) {
        Some(word) => Err(format!("{word:?} is neither an address nor {INHERIT}")),
        None => Ok(words),
    }
}

fn domains(words: Vec<String>) -> std::result::Result<Vec<String>, String> {
    let is_plain = |word: &String| {
        word.len() <= 253 && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    match words.iter().find(|word| !is_plain(word)) {
        Some(word) => Err(format!("{word:?} is no domain")),
        None => Ok(words),
    }
}

fn user(value: Option<Value>) -> std::result::Result<(u32, u32), String> {
    let Some(text) = text(value)? else { return Ok((0, 0)) };
    let id = |text: &str| text.parse::<u32>().ok().filter(|id| *id < crate::idmap::SIZE);
    let ids = text.split_once(':').and_then(|(uid, gid)| Some((id(uid)?, id(gid)?)));
    ids.ok_or_else(|| format!("{text:?}: expected UID:GID, numbers below {}", crate::idmap::SIZE))
}

/// Words between spaces or commas.
fn separate(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
    let words = words(value)?.unwrap_or_default();
    let parts = words.iter().flat_map(|word| word.split(',')).filter(|word| !word.is_empty());
    Ok(parts.map(str::to_owned).collect())
}

fn features(value: Option<Value>) -> std::result::Result<Vec<Feature>, String> {
    let mut features = Vec::new();
    for word in separate(value)? {
        if word == "mknod" {
            return Err("mknod: in a user namespace it needs calls to be intercepted, which is not there; \
                        ctctl device add gives single nodes"
                .to_owned());
        }
        let found = Feature::ALL.iter().find(|(_, name)| *name == word).map(|(feature, _)| *feature);
        let all = || Feature::ALL.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
        let feature = found.ok_or_else(|| format!("{word:?} is none of {}", all()))?;
        if !features.contains(&feature) {
            features.push(feature);
        }
    }
    Ok(features)
}

/// `+NAME` and `-NAME`, the last word about each alone, without CAP_ and in small letters.
fn capabilities(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
    let mut kept: Vec<String> = Vec::new();
    for word in separate(value)? {
        let wrong = || format!("{word:?}: expected +NAME or -NAME, such as -net_raw");
        let sign = word.chars().next().filter(|sign| "+-".contains(*sign)).ok_or_else(wrong)?;
        let upper = word[1..].to_uppercase();
        let name = upper.trim_start_matches("CAP_");
        if !runtime::spec::capabilities::NAMES.iter().any(|known| known.trim_start_matches("CAP_") == name) {
            return Err(format!("{:?} is no capability; capabilities(7) lists them", &word[1..]));
        }
        let short = name.to_lowercase();
        kept.retain(|other| other[1..] != short);
        kept.push(format!("{sign}{short}"));
    }
    Ok(kept)
}

fn text_of(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::Text(text.to_owned()))
}

/// Digests become paths below the store and parts of mount options: nothing but `sha256-HEX` passes.
fn layers(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
    let layers = words(value)?.unwrap_or_default();
    let is_digest = |word: &String| {
        word.strip_prefix("sha256-")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    match layers.iter().find(|word| !is_digest(word)) {
        Some(wrong) => Err(format!("{wrong:?} is not sha256-HEX")),
        None => Ok(layers),
    }
}

fn hostname(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    match text(value)? {
        Some(name) if name.len() > 64 || !name.chars().all(is_plain) => {
            Err(format!("{name:?} is not a host name: letters, digits, - and ., at most 64"))
        }
        other => Ok(other),
    }
}

fn uuid(value: Option<Value>) -> std::result::Result<String, String> {
    let uuid = text(value)?.unwrap_or_default();
    let digits = uuid.bytes().filter(|b| *b != b'-').collect::<Vec<_>>();
    if digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit) {
        return Ok(uuid);
    }
    Err(format!("{uuid:?} is not a UUID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sentences_are_one_line() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(
                KEYS[..index].iter().all(|other| other.name != key.name && other.alias != Some(key.name))
            );
            assert!(
                !key.help.is_empty() && !key.help.contains('\n') && !key.help.ends_with('.'),
                "{}",
                key.name
            );
        }
    }

    #[test]
    fn each_key_gives_back_what_was_put() {
        let samples = [
            ("ctid", "101"),
            ("uuid", "0f8fad5b-d9cb-469f-a165-70867728950e"),
            ("template", "busybox"),
            ("idmap", "1048576:65536"),
            ("description", "the shop, do not stop"),
            ("labels", "prod tier=web"),
            ("hostname", "web-1.example"),
            ("init", "/bin/sh -c true"),
            ("env", "A=1 B=x=y"),
            ("cwd", "/srv"),
            ("user", "33:34"),
            ("halt_signal", "RTMIN+3"),
            ("stop_timeout", "7"),
            ("restart", "on-failure:3"),
            ("onboot", "no"),
            ("boot_order", "0"),
            ("boot_delay", "5"),
            ("disabled", "yes"),
            ("ephemeral", "yes"),
            ("profile", "strict"),
            ("mini_init", "yes"),
            ("log_max", "64K"),
            ("log_files", "0"),
            ("console_buffer", "16K"),
            ("ready", "notify"),
            ("network", "bridge:br0"),
            ("address", "10.86.0.2"),
            ("mac", "02:00:5e:10:00:01"),
            ("ip", "192.0.2.7/24 2001:db8::7/64"),
            ("gateway", "192.0.2.1 2001:db8::1"),
            ("port", "8080:80 192.0.2.1:53:53/udp"),
            ("nameserver", "192.0.2.1 inherit"),
            ("searchdomain", "example.com"),
            ("memory", "512M"),
            ("cpulimit", "150%"),
            ("pids", "100"),
            ("swap", "0"),
            ("memory_low", "16M"),
            ("cpuunits", "3000"),
            ("cpus", "2"),
            ("cpumask", "0-3,5"),
            ("nodemask", "all"),
            ("iolimit", "10M"),
            ("iopslimit", "500"),
            ("ulimits", "nofile=1024:4096 core=unlimited"),
            ("sysctl", "net.ipv4.ip_forward=1 kernel.shmmax=65536"),
            ("shm_size", "64M"),
            ("oom_score", "-5"),
            ("features", "fuse nesting"),
            ("cap", "-net_raw +sys_time"),
        ];
        let mut config = Config::new("x");
        for (name, text) in samples {
            let key = find(name).unwrap();
            (key.put)(&mut config, key.kind.parse(text).unwrap()).unwrap();
            assert_eq!((key.get)(&config).map(|v| key.kind.print(&v)).as_deref(), Some(text), "{name}");
        }
        for key in KEYS.iter().filter(|key| key.name != "layers") {
            assert!(samples.iter().any(|(name, _)| *name == key.name), "{} has no sample", key.name);
        }
    }

    #[test]
    fn what_would_hurt_is_refused() {
        let refused = |name: &str, text: &str| {
            let key = find(name).unwrap();
            let value = key.kind.parse(text);
            value.is_err() || (key.put)(&mut Config::new("x"), value.unwrap()).is_err()
        };
        for (name, text) in [
            ("layers", "../../etc"),
            ("labels", "-x"),
            ("labels", "=x"),
            ("labels", "k-"),
            ("description", "a\nb"),
            ("hostname", "a/b"),
            ("memory", "1K"),
            ("uuid", "x"),
            ("halt_signal", "FOO"),
            ("env", "=x"),
            ("env", "A"),
            ("cwd", "srv"),
            ("cpuunits", "7"),
            ("cpumask", "3-1"),
            ("nodemask", "auto"),
            ("ulimits", "nofile=1 nofile=2"),
            ("sysctl", "vm.swappiness=1"),
            ("sysctl", "kernel.hostname=x"),
            ("oom_score", "1001"),
            ("network", "bridge:"),
            ("network", "bridge:a/b"),
            ("network", "brigde:br0"),
            ("address", "fd00::1"),
            ("mac", "x"),
            ("ip", "192.0.2.7/24 192.0.2.7/24"),
            ("ip", "192.0.2.7/33"),
            ("gateway", "192.0.2.1 192.0.2.2"),
            ("port", "80"),
            ("nameserver", "dns.example"),
            ("searchdomain", "a;b"),
            ("user", "www-data"),
            ("user", "0:65536"),
            ("restart", "sometimes"),
            ("log_max", "100"),
            ("log_files", "101"),
            ("console_buffer", "1K"),
            ("features", "mknod"),
            ("features", "fuse,ppp"),
            ("cap", "net_raw"),
            ("cap", "+é"),
            ("cap", "+"),
        ] {
            assert!(refused(name, text), "{name}={text}");
        }
        assert_eq!(find("diskspace").unwrap_err().exit(), Exit::Unsupported);
        assert_eq!(find("memroy").unwrap_err().hint_text(), Some("did you mean memory?"));
        assert_eq!(find("ram").unwrap().name, "memory");
    }
}

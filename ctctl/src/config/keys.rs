// SPDX-License-Identifier: Apache-2.0
//! The one table of keys: `set`, `info`, the file, the manual and the completion are made from it.

use super::value::{Kind, Value};
use super::{Config, Feature, Network, Ready};
use crate::error::{Error, Exit, Result, nearest};
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
        name: "hostname",
        alias: None,
        kind: Kind::Text,
        default: "the system's name",
        help: "the host name inside",
        change: Change::NextStart,
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
        kind: Kind::Choice(&["none", "host"]),
        default: "none",
        help: "none: a network of its own with the loopback alone; host: the host's",
        change: Change::NextStart,
        get: |c| Some(Value::Text(if c.network == Network::Host { "host" } else { "none" }.to_owned())),
        put: |c, v| {
            c.network = if text(v)?.as_deref() == Some("host") { Network::Host } else { Network::None };
            Ok(())
        },
    },
    Key {
        name: "memory",
        alias: Some("ram"),
        kind: Kind::Size,
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
    Key {
        name: "features",
        alias: None,
        kind: Kind::Words,
        default: "none",
        help: "what the kernel has and a system does without by default: fuse, nesting, tun, keyctl",
        change: Change::NextStart,
        get: |c| list_of(Feature::ALL.iter().filter(|(f, _)| c.has(*f)).map(|(_, name)| (*name).to_owned())),
        put: |c, v| features(v).map(|f| c.features = f),
    },
    Key {
        name: "cap",
        alias: Some("capability"),
        kind: Kind::Words,
        default: "all but what would be the host's",
        help: "capabilities that differ from the default, as +NAME and -NAME; cap+=NAME and cap-=NAME change one",
        change: Change::NextStart,
        get: |c| list_of(c.cap.iter().cloned()),
        put: |c, v| capabilities(v).map(|w| c.cap = w),
    },
];

/// Keys of several words that are changed word by word, with `+=` and `-=`.
pub const LISTS: &[&str] = &["env", "features", "cap"];

/// Finds a key by its name or alias.
///
/// # Errors
/// `Value`, with the nearest name as a hint.
pub fn find(name: &str) -> Result<&'static Key> {
    let found = KEYS.iter().find(|key| key.name == name || key.alias == Some(name));
    found.ok_or_else(|| {
        let error = Error::new(Exit::Value, format!("no key {name:?}"));
        match nearest(name, KEYS.iter().map(|key| key.name)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error
                .hint(format!("keys: {}", KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", "))),
        }
    })
}

/// The smallest limit that lets a system's first program run at all.
const LEAST_MEMORY: u64 = 1 << 20;

fn memory(bytes: Option<u64>) -> std::result::Result<Option<u64>, String> {
    match bytes {
        Some(bytes) if bytes < LEAST_MEMORY => Err("less than 1M starts nothing".to_owned()),
        other => Ok(other),
    }
}

fn number(value: Option<&Value>) -> std::result::Result<Option<u64>, String> {
    match value {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(Some(*number)),
        Some(_) => Err("expected a number".to_owned()),
    }
}

fn text(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    match value {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err("expected a string".to_owned()),
    }
}

fn words(value: Option<Value>) -> std::result::Result<Option<Vec<String>>, String> {
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

fn folder(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    match text(value)? {
        Some(path) if !path.starts_with('/') || path.contains('\0') => {
            Err(format!("{path:?}: expected a path from / on"))
        }
        other => Ok(other),
    }
}

fn list_of(words: impl Iterator<Item = String>) -> Option<Value> {
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then_some(Value::List(words))
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
            ("hostname", "web-1.example"),
            ("init", "/bin/sh -c true"),
            ("env", "A=1 B=x=y"),
            ("cwd", "/srv"),
            ("halt_signal", "RTMIN+3"),
            ("stop_timeout", "7"),
            ("ready", "notify"),
            ("network", "host"),
            ("memory", "512M"),
            ("cpulimit", "150%"),
            ("pids", "100"),
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
            ("hostname", "a/b"),
            ("memory", "1K"),
            ("uuid", "x"),
            ("halt_signal", "FOO"),
            ("env", "=x"),
            ("env", "A"),
            ("cwd", "srv"),
            ("features", "mknod"),
            ("features", "fuse,ppp"),
            ("cap", "net_raw"),
            ("cap", "+é"),
            ("cap", "+"),
        ] {
            assert!(refused(name, text), "{name}={text}");
        }
        assert_eq!(find("memroy").unwrap_err().hint_text(), Some("did you mean memory?"));
        assert_eq!(find("ram").unwrap().name, "memory");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! From the value of a key to what the configuration holds; each error says what was expected.

use super::Feature;
use super::value::Value;
use crate::network::INHERIT;
use std::net::{IpAddr, Ipv4Addr};

/// The smallest limit that lets a system's first program run at all.
const LEAST_MEMORY: u64 = 1 << 20;

pub(super) fn memory(bytes: Option<u64>) -> std::result::Result<Option<u64>, String> {
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

pub(super) fn yes(is_so: bool) -> Value {
    Value::Text(if is_so { "yes" } else { "no" }.to_owned())
}

pub(super) fn is_yes(value: Option<Value>) -> std::result::Result<Option<bool>, String> {
    Ok(text(value)?.map(|word| word == "yes"))
}

pub(super) fn on_boot(value: Option<Value>) -> std::result::Result<Option<bool>, String> {
    is_yes(value.filter(|value| *value != Value::Text("unset".to_owned())))
}

pub(super) fn least(
    value: Option<&Value>,
    least: u64,
    shown: &str,
) -> std::result::Result<Option<u64>, String> {
    match number(value)? {
        Some(bytes) if bytes < least => Err(format!("expected {shown} or more")),
        other => Ok(other),
    }
}

pub(super) fn log_files(value: Option<&Value>) -> std::result::Result<u64, String> {
    match number(value)? {
        Some(101..) => Err("expected at most 100".to_owned()),
        other => Ok(other.unwrap_or(1)),
    }
}

pub(super) fn console_buffer(value: Option<&Value>) -> std::result::Result<u64, String> {
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

pub(super) fn variables(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
    let variables = words(value)?.unwrap_or_default();
    let is_one = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| !name.is_empty()) && !word.contains('\0')
    };
    match variables.iter().find(|word| !is_one(word)) {
        Some(word) => Err(format!("{word:?}: expected NAME=VALUE")),
        None => Ok(variables),
    }
}

pub(super) fn line(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    match text(value)? {
        Some(text) if text.chars().any(char::is_control) => Err("expected one line of text".to_owned()),
        other => Ok(other),
    }
}

/// Sorted, the last value of each key.
pub(super) fn labels(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
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

pub(super) fn folder(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    match text(value)? {
        Some(path) if !path.starts_with('/') || path.contains('\0') => {
            Err(format!("{path:?}: expected a path from / on"))
        }
        other => Ok(other),
    }
}

pub(super) fn list_of<T: ToString>(list: &[T]) -> Option<Value> {
    (!list.is_empty()).then(|| Value::List(list.iter().map(T::to_string).collect()))
}

/// Each word as what it stands for, none of them twice.
pub(super) fn parsed<T: std::str::FromStr + PartialEq>(
    value: Option<Value>,
) -> std::result::Result<Vec<T>, String>
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

pub(super) fn address(value: Option<Value>) -> std::result::Result<Option<IpAddr>, String> {
    let wrong = |text: &str| format!("{text:?} is no IPv4 address");
    let parse = |text: String| text.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| wrong(&text));
    text(value)?.map(parse).transpose()
}

pub(super) fn gateways(list: Vec<IpAddr>) -> std::result::Result<Vec<IpAddr>, String> {
    let of = |ipv4: bool| list.iter().filter(|address| address.is_ipv4() == ipv4).count();
    if of(true) > 1 || of(false) > 1 {
        return Err("there is one default route for each sort of address".to_owned());
    }
    Ok(list)
}

pub(super) fn nameservers(words: Vec<String>) -> std::result::Result<Vec<String>, String> {
    match words.iter().find(|word| *word != INHERIT && word.parse::<IpAddr>().is_err()) {
        Some(word) => Err(format!("{word:?} is neither an address nor {INHERIT}")),
        None => Ok(words),
    }
}

pub(super) fn domains(words: Vec<String>) -> std::result::Result<Vec<String>, String> {
    let is_plain = |word: &String| {
        word.len() <= 253 && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    match words.iter().find(|word| !is_plain(word)) {
        Some(word) => Err(format!("{word:?} is no domain")),
        None => Ok(words),
    }
}

pub(super) fn user(value: Option<Value>) -> std::result::Result<(u32, u32), String> {
    let Some(text) = text(value)? else { return Ok((0, 0)) };
    let id = |text: &str| text.parse::<u32>().ok().filter(|id| *id < crate::idmap::SIZE);
    let ids = text.split_once(':').and_then(|(uid, gid)| Some((id(uid)?, id(gid)?)));
    ids.ok_or_else(|| format!("{text:?}: expected UID:GID, numbers below {}", crate::idmap::SIZE))
}

/// Words between spaces or commas.
pub(super) fn separate(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
    let words = words(value)?.unwrap_or_default();
    let parts = words.iter().flat_map(|word| word.split(',')).filter(|word| !word.is_empty());
    Ok(parts.map(str::to_owned).collect())
}

pub(super) fn features(value: Option<Value>) -> std::result::Result<Vec<Feature>, String> {
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
pub(super) fn capabilities(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
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

pub(super) fn text_of(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::Text(text.to_owned()))
}

/// Digests become paths below the store and parts of mount options: nothing but `sha256-HEX` passes.
pub(super) fn layers(value: Option<Value>) -> std::result::Result<Vec<String>, String> {
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

pub(super) fn hostname(value: Option<Value>) -> std::result::Result<Option<String>, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    match text(value)? {
        Some(name) if name.len() > 64 || !name.chars().all(is_plain) => {
            Err(format!("{name:?} is not a host name: letters, digits, - and ., at most 64"))
        }
        other => Ok(other),
    }
}

pub(super) fn uuid(value: Option<Value>) -> std::result::Result<String, String> {
    let uuid = text(value)?.unwrap_or_default();
    let digits = uuid.bytes().filter(|b| *b != b'-').collect::<Vec<_>>();
    if digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit) {
        return Ok(uuid);
    }
    Err(format!("{uuid:?} is not a UUID"))
}

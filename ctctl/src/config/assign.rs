// SPDX-License-Identifier: Apache-2.0
//! `KEY=VALUE`, `KEY+=WORD`, `KEY-=WORD`: a configuration changed by what somebody typed.

use super::Config;
use super::keys::{Change, Key, find};
use super::read::{separate, words};
use super::value::{Kind, Value};
use crate::error::{Error, Exit, Result};

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

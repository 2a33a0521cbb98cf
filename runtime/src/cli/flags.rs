// SPDX-License-Identifier: Apache-2.0
//! Reading options as runc's callers write them: `--pid-file F`, `--pid-file=F`, `-pid-file F`, `-d`, `--debug=false`.
//!
//! The last form but one is why this is ours: Go's flag package takes long options with one dash, and callers use it.

use crate::error::{Error, Result};

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is there or not; `=false` takes it back.
    Switch,
    /// It takes one; the word names it in the help.
    Value(&'static str),
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// Without dashes.
    pub long: &'static str,
    /// One letter.
    pub short: Option<char>,
    /// Whether it takes a value.
    pub kind: Kind,
    /// What it does, in a few words.
    pub help: &'static str,
}

/// A switch.
pub const fn switch(long: &'static str, short: Option<char>, help: &'static str) -> Flag {
    Flag { long, short, kind: Kind::Switch, help }
}

/// An option with a value.
pub const fn value(long: &'static str, short: Option<char>, name: &'static str, help: &'static str) -> Flag {
    Flag { long, short, kind: Kind::Value(name), help }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    options: Vec<(&'static str, String)>,
    /// What is no option, in order.
    pub words: Vec<String>,
}

impl Read {
    /// Whether a switch is on.
    #[must_use]
    pub fn has(&self, long: &str) -> bool {
        self.last(long) == Some("true")
    }

    /// The value that was given last.
    #[must_use]
    pub fn last(&self, long: &str) -> Option<&str> {
        self.options.iter().rev().find(|(name, _)| *name == long).map(|(_, value)| value.as_str())
    }

    /// All values, in order.
    pub fn all<'r>(&'r self, long: &'r str) -> impl Iterator<Item = &'r str> {
        self.options.iter().filter(move |(name, _)| *name == long).map(|(_, value)| value.as_str())
    }

    /// Every option with its value, in order.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.options.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// Reads arguments. With `stop` the first word that is no option ends the options: what follows belongs to the
/// payload, or to a verb with options of its own.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for what is unknown or lacks its value.
pub fn read(known: &[Flag], args: &[String], stop: bool) -> Result<Read> {
    let mut read = Read::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg == "--" {
            break;
        }
        let name = match arg.strip_prefix('-') {
            Some(name) if !name.is_empty() => name.strip_prefix('-').unwrap_or(name),
            _ => {
                read.words.push(arg.clone());
                if stop {
                    break;
                }
                continue;
            }
        };
        let (name, given) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
        let is_long = arg.starts_with("--") || name.chars().count() > 1;
        if let Some(flag) = known.iter().find(|flag| {
            if is_long { flag.long == name } else { flag.short == name.chars().next() || flag.long == name }
        }) {
            take(&mut read, flag, given, arg, &mut rest)?;
        } else if !cluster(&mut read, known, arg) {
            return Err(Error::invalid(format!("flag provided but not defined: {arg}")));
        }
    }
    read.words.extend(rest.cloned());
    Ok(read)
}

fn take(
    read: &mut Read,
    flag: &Flag,
    given: Option<&str>,
    arg: &str,
    rest: &mut std::slice::Iter<'_, String>,
) -> Result<()> {
    let value = match (flag.kind, given) {
        (Kind::Switch, None) => "true".to_owned(),
        (Kind::Switch, Some(value)) => match value {
            "true" | "1" | "t" | "T" | "TRUE" | "True" => "true".to_owned(),
            "false" | "0" | "f" | "F" | "FALSE" | "False" => "false".to_owned(),
            _ => return Err(Error::invalid(format!("{arg}: a switch takes true or false"))),
        },
        (Kind::Value(_), Some(value)) => value.to_owned(),
        (Kind::Value(name), None) => {
            rest.next().cloned().ok_or_else(|| Error::invalid(format!("{arg}: needs a value: {name}")))?
        }
    };
    read.options.push((flag.long, value));
    Ok(())
}

/// Several switches in one word: `-it`.
fn cluster(read: &mut Read, known: &[Flag], arg: &str) -> bool {
    if arg.starts_with("--") {
        return false;
    }
    let find = |letter: char| {
        known
            .iter()
            .find(|flag| flag.short == Some(letter) && flag.kind == Kind::Switch)
            .map(|flag| flag.long)
    };
    let Some(switches) = arg.chars().skip(1).map(find).collect::<Option<Vec<_>>>() else { return false };
    read.options.extend(switches.into_iter().map(|long| (long, "true".to_owned())));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] = &[
        switch("detach", Some('d'), ""),
        switch("tty", Some('t'), ""),
        value("pid-file", None, "FILE", ""),
        value("env", Some('e'), "KEY=VALUE", ""),
    ];

    fn reading(line: &str, stop: bool) -> Result<Read> {
        let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        read(KNOWN, &args, stop)
    }

    #[test]
    fn every_form_that_callers_use_is_read() {
        let read = reading("-d --pid-file=a -pid-file b --env K=V -e L=W x y", false).unwrap();
        assert!(read.has("detach"));
        assert_eq!(read.last("pid-file"), Some("b"));
        assert_eq!(read.all("env").collect::<Vec<_>>(), ["K=V", "L=W"]);
        assert_eq!(read.words, ["x", "y"]);
        assert!(reading("-dt x", false).unwrap().has("tty"));
        assert!(!reading("--detach=false x", false).unwrap().has("detach"));
    }

    #[test]
    fn the_payloads_options_are_its_own() {
        let read = reading("-d x ls -d --tty", true).unwrap();
        assert_eq!(read.words, ["x", "ls", "-d", "--tty"]);
        assert!(!read.has("tty"));
        assert_eq!(reading("x -- --tty", false).unwrap().words, ["x", "--tty"]);
    }

    #[test]
    fn what_is_unknown_or_unfinished_is_refused() {
        for line in ["--no", "-x", "--pid-file", "--detach=maybe", "-dz"] {
            assert!(reading(line, false).is_err(), "{line}");
        }
    }
}

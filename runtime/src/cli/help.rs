// SPDX-License-Identifier: Apache-2.0
//! The texts of `--help`, `--version` and of a wrong command line.

use super::flags::{Flag, Kind};
use super::verbs::{GLOBAL, VERBS, Verb};
use crate::spec;
use std::fmt::Write;

/// As runc prints it; callers read the first line and `spec:`.
#[must_use]
pub fn version() -> String {
    format!("ctrun version {}\nspec: {}\n", env!("CARGO_PKG_VERSION"), spec::VERSION)
}

/// One line: how a verb, or the program, is called.
#[must_use]
pub fn usage(verb: Option<&Verb>) -> String {
    match verb {
        Some(verb) => format!("usage: ctrun {} [options] {}", verb.name, verb.words).trim_end().to_owned(),
        None => {
            "usage: ctrun [global options] COMMAND [options] [arguments]; ctrun --help lists them".to_owned()
        }
    }
}

fn options(text: &mut String, flags: &[Flag]) {
    for flag in flags {
        let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
        let name = match flag.kind {
            Kind::Switch => flag.long.to_owned(),
            Kind::Value(value) => format!("{} {value}", flag.long),
        };
        let _infallible = writeln!(text, "  {short}--{name:<28} {}", flag.help);
    }
}

/// All verbs and the global options.
#[must_use]
pub fn overview() -> String {
    let mut text =
        format!("ctrun {}: an OCI runtime\n\n{}\n\nCommands:\n", env!("CARGO_PKG_VERSION"), usage(None));
    for verb in VERBS {
        let _infallible = writeln!(text, "  {:<10} {}", verb.name, verb.about);
    }
    text.push_str("\nGlobal options:\n");
    options(&mut text, GLOBAL);
    text
}

/// One verb.
#[must_use]
pub fn verb(verb: &Verb) -> String {
    let mut text = format!("ctrun {}: {}\n\n{}\n\nOptions:\n", verb.name, verb.about, usage(Some(verb)));
    options(&mut text, verb.flags);
    text
}

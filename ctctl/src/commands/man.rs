// SPDX-License-Identifier: Apache-2.0
//! `ctctl man`: the manual page, from the same definitions as the parser.

use super::printed;
use crate::cli::Cli;
use crate::config::keys::{Change, KEYS};
use crate::error::{EXITS, Result};
use crate::output;
use clap::CommandFactory;

/// Write the manual page
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries it out.
///
/// # Errors
/// Stdout cannot be written to.
pub fn run(_args: &Args) -> Result<u8> {
    printed(output::raw(page().as_bytes()))
}

/// The whole page, as roff.
#[must_use]
pub fn page() -> String {
    let mut text = Vec::new();
    let mut command = Cli::command();
    command.build();
    // Writing to a Vec does not fail.
    drop(clap_mangen::Man::new(command.clone()).render(&mut text));
    // One page has them all: it names no other.
    let mut page = String::from_utf8_lossy(&text).replace("ctctl\\-", "ctctl ").replace("(1)\n", "\n");
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        append_verb(&mut page, verb, "ctctl");
    }
    append_keys(&mut page);
    append_exits(&mut page);
    page
}

fn append_verb(page: &mut String, verb: &clap::Command, above: &str) {
    let name = format!("{above} {}", verb.get_name());
    page.push_str(&format!(".SH \"{}\"\n", escape(&name.to_uppercase())));
    let man = clap_mangen::Man::new(verb.clone());
    let mut text = Vec::new();
    drop(man.render_synopsis_section(&mut text));
    drop(man.render_description_section(&mut text));
    drop(man.render_options_section(&mut text));
    // Sections of one verb become subsections of the page.
    page.push_str(&String::from_utf8_lossy(&text).replace(".SH ", ".SS "));
    for action in verb.get_subcommands().filter(|action| action.get_name() != "help") {
        append_verb(page, action, &name);
    }
}

fn append_keys(page: &mut String) {
    page.push_str(".SH KEYS\nThe keys of a system's configuration, in its file and for \\fBctctl set\\fR.\n");
    for key in KEYS {
        let change = match key.change {
            Change::Live => "changes at once",
            Change::NextStart => "changes at the next start",
            Change::Never => "is given at creation",
        };
        let kind = key.kind.placeholder();
        let alias = key.alias.map_or(String::new(), |alias| format!(" (also {alias})"));
        let (name, help, default) = (escape(key.name), escape(key.help), escape(key.default));
        page.push_str(&format!(".TP\n\\fB{name}\\fR={kind}{alias}\n{help}; default: {default}; {change}\n"));
    }
}

fn append_exits(page: &mut String) {
    page.push_str(".SH \"EXIT STATUS\"\n");
    for (exit, meaning) in EXITS {
        page.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", *exit as u8, escape(meaning)));
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

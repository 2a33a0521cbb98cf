// SPDX-License-Identifier: Apache-2.0
//! `ctctl list`.

use super::printed;
use crate::container::state::{self, State};
use crate::error::{Context, Error, Exit, Result, nearest};
use crate::host::Host;
use crate::listing::{self, FIELDS, Field, Row};
use crate::select::{self, Groups, is_pattern};
use crate::{config, output, store, usage};
use runtime_sys::regex::Regex;
use serde_json::{Map, Value, json};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::CString;

/// Show systems
#[derive(Debug, Default, clap::Args)]
#[command(disable_help_flag = true)]
#[allow(clippy::struct_excessive_bools, reason = "they are the options of vzlist and lxc-ls")]
pub struct Args {
    /// Systems: names, numbers, beginnings of names, or patterns such as 'web*'; all when absent
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub groups: Groups,
    /// As JSON
    #[arg(short, long)]
    pub json: bool,
    /// All systems, whatever they do: this is the default
    #[arg(short, conflicts_with_all = ["running", "stopped", "frozen"])]
    pub all_states: bool,
    /// Systems that run
    #[arg(long, visible_alias = "active")]
    pub running: bool,
    /// Systems that do not run
    #[arg(short = 'S', long)]
    pub stopped: bool,
    /// Systems that are paused
    #[arg(long, visible_alias = "paused")]
    pub frozen: bool,
    /// With the name in the place of the host name
    #[arg(short = 'n', long)]
    pub name: bool,
    /// Without the heading
    #[arg(short = 'H', long)]
    pub no_header: bool,
    /// Values whole; without it they are cut at 60 signs on a terminal
    #[arg(short = 't', long)]
    pub no_trim: bool,
    /// Names alone, one a line
    #[arg(short = '1', conflicts_with_all = ["output", "json"])]
    pub one: bool,
    /// As a table: this is the default
    #[arg(short = 'f', long = "fancy")]
    pub fancy: bool,
    /// These fields; --fields shows all
    #[arg(short, long, visible_short_alias = 'F', value_name = "FIELD,...", value_delimiter = ',')]
    pub output: Vec<String>,
    /// Sorted by this field; with - before it the other way around
    #[arg(short, long, value_name = "[-]FIELD", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Show the fields that there are
    #[arg(short = 'L', long)]
    pub fields: bool,
    /// Systems with such a name: a pattern, or a regular expression
    #[arg(short = 'N', long, visible_alias = "filter", value_name = "PATTERN")]
    pub name_filter: Option<String>,
    /// Systems with such a host name
    #[arg(short = 'h', long, value_name = "PATTERN")]
    pub hostname: Option<String>,
    /// Systems with such a description
    #[arg(short = 'd', long, value_name = "PATTERN")]
    pub description: Option<String>,
    /// Systems with such an address
    #[arg(short = 'i', long, value_name = "PATTERN")]
    pub ip: Option<String>,
    /// Print help
    #[arg(long, action = clap::ArgAction::HelpLong)]
    pub help: Option<bool>,
}

/// Carries it out. A system whose file is wrong is shown as such: the others are still listed.
///
/// # Errors
/// `Value` for a field or a pattern that is none; the runtime's state cannot be read.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    if args.fields {
        return show_fields(args.json);
    }
    let shown = args.shown()?;
    let sorted = args.sort.as_deref().map(sort_field).transpose()?;
    let asked = || shown.iter().copied().chain(sorted.map(|(field, _)| field));
    let needs = Needs {
        addresses: args.ip.is_some() || asked().any(|field| field.needs_addresses),
        usage: asked().any(|field| field.needs_usage),
    };
    let (names, code) = args.chosen(host)?;
    let mut rows = rows(args, host, names, &needs)?;
    if let Some((field, is_reverse)) = sorted {
        rows.sort_by(|a, b| {
            let order = compare(&(field.get)(a), &(field.get)(b));
            if is_reverse { order.reverse() } else { order }
        });
    }
    printed(args.print(&shown, &rows))?;
    Ok(code)
}

/// Prints the table of fields.
fn show_fields(is_json: bool) -> Result<u8> {
    if is_json {
        let object =
            |field: &Field| json!({ "name": field.name, "aliases": field.aliases, "help": field.help });
        return printed(output::json(&FIELDS.iter().map(object).collect()));
    }
    let row = |field: &Field| vec![field.name.to_owned(), field.aliases.join(","), field.help.to_owned()];
    printed(output::table(&["FIELD", "ALSO", "MEANING"], &FIELDS.iter().map(row).collect::<Vec<_>>()))
}

struct Needs {
    addresses: bool,
    usage: bool,
}

impl Args {
    fn shown(&self) -> Result<Vec<&'static Field>> {
        if self.output.is_empty() {
            let names: &[&str] = if self.json { listing::JSON } else { listing::TABLE };
            return names.iter().map(|name| field(name)).collect();
        }
        self.output.iter().filter(|name| !name.is_empty()).map(|name| field(name)).collect()
    }

    /// The systems of the words and groups; all without any.
    fn chosen(&self, host: &Host) -> Result<(Vec<String>, u8)> {
        if self.names.is_empty() && self.groups.labels.is_empty() {
            return Ok((store::names(host), 0));
        }
        let chosen = select::choose(host, &self.names, &self.groups)?;
        let mut code = 0;
        for error in chosen.unknown {
            output::error(&error);
            code = error.exit() as u8;
        }
        Ok((chosen.systems.into_iter().map(|(name, _)| name).collect(), code))
    }

    fn wants(&self, state: State) -> bool {
        let is_asked = self.running || self.stopped || self.frozen;
        !is_asked
            || self.running && state.is_running()
            || self.stopped && state == State::Stopped
            || self.frozen && matches!(state, State::Paused(_))
    }

    fn print(&self, shown: &[&Field], rows: &[Row]) -> std::io::Result<()> {
        if self.json {
            let object = |row: &Row| -> Value {
                let mut object: Map<String, Value> =
                    shown.iter().map(|field| (field.name.to_owned(), (field.get)(row))).collect();
                if let Err(error) = &row.config {
                    object.insert("error".to_owned(), error.clone().into());
                }
                object.into()
            };
            return output::json(&rows.iter().map(object).collect());
        }
        if self.one {
            let names: String = rows.iter().map(|row| format!("{}\n", row.name)).collect();
            return output::raw(names.as_bytes());
        }
        let is_cut = !self.no_trim && std::io::IsTerminal::is_terminal(&std::io::stdout());
        let cell = |row: &Row, field: &Field| match (&row.config, field.name) {
            // What is wrong with a file takes the place of what it would say last.
            (Err(error), "template") => error.clone(),
            _ => cut(listing::text(&(field.get)(row)), is_cut),
        };
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| shown.iter().map(|field| cell(row, field)).collect()).collect();
        let heading: Vec<String> = shown.iter().map(|field| field.name.to_uppercase()).collect();
        let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
        if self.no_header { output::rows(&cells) } else { output::table(&heading, &cells) }
    }
}

fn cut(text: String, is_cut: bool) -> String {
    if is_cut && text.chars().count() > 60 {
        return text.chars().take(59).chain(['…']).collect();
    }
    text
}

fn rows(args: &Args, host: &Host, names: Vec<String>, needs: &Needs) -> Result<Vec<Row>> {
    let [name_like, host_like, about_like, ip_like] =
        [&args.name_filter, &args.hostname, &args.description, &args.ip]
            .map(|text| Like::read(text.as_deref()));
    let (name_like, host_like, about_like, ip_like) = (name_like?, host_like?, about_like?, ip_like?);
    // One look at the runtime's folder tells which have nothing to ask for.
    let alive: HashSet<String> = host.alive_names().into_iter().collect();
    let mut rows = Vec::new();
    for name in names.into_iter().filter(|name| name_like.is(name)) {
        let state = if alive.contains(&name) { state::state(host, &name)? } else { State::Stopped };
        if !args.wants(state) {
            continue;
        }
        let config = store::read(host, &name).map_err(|error| error.to_string());
        let text = |get: fn(&config::Config) -> &str| config.as_ref().map_or("", get);
        if !host_like.is(text(|c| c.hostname()))
            || !about_like.is(text(|c| c.description.as_deref().unwrap_or_default()))
        {
            continue;
        }
        let pid = state.pid().filter(|_| needs.addresses);
        let addresses = pid.map(usage::addresses).unwrap_or_default();
        if args.ip.is_some() && !addresses.iter().any(|address| ip_like.is(address)) {
            continue;
        }
        let usage = if needs.usage && state.is_running() { usage::usage(host, &name)? } else { None };
        let private = host.data(&name).display().to_string();
        rows.push(Row { name, state, config, addresses, usage, private });
    }
    Ok(rows)
}

/// What a filter asks for: a shell's pattern for all of a text if it has the signs of one and nothing of a regular
/// expression, else an extended regular expression for a part of it.
enum Like {
    Anything,
    Pattern(String),
    Expression(Regex),
}

impl Like {
    fn read(text: Option<&str>) -> Result<Like> {
        let Some(text) = text else { return Ok(Like::Anything) };
        let is_expression = text.contains(['^', '$', '(', '|', '+', '{', '\\']) || text.contains(".*");
        if is_pattern(text) && !is_expression {
            return Ok(Like::Pattern(text.to_owned()));
        }
        let expression = CString::new(text)
            .map_err(|_| Error::new(Exit::Value, format!("{text:?} holds a NUL")))
            .and_then(|text| Ok(Regex::new(&text)?));
        let expression = expression.map_err(|error| error.with_exit(Exit::Value));
        expression
            .map(Like::Expression)
            .context(|| format!("filter {text:?}: no pattern, and no regular expression"))
    }

    fn is(&self, text: &str) -> bool {
        match self {
            Like::Anything => true,
            Like::Pattern(pattern) => select::matches(pattern, text),
            Like::Expression(regex) => CString::new(text).is_ok_and(|text| regex.matches(&text)),
        }
    }
}

fn sort_field(text: &str) -> Result<(&'static Field, bool)> {
    match text.strip_prefix('-') {
        Some(name) => field(name).map(|field| (field, true)),
        None => field(text).map(|field| (field, false)),
    }
}

/// Finds a field by its name, whatever the case.
fn field(name: &str) -> Result<&'static Field> {
    let lower = name.to_lowercase();
    let found = FIELDS.iter().find(|field| field.name == lower || field.aliases.contains(&lower.as_str()));
    found.ok_or_else(|| {
        let error = Error::new(Exit::Value, format!("no field {name:?}"));
        match nearest(&lower, FIELDS.iter().map(|field| field.name)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint("ctctl list --fields shows all"),
        }
    })
}

/// Numbers by their size, texts by their letters; what has no value comes first.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        _ => listing::text(a).cmp(&listing::text(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_pattern_or_an_expression() {
        for (filter, text, is_like) in [
            ("web*", "web-1", true),
            ("web*", "old-web", false),
            ("^web", "web-1", true),
            ("eb-[0-9]+$", "web-12", true),
            ("web", "old-web-1", true),
            ("10\\.0\\..*", "10.0.0.7", true),
        ] {
            assert_eq!(Like::read(Some(filter)).unwrap().is(text), is_like, "{filter} {text}");
        }
        assert_eq!(Like::read(Some("a(")).err().map(|error| error.exit()), Some(Exit::Value));
    }

    #[test]
    fn numbers_sort_as_numbers() {
        let mut values = [Value::from(20), Value::from(3), Value::Null];
        values.sort_by(compare);
        assert_eq!(values, [Value::Null, Value::from(3), Value::from(20)]);
    }
}

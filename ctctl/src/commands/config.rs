// SPDX-License-Identifier: Apache-2.0
//! `ctctl config`.

use super::printed;
use crate::config::dump;
use crate::config::file::ConfigFile;
use crate::config::keys::{self, Change, KEYS, Key};
use crate::config::value::Value;
use crate::container;
use crate::error::{Context, Error, Exit, Result};
use crate::events;
use crate::host::{Host, need_root};
use crate::resources;
use crate::store::{self, Wait};
use crate::{network, output};
use clap::Subcommand;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Show, check and edit a system's configuration file
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The verbs of the file.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Print the file as it is
    Show {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// Every key, with the value that holds and where it comes from: default, template, or file
        #[arg(short, long)]
        expanded: bool,
        /// With --expanded, as JSON
        #[arg(short, long, requires = "expanded")]
        json: bool,
    },
    /// Print values of keys
    Get {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// The keys
        #[arg(value_name = "KEY", required = true)]
        keys: Vec<String>,
        /// As JSON: an object
        #[arg(short, long)]
        json: bool,
    },
    /// Show in which keys a system is unlike its template, another system, or a file
    Diff {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// Another system, or a file: a path with a / or with .toml at its end
        #[arg(value_name = "OTHER|FILE")]
        other: Option<String>,
        /// As JSON: an array
        #[arg(short, long)]
        json: bool,
    },
    /// Print all that makes a system like this one, for ctctl create --file
    Dump {
        /// The system: its name, its number, or the beginning of its name
        name: String,
    },
    /// Check the file, after an edit by hand
    Validate {
        /// The system: its name, its number, or the beginning of its name
        name: String,
    },
    /// Open a copy of the file in $VISUAL or $EDITOR, and put it in place when it is right
    Edit {
        /// The system: its name, its number, or the beginning of its name
        name: String,
    },
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `Value`, with file, key and what is expected.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    match &args.action {
        Action::Show { name, expanded: true, json } => expand(host, &store::resolve(host, name)?, *json),
        Action::Get { name, keys, json } => get(host, &store::resolve(host, name)?, keys, *json),
        Action::Diff { name, other, json } => {
            let name = store::resolve(host, name)?;
            diff(host, &name, other.as_deref(), *json).context(|| format!("diff of {name}"))
        }
        Action::Dump { name } => {
            let config = store::read(host, &store::resolve(host, name)?)?;
            printed(output::raw(dump::text(&config).as_bytes()))
        }
        Action::Show { name, .. } => {
            let path = host.config_file(&store::resolve(host, name)?);
            let text = fs::read(&path).context(|| path.display().to_string())?;
            printed(output::raw(&text))
        }
        Action::Validate { name } => {
            let name = store::resolve(host, name)?;
            store::read(host, &name)?;
            printed(output::line(&format!("{name}: a valid configuration")))
        }
        Action::Edit { name } => {
            need_root()?;
            let name = store::resolve(host, name)?;
            edit(host, &name).context(|| format!("edit {name}"))?;
            Ok(0)
        }
    }
}

fn expand(host: &Host, name: &str, is_json: bool) -> Result<u8> {
    let file = ConfigFile::read(&host.config_file(name))?;
    let config = file.config(name)?;
    let template = dump::of_template(host, &config).ok();
    let keys = KEYS
        .iter()
        .map(|key| (key, (key.get)(&config), dump::source(&file, &config, template.as_ref(), key)));
    if is_json {
        let object = |(key, value, source): (&Key, Option<Value>, dump::Source)| {
            let value = value.map_or(json!(null), Value::to_json);
            (key.name.to_owned(), json!({ "value": value, "source": source.word() }))
        };
        return printed(output::json(&serde_json::Value::Object(keys.map(object).collect())));
    }
    let row = |(key, value, source): (&Key, Option<Value>, dump::Source)| {
        let value = value.map_or_else(|| key.default.to_owned(), |value| key.kind.print(&value));
        vec![key.name.to_owned(), source.word().to_owned(), value]
    };
    printed(output::table(&["KEY", "SOURCE", "VALUE"], &keys.map(row).collect::<Vec<_>>()))
}

fn get(host: &Host, name: &str, words: &[String], is_json: bool) -> Result<u8> {
    let config = store::read(host, name)?;
    let keys = words.iter().map(|word| keys::find(word)).collect::<Result<Vec<_>>>()?;
    if is_json {
        let pair = |key: &&Key| (key.name.to_owned(), (key.get)(&config).map_or(json!(null), Value::to_json));
        return printed(output::json(&serde_json::Value::Object(keys.iter().map(pair).collect())));
    }
    let print = |key: &&Key| (key.get)(&config).map_or(String::new(), |value| key.kind.print(&value));
    printed(output::line(&keys.iter().map(print).collect::<Vec<_>>().join("\n")))
}

fn diff(host: &Host, name: &str, other: Option<&str>, is_json: bool) -> Result<u8> {
    let own = store::read(host, name)?;
    let with = match other {
        None => dump::of_template(host, &own)?,
        Some(path) if path.contains('/') || path.ends_with(".toml") => {
            ConfigFile::read(Path::new(path))?.described(name)?
        }
        Some(other) => store::read(host, &store::resolve(host, other)?)?,
    };
    let differ = dump::differences(&own, &with);
    if is_json {
        let object = |(key, own, other): &(&Key, Option<Value>, Option<Value>)| {
            let json = |value: &Option<Value>| value.clone().map_or(json!(null), Value::to_json);
            json!({ "key": key.name, "value": json(own), "other": json(other) })
        };
        return printed(output::json(&differ.iter().map(object).collect()));
    }
    let row = |(key, own, other): &(&Key, Option<Value>, Option<Value>)| {
        let text = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), |v| key.kind.print(v));
        vec![key.name.to_owned(), text(own), text(other)]
    };
    let rows: Vec<Vec<String>> = differ.iter().map(row).collect();
    if rows.is_empty() {
        return Ok(0);
    }
    printed(output::table(&["KEY", name, other.unwrap_or("template")], &rows))
}

fn edit(host: &Host, name: &str) -> Result<()> {
    let _lock = store::lock(host, name, Wait::Yes)?;
    let path = host.config_file(name);
    let text = fs::read_to_string(&path).context(|| path.display().to_string())?;
    let copy = host.edited_file(name);
    fs::write(&copy, &text).context(|| format!("write {}", copy.display()))?;
    open_editor(&copy)?;
    let edited = fs::read_to_string(&copy).context(|| copy.display().to_string())?;
    if edited != text {
        take_over(host, name, &copy).map_err(|error| {
            error.wrap(format!("nothing is changed, and your text is in {}", copy.display()))
        })?;
    }
    fs::remove_file(&copy).context(|| format!("remove {}", copy.display()))
}

fn open_editor(path: &Path) -> Result<()> {
    let given = ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok());
    let editor = given.filter(|words| !words.trim().is_empty()).unwrap_or_else(|| "vi".to_owned());
    // An editor may come with options: a shell takes the words apart, as git has it.
    let status = Command::new("sh").args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(path).status();
    let status = status.context(|| format!("run {editor}"))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::new(Exit::Failure, format!("{editor}: {status}")).hint("VISUAL or EDITOR names the editor"))
}

/// Checks the edited copy, puts it in the file's place, and makes the changes that a running system can take.
fn take_over(host: &Host, name: &str, copy: &Path) -> Result<()> {
    let old = store::read(host, name)?;
    let mut new_file = ConfigFile::read(copy)?;
    let new = new_file.config(name)?;
    let print = |key: &Key, config| (key.get)(config).map(|value| key.kind.print(&value));
    let changed: Vec<&Key> = KEYS.iter().filter(|key| print(key, &old) != print(key, &new)).collect();
    if let Some(key) = changed.iter().find(|key| key.change == Change::Never) {
        return Err(Error::new(Exit::Value, format!("{} is given at creation", key.name)));
    }
    let names: Vec<&str> = changed.iter().map(|key| key.name).collect();
    container::limits::check(host, &new, &resources::given(&new))?;
    // Until the file is there: nobody else takes an address or a port meanwhile.
    let numbers = network::concerns(&names).then(|| store::lock_numbers(host)).transpose()?;
    let mut new = new;
    if numbers.is_some() {
        for (key, value) in network::settle(host, &mut new)? {
            new_file.set(key, value.as_ref());
        }
    }
    new_file.save_as(&host.config_file(name))?;
    let names: Vec<&str> = changed.iter().map(|key| key.name).collect();
    events::tell(host, name, "set", json!({ "keys": names }));
    if !container::state::state(host, name)?.is_running() {
        return Ok(());
    }
    container::start::adopt(host, name)?;
    let (live, later): (Vec<&Key>, Vec<&Key>) =
        changed.into_iter().partition(|key| key.change == Change::Live);
    let names = |keys: Vec<&Key>| keys.into_iter().map(|key| key.name).collect::<Vec<_>>();
    container::live::apply(host, &old, &new, &names(live))?;
    let mut later = names(later);
    if old.devices != new.devices {
        later.push("devices");
    }
    if !later.is_empty() {
        output::progress(&format!("{}: at the next start", later.join(", ")));
    }
    Ok(())
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl label`.

use super::printed;
use crate::config::file::ConfigFile;
use crate::config::keys;
use crate::config::value::Value;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::select::{self, Groups};
use crate::store::{self, Wait};
use crate::{events, output};
use serde_json::{Map, json};

/// Show, give and take labels, by which other verbs find systems
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The systems, and behind them KEY=VALUE or KEY= to give a label, KEY- to take it away
    #[arg(value_name = "NAME|KEY=VALUE|KEY-", required_unless_present_any = ["all", "labels"])]
    pub words: Vec<String>,
    #[command(flatten)]
    pub groups: Groups,
    /// As JSON
    #[arg(short, long)]
    pub json: bool,
}

/// Carries it out: without a change it shows.
///
/// # Errors
/// `NoSystem`; `Value` for a label that is none.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let (names, changes) = args.names_and_changes();
    let chosen = select::choose(host, names, &args.groups)?;
    if !changes.is_empty() {
        need_root()?;
        return chosen.each(|name, _| change(host, name, changes).context(|| format!("label {name}")));
    }
    let has_one = chosen.systems.len() == 1 && !chosen.has_group();
    let mut all = Map::new();
    let code = chosen.each(|name, _| {
        let labels = store::read(host, name)?.labels;
        if args.json {
            let pairs = labels.iter().map(|label| label.split_once('=').unwrap_or((label, "")));
            let object: Map<_, _> = pairs.map(|(key, value)| (key.to_owned(), json!(value))).collect();
            all.insert(name.to_owned(), object.into());
            return Ok(0);
        }
        let prefix = if has_one { String::new() } else { format!("{name}: ") };
        labels
            .iter()
            .try_for_each(|label| output::line(&format!("{prefix}{label}")))
            .or_else(super::unheard)?;
        Ok(0)
    })?;
    if args.json {
        printed(output::json(&all.into()))?;
    }
    Ok(code)
}

impl Args {
    /// Names come first; the first word that could be none, or that follows one, is a change. A name may end in `-`
    /// only as the first word.
    fn names_and_changes(&self) -> (&[String], &[String]) {
        let is_change = |word: &String| word.contains('=') || word.ends_with('-');
        let first = usize::from(self.groups.is_empty() && !self.words.is_empty());
        let at = self.words.iter().skip(first).position(is_change).map_or(self.words.len(), |at| at + first);
        self.words.split_at(at)
    }
}

fn change(host: &Host, name: &str, changes: &[String]) -> Result<u8> {
    let _lock = store::lock(host, name, Wait::Yes)?;
    let mut file = ConfigFile::read(&host.config_file(name))?;
    let mut config = file.config(name)?;
    let key_of = |label: &str| label.split_once('=').map_or(label, |(key, _)| key).to_owned();
    for change in changes {
        let gone = change.strip_suffix('-').filter(|_| !change.contains('='));
        let key = gone.map_or_else(|| key_of(change), str::to_owned);
        config.labels.retain(|label| key_of(label) != key);
        if gone.is_none() {
            config.labels.push(change.strip_suffix('=').unwrap_or(change).to_owned());
        }
    }
    let key = keys::find("labels")?;
    let labels = std::mem::take(&mut config.labels);
    let value = (!labels.is_empty()).then_some(Value::List(labels));
    (key.put)(&mut config, value).map_err(|text| Error::new(Exit::Value, text))?;
    file.set(key, (key.get)(&config).as_ref());
    file.save()?;
    events::tell(host, name, "set", json!({ "keys": ["labels"] }));
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_a_name() {
        for (words, all, names) in [
            (vec!["web-", "a=b", "c-"], false, 1),
            (vec!["web", "db", "c-"], false, 2),
            (vec!["web"], false, 1),
            (vec!["a=b"], true, 0),
        ] {
            let words = words.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let args = Args { words, groups: Groups { all, ..Groups::default() }, json: false };
            assert_eq!(args.names_and_changes().0.len(), names, "{:?}", args.words);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! `ctctl set`.

use crate::config::file::ConfigFile;
use crate::config::keys::{self, Change, Key};
use crate::config::limits::from_foreign;
use crate::config::value::Value;
use crate::config::{Config, assign};
use crate::container::state::State;
use crate::error::{Context, Error, Exit, Result};
use crate::events;
use crate::host::{Host, need_root};
use crate::select::{self, Groups};
use crate::store::{self, Wait};
use crate::{bundle, container, network, output, resources};
use serde_json::json;
use std::str::FromStr;

/// Change the configuration of systems, at once where the kernel can
///
/// A change is made in the running system and saved for the next start. `--memory 512M` is the same as `memory=512M`.
#[derive(Debug, clap::Args)]
#[command(after_help = keys_help())]
pub struct Args {
    /// Systems, and behind them what to change, such as memory=512M cpulimit=150% pids=100; KEY= takes it back to its
    /// default, KEY+=WORD and KEY-=WORD (or all) change one of several words
    #[arg(value_name = "NAME|KEY=VALUE", required = true)]
    pub words: Vec<String>,
    #[command(flatten)]
    pub groups: Groups,
    /// Change the running system alone
    #[arg(long, conflicts_with = "save")]
    pub runtime: bool,
    /// Change the configuration alone
    #[arg(long)]
    pub save: bool,
    /// Also give capabilities that reach the host
    #[arg(long)]
    pub allow_unsafe: bool,
}

/// The keys that `set` takes, from the table.
fn keys_help() -> String {
    let mut text = "Keys:\n".to_owned();
    for key in keys::KEYS.iter().filter(|key| key.change != Change::Never) {
        let name = format!("{}={}", key.name, key.kind.placeholder());
        let later = if key.change == Change::NextStart { " (next start)" } else { "" };
        text.push_str(&format!("  {name}\n          {}{later} [default: {}]\n", key.help, key.default));
    }
    text
}

/// `KEY=VALUE`, not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Before the first `=`.
    pub key: String,
    /// Behind it.
    pub value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Assignment, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(match from_foreign(key, value) {
                Some((key, value)) => Assignment { key: key.to_owned(), value },
                None => Assignment { key: key.to_owned(), value: value.to_owned() },
            }),
            _ => Err("expected KEY=VALUE".to_owned()),
        }
    }
}

/// Carries it out: every value is checked before anything changes.
///
/// # Errors
/// `Value`; `State` with `--runtime` for a system that does not run.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    // No name has an equals sign.
    let (names, keys): (Vec<String>, Vec<String>) =
        args.words.iter().cloned().partition(|word| !word.contains('='));
    let wrong = |text: String| Error::new(Exit::Usage, text);
    if names.is_empty() && args.groups.is_empty() {
        return Err(wrong("no system is named".to_owned()).hint("ctctl set NAME KEY=VALUE"));
    }
    if keys.is_empty() {
        let error = wrong(format!("nothing to change of {}", names.join(", ")));
        return Err(error.hint("ctctl set NAME KEY=VALUE; ctctl set --help has all keys"));
    }
    let keys = keys
        .iter()
        .map(|key| key.parse().map_err(|text| wrong(format!("{key:?}: {text}"))))
        .collect::<Result<Vec<Assignment>>>()?;
    let chosen = select::choose(host, &names, &args.groups)?;
    let fits: fn(State) -> bool = if args.runtime { State::is_running } else { |_| true };
    chosen.each_that(host, fits, |name| set(args, &keys, host, name).context(|| format!("set {name}")))
}

fn set(args: &Args, keys: &[Assignment], host: &Host, name: &str) -> Result<u8> {
    let _lock = store::lock(host, name, Wait::Yes)?;
    let mut file = ConfigFile::read(&host.config_file(name))?;
    let mut config = file.config(name)?;
    let old = config.clone();
    let mut changes = keys.iter().map(|given| change(&mut config, given)).collect::<Result<Vec<_>>>()?;
    let given: Vec<&str> = changes.iter().map(|(key, _)| key.name).collect();
    // Until the file is there: nobody else takes an address or a port meanwhile.
    let numbers = network::concerns(&given).then(|| store::lock_numbers(host)).transpose()?;
    if numbers.is_some() {
        changes.extend(network::settle(host, &mut config)?);
    }
    config.check()?;
    check_capabilities(&old, &config, args.allow_unsafe)?;
    let is_running = container::state::state(host, name)?.is_running();
    if args.runtime && !is_running {
        return Err(Error::new(Exit::State, "it does not run").hint("without --runtime the change is saved"));
    }
    if is_running {
        container::start::adopt(host, name)?;
    }
    let names: Vec<&str> = changes.iter().map(|(key, _)| key.name).collect();
    container::limits::check(host, &config, &resources::given(&config))?;
    if is_running && !args.save {
        let later: Vec<&str> =
            changes.iter().filter(|(key, _)| key.change != Change::Live).map(|(key, _)| key.name).collect();
        if args.runtime && !later.is_empty() {
            return Err(Error::new(
                Exit::Value,
                format!("{} does not change while it runs", later.join(", ")),
            )
            .hint("without --runtime it is saved for the next start"));
        }
        container::live::apply(host, &old, &config, &names)?;
        if !later.is_empty() {
            output::progress(&format!("{}: at the next start", later.join(", ")));
        }
    }
    if !args.runtime {
        for (key, value) in &changes {
            file.set(key, value.as_ref());
        }
        file.save()?;
    }
    events::tell(host, name, "set", json!({ "keys": names }));
    Ok(0)
}

fn change(config: &mut Config, given: &Assignment) -> Result<(&'static Key, Option<Value>)> {
    assign::assign(config, &given.key, &given.value)
}

/// Capabilities that no system has by default are given on purpose alone.
pub(super) fn check_capabilities(before: &Config, config: &Config, allowed: bool) -> Result<()> {
    let reaches = |word: &&String| {
        let name = format!("CAP_{}", word[1..].to_uppercase());
        word.starts_with('+') && bundle::HOST_ONLY.contains(&name.as_str())
    };
    match config.cap.iter().filter(reaches).find(|word| !before.cap.contains(word)) {
        Some(word) if !allowed => {
            Err(Error::new(Exit::Value, format!("cap: {} reaches beyond the system", &word[1..]))
                .hint("--allow-unsafe gives it all the same"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_an_equals_sign() {
        let given: Assignment = "init=/bin/sh -c a=b".parse().unwrap();
        assert_eq!((given.key.as_str(), given.value.as_str()), ("init", "/bin/sh -c a=b"));
        assert!("memory".parse::<Assignment>().is_err());
        assert!("=1".parse::<Assignment>().is_err());
    }

    #[test]
    fn features_and_capabilities_are_added_and_taken() {
        let mut config = Config::new("web");
        let mut set = |text: &str| change(&mut config, &text.parse().unwrap()).map(|(_, value)| value);
        let words = |words: &[&str]| Some(Value::List(words.iter().map(|word| (*word).to_owned()).collect()));
        assert_eq!(set("features+=tun,fuse").unwrap(), words(&["fuse", "tun"]));
        assert_eq!(set("features-=tun").unwrap(), words(&["fuse"]));
        assert!(set("features-=tun").is_err());
        assert_eq!(set("features-=fuse").unwrap(), None);
        assert_eq!(set("env+=A=1").unwrap(), words(&["A=1"]));
        assert_eq!(set("cap-=CAP_NET_RAW").unwrap(), words(&["-net_raw"]));
        assert_eq!(set("cap+=net_raw").unwrap(), words(&["+net_raw"]));
        assert_eq!(set("cap=").unwrap(), None);
        assert!(set("pids+=5").is_err());
    }

    #[test]
    fn what_is_given_at_creation_does_not_change() {
        let mut config = Config::new("web");
        let error = change(&mut config, &"ctid=105".parse().unwrap()).unwrap_err();
        assert_eq!(error.exit(), Exit::Value);
        change(&mut config, &"ram=64M".parse().unwrap()).unwrap();
        assert_eq!(config.memory, Some(64 << 20));
        change(&mut config, &"memory=".parse().unwrap()).unwrap();
        assert_eq!(config.memory, None);
    }

    #[test]
    fn words_are_added_and_taken_away() {
        let mut config = Config::new("web");
        let mut set = |text: &str| {
            let done = change(&mut config, &text.parse().unwrap());
            done.map(|_| config.ip.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(set("ip+=10.1.2.3/24 fd00::3").unwrap(), "10.1.2.3/24 fd00::3");
        assert_eq!(set("ip+=10.1.2.4").unwrap(), "10.1.2.3/24 fd00::3 10.1.2.4");
        assert_eq!(set("ip-=fd00::3").unwrap(), "10.1.2.3/24 10.1.2.4");
        assert!(set("ip-=fd00::3").unwrap_err().to_string().contains("is not there"));
        assert!(set("ip+=10.1.2.4").unwrap_err().to_string().contains("twice"));
        assert_eq!(set("ip-=all").unwrap(), "");
        assert!(set("memory+=1G").unwrap_err().to_string().contains("several words"));
    }
}

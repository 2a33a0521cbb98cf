// SPDX-License-Identifier: Apache-2.0
//! `ctctl kill`.

use crate::container::state::{self, State};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::select::{self, Groups};
use crate::store;
use runtime::state::Root;
use runtime::verbs::kill;

/// Send a signal to the first process of systems
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Systems: names, numbers, beginnings of names, or patterns such as 'web*'; a signal may come last
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "labels"])]
    pub words: Vec<String>,
    #[command(flatten)]
    pub groups: Groups,
    /// The signal: a name, with SIG or without, or a number; KILL when absent
    #[arg(short, long)]
    pub signal: Option<String>,
    /// To all processes of each system
    #[arg(short, long)]
    pub processes: bool,
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `Value` for no signal; `State` when it does not run.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let (words, signal) = args.words_and_signal();
    if let (None, [_, .., last]) = (&args.signal, words)
        && !select::is_pattern(last)
        && store::resolve(host, last).is_err_and(|error| error.exit() == Exit::NoSystem)
    {
        // A signal that is typed wrong must not become a SIGKILL for the systems before it.
        return Err(Error::new(Exit::Value, format!("{last:?} is neither a system nor a signal"))
            .hint("nothing was sent; ctctl list shows all systems, kill -l all signals"));
    }
    let signal = kill::parse_signal(signal).map_err(|error| Error::from(error).with_exit(Exit::Value))?;
    select::choose(host, words, &args.groups)?.each_that(host, State::is_running, |name| {
        send(host, name, signal, args.processes).context(|| format!("kill {name}"))?;
        Ok(0)
    })
}

fn send(host: &Host, name: &str, signal: i32, processes: bool) -> Result<()> {
    if !state::state(host, name)?.is_running() {
        return Err(Error::new(Exit::State, "it does not run").hint(format!("ctctl start {name}")));
    }
    Ok(kill::kill(&Root::open(&host.oci_root())?, name, signal, processes)?)
}

impl Args {
    /// A signal may stand behind the names, as in `kill web HUP`: the last word is one when it can be. No number is
    /// both, since those of systems begin at 101.
    fn words_and_signal(&self) -> (&[String], &str) {
        match (&self.signal, self.words.split_last()) {
            (Some(signal), _) => (&self.words, signal),
            (None, Some((last, names)))
                if (!names.is_empty() || !self.groups.is_empty()) && kill::parse_signal(last).is_ok() =>
            {
                (names, last)
            }
            (None, _) => (&self.words, "KILL"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str], groups: Groups, signal: Option<&str>) -> (Vec<String>, String) {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let args = Args { words, groups, signal: signal.map(str::to_owned), processes: false };
        let (names, signal) = args.words_and_signal();
        (names.to_vec(), signal.to_owned())
    }

    #[test]
    fn the_last_word_may_be_a_signal() {
        let all = || Groups { all: true, ..Groups::default() };
        for (words, groups, signal, names, meant) in [
            (vec!["web"], Groups::default(), None, vec!["web"], "KILL"),
            (vec!["web", "db"], Groups::default(), None, vec!["web", "db"], "KILL"),
            (vec!["web", "db", "HUP"], Groups::default(), None, vec!["web", "db"], "HUP"),
            (vec!["hup"], Groups::default(), None, vec!["hup"], "KILL"),
            (vec!["hup", "web", "hup"], Groups::default(), Some("15"), vec!["hup", "web", "hup"], "15"),
            (vec!["USR1"], all(), None, vec![], "USR1"),
        ] {
            let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            assert_eq!(read(&words, groups, signal), (names, meant.to_owned()), "{words:?}");
        }
    }
}

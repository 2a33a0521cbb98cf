// SPDX-License-Identifier: Apache-2.0
//! `ctctl config`.

use super::printed;
use crate::config::file::ConfigFile;
use crate::config::keys::{Change, KEYS, Key};
use crate::container;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::resources;
use crate::store::{self, Wait};
use crate::{network, output};
use clap::Subcommand;
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
        Action::Show { name } => {
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

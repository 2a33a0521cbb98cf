// SPDX-License-Identifier: Apache-2.0
//! A recipe's steps, carried out in a system that exists for them alone.
//!
//! - here: the order: a system over the source's layers, the steps, its own files as one more layer.
//! - [`run`]: a program in its container.
//! - [`snapshot`]: a system that is there already as the base.
//! - [`identity`]: what a template must not hold of the system that it was made in.
//!
//! The system is one like others: its name is locked as long as the build works, and it is listed. A killed build's is
//! removed by the next build and by `template prune`, which know it by its template's name, [`BUILDING`]. The name of
//! no template has a colon.

mod identity;
mod run;
pub mod snapshot;

use crate::config::{Config, Network, Ready};
use crate::container::create::{self, Wishes};
use crate::container::{destroy, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, private_dir};
use crate::store::{self, Lock, Wait};
use crate::{output, storage};
use runtime_sys::{AsFd, OwnedFd, signal};
use std::fs;
use templates::recipe;
use templates::step::{self, Step};
use templates::{Base, Recipe};

/// What the template's name of a system begins with that steps run in.
const BUILDING: &str = "recipe:";
/// The same of one whose build failed and that was to be kept.
const KEPT: &str = "kept:";

/// The first program of a system that was kept, so that one can look around in it.
const WAITING: &str = "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done";

/// What becomes of the system in which a step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OnError {
    /// It is removed
    Clean,
    /// It stays, to be started and looked at
    Keep,
    /// A shell in it, then it is removed
    Shell,
}

/// Whether a system exists for a recipe's steps.
#[must_use]
pub fn is_for_steps(config: &Config) -> bool {
    config.template.starts_with(BUILDING)
}

/// Carries a recipe's steps out: what they change becomes a layer of `base`. All signals are kept back from here on,
/// so that one which should end us finds time to clean up.
///
/// # Errors
/// The step that failed, and how.
pub fn carry_out(host: &Host, recipe: &Recipe, base: &mut Base, on_error: OnError) -> Result<()> {
    if recipe.body.steps.is_empty() {
        return Ok(());
    }
    // A file that is missing is better found now than behind an hour of steps.
    recipe.digest()?;
    sweep(host)?;
    signal::set_mask(signal::ALL)?;
    let mut builder = Builder::new(host, recipe, base)?;
    let done = storage::check_for_steps(host, &builder.config)
        .and_then(|()| builder.all_steps(&recipe.body.steps))
        .and_then(|()| builder.layer());
    match done {
        Ok(layer) => {
            base.layers.extend(layer);
            if !builder.config.env.is_empty() {
                let env = builder.config.env.iter().cloned().map(toml::Value::String).collect();
                base.defaults.insert("env".to_owned(), toml::Value::Array(env));
            }
            builder.remove()
        }
        Err(error) => Err(builder.failed(error, on_error)),
    }
}

/// Removes systems of builds that were killed.
///
/// # Errors
/// What the file system answers.
pub fn sweep(host: &Host) -> Result<()> {
    for name in store::names(host) {
        let copy = host.data(&name).join(snapshot::COPY);
        if copy.exists()
            && let Ok(_lock) = store::lock(host, &name, Wait::No)
        {
            templates::remove_tree(&copy).context(|| format!("remove {}", copy.display()))?;
        }
        let is_one = || store::read(host, &name).is_ok_and(|config| is_for_steps(&config));
        if !is_one() {
            continue;
        }
        // A build that is at work has the lock.
        let Ok(lock) = store::lock(host, &name, Wait::No) else { continue };
        if is_one() {
            run::end(host, &name)?;
            stop::clear(host, &name)?;
            destroy::destroy(host, &name, lock)?;
        }
    }
    // A build that was killed before its system had a configuration.
    destroy::sweep(host)
}

struct Builder<'b> {
    host: &'b Host,
    recipe: &'b Recipe,
    config: Config,
    lock: Lock,
    signals: OwnedFd,
}

impl<'b> Builder<'b> {
    fn new(host: &'b Host, recipe: &'b Recipe, base: &Base) -> Result<Builder<'b>> {
        let wishes = Wishes { ctid: None, idmap: "auto".to_owned() };
        // A name has at most 63 letters.
        let short: String = recipe.name.chars().take(48).collect();
        for number in 1..1000 {
            let name = if number == 1 { format!("build-{short}") } else { format!("build-{short}-{number}") };
            let config = config(&name, recipe, base);
            match create::held(host, config, &wishes) {
                // Kept from an earlier build, or another is at work in it.
                Err(error) if matches!(error.exit(), Exit::Exists | Exit::State) => {}
                Err(error) => return Err(error).context(|| format!("make {name} for the steps")),
                Ok((config, lock)) => {
                    private_dir(&host.run(&name))?;
                    let signals = signal::signalfd(signal::ALL)?;
                    return Ok(Builder { host, recipe, config, lock, signals });
                }
            }
        }
        Err(Error::new(Exit::Exists, "no free name for the steps"))
    }

    fn all_steps(&mut self, steps: &[Step]) -> Result<()> {
        for (number, step) in steps.iter().enumerate() {
            let what = format!("step {}/{}: {}", number + 1, steps.len(), step.words());
            output::progress(&what);
            self.step(step).context(|| what)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Run(words) => self.run(words.clone(), None),
            Step::Script(path, args) => {
                let script = step::open_source(&self.recipe.folder, path)?;
                let words = std::iter::once(run::SCRIPT.to_owned()).chain(args.iter().cloned());
                self.run(words.collect(), Some(&script))
            }
            Step::Copy(copy) => {
                let source = step::open_source(&self.recipe.folder, &copy.from)?;
                storage::change(self.host, &self.config, &|root, base| {
                    Ok(templates::place::put(copy, &source, root, base)?)
                })?;
                run::interrupted(self.signals.as_fd())
            }
            Step::Env(pairs) => {
                for (name, value) in pairs {
                    self.config.env.retain(|old| old.split('=').next() != Some(name));
                    self.config.env.push(format!("{name}={value}"));
                }
                Ok(())
            }
        }
    }

    fn run(&self, words: Vec<String>, script: Option<&OwnedFd>) -> Result<()> {
        let is_online = self.recipe.body.build.network == recipe::Network::Host;
        let step = run::Step { host: self.host, config: &self.config, words, script, is_online };
        match step.run(self.signals.as_fd())? {
            0 => Ok(()),
            code => Err(Error::new(Exit::Failure, format!("it exited with {code}"))),
        }
    }

    /// The system's own files as a layer of the store.
    fn layer(&self) -> Result<Option<String>> {
        let upper = self.host.data(&self.config.name).join("upper");
        identity::forget(self.host, &self.config, &upper)?;
        Ok(self.host.templates().take_upper(&upper)?)
    }

    fn remove(self) -> Result<()> {
        let name = self.config.name;
        destroy::destroy(self.host, &name, self.lock).context(|| format!("remove {name}"))
    }

    fn failed(self, error: Error, on_error: OnError) -> Error {
        let (host, name) = (self.host, self.config.name.clone());
        // Who interrupts wants no shell.
        if on_error == OnError::Shell && error.exit() != Exit::Interrupted {
            output::error(&error);
            output::progress(&format!("a shell in {name}; its end removes it"));
            if let Err(error) = run::shell(host, &self.config) {
                output::error(&error.wrap("shell"));
            }
        }
        let ended = match on_error {
            OnError::Keep => self.keep().map(|()| {
                format!(
                    "kept as {name}: ctctl start {name}; ctctl enter {name}; ctctl destroy --force {name}"
                )
            }),
            OnError::Clean | OnError::Shell => {
                self.remove().map(|()| "--on-error keep or --on-error shell lets you look at it".to_owned())
            }
        };
        match ended {
            Ok(hint) => error.hint(hint),
            // What fails while taking back hides nothing.
            Err(other) => error.hint(format!("{name} is left: {other}")),
        }
    }

    fn keep(&self) -> Result<()> {
        let path = self.host.config_file(&self.config.name);
        let mut config = self.config.clone();
        config.template = format!("{KEPT}{}", self.recipe.name);
        config.init = ["/bin/sh", "-c", WAITING].map(str::to_owned).to_vec();
        let mut file = crate::config::file::ConfigFile::empty(&path);
        file.set_all(&config);
        file.save()
    }
}

/// The configuration of a system for steps. Limits and the first program of the template are those of its systems.
fn config(name: &str, recipe: &Recipe, base: &Base) -> Config {
    let mut config = Config::new(name);
    config.template = format!("{BUILDING}{}", recipe.name);
    config.layers.clone_from(&base.layers);
    config.ready = Ready::Running;
    config.network = match recipe.body.build.network {
        recipe::Network::None => Network::None,
        recipe::Network::Host => Network::Host,
    };
    let env = base.defaults.get("env").and_then(toml::Value::as_array).into_iter().flatten();
    config.env = env.filter_map(|variable| Some(variable.as_str()?.to_owned())).collect();
    config
}

/// A file of ours for the container, where nobody else can change it.
fn private_copy(
    host: &Host,
    config: &Config,
    name: &str,
    content: &[u8],
    mode: u32,
) -> Result<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = host.run(&config.name).join(name);
    let write = || {
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
    };
    write().context(|| format!("write {}", path.display()))?;
    Ok(path)
}

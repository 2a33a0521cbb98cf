// SPDX-License-Identifier: Apache-2.0
//! A program in the container of a recipe's steps.
//!
//! A child of ours, the keeper, makes the container and waits for its end. It is killed by nobody's signal: it ends the
//! step on one, and when we die, so that a killed build leaves no program at work. What the program prints comes
//! through a pipe: no terminal of the caller's reaches it.

use super::private_copy;
use crate::config::{Config, Network};
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::resources::Machine;
use crate::{bundle, output, storage};
use runtime::sandbox::create::{CreateOptions, Created, Start, create};
use runtime::state::Root;
use runtime::verbs::{delete, run};
use runtime_sys::cgroupfs::{News, wait_for_news};
use runtime_sys::clone::{Clone, Forked, fork};
use runtime_sys::{AsFd, BorrowedFd, OwnedFd, credentials, process, signal, socket, tty};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{PipeReader, PipeWriter, Read};
use std::path::Path;

/// Where a script is in the container: on a file system of the container's own, so that nothing of it is kept.
pub(super) const SCRIPT: &str = "/run/host/script";
const RESOLVER: &str = "/etc/resolv.conf";

const SIGCHLD: i32 = 17;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;
/// What ends a build: HUP, INT, QUIT, TERM.
const ENDING: [i32; 4] = [1, 2, 3, SIGTERM];

/// One program to run.
pub(super) struct Step<'s> {
    pub(super) host: &'s Host,
    pub(super) config: &'s Config,
    pub(super) words: Vec<String>,
    /// What [`SCRIPT`] is.
    pub(super) script: Option<&'s OwnedFd>,
    /// Whether it reaches the host's network, and is told of its name servers.
    pub(super) is_online: bool,
}

impl Step<'_> {
    /// Runs it to its end; the exit code is the program's, or 128 and the signal that killed it.
    ///
    /// # Errors
    /// `Interrupted` when a signal came for us; what making the container answers.
    pub(super) fn run(&self, signals: BorrowedFd<'_>) -> Result<i32> {
        self.write_bundle(false)?;
        let (from, to) = std::io::pipe().context(|| "make a pipe")?;
        let (ours, theirs) = socket::packet_pair()?;
        let parent = std::process::id();
        match fork(&Clone::default(), false)? {
            Forked::Child => {
                drop((ours, from));
                let said = match self.keep(&to, parent) {
                    Ok(code) => format!("={code}"),
                    Err(error) => format!("!{error}"),
                };
                let sent = socket::send(theirs.as_fd(), said.as_bytes(), None);
                process::exit_now(i32::from(sent.is_err()))
            }
            Forked::Parent(child) => {
                drop((theirs, to));
                let relayed = relay(from, signals, child.pid);
                let mut said = [0; 4096];
                let heard = socket::receive(ours.as_fd(), &mut said);
                process::wait(child.pid, true)?;
                let is_interrupted = relayed?;
                let (length, _) = heard?;
                answer(&String::from_utf8_lossy(&said[..length]), is_interrupted)
            }
        }
    }

    /// The bundle: that of a system whose first program this is.
    fn write_bundle(&self, is_terminal: bool) -> Result<()> {
        let (host, config) = (self.host, self.config);
        let (_, capabilities, _) = credentials::capget()?;
        let mut first = config.clone();
        first.init.clone_from(&self.words);
        for (name, value) in [("HOME", "/root"), ("DEBIAN_FRONTEND", "noninteractive")] {
            if !first.env.iter().any(|variable| variable.split('=').next() == Some(name)) {
                first.env.push(format!("{name}={value}"));
            }
        }
        let machine = Machine::default();
        let facts = bundle::Facts {
            notify: Path::new(""),
            networkd: None,
            capabilities,
            machine: &machine,
            init: None,
            terminal: is_terminal,
            devices: &[],
        };
        let mut spec = bundle::spec(&first, &facts)?;
        if let Some(script) = self.script {
            let mut text = Vec::new();
            templates::step::read_again(script)?.read_to_end(&mut text).context(|| "read the script")?;
            let path = private_copy(host, config, "script", &text, 0o755)?;
            add_file(&mut spec, &path, SCRIPT);
        }
        if self.is_online && config.network == Network::Host {
            // A host without name servers has none to tell of.
            if let Ok(text) = fs::read(RESOLVER) {
                let path = private_copy(host, config, "resolv.conf", &text, 0o644)?;
                add_file(&mut spec, &path, RESOLVER);
            }
        }
        let path = host.run(&config.name).join("config.json");
        fs::write(&path, format!("{spec:#}\n")).context(|| format!("write {}", path.display()))
    }

    fn options(&self) -> Result<CreateOptions> {
        Ok(CreateOptions {
            id: self.config.name.clone(),
            bundle: self.host.run(&self.config.name),
            rootfs: Some(storage::mount_for_steps(self.host, self.config)?),
            ..CreateOptions::default()
        })
    }

    /// The keeper's part.
    fn keep(&self, output: &PipeWriter, parent: u32) -> Result<i32> {
        process::set_parent_death_signal(SIGTERM)?;
        if std::os::unix::process::parent_id() != parent {
            return Err(interruption());
        }
        let null = File::open("/dev/null").context(|| "/dev/null")?;
        tty::become_stdio(null.as_fd(), 0)?;
        tty::become_stdio(output.as_fd(), 1)?;
        tty::become_stdio(output.as_fd(), 2)?;
        let root = Root::open(&self.host.oci_root())?;
        let Created { container, mut launched, .. } = create(&root, &self.options()?, Start::Now)?;
        container.unlock()?;
        let mut ended = launched.hear_the_end().map(|()| None);
        let mut is_interrupted = false;
        while let Ok(None) = ended {
            match signal::wait_for(signal::ALL)? {
                SIGCHLD => ended = launched.ended(),
                signal if ENDING.contains(&signal) => {
                    is_interrupted = true;
                    // One that has ended needs no signal; its number is its own until we have waited for it.
                    drop(process::kill(launched.payload()?, SIGKILL));
                }
                _ => {}
            }
        }
        if ended.is_err() {
            launched.kill()?;
        }
        drop(container);
        delete::delete(&root, &self.config.name, true)?;
        match ended? {
            _ if is_interrupted => Err(interruption()),
            exit => Ok(exit.map_or(255, process::Exit::code)),
        }
    }
}

/// A shell in a system that a step failed in, on the caller's terminal.
///
/// # Errors
/// What making the container answers.
pub(super) fn shell(host: &Host, config: &Config) -> Result<()> {
    let words = ["/bin/sh", "-i"].map(str::to_owned).to_vec();
    let is_online = config.network == Network::Host;
    let step = Step { host, config, words, script: None, is_online };
    step.write_bundle(true)?;
    let root = Root::open(&host.oci_root())?;
    run::run(&root, &step.options()?, false)?;
    Ok(())
}

/// Ends what is left of a step whose keeper was killed.
///
/// # Errors
/// A process that does not die, a cgroup that stays.
pub(super) fn end(host: &Host, name: &str) -> Result<()> {
    if !host.oci_root().join(name).exists() {
        return Ok(());
    }
    let root = Root::open(&host.oci_root())?;
    delete::delete(&root, name, true).context(|| format!("remove what {name} left"))
}

/// Whether a signal has come that should end us.
///
/// # Errors
/// `Interrupted`.
pub(super) fn interrupted(signals: BorrowedFd<'_>) -> Result<()> {
    while let Some(signal) = signal::next_signal(signals)? {
        if ENDING.contains(&signal) {
            return Err(interruption());
        }
    }
    Ok(())
}

fn interruption() -> Error {
    Error::new(Exit::Interrupted, "interrupted")
}

/// Passes on what the step prints until nobody has the other end, and a signal for us to the keeper. Says whether one
/// came.
fn relay(mut from: PipeReader, signals: BorrowedFd<'_>, keeper: i32) -> Result<bool> {
    let mut buffer = [0; 8192];
    let mut is_interrupted = false;
    loop {
        let [has_output, has_signal] =
            wait_for_news([(from.as_fd(), News::Readable), (signals, News::Readable)], None)?;
        if has_signal && interrupted(signals).is_err() {
            is_interrupted = true;
            process::kill(keeper, SIGTERM)?;
        }
        if has_output {
            match from.read(&mut buffer) {
                Ok(0) => return Ok(is_interrupted),
                Ok(count) => output::passed_on(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context(|| "read what the step prints"),
            }
        }
    }
}

fn answer(said: &str, is_interrupted: bool) -> Result<i32> {
    match (said.strip_prefix('='), said.strip_prefix('!')) {
        _ if is_interrupted => Err(interruption()),
        (Some(code), _) => Ok(code.parse().unwrap_or(255)),
        (_, Some(text)) => Err(Error::new(Exit::Failure, text)),
        _ => Err(Error::new(Exit::Failure, "the process that keeps the step was killed")),
    }
}

fn add_file(spec: &mut Value, source: &Path, to: &str) {
    let mount = json!({
        "destination": to, "type": "bind", "source": source, "options": ["bind", "ro", "nosuid", "nodev"],
    });
    if let Some(mounts) = spec["mounts"].as_array_mut() {
        mounts.push(mount);
    }
}

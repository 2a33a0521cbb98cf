// SPDX-License-Identifier: Apache-2.0
//! `ctctl start`.

use super::set::{Assignment, check_capabilities};
use crate::console::attach;
use crate::container::start::{Until, allowed, start};
use crate::container::state;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::monitor::wishes::Wishes;
use crate::select::Selection;
use crate::store::{self, Lock, Wait};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Start systems
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub systems: Selection,
    #[command(flatten)]
    pub ready: Ready,
    /// Stay with its console until it ends, and end with its exit code; Ctrl-] leaves it running
    #[arg(short = 'F', long, conflicts_with = "wait")]
    pub foreground: bool,
    /// The key that leaves the console: ^ and a letter for control and that letter, or none
    #[arg(long, value_name = "KEY", default_value = "^]", requires = "foreground")]
    pub escape: String,
    /// Although it is disabled
    #[arg(long)]
    pub force: bool,
    /// Write the number of its first process on the host to this file
    #[arg(short, long, value_name = "FILE")]
    pub pid_file: Option<PathBuf>,
    /// A key for this once, which is not saved
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub set: Vec<Assignment>,
    /// Also give capabilities that reach the host
    #[arg(long)]
    pub allow_unsafe: bool,
}

/// When a verb that starts a system returns.
#[derive(Debug, Clone, clap::Args)]
pub struct Ready {
    /// Return when the system says that it is ready, as systemd does at its default target; fail after SECONDS
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, require_equals = true)]
    pub wait: Option<Option<u64>>,
}

impl Ready {
    pub(super) fn until(&self) -> Until {
        match self.wait {
            None => Until::Running,
            Some(seconds) => Until::Ready(seconds.map(Duration::from_secs)),
        }
    }
}

/// Carries it out. It returns when init runs, or with `--wait` when it is ready.
///
/// # Errors
/// `NoSystem`; `Running` when it runs already; what went wrong on the way, of which nothing is left.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let escape = super::console::escape(&args.escape)?;
    let chosen = args.systems.choose(host)?;
    let option = if args.foreground { "--foreground" } else { "--pid-file" };
    if (args.foreground || args.pid_file.is_some()) && chosen.systems.len() > 1 {
        return Err(Error::new(Exit::Usage, format!("{option} is for one system")));
    }
    chosen.each_that(
        host,
        |state| !state.is_running(),
        |name| {
            let lock = store::lock(host, name, Wait::Yes)?;
            begin(args, host, name, lock, escape).context(|| format!("start {name}"))
        },
    )
}

fn begin(args: &Args, host: &Host, name: &str, lock: Lock, escape: Option<u8>) -> Result<u8> {
    let mut config = store::read(host, name)?;
    let keys = args.set.iter().map(|given| (given.key.clone(), given.value.clone())).collect();
    let wishes = Wishes::new(keys, None);
    let saved = config.clone();
    wishes.apply(&mut config)?;
    check_capabilities(&saved, &config, args.allow_unsafe)?;
    allowed(&config, args.force)?;
    let pid_file = args.pid_file.as_deref().map(std::path::absolute).transpose();
    let pid_file = pid_file.context(|| "--pid-file")?;
    // Before the start: where it cannot be written nothing is to run.
    let pid_file = pid_file.map(PidFile::new).transpose()?;
    let on_start = || pid_file.map_or(Ok(()), |file| file.write(host, name));
    if args.foreground {
        return attach::foreground(host, name, lock, wishes, escape, on_start);
    }
    let started = start(host, name, lock, args.ready.until(), &wishes);
    if started.is_ok() || args.ready.wait.is_some() && state::state(host, name)?.is_running() {
        on_start()?;
    }
    started.map(|()| 0)
}

/// The number is written beside the file, which is renamed: a reader never sees half of it.
struct PidFile {
    path: PathBuf,
    beside: PathBuf,
    file: fs::File,
}

impl PidFile {
    fn new(path: PathBuf) -> Result<PidFile> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let make = || fs::File::create_new(&beside);
        // Made anew: what is there is left from one that was killed, or a link that somebody put there.
        let file = make().or_else(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => fs::remove_file(&beside).and_then(|()| make()),
            _ => Err(error),
        });
        let file = file.context(|| format!("write {}", beside.display()))?;
        Ok(PidFile { path, beside, file })
    }

    fn write(mut self, host: &Host, name: &str) -> Result<()> {
        // One that has ended already has no number.
        let Some(pid) = state::state(host, name)?.pid() else { return Ok(()) };
        let written = std::io::Write::write_all(&mut self.file, format!("{pid}\n").as_bytes());
        let renamed = written.and_then(|()| fs::rename(&self.beside, &self.path));
        renamed.context(|| format!("write {}", self.path.display()))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // It is gone where it has become the file.
        drop(fs::remove_file(&self.beside));
    }
}

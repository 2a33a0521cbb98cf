// SPDX-License-Identifier: Apache-2.0
//! Where things live on this machine; the only reader of the environment.

use crate::error::{Context, Error, Exit, Result};
use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The places that a flag or an environment variable can move.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Places {
    /// Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    pub config_dir: Option<PathBuf>,
    /// Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    pub data_dir: Option<PathBuf>,
    /// Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    pub run_dir: Option<PathBuf>,
    /// Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    pub log_dir: Option<PathBuf>,
}

/// This machine, as the manager sees it.
#[derive(Debug, Clone)]
pub struct Host {
    config: PathBuf,
    data: PathBuf,
    run: PathBuf,
    log: PathBuf,
    libexec: Option<PathBuf>,
    /// The user's `TERM`, for terminals inside.
    pub term: String,
}

fn place(flag: Option<PathBuf>, variable: &str, default: &str) -> PathBuf {
    let given = flag.or_else(|| env::var_os(variable).filter(|v| !v.is_empty()).map(PathBuf::from));
    let path = given.unwrap_or_else(|| PathBuf::from(default));
    // A relative place would mean another one to the monitor, which lives in `/`.
    std::path::absolute(&path).unwrap_or(path)
}

/// Variables of an environment, each once.
#[derive(Debug, Default)]
pub struct Variables(Vec<String>);

impl Variables {
    /// Adds `NAME=VALUE`, in the place of one of the same name.
    pub fn put(&mut self, pair: String) {
        let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
        match self.0.iter_mut().find(|old| name(old) == name(&pair)) {
            Some(old) => *old = pair,
            None => self.0.push(pair),
        }
    }

    /// All of them.
    #[must_use]
    pub fn into_pairs(self) -> Vec<String> {
        self.0
    }
}

#[cfg(test)]
impl Host {
    /// Places of a test's own, below the folder that comes with it.
    pub(crate) fn of_test(name: &str) -> (Host, PathBuf) {
        let root = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let under = |part: &str| Some(root.join(part));
        let places = Places {
            config_dir: under("etc"),
            data_dir: under("data"),
            run_dir: under("run"),
            log_dir: under("log"),
        };
        (Host::new(places), root)
    }
}

impl Host {
    /// The caller's own variables, as `NAME=VALUE`; those that are no text are left out.
    pub fn variables(&self) -> impl Iterator<Item = String> {
        let text = |word: std::ffi::OsString| word.into_string().ok();
        env::vars_os().filter_map(move |(name, value)| Some(format!("{}={}", text(name)?, text(value)?)))
    }

    /// From flags, then the environment, then the defaults.
    #[must_use]
    pub fn new(places: Places) -> Host {
        Host {
            config: place(places.config_dir, "CTCTL_CONFIG", "/etc/ctctl"),
            data: place(places.data_dir, "CTCTL_DATA", "/var/lib/ctctl"),
            run: place(places.run_dir, "CTCTL_RUN", "/run/ctctl"),
            log: place(places.log_dir, "CTCTL_LOG", "/var/log/ctctl"),
            libexec: env::var_os("CTCTL_LIBEXEC").map(PathBuf::from),
            term: env::var("TERM").unwrap_or_else(|_| "linux".to_owned()),
        }
    }

    /// The folder of configuration files, one per system.
    #[must_use]
    pub fn configs(&self) -> PathBuf {
        self.config.join("systems")
    }

    /// A system's configuration.
    #[must_use]
    pub fn config_file(&self, name: &str) -> PathBuf {
        self.configs().join(format!("{name}.toml"))
    }

    /// The copy of it that an administrator edits.
    #[must_use]
    pub fn edited_file(&self, name: &str) -> PathBuf {
        self.configs().join(format!(".{name}.edit.toml"))
    }

    /// What the networks of systems have in common.
    #[must_use]
    pub fn network_file(&self) -> PathBuf {
        self.config.join("network.toml")
    }

    /// The run state of what networks share.
    #[must_use]
    pub fn network_run(&self) -> PathBuf {
        self.run.join("network")
    }

    /// What a running system has of networks.
    #[must_use]
    pub fn attachment_file(&self, name: &str) -> PathBuf {
        self.run(name).join("network.json")
    }

    /// The administrator's own recipes.
    #[must_use]
    pub fn recipes(&self) -> PathBuf {
        self.config.join("templates")
    }

    /// Layers and templates.
    #[must_use]
    pub fn templates(&self) -> templates::Store {
        templates::Store::new(&self.data)
    }

    /// A system's own files: `upper` and `work`.
    #[must_use]
    pub fn data(&self, name: &str) -> PathBuf {
        self.data.join("systems").join(name)
    }

    /// The folder of all systems' own files.
    #[must_use]
    pub fn system_files(&self) -> PathBuf {
        self.data.join("systems")
    }

    /// Is there while the system runs, and after a boot of the host if it ran before.
    #[must_use]
    pub fn up_file(&self, name: &str) -> PathBuf {
        self.data(name).join("up")
    }

    /// Locked while a verb stops the system.
    #[must_use]
    pub fn stopping_file(&self, name: &str) -> PathBuf {
        self.run(name).join("stopping")
    }

    /// What a system's monitor says of itself, and what action scripts print.
    #[must_use]
    pub fn monitor_log(&self, name: &str) -> PathBuf {
        self.run(name).join("monitor.log")
    }

    /// The administrator's action scripts: those for all systems, then those for one.
    #[must_use]
    pub fn script_folders(&self, name: &str) -> [PathBuf; 2] {
        let hooks = self.config.join("hooks");
        [hooks.join("all"), hooks.join("systems").join(name)]
    }

    /// A running system's bundle and sockets.
    #[must_use]
    pub fn run(&self, name: &str) -> PathBuf {
        self.run.join("systems").join(name)
    }

    /// The four places, in the order of `ctctl-monitor`'s arguments.
    #[must_use]
    pub fn places(&self) -> [&Path; 4] {
        [&self.config, &self.data, &self.run, &self.log]
    }

    /// How a system's init ended last.
    #[must_use]
    pub fn exit_file(&self, name: &str) -> PathBuf {
        self.run(name).join("exit")
    }

    /// Where a system's console is attended.
    #[must_use]
    pub fn console_socket(&self, name: &str) -> PathBuf {
        self.run(name).join("console")
    }

    /// Where a system's init says that it is ready.
    #[must_use]
    pub fn notify_socket(&self, name: &str) -> PathBuf {
        self.run(name).join("notify")
    }

    /// What a system's systemd-networkd is told.
    #[must_use]
    pub fn networkd_file(&self, name: &str) -> PathBuf {
        self.run(name).join("eth0.network")
    }

    /// Names that have a run folder, whether or not they are configured.
    #[must_use]
    pub fn run_names(&self) -> Vec<String> {
        names_in(&self.run.join("systems"))
    }

    /// Names that the runtime knows: no other system runs.
    #[must_use]
    pub fn alive_names(&self) -> Vec<String> {
        names_in(&self.oci_root())
    }

    /// Names that have files of their own, whether or not they are configured.
    #[must_use]
    pub fn data_names(&self) -> Vec<String> {
        names_in(&self.data.join("systems"))
    }

    /// Where it is noted what happens to systems.
    #[must_use]
    pub fn events_file(&self) -> PathBuf {
        self.run.join("events.log")
    }

    /// The runtime's state root; `ctrun --root` reads it too.
    #[must_use]
    pub fn oci_root(&self) -> PathBuf {
        self.run.join("oci")
    }

    /// The folder of lock files.
    #[must_use]
    pub fn locks(&self) -> PathBuf {
        self.run.join("locks")
    }

    /// A system's console log.
    #[must_use]
    pub fn log_file(&self, name: &str) -> PathBuf {
        self.log.join(format!("{name}.log"))
    }

    /// A helper program: in `$CTCTL_LIBEXEC`, beside this program, then in `../libexec/ctctl`.
    ///
    /// # Errors
    /// `Failure` when it is in none of them.
    pub fn helper(&self, name: &str) -> Result<PathBuf> {
        let own = env::current_exe().context(|| "find this program's folder")?;
        let beside = own.parent().unwrap_or(Path::new("/"));
        let mut places: Vec<PathBuf> = self.libexec.iter().cloned().collect();
        places.push(beside.to_owned());
        places.push(beside.join("../libexec/ctctl"));
        let found = places.iter().map(|place| place.join(name)).find(|path| path.is_file());
        found.ok_or_else(|| {
            let tried: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
            Error::new(Exit::Failure, format!("no {name} in {}", tried.join(", ")))
                .hint("set CTCTL_LIBEXEC to the folder that has it")
        })
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// What is not there needs no removal and no other name.
///
/// # Errors
/// All but that it is not there.
pub fn gone(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes a folder and those above it, closed to everyone else whatever the umask.
///
/// # Errors
/// What the file system answers.
pub fn private_dir(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).context(|| format!("make {}", path.display()))
}

/// Whether the caller is root in the way that namespaces and mounts need.
///
/// # Errors
/// `Permission`.
pub fn need_root() -> Result<()> {
    let uid = fs::metadata("/proc/self").context(|| "/proc/self")?.uid();
    if uid == 0 {
        return Ok(());
    }
    Err(Error::new(Exit::Permission, "not root").hint("run it with sudo"))
}

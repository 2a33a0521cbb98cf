// SPDX-License-Identifier: Apache-2.0
//! The administrator's action scripts, at the steps that OpenVZ has: those for all systems, then those for one.
//!
//! ```text
//! start:  premount, (the root is mounted) mount, (init runs) start inside
//! stop:   stop inside, (init ends, the root is unmounted) umount, postumount
//! ```

use crate::accounts::User;
use crate::bundle;
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::idmap::IdMap;
use crate::output;
use runtime::sandbox::exec::ExecOptions;
use runtime::state::Root;
use runtime::verbs::exec;
use runtime_sys::rustix::fs::{SeekFrom, seek};
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, credentials, fs as sysfs, signal, tty};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// When a script is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Before the root file system is mounted.
    Premount,
    /// After it is; `VE_ROOT` is a path to it.
    Mount,
    /// Inside, as soon as init runs.
    Start,
    /// Inside, before init is asked to halt.
    Stop,
    /// After init has ended.
    Umount,
    /// After that.
    Postumount,
}

impl Step {
    /// The name of its scripts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Step::Premount => "premount",
            Step::Mount => "mount",
            Step::Start => "start",
            Step::Stop => "stop",
            Step::Umount => "umount",
            Step::Postumount => "postumount",
        }
    }
}

/// The scripts of a step that are there, in their order.
#[must_use]
pub fn of(host: &Host, name: &str, step: Step) -> Vec<PathBuf> {
    let paths = host.script_folders(name).map(|folder| folder.join(step.word()));
    paths.into_iter().filter(|path| path.exists()).collect()
}

fn environment(host: &Host, config: &Config) -> [(&'static str, String); 3] {
    [
        ("VEID", config.ctid.to_string()),
        ("VE_NAME", config.name.clone()),
        ("VE_CONFFILE", host.config_file(&config.name).display().to_string()),
    ]
}

fn failed(path: &Path, what: &str) -> Error {
    Error::new(Exit::Script, format!("the script {} {what}", path.display()))
}

/// Runs the scripts of a step on the host, in `/`, with nothing to read; what they print goes to standard error.
///
/// # Errors
/// `Script`, which names the first that failed; those behind it do not run.
pub fn run_on_host(host: &Host, config: &Config, step: Step, root: Option<BorrowedFd<'_>>) -> Result<()> {
    for path in of(host, &config.name, step) {
        let mut command = Command::new(&path);
        command.envs(environment(host, config)).current_dir("/").stdin(Stdio::null());
        let own = std::io::stderr().as_fd().try_clone_to_owned().context(|| "keep standard error")?;
        command.stdout(Stdio::from(own));
        if let Some(root) = root {
            command.env("VE_ROOT", format!("/proc/{}/fd/{}", std::process::id(), root.as_raw_fd()));
        }
        signal::block_none_in(&mut command);
        let status = command.status().map_err(|error| {
            failed(&path, &format!("cannot be run: {error}"))
                .hint("chmod +x, and #!/bin/sh in its first line")
        })?;
        if !status.success() {
            return Err(failed(&path, &format!("failed: {status}"))
                .hint(format!("what it printed is in {}", host.monitor_log(&config.name).display())));
        }
    }
    Ok(())
}

/// The scripts behind the end of a system, which nothing can be kept from any more: failures are told alone.
pub fn after_the_end(host: &Host, config: &Config) {
    for step in [Step::Umount, Step::Postumount] {
        if let Err(error) = run_on_host(host, config, step, None) {
            output::progress(&format!("ctctl: {}: {error}", config.name));
        }
    }
}

/// Runs the scripts of a step inside, by the system's own /bin/sh, which reads them from its standard input.
///
/// # Errors
/// `Script`, which names the first that failed, or did not end in time; those behind it do not run.
pub fn run_inside(host: &Host, config: &Config, step: Step, time: Duration) -> Result<()> {
    // The shell is the system's own: it may be one that never ends.
    let deadline = Instant::now() + time.min(Duration::from_secs(u64::from(u32::MAX)));
    for path in of(host, &config.name, step) {
        let text = fs::read(&path).context(|| format!("read {}", path.display()))?;
        // A copy that nobody can change: where the system has the host's ids its root could open the file anew.
        let copy = sysfs::sealed_memory_file(c"script", [&text[..]])?;
        seek(&copy, SeekFrom::Start(0)).map_err(std::io::Error::from).context(|| "begin at the beginning")?;
        tty::become_stdio(copy.as_fd(), 0)?;
        let code = inside(host, config, deadline)
            .map_err(|error| failed(&path, &format!("cannot be run inside: {error}")))?;
        if code != 0 {
            return Err(failed(&path, &format!("failed inside with exit code {code}")));
        }
    }
    Ok(())
}

fn inside(host: &Host, config: &Config, deadline: Instant) -> Result<i32> {
    let mut env = bundle::usual_env(&config.env);
    env.extend(["HOME=/root", "USER=root", "LOGNAME=root"].map(str::to_owned));
    env.extend(environment(host, config).iter().map(|(name, value)| format!("{name}={value}")));
    let command = bundle::Command {
        args: ["/bin/sh", "-s"].map(str::to_owned).to_vec(),
        tty: false,
        env,
        cwd: "/".to_owned(),
        user: User::root(),
        is_elevated: false,
        is_mapped: config.idmap != IdMap::Host,
    };
    let (_, capabilities, _) = credentials::capget()?;
    let process = bundle::command(config, &command, capabilities).to_string();
    let file = sysfs::sealed_memory_file(c"process.json", [process.as_bytes()])?;
    let options = ExecOptions {
        id: config.name.clone(),
        process: Some(format!("/proc/self/fd/{}", file.as_raw_fd()).into()),
        ..ExecOptions::default()
    };
    let ended = exec::exec_until(&Root::open(&host.oci_root())?, &options, deadline)?;
    ended.ok_or_else(|| Error::new(Exit::Timeout, "it did not end in time and was killed"))
}

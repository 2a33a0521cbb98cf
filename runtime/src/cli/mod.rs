// SPDX-License-Identifier: Apache-2.0
//! The command line of `ctrun`: runc's verbs, options and texts.

pub mod flags;
pub mod help;
mod limits;
pub mod verbs;

use crate::error::{Error, Result};
use crate::logging::Format;
use crate::sandbox::create::CreateOptions;
use crate::sandbox::exec::ExecOptions;
use flags::Read;
use std::path::PathBuf;
use verbs::{GLOBAL, VERBS, Verb};

/// What stands before the verb.
#[derive(Debug, Default)]
pub struct Global {
    /// The folder of the containers' state.
    pub root: PathBuf,
    /// Where the log is appended.
    pub log: Option<PathBuf>,
    /// Its format.
    pub format: Format,
    /// Whether what is done is logged.
    pub debug: bool,
    /// Make no cgroup and set no limits (`--cgroup-manager disabled`, as with crun).
    pub no_cgroups: bool,
    /// `--criu` was given, which means nothing to us.
    pub has_criu: bool,
}

/// What the caller's environment says: `main.rs` reads it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// `USER`.
    pub user: Option<String>,
    /// `LISTEN_FDS`, where `LISTEN_PID` names this process (`sd_listen_fds(3)`).
    pub listen_fds: Option<String>,
    /// `LISTEN_FDNAMES`.
    pub listen_fd_names: Option<String>,
    /// `NOTIFY_SOCKET`, if it names one (`sd_notify(3)`).
    pub notify_socket: Option<String>,
}

/// A verb and what it was told.
#[derive(Debug)]
pub struct Call {
    /// The verb.
    pub verb: &'static Verb,
    /// Its options and words.
    pub read: Read,
    environment: Environment,
    no_cgroups: bool,
}

/// What a command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// A text.
    Print(String),
    /// A verb.
    Do(Global, Box<Call>),
}

/// A command line that cannot be read: the message, and the usage that helps.
#[derive(Debug)]
pub struct Misused {
    /// What is wrong.
    pub message: String,
    /// How it is meant.
    pub usage: String,
}

impl Misused {
    fn of(error: &Error, verb: Option<&Verb>) -> Misused {
        Misused { message: error.to_string(), usage: help::usage(verb) }
    }
}

/// Reads a whole command line, without the program's name.
///
/// # Errors
/// The message and the usage.
pub fn parse(args: &[String], environment: Environment) -> std::result::Result<Asked, Misused> {
    let read = flags::read(GLOBAL, args, true).map_err(|error| Misused::of(&error, None))?;
    if read.has("version") {
        return Ok(Asked::Print(help::version()));
    }
    let Some((name, rest)) = read.words.split_first() else { return Ok(Asked::Print(help::overview())) };
    if read.has("help") || name == "help" {
        let verb = rest.first().and_then(|name| VERBS.iter().find(|verb| verb.name == name));
        return Ok(Asked::Print(verb.map_or_else(help::overview, help::verb)));
    }
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        let message = format!("No help topic for '{name}'");
        return Err(Misused { message, usage: help::usage(None) });
    };
    let global = global(&read, &environment).map_err(|error| Misused::of(&error, None))?;
    let read = flags::read(verb.flags, rest, verb.stops).map_err(|error| Misused::of(&error, Some(verb)))?;
    if read.has("help") {
        return Ok(Asked::Print(help::verb(verb)));
    }
    let (least, most) = verb.count;
    if read.words.len() < least || read.words.len() > most {
        let needs = match verb.count {
            (0, 0) => "takes no arguments".to_owned(),
            (least, most) if least == most => format!("requires exactly {least} argument(s)"),
            (least, usize::MAX) => format!("requires a minimum of {least} argument(s)"),
            (least, most) => format!("requires {least} to {most} arguments"),
        };
        let message = format!("ctrun: {:?} {needs}", verb.name);
        return Err(Misused { message, usage: help::usage(Some(verb)) });
    }
    let no_cgroups = global.no_cgroups;
    Ok(Asked::Do(global, Box::new(Call { verb, read, environment, no_cgroups })))
}

fn global(read: &Read, environment: &Environment) -> Result<Global> {
    if read.has("systemd-cgroup") || read.last("cgroup-manager") == Some("systemd") {
        return Err(Error::unsupported(
            "the systemd cgroup driver is not there yet: use cgroupfs (podman: --cgroup-manager cgroupfs)",
        ));
    }
    let no_cgroups = match read.last("cgroup-manager") {
        None | Some("cgroupfs") => false,
        Some("disabled") => true,
        Some(other) => {
            return Err(Error::invalid(format!(
                "--cgroup-manager: unknown {other:?}: use cgroupfs or disabled"
            )));
        }
    };
    let debug = match read.last("log-level") {
        None | Some("error" | "warning" | "info") => read.has("debug"),
        Some("debug") => true,
        Some(other) => {
            return Err(Error::invalid(format!("--log-level: {other:?}: use error, warning, info or debug")));
        }
    };
    match read.last("rootless") {
        None | Some("auto" | "true" | "false") => {}
        Some(other) => return Err(Error::invalid(format!("--rootless: {other:?}: use auto, true or false"))),
    }
    let format = match read.last("log-format") {
        None | Some("text") => Format::Text,
        Some("json") => Format::Json,
        Some(other) => {
            return Err(Error::invalid(format!("--log-format: unknown {other:?}: use text or json")));
        }
    };
    let root = read.last("root").map_or_else(|| default_root(environment), PathBuf::from);
    let log = read.last("log").map(log_file).transpose()?;
    Ok(Global { root, log, format, debug, no_cgroups, has_criu: read.last("criu").is_some() })
}

/// A path, or crun's `file:PATH`.
fn log_file(text: &str) -> Result<PathBuf> {
    match text.split_once(':') {
        Some(("file", path)) => Ok(PathBuf::from(path)),
        Some((kind @ ("journald" | "syslog"), _)) => {
            Err(Error::unsupported(format!("--log: {kind} is not written to: name a file")))
        }
        _ => Ok(PathBuf::from(text)),
    }
}

fn default_root(environment: &Environment) -> PathBuf {
    let own = environment.runtime_dir.as_ref().filter(|_| is_ordinary_user(environment));
    own.map_or_else(|| PathBuf::from("/run/ctrun"), |own| own.join("ctrun"))
}

/// As runc decides it: an engine of an ordinary user calls us as root of a user namespace.
fn is_ordinary_user(environment: &Environment) -> bool {
    let is_root_by_name = environment.user.as_deref() == Some("root");
    runtime_sys::credentials::effective_user() != 0
        || (!is_root_by_name && runtime_sys::credentials::has_user_namespace())
}

impl Call {
    /// The container's name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.read.words.first().map_or("", String::as_str)
    }

    fn path(&self, long: &str) -> Option<PathBuf> {
        self.read.last(long).map(PathBuf::from)
    }

    /// The folder of the bundle.
    #[must_use]
    pub fn bundle(&self) -> PathBuf {
        self.path("bundle").unwrap_or_else(|| PathBuf::from("."))
    }

    /// Another configuration than the bundle's.
    #[must_use]
    pub fn config(&self) -> Option<PathBuf> {
        self.path("config")
    }

    /// Options of `create` and `run`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] for numbers that are none.
    pub fn create_options(&self) -> Result<CreateOptions> {
        let (preserve_fds, extra_env) = preserved(&self.read, &self.environment)?;
        Ok(CreateOptions {
            id: self.id().to_owned(),
            bundle: self.bundle(),
            config: self.config(),
            console_socket: self.path("console-socket"),
            pidfd_socket: self.path("pidfd-socket"),
            pid_file: self.path("pid-file"),
            no_pivot: self.read.has("no-pivot"),
            no_new_keyring: self.read.has("no-new-keyring"),
            no_cgroups: self.no_cgroups,
            preserve_fds,
            rootfs: None,
            extra_env,
            notify_socket: self.environment.notify_socket.clone(),
        })
    }

    /// The supervisor's socket.
    #[must_use]
    pub fn notify_socket(&self) -> Option<&str> {
        self.environment.notify_socket.as_deref()
    }

    /// Options of `exec`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] for numbers that are none, or when no program is named.
    pub fn exec_options(&self) -> Result<ExecOptions> {
        let read = &self.read;
        let (preserve_fds, extra_env) = preserved(read, &self.environment)?;
        let process = self.path("process");
        let args: Vec<String> = read.words.iter().skip(1).cloned().collect();
        if process.is_none() && args.is_empty() {
            return Err(Error::invalid("exec: name a program, or a file with --process"));
        }
        let groups = read.all("additional-gids").map(|gid| number("--additional-gids", gid));
        Ok(ExecOptions {
            namespaces: None,
            is_elevated: false,
            id: self.id().to_owned(),
            process,
            args,
            cwd: read.last("cwd").map(str::to_owned),
            env: read.all("env").map(str::to_owned).collect(),
            tty: read.has("tty"),
            user: read.last("user").map(user).transpose()?,
            additional_gids: groups.collect::<Result<_>>()?,
            process_label: read.last("process-label").map(str::to_owned),
            apparmor: read.last("apparmor").map(str::to_owned),
            no_new_privs: read.has("no-new-privs"),
            capabilities: read.all("cap").map(str::to_owned).collect(),
            preserve_fds,
            cgroups: read.all("cgroup").map(str::to_owned).collect(),
            ignore_paused: read.has("ignore-paused"),
            detach: read.has("detach"),
            console_socket: self.path("console-socket"),
            pidfd_socket: self.path("pidfd-socket"),
            pid_file: self.path("pid-file"),
            extra_env,
        })
    }
}

fn number(flag: &str, text: &str) -> Result<u32> {
    // Rust would read a sign as well.
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| Error::invalid(format!("{flag}: {text:?} is no number from 0 to 4294967295")))
}

/// `UID` or `UID:GID`.
fn user(text: &str) -> Result<(u32, Option<u32>)> {
    let (uid, gid) = text.split_once(':').map_or((text, None), |(uid, gid)| (uid, Some(gid)));
    Ok((number("--user", uid)?, gid.map(|gid| number("--user", gid)).transpose()?))
}

/// How many descriptors after 2 the payload gets, and what it is told of them: `--preserve-fds`, and the sockets of
/// socket activation (`sd_listen_fds(3)`), which come first. They must be there by now.
fn preserved(read: &Read, environment: &Environment) -> Result<(u32, Vec<String>)> {
    let asked = read.last("preserve-fds").map_or(Ok(0), |text| number("--preserve-fds", text))?;
    let listening = environment.listen_fds.as_ref().map_or(Ok(0), |count| number("LISTEN_FDS", count))?;
    let mut env = Vec::new();
    if listening > 0 {
        env.push(format!("LISTEN_FDS={listening}"));
        env.push("LISTEN_PID=1".to_owned());
        if let Some(names) = &environment.listen_fd_names {
            env.push(format!("LISTEN_FDNAMES={names}"));
        }
    }
    let count = asked.saturating_add(listening);
    for fd in 3..3u32.saturating_add(count) {
        if !i32::try_from(fd).is_ok_and(runtime_sys::fd::is_inherited) {
            return Err(Error::invalid(format!("--preserve-fds: descriptor {fd} is not open")));
        }
    }
    Ok((count, env))
}

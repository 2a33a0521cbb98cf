// SPDX-License-Identifier: Apache-2.0
//! A command in a running system: as whom, with what environment, in which namespaces. `exec` and `enter` share it.

use super::{edit, start, state};
use crate::accounts::{self, User};
use crate::bundle;
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::host::{Host, Variables};
use crate::idmap::IdMap;
use crate::storage::files;
use crate::store;
use runtime::sandbox::exec::ExecOptions;
use runtime::state::Root;
use runtime::verbs::exec;
use runtime_sys::namespace as ns;
use runtime_sys::{AsFd, AsRawFd, credentials, fs};
use std::time::{Duration, Instant};

/// What a caller may say of a command beside the command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Session {
    /// Run it as this user of the system, and with this group: names or numbers
    #[arg(short, long, value_name = "USER[:GROUP]")]
    pub user: Option<String>,
    /// Add a variable to its environment
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// Give it none of the variables that the configuration has
    #[arg(long, conflicts_with = "keep_env")]
    pub clear_env: bool,
    /// Give it the caller's variables, but for those that every command in the system has
    #[arg(long)]
    pub keep_env: bool,
    /// Give it this variable of the caller's
    #[arg(long, value_name = "NAME")]
    pub keep_var: Vec<String>,
    /// Kill it, and what it started, after so many seconds; the exit code is 10 then
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Give it all capabilities, without the system's seccomp filter and limits
    #[arg(long)]
    pub elevated: bool,
    /// Join only these of the system's namespaces: net, uts, ipc, cgroup, pid, mount, user
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub ns: Vec<String>,
}

/// A command.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program and its arguments.
    pub args: Vec<String>,
    /// Whether it gets a terminal.
    pub tty: bool,
    /// Where it begins.
    pub cwd: String,
}

/// Runs a command in a system, in the foreground. The result is its exit code.
///
/// # Errors
/// `State` when the system does not run; `Timeout`; a command that cannot be run.
pub fn run(host: &Host, name: &str, command: Command, session: &Session) -> Result<u8> {
    if !state::state(host, name)?.is_running() {
        return Err(Error::new(Exit::State, "it does not run").hint(format!("ctctl start {name}")));
    }
    start::adopt(host, name)?;
    let config = store::read(host, name)?;
    let namespaces = namespaces(&session.ns, &config)?;
    let user = user(host, name, session, namespaces)?;
    let (_, capabilities, _) = credentials::capget()?;
    let wish = bundle::Command {
        args: command.args,
        tty: command.tty,
        cwd: command.cwd,
        env: environment(&config, session, &user, host),
        user,
        is_elevated: session.elevated,
        // Without the system's user namespace it can have no more than the caller has.
        is_mapped: config.idmap != IdMap::Host && namespaces.is_none_or(|set| set & ns::CLONE_NEWUSER != 0),
    };
    let process = bundle::command(&config, &wish, capabilities).to_string();
    let file = fs::sealed_memory_file(c"process.json", [process.as_bytes()])?;
    let options = ExecOptions {
        id: name.to_owned(),
        process: Some(format!("/proc/self/fd/{}", file.as_raw_fd()).into()),
        namespaces,
        is_elevated: session.elevated,
        ..ExecOptions::default()
    };
    let root = Root::open(&host.oci_root())?;
    let code = match session.timeout {
        None => exec::exec(&root, &options).map_err(of_a_command)?,
        Some(seconds) => {
            let far = Duration::from_secs(seconds.min(u64::from(u32::MAX)));
            let ended = exec::exec_until(&root, &options, Instant::now() + far).map_err(of_a_command)?;
            ended.ok_or_else(|| {
                Error::new(Exit::Timeout, format!("the command was killed after {seconds} s"))
            })?
        }
    };
    Ok(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
}

fn of_a_command(error: runtime::Error) -> Error {
    let error = Error::from(error);
    match error.exit() {
        Exit::NoProgram | Exit::CannotRun => {
            error.hint("paths are those inside, and a shell's words need: sh -c '…'")
        }
        _ => error,
    }
}

fn user(host: &Host, name: &str, session: &Session, namespaces: Option<u64>) -> Result<User> {
    let Some(wish) = &session.user else { return Ok(User::root()) };
    if namespaces.is_some_and(|set| set & ns::CLONE_NEWNS == 0) {
        return Err(Error::new(Exit::Usage, "--user: the users are those of the system's files")
            .hint("name mount and user in --ns too"));
    }
    let root = edit::root_of_running(host, name)?;
    let passwd = files::read_text(root.as_fd(), c"etc/passwd")?;
    let group = files::read_text(root.as_fd(), c"etc/group")?;
    accounts::find(wish, &passwd, &group)
}

/// What the words of `--ns` mean; nothing for all namespaces.
///
/// A process with the host's files and a place among the system's processes would be a door for them, and one with
/// the system's files and the host's root would run their programs as the host's root.
fn namespaces(words: &[String], config: &Config) -> Result<Option<u64>> {
    if words.is_empty() {
        return Ok(None);
    }
    let refuse = |why: String, hint: &str| Err(Error::new(Exit::Usage, format!("--ns: {why}")).hint(hint));
    let mut set = 0;
    for word in words {
        set |= match word.to_ascii_lowercase().as_str() {
            "net" | "network" => ns::CLONE_NEWNET,
            "uts" | "utsname" => ns::CLONE_NEWUTS,
            "ipc" => ns::CLONE_NEWIPC,
            "cgroup" => ns::CLONE_NEWCGROUP,
            "pid" => ns::CLONE_NEWPID,
            "mount" | "mnt" => ns::CLONE_NEWNS,
            "user" => ns::CLONE_NEWUSER,
            _ => {
                return refuse(
                    format!("{word:?} is no namespace"),
                    "choose among net, uts, ipc, cgroup, pid, mount, user",
                );
            }
        };
    }
    let has = |flag: u64| set & flag != 0;
    if has(ns::CLONE_NEWPID) && !has(ns::CLONE_NEWNS) {
        return refuse(
            "pid without mount would show the host's files to the system's processes".to_owned(),
            "name mount too, or leave pid out",
        );
    }
    if config.idmap != IdMap::Host && has(ns::CLONE_NEWUSER) != has(ns::CLONE_NEWNS) {
        return refuse(
            "mount and user go together: the system's programs are not for the host's root".to_owned(),
            "name both or neither",
        );
    }
    Ok(Some(set))
}

/// The environment of a command: a later one of the same name counts.
fn environment(config: &Config, session: &Session, user: &User, host: &Host) -> Vec<String> {
    let mut env = Variables::default();
    if session.keep_env {
        host.variables().for_each(|pair| env.put(pair));
    }
    let configured = if session.clear_env { &[] } else { config.env.as_slice() };
    bundle::usual_env(configured).into_iter().for_each(|pair| env.put(pair));
    env.put(format!("HOME={}", user.home));
    if let Some(name) = &user.name {
        env.put(format!("USER={name}"));
        env.put(format!("LOGNAME={name}"));
    }
    env.put(format!("TERM={}", host.term));
    let kept =
        |name: &String| host.variables().find(|pair| pair.split_once('=').is_some_and(|p| p.0 == name));
    session.keep_var.iter().filter_map(kept).for_each(|pair| env.put(pair));
    session.env.iter().cloned().for_each(|pair| env.put(pair));
    env.into_pairs()
}

#[cfg(test)]
mod tests {
    use super::*;

    // LX-06
    #[test]
    fn namespaces_that_would_open_the_host_are_refused() {
        let mut config = Config::new("web");
        let set = |config: &Config, words: &str| {
            namespaces(&words.split(',').map(str::to_owned).collect::<Vec<_>>(), config)
        };
        config.idmap = "1048576:65536".parse().unwrap();
        assert_eq!(set(&config, "net,UTSNAME").unwrap(), Some(ns::CLONE_NEWNET | ns::CLONE_NEWUTS));
        for wrong in ["pid", "net,pid", "user", "mount", "mnt,pid", "x", ""] {
            let error = set(&config, wrong).unwrap_err();
            assert!(error.exit() == Exit::Usage && error.hint_text().is_some(), "{wrong}");
        }
        assert!(set(&config, "mount,user,pid").is_ok());
        config.idmap = IdMap::Host;
        assert!(set(&config, "mount").is_ok());
        assert_eq!(namespaces(&[], &config).unwrap(), None);
    }
}

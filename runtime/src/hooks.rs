// SPDX-License-Identifier: Apache-2.0
//! Hooks that run in the runtime's namespaces, with a deadline, and the state that every hook is told.

use crate::error::{Context, Error, ErrorKind, Result};
use crate::spec::Hook;
use crate::state::{State, Status};
use runtime_sys::{AsFd, fd, fs, process, signal};
use std::io::{Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

/// The state as hooks and `state` have it, in two parts: up to the status's word, and what follows the
/// process's number.
#[must_use]
pub fn state_parts(state: &State) -> (String, String) {
    let text = |value: &str| serde_json::to_string(value).expect("a string is JSON");
    let before =
        format!(r#"{{"ociVersion":{},"id":{},"status":""#, text(&state.oci_version), text(&state.id),);
    let annotations = serde_json::to_string(&state.annotations).expect("a map of strings is JSON");
    let bundle = text(&state.bundle.to_string_lossy());
    (before, format!(r#","bundle":{bundle},"annotations":{annotations}}}"#))
}

/// The state that hooks get on their standard input.
#[must_use]
pub fn state_json(state: &State, status: Status) -> String {
    let (before, after) = state_parts(state);
    // The number of a process that is no more may be another's.
    let pid = state.pid.filter(|_| status != Status::Stopped).unwrap_or(0);
    format!("{before}{}\",\"pid\":{pid}{after}", status.as_str())
}

/// Runs hooks in order; the first failure ends it.
///
/// # Errors
/// The hook's path, how it ended, and what it printed.
pub fn run_all(kind: &str, hooks: &[Hook<'_>], state: &State, status: Status) -> Result<()> {
    if hooks.is_empty() {
        return Ok(());
    }
    let json = state_json(state, status);
    // As with runc and crun, whose `create` works in the bundle. Later it may be gone.
    let folder = (status == Status::Creating).then_some(&*state.bundle);
    hooks.iter().enumerate().try_for_each(|numbered| run_one(kind, numbered, &json, folder))
}

fn run_one(kind: &str, (index, hook): (usize, &Hook<'_>), state: &str, folder: Option<&Path>) -> Result<()> {
    log::debug!("run {kind} hook {}", &*hook.path);
    run(hook, state, folder).context(|| format!("{kind} hook #{index} ({})", &*hook.path))
}

/// Runs the hooks that follow the end of a container. As the specification has it, a failure is logged and the others
/// run.
pub fn run_poststop(hooks: &[Hook<'_>], state: &State) {
    let json = state_json(state, Status::Stopped);
    for numbered in hooks.iter().enumerate() {
        if let Err(error) = run_one("poststop", numbered, &json, None) {
            log::warn!("{error}");
        }
    }
}

fn run(hook: &Hook<'_>, state: &str, folder: Option<&Path>) -> Result<()> {
    // A file and not a pipe: a hook need not read its state, and then a long one would not fit.
    let mut input = std::fs::File::from(fs::memory_file(c"hook-input")?);
    input.write_all(state.as_bytes()).and_then(|()| input.rewind()).context(|| "write its state")?;
    let output = fs::memory_file(c"hook-output")?;
    let copy = output.try_clone().context(|| "duplicate a descriptor")?;
    let mut command = Command::new(&*hook.path);
    if let Some((name, args)) = hook.args.split_first() {
        command.arg0(&**name).args(args.iter().map(|arg| &**arg));
    }
    // Without an environment of its own it has ours, as with runc and crun: hooks of engines count on PATH. With an empty
    // one it has none.
    if let Some(env) = &hook.env {
        command.env_clear();
        command.envs(env.iter().filter_map(|pair| pair.split_once('=')));
    }
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    // `run` and `exec` keep signals back for the payload; a hook that is to be ended by one has nothing of that.
    signal::block_none_in(&mut command);
    // What the caller left open for us, or for the payload, is not the hook's.
    fd::inherit_only_stdio_in(&mut command);
    let mut child = command
        .stdin(input)
        .stdout(output.try_clone().context(|| "duplicate a descriptor")?)
        .stderr(copy)
        .spawn()
        .context(|| "start it")?;
    let pid = i32::try_from(child.id()).expect("a pid fits");
    if let Some(timeout) =
        hook.timeout.and_then(|timeout| u32::try_from(timeout).ok()).filter(|timeout| *timeout > 0)
    {
        let pidfd = process::pidfd_open(pid)?;
        if !process::ended_within(pidfd.as_fd(), timeout)? {
            child.kill().and_then(|()| child.wait()).context(|| "kill it after its timeout")?;
            return Err(Error::new(ErrorKind::System, format!("timed out after {timeout} s")));
        }
    }
    judge(child.wait().context(|| "wait for it")?, output)
}

fn judge(status: ExitStatus, output: runtime_sys::OwnedFd) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    fs::rewind(output.as_fd())?;
    let mut said = Vec::new();
    std::fs::File::from(output).take(4096).read_to_end(&mut said).context(|| "read its output")?;
    let said = String::from_utf8_lossy(&said);
    let how = status.to_string().replace(": ", " ");
    Err(Error::new(
        ErrorKind::System,
        format!("error running hook: {how}, stdout/stderr: {}", said.trim_end()),
    ))
}

// SPDX-License-Identifier: Apache-2.0
//! One process of the container, and the streams of its stdio.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;

use runtime_sys::rustix::net::{Shutdown as How, shutdown};
use runtime_sys::rustix::process::{chdir, chroot};
use runtime_sys::vsock::connect_to_host;
use vm_api::guest::STREAM_PORT;
use vm_api::{StreamHead, StreamKind, frame};

use crate::root::CONTAINER;
use crate::{Result, Step};

/// The first argument of this program as the step into the container.
pub(crate) const ENTER: &str = "enter";
/// A shell's codes for a program that is not there, and for one that may not be run.
const NO_PROGRAM: u8 = 127;
const CANNOT_RUN: u8 = 126;

/// What `Run` asks for.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a str,
    pub(crate) container: &'a str,
    pub(crate) process: &'a str,
    pub(crate) args: &'a [String],
    pub(crate) env: &'a [String],
    pub(crate) cwd: &'a str,
}

/// Starts it with its streams connected; returns its number.
pub(crate) fn start(wanted: &Wanted<'_>) -> Result<i32> {
    let streams =
        [StreamKind::Stdin, StreamKind::Stdout, StreamKind::Stderr].map(|kind| open_stream(wanted, kind));
    let [stdin, stdout, stderr] = streams;
    let (stdin, stdout, stderr) = (stdin?, stdout?, stderr?);
    let mut command = Command::new("/proc/self/exe");
    command.arg(ENTER).arg(wanted.cwd).args(wanted.args).env_clear();
    for variable in wanted.env {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        command.env(name, value);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().step("start it")?;
    let pid = i32::try_from(child.id()).step("its number")?;
    pump(child, stdin, stdout, stderr)?;
    Ok(pid)
}

fn open_stream(wanted: &Wanted<'_>, stream: StreamKind) -> Result<File> {
    let mut socket = File::from(connect_to_host(STREAM_PORT).step("connect a stream")?);
    let head = StreamHead {
        key: wanted.key.into(),
        container: wanted.container.into(),
        process: wanted.process.into(),
        stream,
    };
    frame::send(&mut socket, &head).step("open a stream")?;
    Ok(socket)
}

/// A thread for each direction: pipes, not the sockets themselves, because a program may open /dev/stdout anew.
fn pump(child: Child, stdin: File, stdout: File, stderr: File) -> Result<()> {
    // Whoever reaps knows the process by its number; dropping `child` neither kills nor waits.
    let Child { stdin: to, stdout: out, stderr: err, .. } = child;
    let (Some(mut to), Some(mut out), Some(mut err)) = (to, out, err) else { return Err("its pipes".into()) };
    let name = |name: &str| thread::Builder::new().name(name.into());
    name("stdin").spawn(move || {
        let mut from = stdin;
        // It ends with the host's stream or with the process: both are ends, none is an error.
        let _end = io::copy(&mut from, &mut to);
    })?;
    name("stdout").spawn(move || forward(&mut out, stdout))?;
    name("stderr").spawn(move || forward(&mut err, stderr))?;
    Ok(())
}

fn forward(from: &mut impl io::Read, mut to: File) {
    let _end = io::copy(from, &mut to);
    let _gone = shutdown(&to, How::Write);
}

/// In the new process: into the container's root, then its program.
pub(crate) fn enter(cwd: &OsStr, command: &[OsString]) -> ExitCode {
    let [program, arguments @ ..] = command else {
        return refuse("no program", CANNOT_RUN);
    };
    let inside = chroot(CONTAINER).and_then(|()| chdir(cwd));
    if let Err(errno) = inside {
        return refuse(&format!("enter {}: {errno}", cwd.display()), CANNOT_RUN);
    }
    let error = Command::new(program).args(arguments).exec();
    let code = if error.kind() == io::ErrorKind::NotFound { NO_PROGRAM } else { CANNOT_RUN };
    refuse(&format!("{}: {error}", program.display()), code)
}

fn refuse(why: &str, code: u8) -> ExitCode {
    use io::Write;
    let _lost = writeln!(io::stderr(), "{why}");
    ExitCode::from(code)
}

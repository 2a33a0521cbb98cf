// SPDX-License-Identifier: Apache-2.0
//! ctctl-init: process 1 of an application that is none itself. It runs one program as its child, hands signals on to
//! it, reaps what it leaves, and ends with its code.

use runtime_sys::process::{self, Exit};
use runtime_sys::signal;
use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, ExitCode};

const SIGCHLD: i32 = 17;
/// Signals that a terminal sends to jobs in the background, of which this is one.
const OF_JOBS: &[i32] = &[21, 22];

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some((program, args)) = args.split_first() else {
        complain("ctctl-init is process 1 of a system, started by ctctl");
        return ExitCode::from(2);
    };
    match run(program, args) {
        Ok(exit) => ExitCode::from(u8::try_from(exit.code() & 0xff).unwrap_or(u8::MAX)),
        Err((code, text)) => {
            complain(&text);
            ExitCode::from(code)
        }
    }
}

fn complain(text: &str) {
    // Nobody may read it.
    drop(writeln!(std::io::stderr(), "ctctl-init: {text}"));
}

fn run(program: &OsString, args: &[OsString]) -> Result<Exit, (u8, String)> {
    let failed = |error: runtime_sys::SysError| (1, error.to_string());
    // From before the child's birth on: none is lost.
    signal::set_mask(signal::ALL).map_err(failed)?;
    let mut command = Command::new(program);
    command.args(args);
    signal::lead_the_terminal(&mut command);
    let child = command.spawn().map_err(|error| {
        let code = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
        (code, format!("{}: {error}", program.display()))
    })?;
    let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
    loop {
        match signal::wait_for(signal::ALL).map_err(failed)? {
            SIGCHLD => {
                if let Some(exit) = reap(pid) {
                    return Ok(exit);
                }
            }
            signal if OF_JOBS.contains(&signal) => {}
            // One that has ended is about to be reaped.
            signal => drop(process::kill(pid, signal)),
        }
    }
}

/// Takes the exits of all that have ended, and returns that of the child.
fn reap(child: i32) -> Option<Exit> {
    let mut end = None;
    while let Ok(Some((pid, exit))) = process::wait_any() {
        if pid == child {
            end = Some(exit);
        }
    }
    end
}

// SPDX-License-Identifier: Apache-2.0
//! The first process of a microVM: makes the guest ready, asks the host what to run, reaps, powers off.
//!
//! It comes with the initramfs and is always of the host's own version at boot. The same program with `enter` as its
//! first argument is the short step between a new process and the container's program.
//! Not here: anything from the container's root file system, which is an attacker's.

mod link;
mod modules;
mod process;
mod root;

use std::fs::OpenOptions;
use std::io::Write;

use runtime_sys::rustix::system::{RebootCommand, reboot};

/// What a step answers: an error with its step before it.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Adds what was being done.
trait Step<T> {
    fn step(self, step: &str) -> Result<T>;
}

impl<T, E: std::fmt::Display> Step<T> for std::result::Result<T, E> {
    fn step(self, step: &str) -> Result<T> {
        self.map_err(|e| format!("{step}: {e}").into())
    }
}

fn main() -> std::process::ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    if let [_, enter, cwd, command @ ..] = &words[..]
        && enter == process::ENTER
    {
        return process::enter(cwd, command);
    }
    if std::process::id() != 1 {
        say("it runs as the first process of a microVM and is of no use elsewhere");
        return std::process::ExitCode::FAILURE;
    }
    if let Err(error) = run() {
        say(&error.to_string());
    }
    runtime_sys::rustix::fs::sync();
    // The host tells an end that was asked for from this one by what was said before.
    let _stays = reboot(RebootCommand::PowerOff);
    // Without power management: the first process's end makes the kernel panic, and the host sees that.
    std::process::ExitCode::FAILURE
}

fn run() -> Result<()> {
    root::mount_first()?;
    modules::load()?;
    root::leave_initramfs()?;
    root::prepare_container()?;
    link::serve()
}

/// Into the kernel's log, which the host sees on the console.
fn say(text: &str) {
    if let Ok(mut log) = OpenOptions::new().write(true).open("/dev/kmsg") {
        // Without a log there is nobody to tell.
        let _lost = writeln!(log, "guest-init: {text}");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Waiting for a payload in the foreground: signals go to it, its terminal is relayed, its exit is ours.

use crate::console::{Raw, Relay};
use crate::error::Result;
use crate::launch::Launched;
use runtime_sys::process::{self, Exit};
use runtime_sys::signal::{self, Mask};
use runtime_sys::{AsFd, OwnedFd};

const SIGWINCH: i32 = 28;
const SIGCHLD: i32 = 17;

/// Signals kept back from their default effect, from before the payload's birth until it is gone.
#[derive(Debug)]
pub struct Blocked {
    before: Mask,
}

/// Blocks all signals, to be waited for.
///
/// # Errors
/// None that is expected.
pub fn block_signals() -> Result<Blocked> {
    Ok(Blocked { before: signal::set_mask(signal::ALL)? })
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // A mask that was valid before is valid now.
        drop(signal::set_mask(self.before));
    }
}

/// Waits for the payload's end.
///
/// # Errors
/// What the stage reported, when the payload never ran.
pub fn wait(launched: &Launched, master: Option<OwnedFd>, _blocked: &Blocked) -> Result<Exit> {
    let exit = match master {
        Some(master) => relay(launched, master)?,
        None => loop {
            if let Some(exit) = heard(launched, signal::wait_for(signal::ALL)?)? {
                break exit;
            }
        },
    };
    // The stage's last word, if it never became the payload.
    launched.hear_the_end()?;
    Ok(exit)
}

/// What a signal means for the one who waits.
fn heard(launched: &Launched, signal: i32) -> Result<Option<Exit>> {
    match signal {
        SIGCHLD => Ok(process::wait(launched.pid, false)?),
        // Ours to say what the terminal's keys say to a foreground job; the payload has a session of its own.
        other => {
            // A payload that has ended needs no signal.
            drop(process::pidfd_send_signal(launched.pidfd.as_fd(), other));
            Ok(None)
        }
    }
}

fn relay(launched: &Launched, master: OwnedFd) -> Result<Exit> {
    let signals = signal::signalfd(signal::ALL)?;
    let _raw = Raw::take();
    let mut relay = Relay::new(master);
    let mut ended = process::wait(launched.pid, false)?;
    while ended.is_none() {
        if !relay.step(signals.as_fd())? {
            continue;
        }
        while let Some(signal) = signal::next_signal(signals.as_fd())? {
            if signal == SIGWINCH {
                relay.resize();
            } else if let Some(exit) = heard(launched, signal)? {
                ended = Some(exit);
            }
        }
    }
    // What it printed last is still in the terminal; a grandchild that keeps the terminal open does not keep us.
    relay.flush()?;
    Ok(ended.unwrap_or(Exit::Code(255)))
}

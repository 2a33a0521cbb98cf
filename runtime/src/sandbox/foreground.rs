// SPDX-License-Identifier: Apache-2.0
//! Waiting for a payload in the foreground: signals go to it, its terminal is relayed, its exit is ours.

use crate::console::{Raw, Relay};
use crate::error::Result;
use crate::launch::Launched;
use crate::notify::Listener;
use runtime_sys::cgroupfs::{News, wait_for_news};
use runtime_sys::process::{self, Exit};
use runtime_sys::signal;
use runtime_sys::{AsFd, OwnedFd};
use std::time::Instant;

const SIGKILL: i32 = 9;
const SIGWINCH: i32 = 28;
const SIGCHLD: i32 = 17;

/// Signals are kept back from their default effect, from before the payload's birth on.
///
/// They stay so: what comes after the payload's end was meant for it, and the caller's last act is to exit with its
/// code, which a signal must not take the place of.
#[derive(Debug)]
pub struct Blocked(());

/// Blocks all signals, to be waited for, for the rest of this process's life.
///
/// # Errors
/// None that is expected.
pub fn block_signals() -> Result<Blocked> {
    signal::set_mask(signal::ALL)?;
    Ok(Blocked(()))
}

/// Waits for the payload's end.
///
/// # Errors
/// What the stage reported, when the payload never ran.
pub fn wait(launched: &mut Launched, master: Option<OwnedFd>, _blocked: &Blocked) -> Result<Exit> {
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

/// The same until a time; nothing when the payload was killed then, with the processes of its group.
///
/// # Errors
/// As [`wait`].
pub fn wait_until(
    launched: &mut Launched,
    master: Option<OwnedFd>,
    deadline: Instant,
    blocked: &Blocked,
) -> Result<Option<Exit>> {
    let signals = signal::signalfd(signal::ALL)?;
    let mut relay = master.map(|master| (Raw::take(), Relay::new(master)));
    let mut ended = launched.ended()?;
    while ended.is_none() {
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        if left == 0 {
            break;
        }
        let left = Some(u32::try_from(left).unwrap_or(u32::MAX));
        match &mut relay {
            Some((_, relay)) => drop(relay.step_within(signals.as_fd(), left)?),
            None => drop(wait_for_news([(signals.as_fd(), News::Readable)], left)?),
        }
        while let (Some(signal), None) = (signal::next_signal(signals.as_fd())?, ended) {
            match &mut relay {
                Some((_, relay)) if signal == SIGWINCH => relay.resize(),
                _ => ended = heard(launched, signal)?,
            }
        }
    }
    let is_late = ended.is_none();
    if is_late {
        let payload = launched.payload()?;
        // It leads a session of its own, unless it has not come so far.
        drop(process::kill(-payload, SIGKILL));
        drop(process::kill(payload, SIGKILL));
    }
    if let Some((_, relay)) = &mut relay {
        relay.flush()?;
    }
    if is_late {
        // What the stage would have said is no news about one that we killed.
        drop(wait(launched, None, blocked));
        return Ok(None);
    }
    launched.hear_the_end().map(|()| ended)
}

/// The same for a payload without a terminal, whose supervisor wants to know when it is ready.
///
/// # Errors
/// As [`wait`]; a supervisor that cannot be reached.
pub fn wait_and_notify(launched: &mut Launched, listener: &Listener, blocked: &Blocked) -> Result<Exit> {
    let signals = signal::signalfd(signal::ALL)?;
    let mut ended = launched.ended()?;
    let mut is_ready = false;
    while !is_ready && ended.is_none() {
        let [said, _] =
            wait_for_news([(listener.fd(), News::Readable), (signals.as_fd(), News::Readable)], None)?;
        is_ready = said && listener.relay(launched.pid)?;
        while let (Some(signal), None) = (signal::next_signal(signals.as_fd())?, ended) {
            ended = heard(launched, signal)?;
        }
    }
    match ended {
        Some(exit) => launched.hear_the_end().map(|()| exit),
        None => wait(launched, None, blocked),
    }
}

/// What a signal means for the one who waits.
fn heard(launched: &mut Launched, signal: i32) -> Result<Option<Exit>> {
    match signal {
        SIGCHLD => launched.ended(),
        // Ours to say what the terminal's keys say to a foreground job; the payload has a session of its own.
        other => {
            // A payload that has ended needs no signal; its number is its own until we have waited for it.
            drop(process::kill(launched.payload()?, other));
            Ok(None)
        }
    }
}

fn relay(launched: &mut Launched, master: OwnedFd) -> Result<Exit> {
    let signals = signal::signalfd(signal::ALL)?;
    let _raw = Raw::take();
    let mut relay = Relay::new(master);
    let mut ended = launched.ended()?;
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

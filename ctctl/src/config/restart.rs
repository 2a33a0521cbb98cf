// SPDX-License-Identifier: Apache-2.0
//! When a system that has ended is started again, and after how long. Pure.

use runtime_sys::process::Exit;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What the key `restart` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Restart {
    /// Not at all.
    #[default]
    No,
    /// When its first program failed; so many times in a row at most, if a number is given.
    OnFailure(Option<u64>),
    /// Whenever it ended by itself; and at the host's boot.
    Always,
    /// The same, but not at the host's boot when it was stopped before.
    UnlessStopped,
}

const EXPECTED: &str = "no, on-failure, on-failure:NUMBER, always or unless-stopped";

impl FromStr for Restart {
    type Err = String;

    fn from_str(text: &str) -> Result<Restart, String> {
        match text {
            "no" => Ok(Restart::No),
            "on-failure" => Ok(Restart::OnFailure(None)),
            "always" => Ok(Restart::Always),
            "unless-stopped" => Ok(Restart::UnlessStopped),
            _ => {
                let times = text.strip_prefix("on-failure:").and_then(|times| times.parse().ok());
                let times = times.filter(|times| *times > 0);
                times
                    .map(|times| Restart::OnFailure(Some(times)))
                    .ok_or(format!("{text:?} is none of {EXPECTED}"))
            }
        }
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Restart::No => f.write_str("no"),
            Restart::OnFailure(None) => f.write_str("on-failure"),
            Restart::OnFailure(Some(times)) => write!(f, "on-failure:{times}"),
            Restart::Always => f.write_str("always"),
            Restart::UnlessStopped => f.write_str("unless-stopped"),
        }
    }
}

/// Signals by which reboot(2) ends the init of a pid namespace: restart, and halt or poweroff.
pub const REBOOT: i32 = 1;
/// See [`REBOOT`].
pub const HALT: i32 = 2;

/// Who ran so long has come up: the next failure is a new first one.
const STEADY: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Counts starts of one system that follow each other.
#[derive(Debug, Default)]
pub struct Attempts {
    failed: u64,
}

impl Attempts {
    /// How long to wait until the next start; nothing when there is none. `exit` is unknown where nobody saw it.
    ///
    /// A reboot inside is a start at once, a halt or poweroff inside is a stop, whatever the policy.
    pub fn next(&mut self, policy: Restart, exit: Option<Exit>, ran: Duration) -> Option<Duration> {
        match exit {
            Some(Exit::Signal(REBOOT)) => return Some(Duration::ZERO),
            Some(Exit::Signal(HALT)) => return None,
            _ => {}
        }
        if ran >= STEADY {
            self.failed = 0;
        }
        let again = match policy {
            Restart::No => false,
            Restart::OnFailure(most) => {
                let has_failed = exit.is_some_and(|exit| exit != Exit::Code(0));
                has_failed && most.is_none_or(|most| self.failed < most)
            }
            Restart::Always | Restart::UnlessStopped => true,
        };
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failed.min(16)).min(LONGEST_PAUSE);
        self.failed += 1;
        again.then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_and_shown() {
        for text in ["no", "on-failure", "on-failure:3", "always", "unless-stopped"] {
            assert_eq!(text.parse::<Restart>().unwrap().to_string(), text);
        }
        for wrong in ["", "yes", "on-failure:", "on-failure:0", "on-failure:x", "always:3"] {
            assert!(wrong.parse::<Restart>().is_err(), "{wrong}");
        }
    }

    // VZ-58, DK-06
    #[test]
    fn an_end_leads_to_a_start_where_the_policy_says_so() {
        let next = |policy, exit| Attempts::default().next(policy, exit, Duration::ZERO).is_some();
        let (failed, well) = (Some(Exit::Code(1)), Some(Exit::Code(0)));
        for policy in [Restart::No, Restart::OnFailure(None), Restart::Always, Restart::UnlessStopped] {
            assert!(next(policy, Some(Exit::Signal(REBOOT))), "{policy}: a reboot");
            assert!(!next(policy, Some(Exit::Signal(HALT))), "{policy}: a poweroff");
            let is_always = matches!(policy, Restart::Always | Restart::UnlessStopped);
            assert_eq!(next(policy, well), is_always, "{policy}");
            assert_eq!(next(policy, None), is_always, "{policy}: nobody saw it");
            assert_eq!(next(policy, failed), policy != Restart::No, "{policy}");
            assert_eq!(next(policy, Some(Exit::Signal(9))), policy != Restart::No, "{policy}");
        }
    }

    #[test]
    fn pauses_grow_until_it_runs_for_a_while() {
        let mut attempts = Attempts::default();
        let mut next =
            |ran| attempts.next(Restart::Always, None, Duration::from_secs(ran)).unwrap().as_millis();
        assert_eq!([next(0), next(0), next(0)], [100, 200, 400]);
        for _ in 0..70 {
            next(0);
        }
        assert_eq!(next(0), 60_000);
        assert_eq!([next(10), next(9)], [100, 200]);
    }

    #[test]
    fn a_number_of_failures_in_a_row_is_the_end() {
        let mut attempts = Attempts::default();
        let mut next =
            |ran| attempts.next(Restart::OnFailure(Some(2)), Some(Exit::Code(1)), Duration::from_secs(ran));
        assert!(next(0).is_some() && next(0).is_some());
        assert!(next(0).is_none());
        assert!(next(11).is_some(), "it had come up");
    }
}

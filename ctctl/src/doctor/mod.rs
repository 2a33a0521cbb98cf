// SPDX-License-Identifier: Apache-2.0
//! What keeps systems from working on this machine, or is left of them: each finding with a verdict and a way out.

mod machine;
mod network;
mod systems;

use crate::error::Result;
use crate::host::Host;

/// How good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Something is missing that not everybody needs, or something is left that harms nobody.
    Warning,
    /// Some system, or all of them, cannot work.
    Bad,
    /// It was bad, or a warning, and is repaired now.
    Fixed,
}

impl Verdict {
    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Good => "good",
            Verdict::Warning => "warning",
            Verdict::Bad => "bad",
            Verdict::Fixed => "fixed",
        }
    }
}

/// What repairs a finding.
type Repair = Box<dyn Fn(&Host) -> Result<()>>;

/// One thing that was looked at.
pub struct Finding {
    /// What, in a word or two; the same in every release.
    pub check: &'static str,
    /// The system, if it is about one.
    pub system: Option<String>,
    /// How good it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do.
    pub way_out: Option<String>,
    repair: Option<Repair>,
}

impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: {}", self.check, self.verdict.word(), self.found)
    }
}

impl Finding {
    fn new(check: &'static str, verdict: Verdict, found: impl Into<String>) -> Finding {
        Finding { check, system: None, verdict, found: found.into(), way_out: None, repair: None }
    }

    fn good(check: &'static str, found: impl Into<String>) -> Finding {
        Finding::new(check, Verdict::Good, found)
    }

    fn way_out(mut self, text: impl Into<String>) -> Finding {
        self.way_out = Some(text.into());
        self
    }

    fn of(mut self, system: &str) -> Finding {
        self.system = Some(system.to_owned());
        self
    }

    fn repair(mut self, repair: impl Fn(&Host) -> Result<()> + 'static) -> Finding {
        self.way_out.get_or_insert_with(|| "ctctl doctor --fix".to_owned());
        self.repair = Some(Box::new(repair));
        self
    }
}

/// Every check, in the order of the report.
const CHECKS: &[fn(&Host) -> Vec<Finding>] = &[machine::check, network::check, systems::check];

/// Looks at everything.
#[must_use]
pub fn examine(host: &Host) -> Vec<Finding> {
    CHECKS.iter().flat_map(|check| check(host)).collect()
}

/// Repairs what can be repaired without a loss. A repair that fails is told in the finding.
pub fn repair(host: &Host, findings: &mut [Finding]) {
    for finding in findings {
        let Some(repair) = &finding.repair else { continue };
        match repair(host) {
            Ok(()) => finding.verdict = Verdict::Fixed,
            Err(error) => {
                finding.found.push_str(&format!("; it cannot be repaired: {error}"));
                finding.way_out = error.hint_text().map(str::to_owned);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What libseccomp and runc make of a profile, to compare with what we make of it.
//!
//! `libseccomp` calls the C library, `runc` adds rules in the order and with the exceptions of runc, `machine` runs
//! both programs, `profiles` reads the engines' defaults, and `points` chooses the calls to ask
//! about. `meaning` is a third opinion.

pub mod libseccomp;
#[path = "../../../runtime/src/seccomp/tests/machine.rs"]
mod machine;
pub mod meaning;
pub mod points;
pub mod profiles;
pub mod random;
pub mod runc;

pub use machine::{Data, run};

use runtime::plan::arena::Arena;
use runtime::spec::seccomp::Seccomp;
use serde_json::Value;

/// `AUDIT_ARCH_*`.
pub const X86_64: u32 = 0xc000_003e;
pub const I386: u32 = 0x4000_0003;
/// Set in the numbers of x32.
pub const X32_BIT: u32 = 0x4000_0000;

/// Our program for a profile; `None` when the kernel would not take as many instructions.
pub fn ours(profile: &Value) -> Option<Vec<u8>> {
    let text = profile.to_string();
    let filter: Seccomp<'_> = serde_json::from_str(&text).expect("the profile is one");
    let arena = Arena::default();
    match runtime::seccomp::plan(&arena, &filter) {
        Ok(plan) => Some(plan.program.to_vec()),
        Err(error) if error.kind() == runtime::error::ErrorKind::Unsupported => None,
        Err(error) => panic!("{error}: {profile}"),
    }
}

/// Both programs for one profile.
#[derive(Debug)]
pub struct Pair {
    profile: Value,
    ours: Vec<u8>,
    theirs: runc::Filter,
}

impl Pair {
    /// `None` when libseccomp refuses the profile, or it is too large.
    pub fn of(profile: &Value) -> Option<Self> {
        let theirs = runc::Filter::of(profile)?;
        Some(Self { profile: profile.clone(), ours: ours(profile)?, theirs })
    }

    /// Asks both about each call; the number of calls, or the first one that they disagree on.
    pub fn compare(&self, calls: impl IntoIterator<Item = Data>) -> Result<usize, String> {
        let mut count = 0;
        for call in calls {
            let (ours, theirs) = (run(&self.ours, &call), self.theirs.verdict(&call));
            if ours != theirs {
                return Err(self.difference(&call, ours, theirs));
            }
            count += 1;
        }
        Ok(count)
    }

    /// Asks both and a third about each call: ours must agree with the third. The number of calls, and of those that
    /// libseccomp disagrees on.
    pub fn compare_meaning(&self, calls: impl IntoIterator<Item = Data>) -> Result<(usize, usize), String> {
        let meaning = meaning::Meaning::of(&self.profile);
        let (mut count, mut disagreements) = (0, 0);
        for call in calls {
            let (ours, theirs) = (run(&self.ours, &call), self.theirs.verdict(&call));
            if self.theirs.is_younger(&call) || self.is_foreign(&call) {
                if ours != theirs {
                    return Err(self.difference(&call, ours, theirs));
                }
                continue;
            }
            let Some(meant) = meaning.verdict(&call) else { continue };
            if ours != meant {
                return Err(self.difference(&call, ours, meant));
            }
            count += 1;
            disagreements += usize::from(theirs != meant);
        }
        Ok((count, disagreements))
    }

    /// Whether the profile does not list the call's ABI, or no ABI has such numbers.
    fn is_foreign(&self, call: &Data) -> bool {
        let is_listed = |name: &str| {
            self.profile["architectures"].as_array().is_some_and(|list| list.iter().any(|item| item == name))
        };
        call.number >= 2 * X32_BIT
            || match call.audit {
                I386 => !is_listed("SCMP_ARCH_X86"),
                X86_64 => call.number >= X32_BIT && !is_listed("SCMP_ARCH_X32"),
                _ => true,
            }
    }

    fn difference(&self, call: &Data, ours: u32, theirs: u32) -> String {
        let abi = match call.audit {
            I386 => "x86",
            _ if call.number & X32_BIT != 0 => "x32",
            _ => "x86_64",
        };
        let number = i32::try_from(call.number).ok();
        let name = number.and_then(|number| libseccomp::name_on(libseccomp::architecture(abi), number));
        let mut profile = self.profile.clone();
        if let (Some(name), Some(rules)) = (&name, profile["syscalls"].as_array_mut()) {
            rules
                .retain(|rule| rule["names"].as_array().is_some_and(|names| names.iter().any(|n| n == name)));
            rules.iter_mut().for_each(|rule| rule["names"] = Value::Null);
        }
        format!("{abi} {name:?} {call:x?}: we say {ours:#x}, it should be {theirs:#x}, by {profile}")
    }

    /// Instructions: ours, theirs.
    pub fn sizes(&self) -> (usize, usize) {
        (self.ours.len() / 8, self.theirs.size())
    }
}

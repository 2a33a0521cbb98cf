// SPDX-License-Identifier: Apache-2.0
//! What a profile means by runtime-spec's words, evaluated rule by rule: a third opinion for profiles with several
//! rules for one call.
//!
//! libseccomp 2.5.4 miscompiles some of those. When the first of two chains fails after it has loaded another word
//! of the arguments, the second compares that word, as if its own were still loaded.

use crate::libseccomp;
use crate::machine::Data;
use crate::runc::{action, list, text};
use crate::{I386, X32_BIT, X86_64};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug)]
struct Rule {
    action: u32,
    /// All of one must hold.
    alternatives: Vec<Vec<Value>>,
    /// On i386, that the first argument names the carried call takes the place of what is asked of it.
    carried: Option<u64>,
}

/// Rules by ABI (the place in [`ABIS`]) and number.
#[derive(Debug)]
pub struct Meaning {
    default: u32,
    rules: BTreeMap<(usize, u32), Vec<Rule>>,
}

const ABIS: [&str; 3] = ["x86_64", "x86", "x32"];
const SOCKETCALL: u32 = 102;
const IPC: u32 = 117;

fn holds(argument: &Value, arguments: &[u64; 6], mask: u64) -> bool {
    let index = usize::try_from(argument["index"].as_u64().expect("an index")).expect("small");
    let (value, value_two) = (
        argument["value"].as_u64().expect("a value") & mask,
        argument["valueTwo"].as_u64().unwrap_or(0) & mask,
    );
    let found = arguments[index] & mask;
    match text(argument, "op") {
        "SCMP_CMP_NE" => found != value,
        "SCMP_CMP_LT" => found < value,
        "SCMP_CMP_LE" => found <= value,
        "SCMP_CMP_EQ" => found == value,
        "SCMP_CMP_GE" => found >= value,
        "SCMP_CMP_GT" => found > value,
        "SCMP_CMP_MASKED_EQ" => found & value == value_two & value,
        other => panic!("{other}"),
    }
}

impl Rule {
    /// Whether it holds for all arguments that this mask shows.
    fn is_unconditional(&self, mask: u64) -> bool {
        let always = |argument: &Value| {
            text(argument, "op") == "SCMP_CMP_MASKED_EQ"
                && argument["value"].as_u64().unwrap_or(0) & mask == 0
        };
        self.carried.is_none()
            && (self.alternatives.is_empty() || self.alternatives.iter().any(|all| all.iter().all(always)))
    }

    fn holds(&self, arguments: &[u64; 6], mask: u64) -> bool {
        match self.carried {
            Some(call) if arguments[0] & mask != call => false,
            carried => {
                let counts = |argument: &&Value| carried.is_none() || argument["index"] != 0;
                self.alternatives.is_empty()
                    || self
                        .alternatives
                        .iter()
                        .any(|all| all.iter().filter(counts).all(|argument| holds(argument, arguments, mask)))
            }
        }
    }
}

fn alternatives(rule: &Value) -> Vec<Vec<Value>> {
    let arguments = list(rule, "args");
    let repeats = (0..arguments.len())
        .any(|at| arguments[..at].iter().any(|other| other["index"] == arguments[at]["index"]));
    match (arguments, repeats) {
        ([], _) => Vec::new(),
        (arguments, true) => arguments.iter().map(|argument| vec![argument.clone()]).collect(),
        (arguments, false) => vec![arguments.to_vec()],
    }
}

impl Meaning {
    pub fn of(profile: &Value) -> Self {
        let default = action(text(profile, "defaultAction"), &profile["defaultErrnoRet"]);
        let mut meaning = Self { default, rules: BTreeMap::new() };
        for rule in list(profile, "syscalls") {
            let action = action(text(rule, "action"), &rule["errnoRet"]);
            for name in list(rule, "names").iter().filter(|_| action != default) {
                let new = |carried| Rule { action, alternatives: alternatives(rule), carried };
                for (abi, abi_name) in ABIS.iter().enumerate() {
                    let token = libseccomp::architecture(abi_name);
                    let Some(number) = libseccomp::number_on(token, name.as_str().expect("a string")) else {
                        continue;
                    };
                    let direct = match u32::try_from(number) {
                        Ok(number) => Some(number),
                        Err(_) => crate::runc::direct(name.as_str().expect("a string")),
                    };
                    // Pseudo numbers say how a call is carried: -101 is socketcall's 1, -201 is ipc's 1.
                    let carrier = match if abi == 1 { number } else { 0 } {
                        -120..=-101 => Some((SOCKETCALL, -number - 100)),
                        -224..=-201 => Some((IPC, -number - 200)),
                        _ => None,
                    };
                    if let Some(number) = direct.filter(|_| number >= 0 || carrier.is_some()) {
                        meaning.rules.entry((abi, number)).or_default().push(new(None));
                    }
                    if let Some((carrier, call)) = carrier {
                        let call = u64::try_from(call).expect("positive");
                        meaning.rules.entry((abi, carrier)).or_default().push(new(Some(call)));
                    }
                }
            }
        }
        meaning
    }

    /// `None` where only libseccomp's checks say anything. Rules with conditions for one call have one action.
    pub fn verdict(&self, call: &Data) -> Option<u32> {
        let abi = match call.audit {
            I386 => 1,
            X86_64 if call.number & X32_BIT != 0 => 2,
            X86_64 => 0,
            _ => return None,
        };
        let mask = if abi == 0 { u64::MAX } else { 0xffff_ffff };
        let Some(rules) = self.rules.get(&(abi, call.number)) else { return Some(self.default) };
        if let Some(rule) = rules.iter().find(|rule| rule.is_unconditional(mask)) {
            return Some(rule.action);
        }
        let rule = rules.iter().find(|rule| rule.holds(&call.arguments, mask));
        Some(rule.map_or(self.default, |rule| rule.action))
    }
}

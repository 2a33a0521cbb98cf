// SPDX-License-Identifier: Apache-2.0
//! The device filter: the rules of config.json, what they mean, and their two forms for the kernel.
//!
//! A use of a device is a kind, a number and a set of accesses. Each access is decided by the last rule that
//! matches the device and names the access; a use is allowed when all its accesses are. Without a rule the answer
//! is no. After the rules of config.json come those of [`DEFAULTS`], without which hardly a program runs.

use crate::error::{Error, Result};
use crate::spec::resources::DeviceRule;

/// `m`, `r` and `w`, with the kernel's numbers (BPF_DEVCG_ACC_*).
pub(super) const MAKE: u8 = 1;
pub(super) const READ: u8 = 2;
pub(super) const WRITE: u8 = 4;
pub(super) const ALL: u8 = MAKE | READ | WRITE;

/// Which devices a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Any,
    Block,
    Character,
}

/// One checked rule; `None` is any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) allow: bool,
    pub(super) kind: Kind,
    pub(super) major: Option<u32>,
    pub(super) minor: Option<u32>,
    pub(super) access: u8,
}

const fn allow(major: Option<u32>, minor: Option<u32>, access: u8) -> Rule {
    Rule { allow: true, kind: Kind::Character, major, minor, access }
}

/// What every container may use: making any node, and the devices that the runtime itself puts into /dev.
pub(super) const DEFAULTS: &[Rule] = &[
    Rule { allow: true, kind: Kind::Any, major: None, minor: None, access: MAKE },
    allow(Some(1), Some(3), ALL), // null
    allow(Some(1), Some(5), ALL), // zero
    allow(Some(1), Some(7), ALL), // full
    allow(Some(1), Some(8), ALL), // random
    allow(Some(1), Some(9), ALL), // urandom
    allow(Some(5), Some(0), ALL), // tty
    allow(Some(5), Some(2), ALL), // ptmx
    allow(Some(136), None, ALL),  // pts/*
];

impl Rule {
    /// Whether this decides on every use there is.
    pub(super) fn is_everything(self) -> bool {
        self.kind == Kind::Any && self.major.is_none() && self.minor.is_none() && self.access == ALL
    }

    /// Whether what `other` is about is about this too, accesses aside.
    pub(super) fn covers(self, other: Rule) -> bool {
        (self.kind == Kind::Any || self.kind == other.kind)
            && (self.major.is_none() || self.major == other.major)
            && (self.minor.is_none() || self.minor == other.minor)
    }

    /// Whether some device is about both.
    pub(super) fn meets(self, other: Rule) -> bool {
        let numbers = |a: Option<u32>, b: Option<u32>| a.is_none() || b.is_none() || a == b;
        (self.kind == Kind::Any || other.kind == Kind::Any || self.kind == other.kind)
            && numbers(self.major, other.major)
            && numbers(self.minor, other.minor)
    }
}

/// Checks the rules of config.json and puts the defaults behind them.
///
/// # Errors
/// A rule with an unknown type or access, or a number that no device has; the text names it.
pub(super) fn rules(listed: &[DeviceRule<'_>]) -> Result<Vec<Rule>> {
    let mut rules = Vec::with_capacity(listed.len() + DEFAULTS.len());
    for (index, rule) in listed.iter().enumerate() {
        let rule =
            check(rule).map_err(|why| Error::invalid(format!("/linux/resources/devices/{index}: {why}")))?;
        // Nothing before it can matter any more.
        if rule.is_everything() {
            rules.clear();
        }
        rules.push(rule);
    }
    rules.extend_from_slice(DEFAULTS);
    Ok(rules)
}

fn check(rule: &DeviceRule<'_>) -> std::result::Result<Rule, String> {
    let kind = match rule.kind.as_deref() {
        None | Some("" | "a") => Kind::Any,
        Some("b") => Kind::Block,
        Some("c" | "u") => Kind::Character,
        Some(other) => return Err(format!("type {other:?} is none of a, b, c, u")),
    };
    let mut access = 0;
    for letter in rule.access.as_deref().unwrap_or("").chars() {
        access |= match letter {
            'm' => MAKE,
            'r' => READ,
            'w' => WRITE,
            _ => return Err(format!("access {letter:?} is none of r, w, m")),
        };
    }
    Ok(Rule {
        allow: rule.allow,
        kind,
        major: number(rule.major)?,
        minor: number(rule.minor)?,
        access: if access == 0 { ALL } else { access },
    })
}

/// -1 is any, as everywhere in the OCI world.
fn number(value: Option<i64>) -> std::result::Result<Option<u32>, String> {
    match value {
        None | Some(-1) => Ok(None),
        Some(value) => {
            let number = i32::try_from(value).ok().and_then(|v| u32::try_from(v).ok());
            number.map(Some).ok_or_else(|| format!("{value} is no device number"))
        }
    }
}

/// One use of a device.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    pub(super) block: bool,
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) access: u8,
}

/// What the rules say of one use, in the words of this module's head: the oracle of both forms.
#[cfg(test)]
pub(super) fn allowed(rules: &[Rule], used: Use) -> bool {
    let kind = if used.block { Kind::Block } else { Kind::Character };
    let device =
        Rule { allow: true, kind, major: Some(used.major), minor: Some(used.minor), access: used.access };
    [MAKE, READ, WRITE].into_iter().filter(|bit| used.access & bit != 0).all(|bit| {
        let last = rules.iter().rev().find(|rule| rule.access & bit != 0 && rule.covers(device));
        last.is_some_and(|rule| rule.allow)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(json: &str) -> Result<Vec<Rule>> {
        rules(&serde_json::from_str::<Vec<DeviceRule>>(json).unwrap())
    }

    #[test]
    fn what_is_left_out_is_any() {
        let rule = listed(r#"[{"allow":true}]"#).unwrap()[0];
        assert_eq!(rule, Rule { allow: true, kind: Kind::Any, major: None, minor: None, access: ALL });
        let rule = listed(r#"[{"allow":true,"type":"b","major":-1,"minor":7,"access":"r"}]"#).unwrap()[0];
        assert_eq!(rule, Rule { allow: true, kind: Kind::Block, major: None, minor: Some(7), access: READ });
    }

    #[test]
    fn a_wrong_rule_is_refused_by_its_place() {
        for (json, word) in [
            (r#"[{"allow":true},{"allow":true,"type":"p"}]"#, "devices/1: type \"p\""),
            (r#"[{"allow":true,"access":"rx"}]"#, "devices/0: access 'x'"),
            (r#"[{"allow":true,"major":-2}]"#, "-2 is no device number"),
            (r#"[{"allow":true,"minor":4294967296}]"#, "is no device number"),
        ] {
            let error = listed(json).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_rule_about_everything_forgets_what_stood_before() {
        let rules =
            listed(r#"[{"allow":true,"type":"c","major":10},{"allow":false,"access":"rwm"}]"#).unwrap();
        assert!(!rules[0].allow && rules.len() == 1 + DEFAULTS.len());
    }

    // SP-24: the last rule that matches decides, for each access by itself.
    #[test]
    fn the_last_match_decides_for_each_access() {
        let rules = listed(
            r#"[{"allow":true,"type":"c","major":10},{"allow":false,"type":"c","major":10,"minor":3,"access":"w"}]"#,
        )
        .unwrap();
        let used = |minor, access| allowed(&rules, Use { block: false, major: 10, minor, access });
        assert!(used(2, ALL) && used(3, READ) && !used(3, WRITE) && !used(3, READ | WRITE));
    }
}

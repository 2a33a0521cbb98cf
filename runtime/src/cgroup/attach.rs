// SPDX-License-Identifier: Apache-2.0
//! Putting the device rules into the kernel: a program on cgroup v2, lines in two files on v1.

use super::create::in_user_namespace;
use super::devices::{self, ALL, Kind, MAKE, READ, Rule, WRITE};
use super::filter;
use super::limits::{Open, on_v1, on_v2};
use super::place::Directory;
use crate::error::{Context, Error, Result};
use crate::spec::resources::DeviceRule;
use runtime_sys::{AsFd, BorrowedFd, Errno, SysError, bpf};

/// Whether rules may be in force already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// The cgroup was just made.
    Create,
    /// Processes are in it: at no moment may it be denied what it had and keeps.
    Update,
}

/// Puts the rules into force.
pub(super) fn set_devices(open: &Open<'_>, listed: &[DeviceRule<'_>], when: When) -> Result<()> {
    let rules = devices::rules(listed)?;
    let unified = on_v2(open).map(|(_, directory)| directory);
    let Some(v1) = on_v1(open, "devices") else {
        return unified.map_or(Ok(()), |directory| on_program(directory, &rules, listed, when));
    };
    match on_v1_or_both(v1, unified, (&rules, listed), when) {
        // Nothing that a user's container could do without the host's rights needs this filter.
        Err(error) if in_user_namespace() => {
            log::debug!("device rules are left to the host: {error}");
            Ok(())
        }
        other => other,
    }
}

/// On a host with both versions v1's list is used, where other programs look for it; rules that it has no words for
/// become a program on the v2 side, which decides on the same processes.
fn on_v1_or_both(
    v1: &Directory,
    unified: Option<&Directory>,
    (rules, listed): (&[Rule], &[DeviceRule<'_>]),
    when: When,
) -> Result<()> {
    match (list(rules), unified) {
        (Err(_), Some(directory)) => {
            on_program(directory, rules, listed, when)?;
            on_list(v1, &List { allows: true, exceptions: Vec::new() }, when)
        }
        (list, unified) => {
            on_list(v1, &list?, when)?;
            match unified {
                // A program of an earlier update has nothing to say any more.
                Some(directory) if when == When::Update => {
                    let everything =
                        [Rule { allow: true, kind: Kind::Any, major: None, minor: None, access: ALL }];
                    on_program(directory, &everything, listed, when)
                }
                _ => Ok(()),
            }
        }
    }
}

fn on_program(directory: &Directory, rules: &[Rule], listed: &[DeviceRule<'_>], when: When) -> Result<()> {
    match with_program(directory.fd(), rules, when) {
        // bpf(2) needs rights of the host. Inside a user namespace no device node can be made; outside of one a
        // rule that denies would be a promise not kept.
        Err(error) if error.errno == Errno::PERM && may_do_without(listed) => {
            log::debug!("device rules are left to the host: {error}");
            Ok(())
        }
        other => other.context(|| {
            format!("/linux/resources/devices: attach the device filter to {}", directory.name_of(""))
        }),
    }
}

fn may_do_without(listed: &[DeviceRule<'_>]) -> bool {
    in_user_namespace()
        || listed.iter().all(|rule| {
            let access = rule.access.as_deref().unwrap_or("rwm");
            rule.allow && (access.is_empty() || ['r', 'w', 'm'].iter().all(|letter| access.contains(*letter)))
        })
}

/// Replaces whatever filter of ours is attached in one step.
fn with_program(cgroup: BorrowedFd<'_>, rules: &[Rule], when: When) -> runtime_sys::Result<()> {
    let old = match when {
        When::Create => Vec::new(),
        When::Update => bpf::attached(cgroup)?,
    };
    if filter::allows_everything(rules) {
        return old.iter().try_for_each(|program| bpf::detach(cgroup, program.as_fd()));
    }
    let program = filter::program(rules).map_err(|_| SysError::new("bpf", Errno::TOOBIG))?;
    let program = bpf::load_device_program(&program)?;
    bpf::attach(cgroup, program.as_fd(), old.first().map(AsFd::as_fd))?;
    old.iter().skip(1).try_for_each(|program| bpf::detach(cgroup, program.as_fd()))
}

/// What v1's controller holds: the answer where no line matches, and the lines that say otherwise.
#[derive(Debug, PartialEq, Eq)]
struct List {
    allows: bool,
    exceptions: Vec<Rule>,
}

/// v1 has one answer and exceptions from it, without an order: rules that overlap in part cannot be said there.
fn list(rules: &[Rule]) -> Result<List> {
    let everything = rules.iter().rposition(|rule| rule.is_everything());
    let allows = everything.is_some_and(|at| rules[at].allow);
    let behind = everything.map_or(rules, |at| &rules[at + 1..]);
    let mut exceptions: Vec<Rule> = Vec::new();
    for rule in behind.iter().flat_map(|rule| by_kind(*rule)) {
        let same =
            |other: &Rule| (other.kind, other.major, other.minor) == (rule.kind, rule.major, rule.minor);
        if rule.allow != allows {
            match exceptions.iter_mut().find(|other| same(other)) {
                Some(other) => other.access |= rule.access,
                None => exceptions.push(rule),
            }
            continue;
        }
        for other in exceptions.iter_mut().filter(|other| rule.covers(**other)) {
            other.access &= !rule.access;
        }
        if exceptions.iter().any(|other| other.access & rule.access != 0 && other.meets(rule)) {
            let why = "cgroup v1 has no rule for a part of what an earlier rule is about: split that rule";
            return Err(Error::unsupported(format!("/linux/resources/devices: {}: {why}", line(rule))));
        }
        exceptions.retain(|other| other.access != 0);
    }
    Ok(List { allows, exceptions })
}

/// v1's `a` is every device with every access, so other rules about any kind are two.
fn by_kind(rule: Rule) -> Vec<Rule> {
    match rule.kind {
        Kind::Any => [Kind::Character, Kind::Block].map(|kind| Rule { kind, ..rule }).to_vec(),
        _ => vec![rule],
    }
}

fn line(rule: Rule) -> String {
    let number = |number: Option<u32>| number.map_or_else(|| "*".to_owned(), |number| number.to_string());
    let kind = match rule.kind {
        Kind::Any => 'a',
        Kind::Block => 'b',
        Kind::Character => 'c',
    };
    let letters = [(READ, 'r'), (WRITE, 'w'), (MAKE, 'm')];
    let access: String =
        letters.into_iter().filter(|(bit, _)| rule.access & bit != 0).map(|(_, letter)| letter).collect();
    format!("{kind} {}:{} {access}", number(rule.major), number(rule.minor))
}

fn on_list(directory: &Directory, wanted: &List, when: When) -> Result<()> {
    let (add, take) =
        if wanted.allows { ("devices.deny", "devices.allow") } else { ("devices.allow", "devices.deny") };
    let lines: Vec<String> = wanted.exceptions.iter().map(|rule| line(*rule)).collect();
    let key = "devices";
    let present = match when {
        When::Create => String::new(),
        When::Update => directory.read("devices.list").context(|| directory.name_of("devices.list"))?,
    };
    let allows_all = present.starts_with("a *:* rwm");
    // The list is silent about the exceptions from "all": only from an empty start can it be known.
    if when == When::Create || allows_all || wanted.allows {
        let start = if wanted.allows { "devices.allow" } else { "devices.deny" };
        directory.set(key, start, "a")?;
    }
    for line in &lines {
        directory.set(key, add, line)?;
    }
    if when == When::Update && !allows_all && !wanted.allows {
        for old in present.lines().filter(|old| !lines.iter().any(|line| line == old)) {
            let rest = lines.iter().find_map(|line| same_device(line, old));
            directory.set(key, take, rest.unwrap_or_else(|| old.to_owned()))?;
        }
    }
    Ok(())
}

/// Of an old line about the same device as a wanted one, what has to be taken away.
fn same_device(wanted: &str, old: &str) -> Option<String> {
    let (wanted_device, wanted_access) = wanted.rsplit_once(' ')?;
    let (device, access) = old.rsplit_once(' ')?;
    if wanted_device != device {
        return None;
    }
    let gone: String = access.chars().filter(|letter| !wanted_access.contains(*letter)).collect();
    Some(format!("{device} {gone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> Vec<Rule> {
        devices::rules(&serde_json::from_str::<Vec<DeviceRule>>(json).unwrap()).unwrap()
    }

    fn lines(json: &str) -> (bool, Vec<String>) {
        let found = list(&rules(json)).unwrap();
        (found.allows, found.exceptions.iter().map(|rule| line(*rule)).collect())
    }

    // SP-24 on v1
    #[test]
    fn the_usual_rules_are_a_list_of_exceptions() {
        let (allows, lines) =
            lines(r#"[{"allow":false,"access":"rwm"},{"allow":true,"type":"b","major":8,"access":"r"}]"#);
        assert!(!allows);
        assert!(lines.starts_with(&[
            "b 8:* r".into(),
            "c *:* m".into(),
            "b *:* m".into(),
            "c 1:3 rwm".into()
        ]));
        assert_eq!(lines.last().unwrap(), "c 136:* rwm");
    }

    #[test]
    fn an_open_list_has_the_denials() {
        let (allows, lines) =
            lines(r#"[{"allow":true},{"allow":false,"type":"c","major":10,"minor":200,"access":"rw"}]"#);
        assert!(allows);
        assert_eq!(lines, ["c 10:200 rw"]);
    }

    #[test]
    fn a_later_rule_takes_back_what_it_covers_and_no_part_of_it() {
        let (_, found) = lines(
            r#"[{"allow":true,"type":"c","major":10,"minor":3},{"allow":false,"type":"c","major":10,"access":"w"}]"#,
        );
        assert_eq!(found[0], "c 10:3 rm");
        let hole =
            r#"[{"allow":true,"type":"c","major":10},{"allow":false,"type":"c","major":10,"minor":3}]"#;
        let error = list(&rules(hole)).unwrap_err().to_string();
        assert!(error.contains("c 10:3 rwm") && error.contains("cgroup v1"), "{error}");
    }

    #[test]
    fn only_the_difference_is_taken_away() {
        assert_eq!(same_device("c 1:3 r", "c 1:3 rwm").unwrap(), "c 1:3 wm");
        assert_eq!(same_device("c 1:4 r", "c 1:3 rwm"), None);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Which namespaces are made, which are joined, and in which order that is possible.

use crate::error::{Error, Result};
use crate::spec;
use runtime_sys::namespace as ns;

/// The specification's words, in the order in which namespaces are joined: the user namespace first, since it owns
/// the others; the mount namespace last, since paths mean something else then.
pub const TYPES: [(&str, u64); 8] = [
    ("user", ns::CLONE_NEWUSER),
    ("ipc", ns::CLONE_NEWIPC),
    ("uts", ns::CLONE_NEWUTS),
    ("network", ns::CLONE_NEWNET),
    ("pid", ns::CLONE_NEWPID),
    ("cgroup", ns::CLONE_NEWCGROUP),
    ("time", ns::CLONE_NEWTIME),
    ("mount", ns::CLONE_NEWNS),
];

/// The specification's word for one `CLONE_NEW*` bit.
#[must_use]
pub fn name(flag: u64) -> &'static str {
    TYPES.iter().find(|(_, known)| *known == flag).map_or("unknown", |(name, _)| name)
}

/// Namespaces that clone3 cannot make where we need them: a cgroup namespace would be rooted at the runtime's own
/// cgroup, and a time namespace takes its offsets before anyone lives in it.
const UNSHARED: u64 = ns::CLONE_NEWCGROUP | ns::CLONE_NEWTIME;

/// The namespaces of one container.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Namespaces<'s> {
    /// `CLONE_NEW*` bits to make.
    pub new: u64,
    /// To join, in order.
    pub join: Vec<(u64, &'s str)>,
}

/// Sorts them out.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for an unknown type or one that is named twice.
pub fn plan<'s>(linux: &'s spec::Linux<'_>) -> Result<Namespaces<'s>> {
    let mut problems = Vec::new();
    let planned = collect(linux, &mut problems);
    if problems.is_empty() { Ok(planned) } else { Err(Error::invalid(problems.join("; "))) }
}

/// The same with all problems: what is wrong is left out.
pub fn collect<'s>(linux: &'s spec::Linux<'_>, problems: &mut Vec<String>) -> Namespaces<'s> {
    let mut planned = Namespaces::default();
    for (index, namespace) in linux.namespaces.iter().enumerate() {
        let pointer = format!("/linux/namespaces/{index}/type");
        let kind = &*namespace.kind;
        let Some((_, flag)) = TYPES.iter().find(|(name, _)| *name == kind) else {
            problems.push(format!("{pointer}: unknown namespace {kind:?}"));
            continue;
        };
        if (planned.new | planned.joined()) & flag != 0 {
            problems.push(format!("{pointer}: namespace {kind:?} is listed twice"));
            continue;
        }
        match namespace.path.as_deref().filter(|path| !path.is_empty()) {
            Some(path) => planned.join.push((*flag, path)),
            None => planned.new |= flag,
        }
    }
    planned.join.sort_by_key(|(flag, _)| TYPES.iter().position(|(_, known)| known == flag));
    planned
}

impl Namespaces<'_> {
    /// `CLONE_NEW*` bits of those that are joined.
    #[must_use]
    pub fn joined(&self) -> u64 {
        self.join.iter().fold(0, |bits, (flag, _)| bits | flag)
    }

    /// Bits of all that are not the runtime's own.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.new | self.joined()
    }

    /// A new user namespace too: its first execve would take the capabilities of a process whose ids are not mapped
    /// yet, so the stage makes it when it runs already.
    fn makes_at_second_clone(&self) -> bool {
        self.all() & ns::CLONE_NEWUSER != 0
    }

    /// Bits for the first clone3.
    #[must_use]
    pub fn at_clone(&self) -> u64 {
        if self.makes_at_second_clone() { 0 } else { self.new & !UNSHARED }
    }

    /// Bits for the second clone, which happens after joining; none when one clone is enough.
    #[must_use]
    pub fn at_second_clone(&self) -> Option<u64> {
        if self.makes_at_second_clone() {
            return Some(self.new & !UNSHARED);
        }
        (self.joined() & ns::CLONE_NEWPID != 0).then_some(0)
    }

    /// Bits for unshare(2) after that.
    #[must_use]
    pub fn at_unshare(&self) -> u64 {
        self.new & UNSHARED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linux(types: &[(&str, &str)]) -> String {
        let list: Vec<String> =
            types.iter().map(|(kind, path)| format!(r#"{{"type":"{kind}","path":"{path}"}}"#)).collect();
        format!(r#"{{"namespaces":[{}]}}"#, list.join(","))
    }

    #[test]
    fn new_ones_come_from_one_clone() {
        let json = linux(&[("pid", ""), ("mount", ""), ("cgroup", "")]);
        let linux: spec::Linux<'_> = serde_json::from_str(&json).unwrap();
        let planned = plan(&linux).unwrap();
        assert_eq!(planned.at_clone(), ns::CLONE_NEWPID | ns::CLONE_NEWNS);
        assert_eq!(planned.at_second_clone(), None);
        assert_eq!(planned.at_unshare(), ns::CLONE_NEWCGROUP);
    }

    #[test]
    fn a_joined_user_namespace_comes_first_and_owns_the_new_ones() {
        let json = linux(&[("mount", ""), ("network", "/n"), ("user", "/u")]);
        let linux: spec::Linux<'_> = serde_json::from_str(&json).unwrap();
        let planned = plan(&linux).unwrap();
        assert_eq!(planned.join, [(ns::CLONE_NEWUSER, "/u"), (ns::CLONE_NEWNET, "/n")]);
        assert_eq!(planned.at_clone(), 0);
        assert_eq!(planned.at_second_clone(), Some(ns::CLONE_NEWNS));
    }

    #[test]
    fn a_joined_pid_namespace_takes_a_second_clone() {
        let json = linux(&[("pid", "/p"), ("mount", "")]);
        let linux: spec::Linux<'_> = serde_json::from_str(&json).unwrap();
        let planned = plan(&linux).unwrap();
        assert_eq!((planned.at_clone(), planned.at_second_clone()), (ns::CLONE_NEWNS, Some(0)));
    }

    #[test]
    fn unknown_and_double_ones_are_refused() {
        for types in [&[("pidd", "")][..], &[("pid", ""), ("pid", "/p")][..]] {
            let json = linux(types);
            let linux: spec::Linux<'_> = serde_json::from_str(&json).unwrap();
            assert!(plan(&linux).unwrap_err().to_string().contains("/linux/namespaces/"));
        }
    }
}

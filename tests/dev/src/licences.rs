// SPDX-License-Identifier: Apache-2.0
//! Licences and duplicate crates, offline, by the lists in deny.toml.
//!
//! cargo-deny reads the same file and checks more (its advisory database); it takes minutes to build, so it runs only where it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::command::{Failed, Result, at, cargo, output, say, show, succeeds, top};

/// The most crates that the runtime may pull in, itself not counted.
const RUNTIME_BUDGET: usize = 25;

pub(crate) fn check() -> Result<()> {
    let file = top().join("deny.toml");
    let allowed = allowed(&at(&file, fs::read_to_string(&file))?);
    let text = output(&mut cargo(["metadata", "--format-version", "1", "--locked", "--all-features"]))?;
    let metadata: Value =
        serde_json::from_str(&text).map_err(|e| Failed::new(format!("cargo metadata: {e}")))?;
    let mut faults = forbidden_licences(&metadata, &allowed);
    let tree = output(&mut cargo([
        "tree",
        "--locked",
        "-p",
        "runtime",
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]))?;
    faults.extend(tree_faults(&tree));
    if !faults.is_empty() {
        return Err(Failed::new(faults.join("; ")));
    }
    say("licences and duplicates: as deny.toml says");
    if succeeds(&mut cargo(["deny", "--version"])) {
        show(&mut cargo(["deny", "--offline", "check", "licenses", "bans", "sources"]))?;
    }
    Ok(())
}

/// The strings in `allow = [ … ]` of the licences section.
fn allowed(deny: &str) -> BTreeSet<String> {
    let list = deny.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or("");
    list.split('"').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

fn forbidden_licences(metadata: &Value, allowed: &BTreeSet<String>) -> Vec<String> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let mut faults = Vec::new();
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence, allowed) {
            faults.push(format!("{}: licence {licence} is not allowed by deny.toml", package["name"]));
        }
    }
    faults
}

/// Whether an SPDX expression can be met with the allowed licences. AND binds closer than OR; "/" is an old OR.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    if let Some((before, rest)) = expression.split_once('(') {
        let Some((inner, after)) = rest.split_once(')') else { return false };
        let verdict = if is_allowed(inner, allowed) { "ALLOWED" } else { "REFUSED" };
        return is_allowed(&format!("{before}{verdict}{after}"), allowed);
    }
    let is_one = |l: &str| l.trim() == "ALLOWED" || allowed.contains(l.trim());
    expression.split(" OR ").any(|all| all.split(" AND ").all(is_one))
}

/// Crates that the runtime's tree has twice, or too many of them.
fn tree_faults(tree: &str) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines().filter(|l| !l.contains("(/")) {
        if let Some((name, version)) = line.split_once(' ') {
            versions.entry(name).or_default().insert(version.split(' ').next().unwrap_or(version));
        }
    }
    let mut faults: Vec<String> = versions
        .iter()
        .filter(|(_, v)| v.len() > 1)
        .map(|(name, v)| format!("{name} is there twice: {v:?}"))
        .collect();
    if versions.len() > RUNTIME_BUDGET {
        faults
            .push(format!("the runtime pulls in {} crates; {RUNTIME_BUDGET} is its budget", versions.len()));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_weighed() {
        let allowed = allowed("[licenses]\nallow = [\n \"MIT\",\n \"Apache-2.0\",\n]\nother = [\"GPL\"]");
        assert_eq!(allowed.len(), 2);
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/Apache-2.0",
            "(MIT OR GPL-3.0) AND Apache-2.0",
            "GPL-3.0 OR MIT AND Apache-2.0",
        ] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR LGPL-2.1) AND MIT", "none"] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn twins_and_crowds_are_found() {
        assert!(tree_faults("runtime v0.1.0 (/x)\nsyn v2.0.1\nsyn v2.0.1 (*)\n").is_empty());
        assert_eq!(tree_faults("syn v1.0.0\nsyn v2.0.1 (proc-macro)\n").len(), 1);
        let crowd: String = (0..26).map(|n| format!("c{n} v1.0.0\n")).collect();
        assert_eq!(tree_faults(&crowd).len(), 1);
    }
}

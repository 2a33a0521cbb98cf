// SPDX-License-Identifier: Apache-2.0
//! Rules about what we depend on: the approved list, and who may see Linux directly.

use crate::tree::{File, Finding, Tree};
use crate::{assert_clean, assert_found};

const LIST: &str = "docs/dependencies.md";

/// Only the crate that wraps the calls sees these; the tests are programs of their own.
const LINUX_CRATES: &[&str] = &["libc", "rustix", "nix"];
const LINUX_ALLOWED: &[&str] = &["Cargo.toml", "runtime/sys/Cargo.toml", "tests/"];

/// The crates that a manifest names, with their lines; our own packages (a `path`) are left out.
fn crates(manifest: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_list = false;
    for (number, line) in manifest.text.lines().enumerate() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            in_list = section.ends_with("dependencies");
            continue;
        }
        let name: String = line.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
        if in_list && !name.is_empty() && !line.contains("path =") {
            found.push((number + 1, name));
        }
    }
    found
}

fn manifests(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|f| f.path.rsplit('/').next() == Some("Cargo.toml"))
}

/// Our own packages' names.
fn own(tree: &Tree) -> Vec<String> {
    let name = |f: &File| {
        let line = f.text.lines().find(|l| l.starts_with("name = "))?;
        Some(line.split('"').nth(1)?.to_owned())
    };
    manifests(tree).filter_map(name).collect()
}

/// The first column of the table: one line per crate.
fn approved(tree: &Tree) -> Vec<(usize, String)> {
    let Some(list) = tree.file(LIST) else { return Vec::new() };
    let row = |(number, line): (usize, &str)| {
        let name = line.strip_prefix("| `")?.split('`').next()?;
        Some((number + 1, name.to_owned()))
    };
    list.text.lines().enumerate().filter_map(row).collect()
}

fn unlisted(tree: &Tree) -> Vec<Finding> {
    let (own, approved) = (own(tree), approved(tree));
    let mut found = Vec::new();
    for manifest in manifests(tree) {
        for (line, name) in crates(manifest) {
            if !own.contains(&name) && !approved.iter().any(|(_, a)| *a == name) {
                found.push(
                    manifest.finding(line, format!("{name} needs its line in {LIST} before it is used")),
                );
            }
        }
    }
    found
}

fn unused(tree: &Tree) -> Vec<Finding> {
    let used: Vec<String> = manifests(tree).flat_map(crates).map(|(_, name)| name).collect();
    let Some(list) = tree.file(LIST) else { return Vec::new() };
    let gone = approved(tree).into_iter().filter(|(_, name)| !used.contains(name));
    gone.map(|(line, name)| list.finding(line, format!("no manifest names {name}: drop its line"))).collect()
}

fn linux_crates(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for manifest in manifests(tree).filter(|f| !LINUX_ALLOWED.iter().any(|a| f.path.starts_with(a))) {
        for (line, name) in crates(manifest).into_iter().filter(|(_, n)| LINUX_CRATES.contains(&n.as_str())) {
            found.push(
                manifest.finding(line, format!("{name} is for runtime/sys alone: ask it for a wrapper")),
            );
        }
    }
    found
}

#[test]
fn every_dependency_is_on_the_list() {
    let tree = Tree::read();
    assert_clean(&unlisted(&tree));
    assert_clean(&unused(&tree));
    let list = (LIST, "| crate |\n| --- |\n| `log` | x |\n");
    let manifest = (
        "runtime/Cargo.toml",
        "[package]\nname = \"runtime\"\n[dependencies]\nlog = \"0.4\"\nregex = \"1\"\n",
    );
    assert_found(&unlisted(&Tree::of(&[list, manifest])), "runtime/Cargo.toml", 5);
    let list = (LIST, "| `log` | x |\n| `regex` | x |\n| `nom` | x |\n");
    assert_found(&unused(&Tree::of(&[list, manifest])), LIST, 3);
}

#[test]
fn linux_is_seen_by_its_crate_alone() {
    assert_clean(&linux_crates(&Tree::read()));
    let text = "[dependencies]\nlibc.workspace = true\n";
    let seeded = Tree::of(&[("runtime/Cargo.toml", text), ("runtime/sys/Cargo.toml", text)]);
    assert_found(&linux_crates(&seeded), "runtime/Cargo.toml", 2);
}

// SPDX-License-Identifier: Apache-2.0
//! Rules about documents: what they name is there, and every verb has its page and its tests.

use crate::tree::{File, Finding, Tree, has_extension};
use crate::{assert_clean, assert_found};

/// A word in backticks is a path of the tree if it begins with one of these.
const TOP_FOLDERS: &[&str] =
    &["runtime/", "ctctl/", "templates/", "kvm-shim/", "tests/", "docs/", "fuzz/", ".ci/"];

fn documents(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|f| has_extension(&f.path, "md"))
}

fn named_paths(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for document in documents(tree) {
        for (number, line) in document.text.lines().enumerate() {
            for path in paths_in(line).filter(|p| !tree.has(p)) {
                found.push(document.finding(number + 1, format!("{path} is not in the tree")));
            }
        }
    }
    found
}

/// Paths of the tree in backticks; a pattern (`tests/*.rs`) stands for its folder.
fn paths_in(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split('`').skip(1).step_by(2).flat_map(|code| code.split(|c: char| " ,;()".contains(c)));
    words.filter(|w| TOP_FOLDERS.iter().any(|t| w.starts_with(t))).map(|w| {
        let w = w.split(['*', '{', '<', ':', '#']).next().unwrap_or(w);
        w.trim_end_matches('.')
    })
}

/// The verbs of ctrun are the files of its verbs folder.
fn verbs(tree: &Tree) -> impl Iterator<Item = &File> {
    let folder = "runtime/src/verbs";
    tree.below("runtime/src/verbs/").filter(move |f| f.is_rust() && f.folder() == folder && f.stem() != "mod")
}

/// The commands of ctctl are the files of its commands folder.
fn commands_without_tests(tree: &Tree) -> Vec<Finding> {
    let folder = "ctctl/src/commands/";
    let commands = tree.below(folder).filter(|f| f.is_rust() && f.stem() != "mod");
    let bare = commands.filter(|f| !tree.has(&format!("tests/ctctl/{}.rs", f.stem())));
    bare.map(|f| f.finding(1, format!("a command has a test file of its own: tests/ctctl/{}.rs", f.stem())))
        .collect()
}

fn verbs_without_tests(tree: &Tree) -> Vec<Finding> {
    let bare = verbs(tree).filter(|f| !tree.has(&format!("tests/oci/{}.rs", f.stem())));
    bare.map(|f| f.finding(1, format!("a verb has a test file of its own: tests/oci/{}.rs", f.stem())))
        .collect()
}

fn verbs_without_manual(tree: &Tree) -> Vec<Finding> {
    let pages = || tree.below("docs/manual/").filter(|f| f.stem().starts_with("ctrun"));
    let named = |verb: &str| {
        pages().any(|p| p.text.contains(&format!("ctrun {verb}")) || p.text.contains(&format!("B {verb}")))
    };
    let bare = verbs(tree).filter(|f| !named(f.stem()));
    bare.map(|f| f.finding(1, format!("docs/manual/ctrun.1 does not mention `ctrun {}`", f.stem()))).collect()
}

#[test]
fn paths_in_documents_exist() {
    assert_clean(&named_paths(&Tree::read()));
    let text = "See `runtime/src/lib.rs` and `tests/oci/*.rs`.\nAnd `docs/gone.md`.\n";
    let seeded = Tree::of(&[("README.md", text), ("runtime/src/lib.rs", ""), ("tests/oci/run.rs", "")]);
    assert_found(&named_paths(&seeded), "README.md", 2);
}

#[test]
fn every_verb_has_a_test_file() {
    assert_clean(&verbs_without_tests(&Tree::read()));
    let seeded = Tree::of(&[
        ("runtime/src/verbs/kill.rs", ""),
        ("runtime/src/verbs/run.rs", ""),
        ("tests/oci/run.rs", ""),
    ]);
    assert_found(&verbs_without_tests(&seeded), "runtime/src/verbs/kill.rs", 1);
}

#[test]
fn every_command_has_a_test_file() {
    assert_clean(&commands_without_tests(&Tree::read()));
    let seeded = Tree::of(&[
        ("ctctl/src/commands/start.rs", ""),
        ("ctctl/src/commands/stop.rs", ""),
        ("ctctl/src/commands/mod.rs", ""),
        ("tests/ctctl/stop.rs", ""),
    ]);
    assert_found(&commands_without_tests(&seeded), "ctctl/src/commands/start.rs", 1);
}

#[test]
fn every_verb_is_in_the_manual() {
    assert_clean(&verbs_without_manual(&Tree::read()));
    let page = ("docs/manual/ctrun.1", "ctrun kill ID\n");
    let seeded = Tree::of(&[("runtime/src/verbs/kill.rs", ""), ("runtime/src/verbs/run.rs", ""), page]);
    assert_found(&verbs_without_manual(&seeded), "runtime/src/verbs/run.rs", 1);
}

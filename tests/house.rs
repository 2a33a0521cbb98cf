// SPDX-License-Identifier: Apache-2.0
//! The house rules: reads the tree, and fails with a file, a line and a sentence.
//!
//! Each rule has a test on the tree as it is, and one on a small tree that breaks it.

#[path = "house/dependencies.rs"]
mod dependencies;
#[path = "house/documents.rs"]
mod documents;
#[path = "house/files.rs"]
mod files;
#[path = "house/layers.rs"]
mod layers;
#[path = "house/tree.rs"]
mod tree;

use tree::{Finding, Tree};

/// Fails with every finding of one rule, one a line.
fn assert_clean(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} broken house rule(s):\n{}", lines.len(), lines.join("\n"));
}

/// Fails unless the rule finds exactly one fault in the small tree, at this place.
fn assert_found(findings: &[Finding], file: &str, line: usize) {
    let places: Vec<(&str, usize)> = findings.iter().map(|f| (f.file.as_str(), f.line)).collect();
    assert_eq!(places, [(file, line)]);
}

#[test]
fn the_tree_is_read() {
    let tree = Tree::read();
    assert!(tree.file("Cargo.toml").is_some() && tree.file("runtime/src/lib.rs").is_some());
    assert!(!tree.files.iter().any(|f| f.path.starts_with("target/")));
}

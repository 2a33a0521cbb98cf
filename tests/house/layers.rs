// SPDX-License-Identifier: Apache-2.0
//! The order of the runtime's modules: a file imports only from modules that stand below its own.

use std::collections::BTreeMap;

use crate::tree::{File, Finding, Tree};
use crate::{assert_clean, assert_found};

/// Top to bottom. Modules on one line do not know each other.
const ORDER: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["lib"],
    &["verbs", "logging"],
    &["sandbox"],
    &["launch"],
    &["plan", "hooks", "notify"],
    &["state"],
    &["cgroup", "console", "seccomp", "oom"],
    &["spec"],
    &["undo", "fault"],
    &["error"],
];

/// The folder that the order is about.
const SOURCE: &str = "runtime/src/";

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&module))
}

/// The module of the crate that a file belongs to: the first part of its path.
fn module_of(path: &str) -> &str {
    let inside = path.strip_prefix(SOURCE).unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

fn layers(tree: &Tree) -> Vec<Finding> {
    let names = reexports(tree);
    let mut found = Vec::new();
    for file in tree.below(SOURCE).filter(|f| f.is_rust()) {
        let own = module_of(&file.path);
        let Some(own_rank) = rank(own) else {
            found.push(
                file.finding(1, format!("module {own} has no place in the order: tests/house/layers.rs")),
            );
            continue;
        };
        for (line, target) in imports(file) {
            let target = names.get(target.as_str()).cloned().unwrap_or(target);
            if target == own || matches!(own, "main" | "lib") {
                continue;
            }
            match rank(&target) {
                Some(other) if other > own_rank => {}
                Some(_) => {
                    let sentence = format!("{own} stands below or beside {target}: it may not import it");
                    found.push(file.finding(line, sentence));
                }
                None => found.push(
                    file.finding(line, format!("{target} has no place in the order: tests/house/layers.rs")),
                ),
            }
        }
    }
    found
}

/// `crate::x`, `crate::{x, y}` and the like, with their lines.
fn imports(file: &File) -> Vec<(usize, String)> {
    let code = file.code();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let is_macro_crate = code[..at].ends_with('$');
        let in_name = code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if is_macro_crate || in_name {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        found.extend(first_names(rest).into_iter().map(|name| (line, name)));
    }
    found
}

/// The first name of each path that begins here: `a::b` gives a, `{a::b, c}` gives a and c.
fn first_names(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![leading_name(rest)];
    };
    let mut names = vec![leading_name(group)];
    let mut depth = 1;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(leading_name(&group[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|n| !n.is_empty());
    names
}

fn leading_name(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// What lib.rs gives out under its own name, and the module that it comes from.
fn reexports(tree: &Tree) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let Some(lib) = tree.file("runtime/src/lib.rs") else { return names };
    let code = lib.code();
    for statement in code.split(';') {
        let Some((_, path)) = statement.split_once("use ") else { continue };
        let Some((module, rest)) = path.split_once("::") else { continue };
        let module = module.trim_start_matches("crate::").trim().to_owned();
        for name in rest.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|n| !n.is_empty()) {
            names.insert(name.to_owned(), module.clone());
        }
    }
    names
}

/// `run` is create and start, composed above them: verbs do not import each other.
fn verbs_apart(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let folder = "runtime/src/verbs/";
    let verbs = tree.below(folder).filter(|f| f.is_rust() && f.folder() == folder.trim_end_matches('/'));
    let verbs: Vec<&File> = verbs.collect();
    let names: Vec<&str> = verbs.iter().map(|f| f.stem()).filter(|n| *n != "mod").collect();
    for file in verbs.iter().filter(|f| f.stem() != "mod") {
        for (number, line) in file.code().lines().enumerate() {
            let own = file.stem();
            let uses = |verb: &str| {
                let paths = [format!("verbs::{verb}::"), format!("super::{verb}::")];
                verb != own && paths.iter().any(|p| line.contains(p))
            };
            if let Some(other) = names.iter().find(|v| uses(v)) {
                found.push(file.finding(number + 1, format!("a verb does not import another one ({other})")));
            }
        }
    }
    found
}

#[test]
fn modules_import_only_downwards() {
    assert_clean(&layers(&Tree::read()));
    let lib = ("runtime/src/lib.rs", "pub mod error;\npub use error::{Error, Result};\n");
    let up = ("runtime/src/cgroup/mod.rs", "use crate::{Error, Result};\nuse crate::verbs::create;\n");
    assert_found(&layers(&Tree::of(&[lib, up])), "runtime/src/cgroup/mod.rs", 2);
    let beside = ("runtime/src/console.rs", "use crate::{error::Error, cgroup};\n");
    assert_found(&layers(&Tree::of(&[lib, beside])), "runtime/src/console.rs", 1);
    let lib = ("runtime/src/lib.rs", "pub mod undo;\npub use undo::Undo;\n");
    let through_lib = ("runtime/src/error.rs", "use crate::Undo;\n");
    assert_found(&layers(&Tree::of(&[lib, through_lib])), "runtime/src/error.rs", 1);
    let stranger = ("runtime/src/plumbing.rs", "");
    assert_found(&layers(&Tree::of(&[lib, stranger])), "runtime/src/plumbing.rs", 1);
}

#[test]
fn tests_beside_the_code_may_look_up() {
    let file = ("runtime/src/spec/mod.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n use crate::verbs;\n}\n");
    assert_clean(&layers(&Tree::of(&[file])));
}

#[test]
fn verbs_do_not_import_each_other() {
    assert_clean(&verbs_apart(&Tree::read()));
    let run = ("runtime/src/verbs/run.rs", "use super::Options;\nuse crate::verbs::create::create;\n");
    let seeded = Tree::of(&[run, ("runtime/src/verbs/create.rs", "")]);
    assert_found(&verbs_apart(&seeded), "runtime/src/verbs/run.rs", 2);
}

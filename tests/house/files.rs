// SPDX-License-Identifier: Apache-2.0
//! Rules about one file at a time: its head, its name, its length, the words in it.

use crate::tree::{File, Finding, Tree, find_word, has_extension};
use crate::{assert_clean, assert_found};

/// Above this a file, without the tests beside its code, is cut in two.
const MOST_LINES: usize = 800;

const FORBIDDEN_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc", "manager", "impl"];

/// Where `unsafe` may stand: the one crate for it, the stage's first instructions, which have no libc below them, the
/// mapping of guest memory, and the calls of the C library that filters are compared with.
const UNSAFE_ALLOWED: &[&str] = &[
    "runtime/sys/",
    "runtime/stage/src/entry.rs",
    "kvm-shim/src/memory.rs",
    "tests/oracle/src/libseccomp.rs",
];

/// The two kinds of sandbox are named in the seam alone.
const KIND_NAMES: &[&str] = &["Sandbox::Vm", "Sandbox::Container", "Isolation::"];
const KINDS_ALLOWED: &[&str] = &["runtime/src/sandbox/mod.rs", "tests/house/"];

/// Where the paths of the test machine's own users are meant.
const HOMES_ALLOWED: &[&str] = &["tests/test-machine/", "tests/machine/", "tests/house/"];

fn is_source(file: &File) -> bool {
    ["rs", "c", "h", "S", "sh", "py", "bats"].iter().any(|e| has_extension(&file.path, e))
        || file.path == "Makefile"
        || file.text.starts_with("#!")
}

fn licence_heads(tree: &Tree) -> Vec<Finding> {
    let bare = |f: &&File| {
        let mut head = f.text.lines();
        let first = head.next().unwrap_or("");
        let line = if first.starts_with("#!/") { head.next().unwrap_or("") } else { first };
        !line.contains("SPDX-License-Identifier: Apache-2.0")
    };
    let found = tree.files.iter().filter(|f| is_source(f)).filter(bare);
    found.map(|f| f.finding(1, "begin the file with one line: SPDX-License-Identifier: Apache-2.0")).collect()
}

fn names(tree: &Tree) -> Vec<Finding> {
    let bad = tree.files.iter().filter(|f| {
        let folders = f.folder().split('/');
        folders.chain([f.stem()]).any(|part| FORBIDDEN_NAMES.contains(&part))
    });
    bad.map(|f| f.finding(1, "this name says nothing: put the code next to its one user, or name what it is"))
        .collect()
}

fn lengths(tree: &Tree) -> Vec<Finding> {
    let long = tree.rust().filter_map(|f| {
        let lines = crate::tree::without_tests(&f.text).lines().count();
        (lines > MOST_LINES)
            .then(|| f.finding(lines, format!("{lines} lines without tests: cut at {MOST_LINES}")))
    });
    long.collect()
}

/// Lines of Rust code that hold one of `words`, outside `allowed`.
fn words_in_code(tree: &Tree, words: &[&str], allowed: &[&str], sentence: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust().filter(|f| !allowed.iter().any(|a| f.path.starts_with(a))) {
        for (number, line) in file.code().lines().enumerate() {
            if words.iter().any(|w| holds(line, w)) {
                found.push(file.finding(number + 1, sentence));
            }
        }
    }
    found
}

fn holds(line: &str, word: &str) -> bool {
    match word.strip_suffix("::") {
        Some(_) => line.contains(word),
        None => find_word(line, word).is_some(),
    }
}

fn unsafe_code(tree: &Tree) -> Vec<Finding> {
    words_in_code(tree, &["unsafe"], UNSAFE_ALLOWED, "unsafe code belongs into runtime/sys")
}

fn kinds(tree: &Tree) -> Vec<Finding> {
    words_in_code(
        tree,
        KIND_NAMES,
        KINDS_ALLOWED,
        "only the seam (runtime/src/sandbox/mod.rs) names the kinds",
    )
}

fn environment(tree: &Tree) -> Vec<Finding> {
    let words = ["env::var", "env::var_os", "env::vars", "env::vars_os"];
    let found = words_in_code(tree, &words, &["runtime/src/main.rs"], "only main.rs reads the environment");
    found.into_iter().filter(|f| f.file.starts_with("runtime/src/")).collect()
}

fn bare_todos(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|f| is_source(f) && f.path != "tests/house/files.rs") {
        for (number, line) in file.text.lines().enumerate() {
            let bare = find_word(line, "TODO").is_some_and(|at| !line[at + 4..].starts_with('('));
            if bare || ["FIXME", "XXX", "HACK"].iter().any(|w| find_word(line, w).is_some()) {
                found.push(file.finding(number + 1, "name the condition that removes it: TODO(kernel 6.10)"));
            }
        }
    }
    found
}

fn machine_paths(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|f| !f.path.starts_with("tests/house/")) {
        let homes = HOMES_ALLOWED.iter().any(|a| file.path.starts_with(a));
        for (number, line) in file.text.lines().enumerate() {
            let home = !homes && ["/home/", "/root/"].iter().any(|p| starts_a_path(line, p));
            if home || starts_a_path(line, "/work/") {
                found.push(
                    file.finding(
                        number + 1,
                        "a path of one developer's machine: say it relative to the tree",
                    ),
                );
            }
        }
    }
    found
}

/// JSON pointers into config.json that look like paths.
const POINTERS: &[&str] = &["/root/path\"", "/root/readonly\""];

/// Whether an absolute path in `line` begins with `prefix`.
fn starts_a_path(line: &str, prefix: &str) -> bool {
    line.match_indices(prefix).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let is_pointer = POINTERS.iter().any(|pointer| line[at..].starts_with(pointer));
        !is_pointer && !before.is_some_and(|c| c.is_alphanumeric() || "._-}$/)".contains(c))
    })
}

#[test]
fn every_source_has_a_licence_line() {
    assert_clean(&licence_heads(&Tree::read()));
    let seeded = Tree::of(&[
        ("runtime/a.rs", "//! No licence.\n"),
        ("b", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"),
    ]);
    assert_found(&licence_heads(&seeded), "runtime/a.rs", 1);
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    assert_clean(&names(&Tree::read()));
    assert_found(
        &names(&Tree::of(&[("runtime/src/utils.rs", ""), ("runtime/src/undo.rs", "")])),
        "runtime/src/utils.rs",
        1,
    );
    assert_found(&names(&Tree::of(&[("runtime/src/common/mod.rs", "")])), "runtime/src/common/mod.rs", 1);
}

#[test]
fn no_file_is_too_long() {
    assert_clean(&lengths(&Tree::read()));
    let long = "fn f() {}\n".repeat(801);
    let tested = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
    let seeded = Tree::of(&[("runtime/a.rs", &long), ("runtime/b.rs", &tested)]);
    assert_found(&lengths(&seeded), "runtime/a.rs", 801);
}

#[test]
fn unsafe_code_is_in_its_crate() {
    assert_clean(&unsafe_code(&Tree::read()));
    let text = "// unsafe is a word here\nfn f() { unsafe { g() } }\n";
    assert_found(
        &unsafe_code(&Tree::of(&[("runtime/src/a.rs", text), ("runtime/sys/src/a.rs", text)])),
        "runtime/src/a.rs",
        2,
    );
}

#[test]
fn only_the_seam_names_the_kinds() {
    assert_clean(&kinds(&Tree::read()));
    let text = "match s {\n Sandbox::Vm(_) => {}\n}\n";
    let seeded = Tree::of(&[("runtime/src/verbs/list.rs", text), ("runtime/src/sandbox/mod.rs", text)]);
    assert_found(&kinds(&seeded), "runtime/src/verbs/list.rs", 2);
}

#[test]
fn only_main_reads_the_environment() {
    assert_clean(&environment(&Tree::read()));
    let text = "fn f() { std::env::var_os(\"HOME\"); }\n";
    let seeded = Tree::of(&[("runtime/src/state/store.rs", text), ("runtime/src/main.rs", text)]);
    assert_found(&environment(&seeded), "runtime/src/state/store.rs", 1);
}

#[test]
fn a_todo_names_its_condition() {
    assert_clean(&bare_todos(&Tree::read()));
    let text = "// TODO(kernel 6.10): drop\n// TODO: later\n";
    assert_found(&bare_todos(&Tree::of(&[("runtime/src/a.rs", text)])), "runtime/src/a.rs", 2);
}

#[test]
fn no_path_of_a_developers_machine() {
    assert_clean(&machine_paths(&Tree::read()));
    let text = "see `tests/root/x` and $DIR/root/x\ncd /work/tree\n";
    assert_found(&machine_paths(&Tree::of(&[("docs/a.md", text)])), "docs/a.md", 2);
}

// SPDX-License-Identifier: Apache-2.0
//! The tree that the rules read: paths and texts, from the disk or from a test.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A broken rule: where, and one sentence that says what to do.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) sentence: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.sentence)
    }
}

#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the top of the tree.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn finding(&self, line: usize, sentence: impl Into<String>) -> Finding {
        Finding { file: self.path.clone(), line, sentence: sentence.into() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        has_extension(&self.path, "rs")
    }

    /// The file's name without its folder and extension.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.split('.').next().unwrap_or(name)
    }

    /// The Rust code with comments and the contents of strings blanked out, cut where the tests beside it begin.
    /// Line numbers stay.
    pub(crate) fn code(&self) -> String {
        without_tests(&blank_comments_and_strings(&self.text)).to_owned()
    }

    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    top: Option<PathBuf>,
}

/// What a checkout holds beside its sources.
const NOT_SOURCES: &[&str] = &[".git", "target", "corpus", "artifacts", "__pycache__"];

impl Tree {
    /// The tree that this test was built from.
    pub(crate) fn read() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let top = tests.parent().expect("tests/ lies in the tree").to_owned();
        let mut files = Vec::new();
        collect(&top, &top, &mut files);
        files.sort_by(|a: &File, b: &File| a.path.cmp(&b.path));
        Self { files, top: Some(top) }
    }

    /// A small tree for the test of a rule.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File { path: path.to_owned(), text: text.to_owned() };
        Self { files: files.iter().map(file).collect(), top: None }
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|f| f.path == path)
    }

    /// Whether a file or folder of this path is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.top.as_ref().is_some_and(|top| top.join(path).exists())
            || self.files.iter().any(|f| f.path == path || f.path.starts_with(&format!("{path}/")))
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|f| f.is_rust())
    }

    pub(crate) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |f| f.path.starts_with(folder))
    }
}

fn collect(top: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the tree can be read").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else { continue };
        if NOT_SOURCES.iter().any(|n| *n == name) {
            continue;
        }
        if kind.is_dir() {
            collect(top, &path, files);
        } else if kind.is_file() {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let path = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
            files.push(File { path, text });
        }
    }
}

pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == extension)
}

/// Whether `word` stands in `line` by itself, not as a part of a longer name; returns where.
pub(crate) fn find_word(line: &str, word: &str) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

/// The part before the tests that stand beside the code.
pub(crate) fn without_tests(code: &str) -> &str {
    code.find("#[cfg(test)]\nmod ").map_or(code, |at| &code[..at])
}

/// Blanks what the compiler does not read as code. Newlines stay, so that line numbers do.
pub(crate) fn blank_comments_and_strings(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let end = at + skipped_length(rest, at.checked_sub(1).map(|before| bytes[before]));
        if end > at {
            out.extend(text[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            let c = rest.chars().next().unwrap_or(' ');
            out.push(c);
            at += c.len_utf8();
        }
    }
    out
}

/// How many bytes at the start of `rest` are a comment, a string or a character; 0 if it is code.
fn skipped_length(rest: &str, before: Option<u8>) -> usize {
    let in_name = before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |end| end + 2);
    }
    if !in_name && (rest.starts_with("r\"") || rest.starts_with("r#")) {
        let hashes = rest[1..].bytes().take_while(|b| *b == b'#').count();
        if rest[1 + hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let body = 2 + hashes;
            return rest[body..].find(&close).map_or(rest.len(), |end| body + end + close.len());
        }
    }
    if rest.starts_with('"') {
        return quoted_length(rest, b'"');
    }
    // A character, not a lifetime: '"', '\'' and the like end within a few bytes.
    if rest.starts_with("'\\") || (rest.starts_with('\'') && rest.chars().nth(2) == Some('\'')) {
        return quoted_length(rest, b'\'');
    }
    0
}

fn quoted_length(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b if b == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

#[test]
fn code_is_told_from_comments_and_strings() {
    let text =
        "let a = \"unsafe\"; // unsafe\nlet c = '\"'; /* unsafe\n*/ let b = r#\"un\"safe\"#; fn f<'a>() {}\n";
    let code = blank_comments_and_strings(text);
    assert_eq!(code.lines().count(), 3);
    assert!(!code.contains("unsafe") && !code.contains("safe"));
    assert!(code.contains("let c =") && code.contains("fn f<'a>() {}"));
}

#[test]
fn a_word_is_not_a_part_of_a_name() {
    assert_eq!(find_word("unsafe_code unsafe {", "unsafe"), Some(12));
    assert_eq!(find_word("multiple_unsafe", "unsafe"), None);
}

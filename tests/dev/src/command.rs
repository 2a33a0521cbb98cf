// SPDX-License-Identifier: Apache-2.0
//! Running other programs, and saying what went wrong in one line.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is missing or broke, and what to do about it: one line.
#[derive(Debug)]
pub(crate) struct Failed(String);

pub(crate) type Result<T> = std::result::Result<T, Failed>;

impl Failed {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Turns the error of a file operation into a line that names the file.
pub(crate) fn at<T>(path: &Path, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|e| Failed(format!("{}: {e}", path.display())))
}

/// A line on standard output. Output that nobody reads is no reason to stop.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ignored = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The top of the tree.
pub(crate) fn top() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| top().join("target"), PathBuf::from)
}

/// A program to run at the top of the tree.
pub(crate) fn program<I: IntoIterator>(name: &str, args: I) -> Command
where
    I::Item: AsRef<OsStr>,
{
    let mut command = Command::new(name);
    command.args(args).current_dir(top());
    command
}

pub(crate) fn cargo<I: IntoIterator>(args: I) -> Command
where
    I::Item: AsRef<OsStr>,
{
    program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), args)
}

fn words(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    words.join(" ")
}

/// Runs it with our own output; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status();
    let status = status.map_err(|e| Failed(format!("{}: {e}", words(command))))?;
    if status.success() { Ok(()) } else { Err(Failed(format!("{}: {status}", words(command)))) }
}

/// Prints the command, then runs it.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    say(&format!("+ {}", words(command)));
    run(command)
}

/// What it prints on standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let out = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let out = out.map_err(|e| Failed(format!("{}: {e}", words(command))))?;
    if !out.status.success() {
        return Err(Failed(format!("{}: {}", words(command), out.status)));
    }
    String::from_utf8(out.stdout).map_err(|_| Failed(format!("{}: its output is not text", words(command))))
}

/// Whether it runs and exits with 0; it prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|s| s.success())
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

/// The bytes free for us where `folder` is or will be.
pub(crate) fn free_gib(folder: &Path) -> u64 {
    let there = folder.ancestors().find(|f| f.exists()).unwrap_or(Path::new("/"));
    let out = output(Command::new("df").args(["--output=avail", "-BG"]).arg(there)).unwrap_or_default();
    out.lines().last().and_then(|l| l.trim().trim_end_matches('G').parse().ok()).unwrap_or(0)
}

// SPDX-License-Identifier: Apache-2.0
//! A terminal of a test's own: what is typed, and what is printed so far. script(1) makes it.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::ran::wait_until;
use crate::systems::Systems;

/// A shell's script at work at a terminal.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keys: Option<ChildStdin>,
    shown: PathBuf,
}

impl Terminal {
    /// Runs a script of the shell, in which `ctctl` is the program with the places of these systems.
    #[track_caller]
    #[must_use]
    pub fn new(systems: &Systems, name: &str, script: &str) -> Terminal {
        let shown = systems.folder.join(format!("terminal.{name}"));
        let file = File::create(&shown).expect("the folder is ours");
        let ctctl = systems.command(&[]);
        let line = format!("ctctl() {{ {} \"$@\"; }}; {script}", ctctl.get_program().display());
        let mut command = Command::new("script");
        command.args(["-qefc", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(file).stderr(Stdio::null());
        for (variable, value) in ctctl.get_envs() {
            command.env(variable, value.expect("a place is set"));
        }
        command.env("SHELL", "/bin/sh");
        let mut child = command.spawn().expect("script is part of every Debian");
        let keys = child.stdin.take();
        Terminal { child, keys, shown }
    }

    /// Types.
    #[track_caller]
    pub fn keys(&mut self, text: &str) {
        let keys = self.keys.as_mut().expect("it is open until the end");
        keys.write_all(text.as_bytes()).expect("script reads what is typed");
    }

    /// What is shown so far.
    #[must_use]
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.shown).unwrap_or_default()).replace('\r', "")
    }

    /// Waits until this is shown.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        assert!(wait_until(|| self.shown().contains(text)), "it should show {text:?}: {}", self.shown());
    }

    /// Waits for the script's end and returns its exit code.
    #[track_caller]
    pub fn end(mut self) -> (i32, String) {
        let mut code = None;
        wait_until(|| {
            code = self.child.try_wait().expect("our own child can be waited for");
            code.is_some()
        });
        let shown = self.shown();
        (code.unwrap_or_else(|| panic!("it does not end: {shown}")).code().unwrap_or(-1), shown)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Most often it has ended.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

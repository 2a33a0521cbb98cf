// SPDX-License-Identifier: Apache-2.0
//! A program that ran, and what it printed.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The longest that one command may take. Far above what any needs, on the slowest machine.
const DEADLINE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Ran {
    /// 128 + the signal, if one ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    /// The command line, for messages.
    pub command: String,
}

impl Ran {
    /// Fails the test unless it exited with 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code of {self:#?}");
        self
    }

    /// Fails the test unless it failed and said this on standard error.
    #[track_caller]
    pub fn fails_with(self, text: &str) -> Self {
        assert_ne!(self.code, 0, "it should have failed: {self:#?}");
        assert!(self.stderr.contains(text), "its error should say {text:?}: {self:#?}");
        self
    }

    #[track_caller]
    pub fn fails(self) -> Self {
        assert_ne!(self.code, 0, "it should have failed: {self:#?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("not JSON ({e}): {self:#?}"))
    }
}

/// Runs it to its end. Its output goes to files in `folder`, not to pipes: what it leaves running may keep them open.
pub fn run(command: &mut Command, folder: &Path) -> Ran {
    run_within(DEADLINE, command, folder)
}

/// The same with another deadline, for what waits for a network.
pub(crate) fn run_within(deadline: Duration, command: &mut Command, folder: &Path) -> Ran {
    static SERIAL: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let serial = SERIAL.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let (out, err) = (folder.join(format!("out.{serial}")), folder.join(format!("err.{serial}")));
    let file = |path: &Path| File::create(path).expect("the test's folder can be written");
    let words = format!("{command:?}");
    let child = command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err)).spawn();
    let mut child = child.unwrap_or_else(|e| panic!("{words}: {e}"));
    let mut status = None;
    let ended = wait_until_for(deadline, || {
        status = child.try_wait().expect("our own child can be waited for");
        status.is_some()
    });
    if !ended {
        child.kill().expect("our own child can be killed");
        status = child.wait().ok();
    }
    let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let ran = Ran { code: code(status), stdout: text(&out), stderr: text(&err), command: words };
    assert!(ended, "it did not end within {deadline:?}: {ran:#?}");
    ran
}

fn code(status: Option<ExitStatus>) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.and_then(|s| s.code().or_else(|| s.signal().map(|n| 128 + n))).unwrap_or(-1)
}

/// Whether `event` comes before a deadline that only a fault reaches. There is no event to sleep on for some of what
/// tests wait for (a state that a command prints), so it asks again and again, less and less often.
pub fn wait_until(event: impl FnMut() -> bool) -> bool {
    wait_until_for(Duration::from_secs(30), event)
}

fn wait_until_for(time: Duration, mut event: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + time;
    let mut pause = Duration::from_micros(200);
    while !event() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(50));
    }
    true
}

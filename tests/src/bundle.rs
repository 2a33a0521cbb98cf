// SPDX-License-Identifier: Apache-2.0
//! A bundle with busybox in a folder of its own, and ctrun on it.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::config::default_config;
use crate::leaks::left_behind;
use crate::ran::{Ran, run, wait_until};

/// Where `make build` leaves the programs.
#[must_use]
pub fn dist() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist");
    std::env::var_os("CTCTL_DIST").map_or(built, PathBuf::from)
}

/// The runtime that the tests run.
#[must_use]
pub fn ctrun_program() -> PathBuf {
    std::env::var_os("CTRUN").map_or_else(|| dist().join("bin/ctrun"), PathBuf::from)
}

pub(crate) fn ctrun_with_faults() -> Option<PathBuf> {
    let folder = std::env::var_os("CTCTL_DIST_FAULT")
        .map_or_else(|| dist().with_file_name("dist-fault"), PathBuf::from);
    let program = folder.join("bin/ctrun");
    program.exists().then_some(program)
}

thread_local! {
    /// What stands before the runtime's program in command lines of bundles that this thread makes.
    static BEHIND: RefCell<Vec<OsString>> = const { RefCell::new(Vec::new()) };
}

/// Runs `body`, with the runtime of every bundle that it makes started by this command, as `strace` and its like are put
/// before a program.
pub fn behind<T>(command: &[OsString], body: impl FnOnce() -> T) -> T {
    let before = BEHIND.replace(command.to_vec());
    let result = body();
    BEHIND.set(before);
    result
}

/// A bundle, a runtime root and a container id that nobody else uses. Dropping it checks that nothing is left behind.
#[derive(Debug)]
pub struct Bundle {
    pub id: String,
    pub folder: PathBuf,
    /// Put before the runtime's own arguments, as `--debug` and the like.
    pub global: Vec<String>,
    program: PathBuf,
    behind: Vec<OsString>,
    is_guarded: bool,
}

impl Bundle {
    /// A bundle whose program is `true`.
    #[must_use]
    pub fn new() -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let id = format!("test-{}-{serial}-ct", std::process::id());
        let folder = std::env::temp_dir().join(format!("bundle-{id}"));
        // Left over from a process of the same number that was killed.
        let _absent = fs::remove_dir_all(&folder);
        make_rootfs(&folder.join("rootfs"));
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&folder, open).expect("the test's folder is ours");
        let behind = BEHIND.with_borrow(Clone::clone);
        let program = ctrun_program();
        let bundle = Self { id, folder, global: Vec::new(), program, behind, is_guarded: true };
        bundle.write_config(&bundle.fresh_config());
        bundle
    }

    /// A bundle with this program.
    #[must_use]
    pub fn running<const N: usize>(args: [&str; N]) -> Self {
        Self::new().with(|c| c["process"]["args"] = json!(args.to_vec()))
    }

    /// A bundle whose program is this line for the shell.
    #[must_use]
    pub fn sh(script: &str) -> Self {
        Self::running(["sh", "-c", script])
    }

    /// Changes config.json.
    #[must_use]
    pub fn with(self, change: impl FnOnce(&mut Value)) -> Self {
        self.change(change);
        self
    }

    pub fn change(&self, change: impl FnOnce(&mut Value)) {
        let text = fs::read(self.folder.join("config.json")).expect("the bundle has its config.json");
        let mut config = serde_json::from_slice(&text).expect("the harness wrote it");
        change(&mut config);
        self.write_config(&config);
    }

    /// The program with fault injection instead of the shipped one.
    #[must_use]
    pub fn with_faults(mut self) -> Self {
        self.program = ctrun_with_faults().expect("the test declared that it needs it");
        self
    }

    /// Containers that a test leaves behind on purpose are its own to remove.
    #[must_use]
    pub fn unguarded(mut self) -> Self {
        self.is_guarded = false;
        self
    }

    /// The default configuration, with the id in the environment: so the guard finds processes of the container.
    fn fresh_config(&self) -> Value {
        let mut config = default_config();
        let mark = json!(format!("CTCTL_TEST={}", self.id));
        config["process"]["env"].as_array_mut().expect("a list").push(mark);
        config["linux"]["cgroupsPath"] = json!(format!("/{}", self.id));
        config
    }

    fn write_config(&self, config: &Value) {
        let text = serde_json::to_vec_pretty(config).expect("a value can be written");
        fs::write(self.folder.join("config.json"), text).expect("the test's folder is ours");
    }

    #[must_use]
    pub fn rootfs(&self) -> PathBuf {
        self.folder.join("rootfs")
    }

    /// The runtime's `--root`.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// A command line of the runtime, ready to run: its global options are in place.
    pub fn command<I>(&self, args: I) -> Command
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(args).current_dir(&self.folder);
        command
    }

    /// The program, with what stands before it, and its global options.
    fn words(&self) -> Vec<OsString> {
        let mut words = self.behind.clone();
        words.extend([self.program.clone().into(), "--root".into(), self.root().into()]);
        words.extend(self.global.iter().map(OsString::from));
        words
    }

    /// Runs the runtime with these arguments, in the bundle's folder.
    pub fn ctrun<I>(&self, args: I) -> Ran
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        run(&mut self.command(args), &self.folder)
    }

    /// Runs a command that `command` prepared.
    pub fn finish(&self, command: &mut Command) -> Ran {
        run(command, &self.folder)
    }

    /// `create`; the container's output goes where `stdout` and `stderr` read it.
    pub fn create(&self) -> Ran {
        self.create_with::<&str>([])
    }

    pub fn create_with<S: AsRef<OsStr>>(&self, options: impl IntoIterator<Item = S>) -> Ran {
        let mut sh = Command::new("sh");
        // The shell's redirections give the container files of its own, apart from what the runtime prints.
        sh.args(["-c", "exec 3>&1 4>&2; exec \"$@\" >stdout 2>>stderr", "sh"])
            .args(self.words())
            .arg("create");
        for option in options {
            sh.arg(option);
        }
        sh.arg(&self.id).current_dir(&self.folder);
        let mut ran = run(&mut sh, &self.folder);
        ran.stderr.push_str(&self.read("stderr"));
        ran
    }

    pub fn start(&self) -> Ran {
        self.ctrun(["start", &self.id])
    }

    /// `run`: create, start, wait and delete.
    pub fn run(&self) -> Ran {
        self.ctrun(["run", &self.id])
    }

    pub fn exec<const N: usize>(&self, args: [&str; N]) -> Ran {
        let mut words = vec!["exec", &self.id];
        words.extend(args);
        self.ctrun(words)
    }

    pub fn kill(&self, signal: &str) -> Ran {
        self.ctrun(["kill", &self.id, signal])
    }

    pub fn delete(&self) -> Ran {
        self.ctrun(["delete", &self.id])
    }

    pub fn delete_force(&self) -> Ran {
        self.ctrun(["delete", "--force", &self.id])
    }

    #[track_caller]
    pub fn state(&self) -> Value {
        self.ctrun(["state", &self.id]).ok().json()
    }

    #[track_caller]
    pub fn status(&self) -> String {
        self.state()["status"].as_str().expect("state has a status").to_owned()
    }

    #[track_caller]
    pub fn wait_for(&self, status: &str) {
        assert!(wait_until(|| self.status() == status), "it is {}, not {status}", self.status());
    }

    /// The container's init, as the host sees it.
    #[track_caller]
    pub fn pid(&self) -> i64 {
        self.state()["pid"].as_i64().expect("state has a pid")
    }

    /// What the created container has printed.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.read("stdout")
    }

    #[must_use]
    pub fn stderr(&self) -> String {
        self.read("stderr")
    }

    fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join(name)).unwrap_or_default()).into_owned()
    }

    /// What is there of the container on this machine; empty before it is created and after it is deleted.
    #[must_use]
    pub fn left_behind(&self) -> Vec<String> {
        left_behind(&self.id, &self.folder, &self.root())
    }
}

impl Default for Bundle {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        let mut left = Vec::new();
        if self.is_guarded && !std::thread::panicking() {
            // A process that was killed is a moment on its way.
            wait_briefly(|| {
                left = self.left_behind();
                left.is_empty()
            });
        }
        if std::thread::panicking() || !left.is_empty() || !self.is_guarded {
            let _best_effort = self.command(["delete", "--force", &self.id]).output();
        }
        let _best_effort = fs::remove_dir_all(&self.folder);
        assert!(left.is_empty(), "the test leaves behind:\n{}", left.join("\n"));
    }
}

fn wait_briefly(mut event: impl FnMut() -> bool) {
    for _ in 0..100 {
        if event() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// A root file system around the host's static busybox.
fn make_rootfs(rootfs: &Path) {
    let made = ["bin", "dev", "etc", "proc", "root", "sys", "tmp"]
        .iter()
        .try_for_each(|d| fs::create_dir_all(rootfs.join(d)));
    made.expect("a folder for the test can be made");
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].iter().find(|p| Path::new(p).exists());
    let busybox = busybox.expect("the tests need busybox-static: apt-get install busybox-static");
    fs::copy(busybox, rootfs.join("bin/busybox")).expect("busybox can be copied");
    for applet in APPLETS {
        symlink("busybox", rootfs.join("bin").join(applet)).expect("a link can be made");
    }
    let accounts = [
        ("passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n"),
        ("group", "root:x:0:\nuser:x:1000:\nextra:x:2000:user\n"),
    ];
    for (name, text) in accounts {
        fs::write(rootfs.join("etc").join(name), text).expect("the test's folder is ours");
    }
}

const APPLETS: &[&str] = &[
    "cat", "chmod", "chown", "cmp", "cut", "date", "dd", "echo", "env", "false", "find", "grep", "head",
    "hostname", "id", "ionice", "ip", "kill", "ln", "ls", "mkdir", "mknod", "mount", "ping", "ps", "pwd",
    "readlink", "rm", "sed", "seq", "sh", "sleep", "sort", "stat", "stty", "sync", "tail", "test", "touch",
    "tr", "true", "tty", "umount", "uname", "uptime", "wc", "xargs",
];

// SPDX-License-Identifier: Apache-2.0
//! A manager with places of its own, and ctctl on it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::bundle::dist;
use crate::leaks::{cgroup_folders, mounts_below, processes_with};
use crate::networks::Network;
use crate::ran::{Ran, run, run_within, wait_until};

/// The program that the tests run.
#[must_use]
pub fn ctctl_program() -> PathBuf {
    dist().join("bin/ctctl")
}

/// Configuration, data, run state and logs in a folder of the test's own. Dropping it destroys its systems, and fails
/// the test when something of them is left.
#[derive(Debug)]
pub struct Systems {
    /// Put before the names of the test's systems, so that they are nobody else's.
    pub prefix: String,
    /// All places are below it.
    pub folder: PathBuf,
    /// The network that the manager is in, if it is one of the test's own.
    pub(crate) network: Option<Network>,
}

impl Systems {
    /// Places without a template.
    #[must_use]
    pub fn empty() -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("t{}x{serial}-", std::process::id());
        // Not in /tmp, which may be a tmpfs: before Linux 6.3 those take no id maps.
        let folder = PathBuf::from(format!("/var/tmp/ctctl-{prefix}test"));
        // Left over from a process of the same number that was killed.
        let _absent = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("/var/tmp can be written");
        // What a test does not ask for must not change the network of this machine.
        fs::create_dir(folder.join("etc")).expect("it is ours");
        fs::write(folder.join("etc/network.toml"), "default = \"none\"\n").expect("it is ours");
        Self { prefix, folder, network: None }
    }

    /// Places with the busybox template.
    #[must_use]
    pub fn new() -> Self {
        let systems = Self::empty();
        systems.run(&["template", "build", "busybox"]).ok();
        systems
    }

    /// A system's whole name.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// ctctl with these arguments, `@` in one of them standing for the prefix of names.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(ctctl_program());
        command.args(args.iter().map(|arg| arg.replace('@', &self.prefix)));
        for (variable, folder) in
            [("CTCTL_CONFIG", "etc"), ("CTCTL_DATA", "data"), ("CTCTL_RUN", "run"), ("CTCTL_LOG", "log")]
        {
            command.env(variable, self.folder.join(folder));
        }
        match &self.network {
            // Templates come from an archive that only the machine's own network reaches.
            Some(network) if args.first() != Some(&"template") => network.inside(&command),
            _ => command,
        }
    }

    /// Runs it.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args), &self.folder)
    }

    /// Runs it, however long it takes up to this.
    #[track_caller]
    pub fn run_within(&self, time: Duration, args: &[&str]) -> Ran {
        run_within(time, &mut self.command(args), &self.folder)
    }

    /// Starts it, and kills it after a while.
    pub fn cut(&self, args: &[&str], after: Duration) {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("ctctl can be run");
        std::thread::sleep(after);
        child.kill().expect("our own child can be killed");
        child.wait().expect("our own child can be waited for");
    }

    /// Runs it with something to read.
    #[track_caller]
    pub fn run_with_input(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("ctctl can be run");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("it reads what it is given");
        drop(stdin);
        let output = child.wait_with_output().expect("our own child can be waited for");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            command: format!("{command:?}"),
        }
    }

    /// A busybox system that runs.
    #[track_caller]
    pub fn running(&self, name: &str) -> String {
        let name = self.name(name);
        self.run(&["create", &name, "--template", "busybox"]).ok();
        self.run(&["start", &name]).ok();
        name
    }

    /// A system whose first program is this script.
    #[track_caller]
    pub fn scripted(&self, name: &str, script: &str) -> String {
        let recipe = self.folder.join("scripted.toml");
        let text = format!("[source.busybox]\n[defaults]\ninit = [\"/bin/sh\", \"-c\", \"{script}\"]\n");
        fs::write(&recipe, text).expect("the folder is ours");
        self.run(&["template", "build", &recipe.display().to_string()]).ok();
        let name = self.name(name);
        self.run(&["create", &name, "--template", "scripted"]).ok();
        name
    }

    /// What `status --json` says of a system.
    #[track_caller]
    pub fn status(&self, name: &str) -> Value {
        self.run(&["status", "--json", name]).ok().json()
    }

    /// Waits until a system's status is this word.
    #[track_caller]
    pub fn wait_for(&self, name: &str, word: &str) {
        let came = wait_until(|| self.status(name)["status"] == word);
        assert!(came, "{name} never was {word}: {}", self.status(name));
    }

    /// Numbers of the processes that wait for this system's end.
    #[must_use]
    pub fn monitors(&self, name: &str) -> Vec<i32> {
        let is_monitor = |line: &String| line.contains("(ctctl-monitor)");
        let found = processes_with(name).into_iter().filter(is_monitor);
        found.filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
    }

    /// Everything of systems that is still there, one line each.
    #[must_use]
    pub fn left_behind(&self) -> Vec<String> {
        let mut left: Vec<String> =
            mounts_below(&self.folder).into_iter().map(|m| format!("mount {m}")).collect();
        left.extend(cgroup_folders(&self.prefix).into_iter().map(|c| format!("cgroup {}", c.display())));
        left.extend(processes_with(&self.prefix).into_iter().map(|p| format!("process {p}")));
        for folder in ["etc/systems", "data/systems", "run/systems", "run/oci", "log"] {
            let entries = fs::read_dir(self.folder.join(folder)).into_iter().flatten().flatten();
            left.extend(entries.map(|entry| format!("file {}", entry.path().display())));
        }
        left
    }

    fn destroy_all(&self) {
        let listed = self.run(&["list", "--json"]);
        let systems: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap_or_default();
        for name in systems.iter().filter_map(|system| system["name"].as_str()) {
            self.run(&["destroy", "--force", name]);
        }
    }
}

impl Default for Systems {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Systems {
    fn drop(&mut self) {
        self.destroy_all();
        let left = self.left_behind();
        // A test that failed has its own failure to report.
        assert!(std::thread::panicking() || left.is_empty(), "left behind: {left:#?}");
        let _stays = fs::remove_dir_all(&self.folder);
    }
}

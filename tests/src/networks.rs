// SPDX-License-Identifier: Apache-2.0
//! Network namespaces of a test's own: one for the manager, others for hosts outside. The machine's own network is never
//! touched.

use std::process::{Child, Command, Stdio};

use crate::ran::{Ran, run, wait_until};
use crate::systems::Systems;

/// A network namespace, there for as long as this value.
#[derive(Debug)]
pub struct Network {
    holder: Child,
}

impl Network {
    /// A new one, with its loopback on.
    #[must_use]
    pub fn new() -> Self {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", "ip link set lo up && exec sleep infinity"]);
        let holder = command.stdin(Stdio::null()).spawn().expect("unshare can be run");
        let network = Self { holder };
        // Both before and after its execs it has the same number.
        let path = format!("/proc/{}/comm", network.pid());
        let is_made = || std::fs::read_to_string(&path).is_ok_and(|name| name.trim() == "sleep");
        assert!(wait_until(is_made), "a network namespace can be made");
        network
    }

    /// The process that holds it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// The same command in this network.
    #[must_use]
    pub fn inside(&self, command: &Command) -> Command {
        let mut entered = Command::new("nsenter");
        entered.arg(format!("--net=/proc/{}/ns/net", self.pid())).arg("--").arg(command.get_program());
        entered.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => entered.env(name, value),
                None => entered.env_remove(name),
            };
        }
        entered
    }

    /// Runs a line of a shell in it.
    #[track_caller]
    pub fn sh(&self, line: &str) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        run(&mut self.inside(&command), &std::env::temp_dir())
    }

    /// Connects it with another one: an interface of this name here, one of that name there.
    #[track_caller]
    pub fn connect(&self, here: &str, other: &Network, there: &str) {
        let line = format!("ip link add {here} type veth peer name {there} netns {}", other.pid());
        self.sh(&line).ok();
        self.sh(&format!("ip link set {here} up")).ok();
        other.sh(&format!("ip link set {there} up")).ok();
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ended = self.holder.kill();
        let _reaped = self.holder.wait();
    }
}

impl Systems {
    /// Places with the busybox template whose systems have the networks of a namespace of the test's own.
    #[must_use]
    pub fn networked() -> Self {
        let mut systems = Self::empty();
        systems.network = Some(Network::new());
        std::fs::remove_file(systems.folder.join("etc/network.toml")).expect("it is there");
        systems.run(&["template", "build", "busybox"]).ok();
        systems
    }

    /// The network that its manager is in.
    #[must_use]
    pub fn host(&self) -> &Network {
        self.network.as_ref().expect("it is made with one")
    }
}

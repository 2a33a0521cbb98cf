// SPDX-License-Identifier: Apache-2.0
//! From a system's configuration to an OCI bundle. Pure: no I/O.

use crate::config::{Config, Feature, Network, Ready};
use crate::idmap::IdMap;
use runtime::spec::capabilities;
use serde_json::{Value, json};
use std::path::Path;

/// Where init finds the socket that it says `READY=1` to: the place that systemd's Container Interface names.
const NOTIFY: &str = "/run/host/notify";

/// Microseconds in which a share of processor time is counted.
const CPU_PERIOD: u64 = 100_000;

/// What nobody inside may call, although the namespaces do not stop it: it reaches the whole kernel, or is large and
/// young enough to be the next way out of it.
const REFUSED_CALLS: &[&str] = &[
    "add_key",
    "bpf",
    "delete_module",
    "finit_module",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "open_by_handle_at",
    "perf_event_open",
    "request_key",
    "userfaultfd",
];

/// What is said not to be there, so that programs take the older call in their place: a filter sees the flags of that
/// one, and the options of a file system are parsed by code that is older (CVE-2022-0185).
const ABSENT_CALLS: &[&str] = &["clone3", "fsconfig", "fsmount", "fsopen", "fspick"];

/// A user namespace inside has root of its own over code of the kernel that was written for root alone; most ways out
/// began there.
const CLONE_NEWUSER: u64 = 0x1000_0000;

/// What a system does not get: with the host's ids it would be the host's, with ids of its own it does nothing but
/// mislead an init, which mounts and loads what it believes it may.
pub const HOST_ONLY: &[&str] =
    &["CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_TIME"];

/// Files of proc and sys that tell or change what belongs to the host, where no user namespace guards them.
const MASKED: &[&str] = &[
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/timer_list",
    "/sys/firmware",
];
const READ_ONLY: &[&str] = &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// What this host adds to a bundle.
#[derive(Debug)]
pub struct Facts<'f> {
    /// The socket that stands for NOTIFY_SOCKET, for an init that uses one.
    pub notify: &'f Path,
    /// The starter's own capabilities; bit n is capability n.
    pub capabilities: u64,
    /// The device nodes that it has beside the usual.
    pub devices: &'f [Rule],
}

/// A device that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// A block device, not a character device.
    pub block: bool,
    /// Its major number.
    pub major: u32,
    /// Its minor number.
    pub minor: u32,
    /// Letters of `rw`; none of them when it may not be.
    pub access: String,
}

/// config.json of a system.
#[must_use]
pub fn spec(config: &Config, facts: &Facts<'_>) -> Value {
    let mut spec = json!({
        "ociVersion": "1.3.0",
        "root": { "path": "rootfs" },
        "hostname": config.hostname(),
        "process": init(config, facts.capabilities),
        "mounts": mounts(config, facts.notify),
        "linux": {
            "cgroupsPath": cgroups_path(&config.name),
            "namespaces": namespaces(config),
            "resources": first_limits(config),
            "seccomp": seccomp(config),
        },
    });
    let linux = &mut spec["linux"];
    linux["resources"]["devices"] = device_rules(facts.devices);
    match config.idmap {
        IdMap::Range { base, size } => {
            let map = json!([{ "containerID": 0, "hostID": base, "size": size }]);
            linux["uidMappings"] = map.clone();
            linux["gidMappings"] = map;
        }
        IdMap::Host => {
            linux["maskedPaths"] = json!(MASKED);
            linux["readonlyPaths"] = json!(READ_ONLY);
        }
    }
    spec
}

/// The place of a system's control groups in every hierarchy.
#[must_use]
pub fn cgroups_path(name: &str) -> String {
    format!("/ctctl.{name}")
}

/// `linux.resources` with the limits of the named keys alone: a host that lacks a controller refuses even to be told
/// that there is no limit. A key without a value says so, since an update leaves alone what it does not name.
#[must_use]
pub fn resources(config: &Config, keys: &[&str]) -> Value {
    let mut resources = json!({});
    for key in keys {
        match *key {
            "memory" => resources["memory"] = json!({ "limit": or_none(config.memory) }),
            "pids" => resources["pids"] = json!({ "limit": or_none(config.pids) }),
            "cpulimit" => {
                let quota = or_none(config.cpulimit.map(|percent| percent * (CPU_PERIOD / 100)));
                resources["cpu"] = json!({ "quota": quota, "period": CPU_PERIOD });
            }
            _ => {}
        }
    }
    resources
}

fn or_none(limit: Option<u64>) -> Value {
    limit.map_or(json!(-1), |limit| json!(limit))
}

/// The limits that a system begins with.
fn first_limits(config: &Config) -> Value {
    let limits = [("memory", config.memory), ("cpulimit", config.cpulimit), ("pids", config.pids)];
    let keys: Vec<&str> = limits.iter().filter(|(_, limit)| limit.is_some()).map(|(key, _)| *key).collect();
    resources(config, &keys)
}

/// A command that somebody runs in a system.
#[derive(Debug)]
pub struct Command {
    /// The program and its arguments.
    pub args: Vec<String>,
    /// Whether it gets a terminal.
    pub tty: bool,
    /// What its environment has beside the usual.
    pub env: Vec<String>,
    /// Where it runs.
    pub cwd: String,
}

/// The `process` object of a command. It knows nothing of what init was told, such as init's NOTIFY_SOCKET.
#[must_use]
pub fn command(config: &Config, command: &Command, own: u64) -> Value {
    let mut env = usual_env(config);
    env.extend(["HOME=/root", "USER=root", "LOGNAME=root"].map(str::to_owned));
    env.extend(command.env.iter().cloned());
    let mut process = process(config, own, &env);
    process["terminal"] = json!(command.tty);
    process["args"] = json!(command.args);
    process["cwd"] = json!(command.cwd);
    process
}

/// What all programs have; the configuration's variables go before the usual.
fn usual_env(config: &Config) -> Vec<String> {
    let usual = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=ctctl"];
    let name = |variable: &str| variable.split('=').next().unwrap_or_default().to_owned();
    let is_given = |variable: &&str| config.env.iter().any(|given| name(given) == name(variable));
    let usual = usual.into_iter().filter(|variable| !is_given(variable)).map(str::to_owned);
    usual.chain(config.env.iter().cloned()).collect()
}

fn init(config: &Config, own: u64) -> Value {
    let mut env = usual_env(config);
    env.extend(["TERM=linux".to_owned(), format!("container_uuid={}", config.uuid)]);
    if config.ready == Ready::Notify {
        env.push(format!("NOTIFY_SOCKET={NOTIFY}"));
    }
    let mut process = process(config, own, &env);
    process["terminal"] = json!(true);
    process["args"] = json!(config.init);
    process["cwd"] = json!(config.cwd.as_deref().unwrap_or("/"));
    process
}

/// What init and commands have in common: root with all that a system may have.
fn process(config: &Config, own: u64, env: &[String]) -> Value {
    // A new user namespace gives all of them; without one nobody can give what he does not have.
    let given = if config.idmap == IdMap::Host { own } else { u64::MAX };
    let numbered = capabilities::NAMES.into_iter().enumerate();
    let names: Vec<&str> = numbered
        .filter(|(number, name)| given >> number & 1 == 1 && may_have(config, name))
        .map(|(_, name)| name)
        .collect();
    json!({
        "user": { "uid": 0, "gid": 0 },
        "env": env,
        "capabilities": { "bounding": names, "effective": names, "permitted": names },
        "noNewPrivileges": false,
    })
}

/// The default, unless the configuration says otherwise.
fn may_have(config: &Config, name: &str) -> bool {
    let short = name.trim_start_matches("CAP_").to_lowercase();
    let said = config.cap.iter().find(|word| word[1..] == short);
    said.map_or(!HOST_ONLY.contains(&name), |word| word.starts_with('+'))
}

fn namespaces(config: &Config) -> Value {
    let mut kinds = vec!["pid", "ipc", "uts", "mount", "cgroup"];
    if config.network == Network::None {
        kinds.push("network");
    }
    if config.idmap != IdMap::Host {
        kinds.push("user");
    }
    kinds.into_iter().map(|kind| json!({ "type": kind })).collect()
}

fn mount(target: &str, kind: &str, options: &[&str]) -> Value {
    json!({ "destination": target, "type": kind, "source": kind, "options": options })
}

fn mounts(config: &Config, notify: &Path) -> Value {
    let closed = ["nosuid", "nodev", "noexec"];
    let closed_and = |more: &[&'static str]| [&closed[..], more].concat();
    let mut mounts = vec![mount("/proc", "proc", &closed)];
    if config.network == Network::Host && config.idmap != IdMap::Host {
        // Only the owner of a network namespace may mount its sysfs; the host's is shown, for reading.
        let options = closed_and(&["rbind", "ro"]);
        mounts.push(json!({ "destination": "/sys", "type": "bind", "source": "/sys", "options": options }));
    } else {
        mounts.push(mount("/sys", "sysfs", &closed_and(&["ro"])));
    }
    mounts.extend([
        mount("/sys/fs/cgroup", "cgroup", &closed_and(&["relatime"])),
        mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=1m"]),
        mount(
            "/dev/pts",
            "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        ),
        mount("/dev/shm", "tmpfs", &["nosuid", "nodev", "mode=1777"]),
        mount("/dev/mqueue", "mqueue", &closed),
        mount("/run", "tmpfs", &["nosuid", "nodev", "mode=755"]),
    ]);
    if config.ready == Ready::Notify {
        mounts.push(json!({
            "destination": NOTIFY, "type": "bind", "source": notify, "options": closed_and(&["bind"]),
        }));
    }
    Value::Array(mounts)
}

/// The devices that the runtime makes in every container, terminals, and those of the configuration.
#[must_use]
pub fn device_rules(own: &[Rule]) -> Value {
    let allow = |major: u32, minor: Option<u32>| {
        let mut rule = json!({ "allow": true, "type": "c", "major": major, "access": "rwm" });
        if let Some(minor) = minor {
            rule["minor"] = json!(minor);
        }
        rule
    };
    let memory = [3, 5, 7, 8, 9].map(|minor| allow(1, Some(minor)));
    let terminals = [allow(5, Some(0)), allow(5, Some(1)), allow(5, Some(2)), allow(136, None)];
    let mut rules = vec![json!({ "allow": false, "access": "rwm" })];
    // A node may be made, as archives hold them; it opens nothing that is not named below.
    rules.extend(["c", "b"].map(|kind| json!({ "allow": true, "type": kind, "access": "m" })));
    rules.extend(memory.into_iter().chain(terminals));
    rules.extend(own.iter().filter(|rule| !rule.access.is_empty()).map(|rule| {
        let kind = if rule.block { "b" } else { "c" };
        let (major, minor, access) = (rule.major, rule.minor, format!("{}m", rule.access));
        json!({ "allow": true, "type": kind, "major": major, "minor": minor, "access": access })
    }));
    Value::Array(rules)
}

/// Calls of the kernel's key rings, which are the host's but for their owners.
const KEY_CALLS: &[&str] = &["add_key", "keyctl", "request_key"];

fn seccomp(config: &Config) -> Value {
    const EPERM: u32 = 1;
    const ENOSYS: u32 = 38;
    let is_refused = |call: &&&str| !(config.has(Feature::Keyctl) && KEY_CALLS.contains(*call));
    let refused: Vec<&&str> = REFUSED_CALLS.iter().filter(is_refused).collect();
    let mut rules = vec![json!({ "names": refused, "action": "SCMP_ACT_ERRNO", "errnoRet": EPERM })];
    if !config.has(Feature::Nesting) {
        rules.push(json!({ "names": ABSENT_CALLS, "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS }));
        rules.push(json!({
            "names": ["clone", "unshare"],
            "action": "SCMP_ACT_ERRNO",
            "errnoRet": EPERM,
            "args": [{
                "index": 0,
                "value": CLONE_NEWUSER,
                "valueTwo": CLONE_NEWUSER,
                "op": "SCMP_CMP_MASKED_EQ",
            }],
        }));
    }
    json!({
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": rules,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web() -> Config {
        let mut config = Config::new("web");
        config.uuid = "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned();
        config.idmap = "1048576:65536".parse().unwrap();
        config
    }

    #[test]
    fn the_runtime_takes_what_is_made() {
        for (idmap, network) in
            [("host", Network::Host), ("host", Network::None), ("1048576:65536", Network::Host)]
        {
            let mut config = web();
            config.idmap = idmap.parse().unwrap();
            config.network = network;
            let facts = Facts { notify: Path::new("/run/notify"), capabilities: 0x21, devices: &[] };
            let text = spec(&config, &facts).to_string();
            assert_eq!(text.contains("CAP_SETGID"), idmap != "host");
            let spec = runtime::sandbox::create::parse(text.as_bytes(), "config.json").unwrap();
            runtime::plan::check::check(&spec).unwrap();
        }
    }

    #[test]
    fn a_command_knows_nothing_of_what_init_was_told() {
        let mut config = web();
        config.ready = Ready::Notify;
        assert!(init(&config, 0).to_string().contains("NOTIFY_SOCKET"));
        let wish =
            Command { args: vec!["true".to_owned()], tty: false, env: Vec::new(), cwd: "/".to_owned() };
        let text = command(&config, &wish, 0).to_string();
        assert!(!text.contains("NOTIFY_SOCKET") && !text.contains(&config.uuid), "{text}");
        assert_eq!(command(&config, &wish, 0)["capabilities"], init(&config, 0)["capabilities"]);
    }

    #[test]
    fn a_limit_that_is_taken_away_is_said_to_be_none() {
        let mut config = web();
        assert_eq!(resources(&config, &["memory"]), json!({ "memory": { "limit": -1 } }));
        assert_eq!(first_limits(&config), json!({}));
        (config.memory, config.cpulimit) = (Some(64 << 20), Some(150));
        let limits = first_limits(&config);
        assert_eq!(limits["memory"]["limit"], 64 << 20);
        assert_eq!(limits["cpu"], json!({ "quota": 150_000, "period": 100_000 }));
        assert!(limits["pids"].is_null());
    }
}

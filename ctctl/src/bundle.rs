// SPDX-License-Identifier: Apache-2.0
//! From a system's configuration to an OCI bundle. Pure: no I/O.

use crate::accounts::User;
use crate::config::limits::ulimit;
use crate::config::{Config, Feature, Network, Profile, Ready};
use crate::error::Result;
use crate::idmap::IdMap;
use crate::profile;
use crate::resources::{self, Machine};
use runtime::spec::capabilities;
use serde_json::{Value, json};
use std::path::Path;

/// Where init finds the socket that it says `READY=1` to: the place that systemd's Container Interface names.
const NOTIFY: &str = "/run/host/notify";

/// Where systemd-networkd, if the system has it, finds that its interface has all that it needs: without a word it would
/// wait for a network that never comes.
const NETWORKD: &str = "/run/systemd/network/10-ctctl-eth0.network";

/// Where our own small init is found inside.
const INIT: &str = "/run/host/init";

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
    /// What systemd-networkd is to know of the system's interface, if we connect it.
    pub networkd: Option<&'f Path>,
    /// The starter's own capabilities; bit n is capability n.
    pub capabilities: u64,
    /// What limits need to know.
    pub machine: &'f Machine,
    /// The program that is process 1 where the system's own first program is to be its child.
    pub init: Option<&'f Path>,
    /// Whether the first program gets a terminal; else it has the starter's standard descriptors.
    pub terminal: bool,
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
///
/// # Errors
/// `Value` and `Unsupported`: a limit that this host cannot give.
pub fn spec(config: &Config, facts: &Facts<'_>) -> Result<Value> {
    let mut spec = json!({
        "ociVersion": "1.3.0",
        "root": { "path": "rootfs" },
        "hostname": config.hostname(),
        "process": init(config, facts),
        "mounts": mounts(config, facts),
        "linux": {
            "cgroupsPath": cgroups_path(&config.name),
            "namespaces": namespaces(config),
            "resources": resources::resources(config, &resources::given(config), facts.machine)?,
            "sysctl": sysctl(config),
            "seccomp": if is_strict(config) { profile::seccomp() } else { seccomp(config) },
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
        IdMap::Host => {}
    }
    if config.idmap == IdMap::Host || is_strict(config) {
        linux["maskedPaths"] = json!(MASKED);
        linux["readonlyPaths"] = json!(READ_ONLY);
    }
    Ok(spec)
}

fn sysctl(config: &Config) -> Value {
    let pairs = config.limits.sysctl.iter().filter_map(|word| word.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

fn is_strict(config: &Config) -> bool {
    config.profile == Profile::Strict
}

/// The place of a system's control groups in every hierarchy.
#[must_use]
pub fn cgroups_path(name: &str) -> String {
    format!("/ctctl.{name}")
}

/// A command that somebody runs in a system.
#[derive(Debug)]
pub struct Command {
    /// The program and its arguments.
    pub args: Vec<String>,
    /// Whether it gets a terminal.
    pub tty: bool,
    /// Its whole environment.
    pub env: Vec<String>,
    /// Where it runs.
    pub cwd: String,
    /// Who runs it.
    pub user: User,
    /// Whether it has all capabilities.
    pub is_elevated: bool,
    /// Whether it is in the system's user namespace.
    pub is_mapped: bool,
}

/// The `process` object of a command. It knows nothing of what init was told, such as init's NOTIFY_SOCKET.
#[must_use]
pub fn command(config: &Config, command: &Command, own: u64) -> Value {
    let given = if command.is_mapped { u64::MAX } else { own };
    let names = capability_names(config, given, command.is_elevated);
    let mut process = process(config, &names, &command.env);
    process["terminal"] = json!(command.tty);
    process["args"] = json!(command.args);
    process["cwd"] = json!(command.cwd);
    let user = &command.user;
    process["user"] = json!({ "uid": user.uid, "gid": user.gid, "additionalGids": user.groups });
    if user.uid != 0 && !command.is_elevated {
        // What another user may become, but is not.
        process["capabilities"] = json!({ "bounding": names });
    }
    process
}

/// What all programs have; the configuration's variables go before the usual.
#[must_use]
pub fn usual_env(configured: &[String]) -> Vec<String> {
    let usual = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=ctctl"];
    let name = |variable: &str| variable.split('=').next().unwrap_or_default().to_owned();
    let is_given = |variable: &&str| configured.iter().any(|given| name(given) == name(variable));
    let usual = usual.into_iter().filter(|variable| !is_given(variable)).map(str::to_owned);
    usual.chain(configured.iter().cloned()).collect()
}

fn init(config: &Config, facts: &Facts<'_>) -> Value {
    let mut env = usual_env(&config.env);
    env.extend(["TERM=linux".to_owned(), format!("container_uuid={}", config.uuid)]);
    if config.ready == Ready::Notify {
        env.push(format!("NOTIFY_SOCKET={NOTIFY}"));
    }
    // A new user namespace gives all of them; without one nobody can give what he does not have.
    let given = if config.idmap == IdMap::Host { facts.capabilities } else { u64::MAX };
    let mut process = process(config, &capability_names(config, given, false), &env);
    process["terminal"] = json!(facts.terminal);
    process["args"] = match facts.init {
        Some(_) => json!([&[INIT.to_owned()], &config.init[..]].concat()),
        None => json!(config.init),
    };
    process["cwd"] = json!(config.cwd.as_deref().unwrap_or("/"));
    let (uid, gid) = config.user;
    process["user"] = json!({ "uid": uid, "gid": gid });
    process
}

fn capability_names(config: &Config, given: u64, is_elevated: bool) -> Vec<&'static str> {
    let numbered = capabilities::NAMES.into_iter().enumerate();
    let is_usual = |name| {
        if is_strict(config) { profile::CAPABILITIES.contains(&name) } else { !HOST_ONLY.contains(&name) }
    };
    let may_have = |name| is_elevated || said(config, name).unwrap_or_else(|| is_usual(name));
    numbered
        .filter(|(number, name)| given >> number & 1 == 1 && may_have(name))
        .map(|(_, name)| name)
        .collect()
}

/// What init and commands have in common: root with all that a system may have.
fn process(config: &Config, names: &[&str], env: &[String]) -> Value {
    let mut process = json!({
        "user": { "uid": 0, "gid": 0 },
        "env": env,
        "capabilities": { "bounding": names, "effective": names, "permitted": names },
        "noNewPrivileges": false,
        "rlimits": rlimits(config),
    });
    if let Some(score) = config.limits.oom_score.as_deref().and_then(|text| text.parse::<i32>().ok()) {
        process["oomScoreAdj"] = json!(score);
    }
    process
}

fn rlimits(config: &Config) -> Value {
    let given = config.limits.ulimits.iter().filter_map(|word| ulimit(word).ok());
    let one = |(name, soft, hard): (String, u64, u64)| json!({ "type": format!("RLIMIT_{}", name.to_uppercase()), "soft": soft, "hard": hard });
    given.map(one).collect()
}

/// What the configuration says of a capability, against the profile.
fn said(config: &Config, name: &str) -> Option<bool> {
    let short = name.trim_start_matches("CAP_").to_lowercase();
    config.cap.iter().find(|word| word[1..] == short).map(|word| word.starts_with('+'))
}

fn namespaces(config: &Config) -> Value {
    let mut kinds = vec!["pid", "ipc", "uts", "mount", "cgroup"];
    if config.network != Network::Host {
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

fn mounts(config: &Config, facts: &Facts<'_>) -> Value {
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
    let mut shm = ["nosuid", "nodev", "mode=1777"].map(str::to_owned).to_vec();
    shm.extend(config.limits.shm_size.map(|bytes| format!("size={bytes}")));
    mounts.extend([
        mount("/sys/fs/cgroup", "cgroup", &closed_and(&["relatime"])),
        mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=1m"]),
        mount(
            "/dev/pts",
            "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        ),
        mount("/dev/shm", "tmpfs", &shm.iter().map(String::as_str).collect::<Vec<_>>()),
        mount("/dev/mqueue", "mqueue", &closed),
        mount("/run", "tmpfs", &["nosuid", "nodev", "mode=755"]),
    ]);
    let notify = (config.ready == Ready::Notify).then_some((NOTIFY, facts.notify, "rw"));
    let networkd = facts.networkd.map(|path| (NETWORKD, path, "ro"));
    for (target, source, access) in notify.into_iter().chain(networkd) {
        let options = closed_and(&["bind", access]);
        mounts.push(json!({ "destination": target, "type": "bind", "source": source, "options": options }));
    }
    if let Some(init) = facts.init {
        // Nobody inside can change the host's file through it.
        let options = ["bind", "ro", "nosuid", "nodev"];
        mounts.push(json!({ "destination": INIT, "type": "bind", "source": init, "options": options }));
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

    fn facts(machine: &Machine) -> Facts<'_> {
        let notify = Path::new("/run/notify");
        Facts {
            notify,
            networkd: Some(notify),
            capabilities: 0x21,
            machine,
            init: None,
            terminal: true,
            devices: &[],
        }
    }

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
            for profile in [Profile::System, Profile::Strict] {
                config.profile = profile;
                let text = spec(&config, &facts(&Machine::default())).unwrap().to_string();
                assert_eq!(text.contains("CAP_SETGID"), idmap != "host");
                let spec = runtime::sandbox::create::parse(text.as_bytes(), "config.json").unwrap();
                runtime::plan::check::check(&spec).unwrap();
            }
        }
    }

    #[test]
    fn what_is_said_of_a_capability_goes_before_the_profile() {
        let mut config = web();
        config.cap = vec!["+net_raw".to_owned(), "-chown".to_owned(), "+sys_time".to_owned()];
        for profile in [Profile::System, Profile::Strict] {
            config.profile = profile;
            let names = capability_names(&config, u64::MAX, false);
            let has = |name| names.contains(&name);
            assert!(has("CAP_NET_RAW") && has("CAP_SYS_TIME") && has("CAP_SETUID"), "{names:?}");
            assert!(!has("CAP_CHOWN") && !has("CAP_SYS_MODULE"), "{names:?}");
            assert_eq!(has("CAP_SYS_ADMIN"), profile == Profile::System);
            assert_eq!(capability_names(&config, u64::MAX, true).len(), capabilities::NAMES.len());
        }
    }

    #[test]
    fn a_command_knows_nothing_of_what_init_was_told() {
        let mut config = web();
        config.ready = Ready::Notify;
        let machine = Machine::default();
        let facts = facts(&machine);
        assert!(init(&config, &facts).to_string().contains("NOTIFY_SOCKET"));
        let wish = Command {
            args: vec!["true".to_owned()],
            tty: false,
            env: Vec::new(),
            cwd: "/".to_owned(),
            user: User::root(),
            is_elevated: false,
            is_mapped: true,
        };
        let text = command(&config, &wish, facts.capabilities).to_string();
        assert!(!text.contains("NOTIFY_SOCKET") && !text.contains(&config.uuid), "{text}");
        let given = |process: Value| process["capabilities"].clone();
        assert_eq!(given(command(&config, &wish, facts.capabilities)), given(init(&config, &facts)));
    }
}

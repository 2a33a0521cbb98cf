// SPDX-License-Identifier: Apache-2.0
//! What a configuration gets wrong, all of it at once, each problem with a JSON pointer.
//!
//! The rules are those of runtime-spec 1.3 and those without which a container would change its host. Nothing is
//! allocated unless something is wrong: every start comes through here.

use super::{namespaces, process as payload};
use crate::error::{Error, Result};
use crate::spec::{Device, Hook, IdMapping, Linux, Mount, Process, Spec, capabilities};
use runtime_sys::namespace as ns;

/// What was found so far.
#[derive(Debug, Default)]
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, pointer: impl AsRef<str>, what: impl AsRef<str>) {
        self.0.push(format!("{}: {}", pointer.as_ref(), what.as_ref()));
    }

    /// Takes an error that names its place already.
    fn take<T>(&mut self, result: Result<T>) {
        if let Err(error) = result {
            self.0.push(error.to_string());
        }
    }

    fn into_result(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid(self.0.join("; "))) }
    }
}

/// Checks a whole configuration.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] with all problems.
pub fn check(spec: &Spec<'_>) -> Result<()> {
    let mut problems = Problems::default();
    version(&spec.oci_version, &mut problems);
    if spec.vm.is_some() {
        problems.add("/vm", "the microVM mode is not there yet: remove the object to run it as a container");
    }
    match &spec.root {
        None => problems.add("/root", "missing: name the root file system"),
        Some(root) if root.path.is_empty() => {
            problems.add("/root/path", "missing: name the root file system");
        }
        Some(_) => {}
    }
    match &spec.process {
        None => problems.add("/process", "missing"),
        Some(process) => self::process(process, &mut problems),
    }
    match &spec.linux {
        None => problems.add("/linux", "missing: this runtime makes Linux containers"),
        Some(linux) => self::linux(spec, linux, &mut problems),
    }
    for (index, mount) in spec.mounts.iter().enumerate() {
        if mount.destination.is_empty() {
            problems.add(format!("/mounts/{index}/destination"), "missing");
        }
        mapped_mount(spec, index, mount, &mut problems);
    }
    hooks(spec, &mut problems);
    for (index, (key, _)) in spec.annotations.iter().enumerate() {
        if key.is_empty() {
            problems.add("/annotations", format!("key number {index} is empty"));
        }
    }
    problems.into_result()
}

/// What is asked of the ids of one mount.
fn mapped_mount(spec: &Spec<'_>, index: usize, mount: &Mount<'_>, problems: &mut Problems) {
    if mount.uid_mappings.is_empty() != mount.gid_mappings.is_empty() {
        problems.add(format!("/mounts/{index}"), "uidMappings and gidMappings come together");
    }
    let has_maps = !mount.uid_mappings.is_empty();
    let asks = |names: &[&str]| mount.options.iter().any(|option| names.contains(&&**option));
    if !has_maps && !asks(&["idmap", "ridmap"]) {
        return;
    }
    if mount.kind.as_deref() != Some("bind") && !asks(&["bind", "rbind"]) {
        let what = "only a bind mount can have its ids mapped: a new file system's are the container's";
        problems.add(format!("/mounts/{index}"), what);
    }
    let has_users = |linux: &Linux<'_>| linux.namespaces.iter().any(|namespace| &*namespace.kind == "user");
    if !has_maps && !spec.linux.as_ref().is_some_and(has_users) {
        let what = "an id-mapped mount needs mappings: its own, or a user namespace's";
        problems.add(format!("/mounts/{index}"), what);
    }
    sizes(&format!("/mounts/{index}"), &mount.uid_mappings, &mount.gid_mappings, problems);
}

/// Mappings of nothing.
fn sizes(place: &str, uid: &[IdMapping], gid: &[IdMapping], problems: &mut Problems) {
    for (key, maps) in [("uidMappings", uid), ("gidMappings", gid)] {
        for index in maps.iter().enumerate().filter(|(_, map)| map.size == 0).map(|(index, _)| index) {
            problems.add(format!("{place}/{key}/{index}/size"), "is 0");
        }
    }
}

/// Checks the process of an `exec`.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] with all problems.
pub fn check_process(process: &Process<'_>) -> Result<()> {
    let mut problems = Problems::default();
    self::process(process, &mut problems);
    problems.into_result()
}

/// The number 4294967295 is -1 to the kernel, which then leaves the id as it is: root.
fn user(user: &crate::spec::User<'_>, problems: &mut Problems) {
    let groups = user.additional_gids.iter().enumerate();
    let groups = groups.map(|(index, gid)| (format!("/process/user/additionalGids/{index}"), *gid));
    let ids = [("/process/user/uid".to_owned(), user.uid), ("/process/user/gid".to_owned(), user.gid)];
    for (pointer, _) in ids.into_iter().chain(groups).filter(|(_, id)| *id == u32::MAX) {
        problems.add(pointer, format!("{} is no id: it means no change to the kernel", u32::MAX));
    }
}

/// Versions 1.x are compatible with each other (spec.md, the ociVersion property).
fn version(version: &str, problems: &mut Problems) {
    let mut parts = version.split(['.', '-', '+']);
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
    let (major, minor, patch) = (number(parts.next()), number(parts.next()), number(parts.next()));
    match (major, minor, patch) {
        (Some(1), Some(_), Some(_)) => {}
        (Some(_), Some(_), Some(_)) => {
            problems.add("/ociVersion", format!("{version:?} is not supported: 1.0.0 to 1.3 are"));
        }
        _ => problems.add("/ociVersion", format!("{version:?} is no version: write one like 1.3.0")),
    }
}

fn process(process: &Process<'_>, problems: &mut Problems) {
    if process.args.is_empty() || process.args[0].is_empty() {
        problems.add("/process/args", "missing: name a program");
    }
    if !process.cwd.starts_with('/') {
        problems.add("/process/cwd", format!("{:?} must be an absolute path", &*process.cwd));
    }
    for (index, pair) in process.env.iter().enumerate() {
        if pair.starts_with('=') || !pair.contains('=') {
            problems.add(format!("/process/env/{index}"), format!("{:?} is not KEY=VALUE", &**pair));
        }
    }
    for (index, limit) in process.rlimits.iter().enumerate() {
        let pointer = || format!("/process/rlimits/{index}");
        if payload::rlimit(&limit.kind).is_none() {
            problems.add(format!("{}/type", pointer()), format!("unknown limit {:?}", &*limit.kind));
        }
        if limit.soft > limit.hard {
            problems.add(format!("{}/soft", pointer()), "is above the hard limit");
        }
        if process.rlimits[..index].iter().any(|other| other.kind == limit.kind) {
            problems.add(pointer(), format!("{} is listed twice", &*limit.kind));
        }
    }
    if let Some(score) = process.oom_score_adj.filter(|score| !(-1000..=1000).contains(score)) {
        problems.add("/process/oomScoreAdj", format!("{score} is not between -1000 and 1000"));
    }
    user(&process.user, problems);
    if process.user.umask.is_some_and(|umask| umask > 0o777) {
        problems.add("/process/user/umask", "is above 0777");
    }
    if let Some(scheduler) = &process.scheduler {
        problems.take(payload::scheduler(scheduler));
    }
    if let Some(priority) = &process.io_priority {
        problems.take(payload::io_priority(priority));
    }
    problems.take(payload::affinities(process));
}

fn linux(spec: &Spec<'_>, linux: &Linux<'_>, problems: &mut Problems) {
    let namespaces = namespaces::collect(linux, &mut problems.0);
    let all = namespaces.all();
    let needs = |flag: u64| all & flag == 0;
    if needs(ns::CLONE_NEWUTS) {
        for (pointer, is_set) in
            [("/hostname", spec.hostname.is_some()), ("/domainname", spec.domainname.is_some())]
        {
            if is_set {
                problems.add(
                    pointer,
                    "needs a uts namespace of the container's own: it would be the host's name",
                );
            }
        }
    }
    if needs(ns::CLONE_NEWNS) {
        problems.add(
            "/linux/namespaces",
            "a mount namespace is needed: without one every mount would be the host's",
        );
    }
    mappings(linux, &namespaces, problems);
    if linux.time_offsets.is_some() && namespaces.new & ns::CLONE_NEWTIME == 0 {
        problems.add("/linux/timeOffsets", "needs a new time namespace");
    }
    for (name, is_set) in [
        ("intelRdt", linux.intel_rdt.is_some()),
        ("memoryPolicy", linux.memory_policy.is_some()),
        ("netDevices", linux.net_devices.is_some()),
    ] {
        if is_set {
            problems.add(format!("/linux/{name}"), "is not supported: remove it");
        }
    }
    if let Some(personality) = &linux.personality {
        problems.take(payload::personality(personality));
    }
    problems.take(super::mounts::inherited_propagation(spec));
    sysctls(linux, all, problems);
    devices(&linux.devices, problems);
    for (key, paths) in [("maskedPaths", &linux.masked_paths), ("readonlyPaths", &linux.readonly_paths)] {
        for (index, path) in paths.iter().enumerate() {
            if !path.starts_with('/') {
                problems.add(format!("/linux/{key}/{index}"), format!("{:?} must be absolute", &**path));
            }
        }
    }
}

fn mappings(linux: &Linux<'_>, namespaces: &namespaces::Namespaces<'_>, problems: &mut Problems) {
    let has_maps = !linux.uid_mappings.is_empty() || !linux.gid_mappings.is_empty();
    if has_maps && namespaces.all() & ns::CLONE_NEWUSER == 0 {
        problems.add("/linux/uidMappings", "uidMappings and gidMappings need a user namespace");
    }
    if namespaces.new & ns::CLONE_NEWUSER != 0 {
        for (key, maps) in [("uidMappings", &linux.uid_mappings), ("gidMappings", &linux.gid_mappings)] {
            if maps.is_empty() {
                problems.add(format!("/linux/{key}"), "missing: a new user namespace needs it");
            }
        }
    }
    sizes("/linux", &linux.uid_mappings, &linux.gid_mappings, problems);
}

/// Parameters that an ipc namespace has; those of a network namespace begin with `net.`.
const IPC_PARAMETERS: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// The `CLONE_NEW*` bit of the namespace that a kernel parameter belongs to; none when it is the whole host's.
#[must_use]
pub fn sysctl_namespace(key: &str) -> Option<u64> {
    let dotted = key.replace('/', ".");
    if key.contains("..") {
        None
    } else if dotted.starts_with("net.") {
        Some(ns::CLONE_NEWNET)
    } else if IPC_PARAMETERS.contains(&dotted.as_str()) || dotted.starts_with("fs.mqueue.") {
        Some(ns::CLONE_NEWIPC)
    } else if dotted == "kernel.domainname" || dotted == "kernel.hostname" {
        Some(ns::CLONE_NEWUTS)
    } else if dotted.starts_with("user.") {
        Some(ns::CLONE_NEWUSER)
    } else {
        None
    }
}

/// Only what belongs to a namespace of the container's own may be written: all else is the host's.
fn sysctls(linux: &Linux<'_>, all: u64, problems: &mut Problems) {
    for (key, value) in linux.sysctl.iter() {
        let dotted = key.replace('/', ".");
        let pointer = || format!("/linux/sysctl/{}", key.replace('~', "~0").replace('/', "~1"));
        // Each goes to one file by one write; a second line would be for nobody or for another parameter.
        if value.contains(|letter: char| letter.is_control() && letter != '\t') {
            problems.add(pointer(), format!("{:?} is no value: it holds a control character", &**value));
        }
        match sysctl_namespace(key) {
            // Namespaced, but there is a property for it.
            Some(_) if dotted == "kernel.hostname" => {
                problems.add(pointer(), "conflicts with /hostname: set that instead (sysctl)");
            }
            None => problems.add(pointer(), "belongs to no namespace: it would change the host (sysctl)"),
            Some(flag) if all & flag == 0 => {
                let kind = namespaces::name(flag);
                problems.add(pointer(), format!("needs a {kind} namespace of the container's own (sysctl)"));
            }
            Some(_) => {}
        }
    }
}

fn devices(devices: &[Device<'_>], problems: &mut Problems) {
    for (index, device) in devices.iter().enumerate() {
        let pointer = |key: &str| format!("/linux/devices/{index}/{key}");
        if !device.path.starts_with('/') {
            problems.add(pointer("path"), format!("{:?} must be absolute", &*device.path));
        }
        if !matches!(&*device.kind, "c" | "b" | "u" | "p") {
            problems.add(pointer("type"), format!("unknown type {:?}: use c, b, u or p", &*device.kind));
        }
        for (key, number) in [("major", device.major), ("minor", device.minor)] {
            if device.kind != "p" && u32::try_from(number).is_err() {
                problems.add(pointer(key), format!("{number} is no device number"));
            }
        }
    }
}

fn hooks(spec: &Spec<'_>, problems: &mut Problems) {
    let Some(hooks) = &spec.hooks else { return };
    let kinds: [(&str, &[Hook<'_>]); 6] = [
        ("prestart", &hooks.prestart),
        ("createRuntime", &hooks.create_runtime),
        ("createContainer", &hooks.create_container),
        ("startContainer", &hooks.start_container),
        ("poststart", &hooks.poststart),
        ("poststop", &hooks.poststop),
    ];
    for (kind, list) in kinds {
        for (index, hook) in list.iter().enumerate() {
            if !hook.path.starts_with('/') {
                let what = format!("{:?} must be an absolute path", &*hook.path);
                problems.add(format!("/hooks/{kind}/{index}/path"), what);
            }
            if hook.timeout.is_some_and(|timeout| timeout <= 0) {
                problems.add(format!("/hooks/{kind}/{index}/timeout"), "must be greater than zero");
            }
        }
    }
}

/// What is odd and yet allowed: for `validate`, which tells of it; a start does not.
#[must_use]
pub fn warnings(spec: &Spec<'_>) -> Vec<String> {
    let sets = spec.process.as_ref().and_then(|process| process.capabilities.as_ref());
    let mut warnings = Vec::new();
    if let Some(sets) = sets {
        let all = [
            ("bounding", &sets.bounding),
            ("effective", &sets.effective),
            ("inheritable", &sets.inheritable),
            ("permitted", &sets.permitted),
            ("ambient", &sets.ambient),
        ];
        for (set, names) in all {
            for (index, name) in names.iter().enumerate() {
                if capabilities::number(name).is_none() {
                    warnings.push(format!("/process/capabilities/{set}/{index}: {:?} is unknown", &**name));
                }
            }
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn good() -> Value {
        json!({
            "ociVersion": "1.3.0",
            "process": { "args": ["sh"], "cwd": "/", "env": ["A=b"] },
            "root": { "path": "rootfs" },
            "linux": { "namespaces": [
                { "type": "mount" }, { "type": "uts" }, { "type": "ipc" }, { "type": "network" }, { "type": "pid" }
            ]},
        })
    }

    fn problems(change: impl FnOnce(&mut Value)) -> String {
        let mut config = good();
        change(&mut config);
        let text = config.to_string();
        let spec: Spec<'_> = serde_json::from_str(&text).unwrap();
        check(&spec).err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn a_good_one_passes() {
        assert_eq!(problems(|_| {}), "");
    }

    /// Where a value goes, the value, and the pointer that the problem must name.
    #[test]
    fn each_rule_names_its_place() {
        let cases = [
            ("/ociVersion", json!("2.0.0"), "/ociVersion"),
            ("/ociVersion", json!("one"), "/ociVersion"),
            ("/vm", json!({}), "/vm"),
            ("/root/path", json!(""), "/root/path"),
            ("/process/args", json!([]), "/process/args"),
            ("/process/cwd", json!("x"), "/process/cwd"),
            ("/process/env", json!(["=x"]), "/process/env/0"),
            ("/process/rlimits", json!([{"type": "RLIMIT_NO"}]), "/process/rlimits/0/type"),
            (
                "/process/rlimits",
                json!([{"type": "RLIMIT_CPU", "soft": 2, "hard": 1}]),
                "/process/rlimits/0/soft",
            ),
            ("/process/oomScoreAdj", json!(2000), "/process/oomScoreAdj"),
            ("/process/scheduler", json!({"policy": "SCHED_NO"}), "/process/scheduler/policy"),
            (
                "/process/ioPriority",
                json!({"class": "IOPRIO_CLASS_BE", "priority": 9}),
                "/process/ioPriority",
            ),
            ("/process/execCPUAffinity", json!({"initial": "x-"}), "/process/execCPUAffinity"),
            ("/linux/namespaces", json!([{"type": "mount"}, {"type": "no"}]), "/linux/namespaces/1"),
            ("/linux/namespaces", json!([{"type": "pid"}]), "/linux/namespaces: a mount"),
            ("/hostname", json!("x"), ""),
            ("/linux/uidMappings", json!([{"size": 1}]), "/linux/uidMappings"),
            ("/linux/timeOffsets", json!({}), "/linux/timeOffsets"),
            ("/linux/intelRdt", json!({}), "/linux/intelRdt"),
            ("/linux/memoryPolicy", json!({}), "/linux/memoryPolicy"),
            ("/linux/netDevices", json!({"a": {}}), "/linux/netDevices"),
            ("/linux/sysctl", json!({"vm.swappiness": "1"}), "/linux/sysctl/vm.swappiness"),
            ("/linux/sysctl", json!({"net.a/../../b": "1"}), "/linux/sysctl/net.a~1"),
            ("/linux/sysctl", json!({"net.ipv4.ip_forward": "1"}), ""),
            ("/linux/devices", json!([{"path": "x", "type": "q"}]), "/linux/devices/0/type"),
            ("/linux/rootfsPropagation", json!("no"), "/linux/rootfsPropagation"),
            ("/linux/personality", json!({"domain": "NO"}), "/linux/personality"),
            ("/linux/maskedPaths", json!(["x"]), "/linux/maskedPaths/0"),
            ("/mounts", json!([{"type": "tmpfs"}]), "/mounts/0/destination"),
            ("/mounts", json!([{"destination": "/a", "type": "tmpfs", "options": ["idmap"]}]), "/mounts/0"),
            ("/mounts", json!([{"destination": "/a", "type": "bind", "options": ["ridmap"]}]), "/mounts/0"),
            ("/hooks", json!({"poststop": [{"path": "x"}]}), "/hooks/poststop/0/path"),
            ("/hooks", json!({"prestart": [{"path": "/x", "timeout": 0}]}), "/hooks/prestart/0/timeout"),
        ];
        for (place, value, expected) in cases {
            let (parent, key) = place.rsplit_once('/').unwrap();
            let found = problems(|config| config.pointer_mut(parent).unwrap()[key] = value.clone());
            assert_eq!(found.is_empty(), expected.is_empty(), "{place} {value}: {found}");
            assert!(found.contains(expected), "{place} {value}: {found}");
        }
    }

    #[test]
    fn all_are_told_at_once() {
        let found = problems(|config| {
            config["process"]["cwd"] = json!("x");
            config["ociVersion"] = json!("");
        });
        assert!(found.contains("/process/cwd") && found.contains("/ociVersion"), "{found}");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The default profiles of podman and Docker, as these engines write them into config.json.

use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// From the package golang-github-containers-common.
const PODMAN: &str = "/usr/share/containers/seccomp.json";

/// One file of a package that depends on half of Go: it is unpacked, not installed.
const DOCKER_PACKAGE: &str = "golang-github-docker-docker-dev";
const DOCKER: &str = "usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json";

/// What the engines give a container that asks for nothing.
const DEFAULT_CAPABILITIES: &[&str] = &[
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn docker_file() -> PathBuf {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/docker"));
    let file = folder.join(DOCKER);
    if !file.exists() {
        std::fs::create_dir_all(&folder).expect("target is ours");
        let script = format!("apt-get -q download {DOCKER_PACKAGE} && dpkg-deb -x {DOCKER_PACKAGE}_*.deb . ");
        let output = Command::new("sh").args(["-ec", &script]).current_dir(&folder).output().expect("sh");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "Docker's profile cannot be fetched from Debian's mirror: {said}");
    }
    file
}

/// Each default profile with its name, for several sets of capabilities.
pub fn all() -> Vec<(String, Value)> {
    let sources = [("podman", read(Path::new(PODMAN))), ("docker", read(&docker_file()))];
    let every = [
        "CAP_AUDIT_WRITE",
        "CAP_BPF",
        "CAP_DAC_READ_SEARCH",
        "CAP_PERFMON",
        "CAP_SYSLOG",
        "CAP_SYS_ADMIN",
        "CAP_SYS_BOOT",
        "CAP_SYS_CHROOT",
        "CAP_SYS_MODULE",
        "CAP_SYS_NICE",
        "CAP_SYS_PACCT",
        "CAP_SYS_PTRACE",
        "CAP_SYS_RAWIO",
        "CAP_SYS_TIME",
        "CAP_SYS_TTY_CONFIG",
    ];
    let sets = [("default capabilities", DEFAULT_CAPABILITIES), ("all", &every[..]), ("none", &[])];
    let mut profiles = Vec::new();
    for (engine, source) in &sources {
        for (set, capabilities) in sets {
            profiles.push((format!("{engine}, {set}"), for_container(source, capabilities)));
        }
    }
    profiles
}

fn for_container(source: &Value, capabilities: &[&str]) -> Value {
    let rules = source["syscalls"].as_array().expect("a list of rules");
    let kept: Vec<Value> = rules.iter().filter(|rule| applies(rule, capabilities)).map(rule).collect();
    let mut profile = json!({
        "defaultAction": source["defaultAction"],
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": kept,
    });
    if source["defaultErrnoRet"].is_u64() {
        profile["defaultErrnoRet"] = source["defaultErrnoRet"].clone();
    }
    profile
}

fn words<'v>(rule: &'v Value, list: &str, key: &str) -> Vec<&'v str> {
    rule[list][key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn applies(rule: &Value, capabilities: &[&str]) -> bool {
    let is_ours = |names: &[&str]| names.iter().any(|name| ["amd64", "x86_64"].contains(name));
    let (wanted, refused) = (words(rule, "includes", "arches"), words(rule, "excludes", "arches"));
    (wanted.is_empty() || is_ours(&wanted))
        && !is_ours(&refused)
        && words(rule, "includes", "caps").iter().all(|name| capabilities.contains(name))
        && !words(rule, "excludes", "caps").iter().any(|name| capabilities.contains(name))
}

fn rule(source: &Value) -> Value {
    let mut rule = Map::new();
    for key in ["names", "action", "errnoRet", "args"] {
        if !source[key].is_null() {
            rule.insert(key.to_owned(), source[key].clone());
        }
    }
    Value::Object(rule)
}

// SPDX-License-Identifier: Apache-2.0
//! Keys that limit a system: what they hold, and the names that other tools have for them.

use super::keys::{Change, Key};
use super::read::{number, text, words};
use super::value::{Kind, Value};
use crate::cpulist;
use crate::error::{Error, Exit};

/// Limits beside memory, processor time and processes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of swap, beside memory.
    pub swap: Option<u64>,
    /// Bytes that are reclaimed from others first.
    pub memory_low: Option<u64>,
    /// Share of the processors under contention; 1000 is usual.
    pub cpuunits: Option<u64>,
    /// How many processors the system sees.
    pub cpus: Option<u64>,
    /// Which processors: a list, `auto`, or `all`.
    pub cpumask: Option<String>,
    /// Which memory nodes: a list, or `all`.
    pub nodemask: Option<String>,
    /// Bytes a second, each way.
    pub iolimit: Option<u64>,
    /// Operations a second, each way.
    pub iopslimit: Option<u64>,
    /// `NAME=SOFT[:HARD]`.
    pub ulimits: Vec<String>,
    /// `NAME=VALUE`.
    pub sysctl: Vec<String>,
    /// Bytes of /dev/shm.
    pub shm_size: Option<u64>,
    /// What the kernel adds when it chooses a process to kill.
    pub oom_score: Option<String>,
}

/// A key whose change takes effect at once.
const fn live(name: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Key {
    Key { name, alias: None, kind, default, help, change: Change::Live, get: |_| None, put: |_, _| Ok(()) }
}

pub(super) const SWAP: Key = Key {
    get: |c| c.limits.swap.map(Value::Number),
    put: |c, v| number(v.as_ref()).map(|n| c.limits.swap = n),
    ..live(
        "swap",
        Kind::Memory,
        "unlimited",
        "the most swap that the system may use beside its memory; 0 is none",
    )
};

pub(super) const MEMORY_LOW: Key = Key {
    get: |c| c.limits.memory_low.map(Value::Number),
    put: |c, v| number(v.as_ref()).map(|n| c.limits.memory_low = n.filter(|n| *n > 0)),
    ..live("memory_low", Kind::Memory, "none", "memory that is taken from other systems before this one")
};

pub(super) const CPUUNITS: Key = Key {
    get: |c| c.limits.cpuunits.map(Value::Number),
    put: |c, v| within(v.as_ref(), 8, 500_000).map(|n| c.limits.cpuunits = n),
    ..live(
        "cpuunits",
        Kind::Count,
        "1000",
        "the share of busy processors beside other systems: 3000 gets three times what 1000 gets",
    )
};

pub(super) const CPUS: Key = Key {
    get: |c| c.limits.cpus.map(Value::Number),
    put: |c, v| number(v.as_ref()).map(|n| c.limits.cpus = n),
    ..live("cpus", Kind::Limit, "all", "how many processors the system has")
};

pub(super) const CPUMASK: Key = Key {
    get: |c| c.limits.cpumask.clone().map(Value::Text),
    put: |c, v| list(v, &["auto", "all"]).map(|t| c.limits.cpumask = t),
    ..live(
        "cpumask",
        Kind::Text,
        "all",
        "which processors the system runs on: 0-3,5; auto: those of its memory nodes; all",
    )
};

pub(super) const NODEMASK: Key = Key {
    get: |c| c.limits.nodemask.clone().map(Value::Text),
    put: |c, v| list(v, &["all"]).map(|t| c.limits.nodemask = t),
    ..live("nodemask", Kind::Text, "all", "which memory nodes the system uses: 0,1; all")
};

pub(super) const IOLIMIT: Key = Key {
    get: |c| c.limits.iolimit.map(Value::Number),
    put: |c, v| number(v.as_ref()).map(|n| c.limits.iolimit = n),
    ..live(
        "iolimit",
        Kind::Rate,
        "unlimited",
        "the most bytes a second to and from the disk of the system's files",
    )
};

pub(super) const IOPSLIMIT: Key = Key {
    get: |c| c.limits.iopslimit.map(Value::Number),
    put: |c, v| number(v.as_ref()).map(|n| c.limits.iopslimit = n),
    ..live(
        "iopslimit",
        Kind::Limit,
        "unlimited",
        "the most operations a second on the disk of the system's files",
    )
};

pub(super) const ULIMITS: Key = Key {
    get: |c| (!c.limits.ulimits.is_empty()).then(|| Value::List(c.limits.ulimits.clone())),
    put: |c, v| ulimits(v).map(|w| c.limits.ulimits = w),
    change: Change::NextStart,
    ..live(
        "ulimits",
        Kind::Words,
        "the host's",
        "resource limits of the programs inside, as NAME=SOFT[:HARD], such as nofile=1024:4096",
    )
};

pub(super) const SYSCTL: Key = Key {
    get: |c| (!c.limits.sysctl.is_empty()).then(|| Value::List(c.limits.sysctl.clone())),
    put: |c, v| sysctls(v).map(|w| c.limits.sysctl = w),
    change: Change::NextStart,
    ..live(
        "sysctl",
        Kind::Words,
        "the kernel's",
        "kernel parameters of the system's own namespaces, as NAME=VALUE; in the file, values may have spaces",
    )
};

pub(super) const SHM_SIZE: Key = Key {
    get: |c| c.limits.shm_size.map(Value::Number),
    put: |c, v| number(v.as_ref()).map(|n| c.limits.shm_size = n.filter(|n| *n > 0)),
    change: Change::NextStart,
    ..live("shm_size", Kind::Memory, "half of the host's memory", "the size of /dev/shm")
};

pub(super) const OOM_SCORE: Key = Key {
    get: |c| c.limits.oom_score.clone().map(Value::Text),
    put: |c, v| oom_score(v).map(|t| c.limits.oom_score = t),
    change: Change::NextStart,
    ..live(
        "oom_score",
        Kind::Text,
        "0",
        "whom the kernel kills first when the host has no memory left: -1000 (never) to 1000 (first)",
    )
};

fn within(value: Option<&Value>, least: u64, most: u64) -> Result<Option<u64>, String> {
    match number(value)? {
        Some(number) if number < least || number > most => {
            Err(format!("{number} is not between {least} and {most}"))
        }
        other => Ok(other),
    }
}

fn list(value: Option<Value>, also: &[&str]) -> Result<Option<String>, String> {
    match text(value)? {
        Some(word) if also.contains(&word.as_str()) => Ok(Some(word)),
        Some(list) => match cpulist::parse(&list) {
            Some(numbers) => Ok(Some(cpulist::print(&numbers))),
            None => Err(format!("{list:?} is neither a list such as 0-3,5 nor {}", also.join(" nor "))),
        },
        None => Ok(None),
    }
}

/// Names of resource limits, as `ulimit` and docker have them.
const ULIMIT_NAMES: &[&str] = &[
    "as",
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// What `unlimited` is in setrlimit(2).
const INFINITY: u64 = u64::MAX;

/// One resource limit: name in lower case, soft, hard.
///
/// # Errors
/// A sentence that says what is expected.
pub fn ulimit(word: &str) -> Result<(String, u64, u64), String> {
    let wrong = || format!("{word:?}: expected NAME=SOFT[:HARD], such as nofile=1024:4096");
    let (name, values) = word.split_once('=').ok_or_else(wrong)?;
    let name = name.to_ascii_lowercase();
    if !ULIMIT_NAMES.contains(&name.as_str()) {
        return Err(format!("{name:?} is no resource limit: {}", ULIMIT_NAMES.join(", ")));
    }
    let one = |text: &str| match text {
        "unlimited" | "-1" => Ok(INFINITY),
        digits => digits.parse::<u64>().map_err(|_| wrong()),
    };
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    let (soft, hard) = (one(soft)?, one(hard)?);
    if soft > hard {
        return Err(format!("{word:?}: the soft limit is above the hard one"));
    }
    Ok((name, soft, hard))
}

fn ulimits(value: Option<Value>) -> Result<Vec<String>, String> {
    let given = words(value)?.unwrap_or_default();
    let mut names = Vec::new();
    for word in &given {
        let (name, ..) = ulimit(word)?;
        if names.contains(&name) {
            return Err(format!("{name} is given twice"));
        }
        names.push(name);
    }
    Ok(given)
}

/// Whose namespace a parameter belongs to is checked here, so that the file never holds one that no start takes.
fn sysctls(value: Option<Value>) -> Result<Vec<String>, String> {
    let given = words(value)?.unwrap_or_default();
    for word in &given {
        let Some((name, value)) = word.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(format!("{word:?}: expected NAME=VALUE"));
        };
        if value.chars().any(|c| c.is_control() && c != '\t') {
            return Err(format!("{name}: the value holds a control character"));
        }
        if matches!(name, "kernel.hostname" | "kernel/hostname") {
            return Err("kernel.hostname: set the key hostname instead".to_owned());
        }
        if runtime::plan::check::sysctl_namespace(name).is_none() {
            return Err(format!(
                "{name} belongs to no namespace: it would change the host; net.*, fs.mqueue.* and those of IPC can be set"
            ));
        }
    }
    Ok(given)
}

fn oom_score(value: Option<Value>) -> Result<Option<String>, String> {
    match text(value)? {
        None => Ok(None),
        Some(text) => match text.parse::<i32>() {
            Ok(score @ -1000..=1000) => Ok(Some(score.to_string())),
            _ => Err(format!("{text:?} is not between -1000 and 1000")),
        },
    }
}

/// Names of LXD and Incus, docker and vzctl for keys whose values are the same.
const NAMES: &[(&str, &str)] = &[
    ("limits.memory", "memory"),
    ("limits.cpu.nodes", "nodemask"),
    ("limits.processes", "pids"),
    ("numproc", "pids"),
    ("pids-limit", "pids"),
    ("cpuset-cpus", "cpumask"),
    ("cpuset-mems", "nodemask"),
    ("memory-reservation", "memory_low"),
    ("shm-size", "shm_size"),
    ("oom-score-adj", "oom_score"),
];

/// The names that have values of their own kind.
const WITH_VALUES: &[&str] = &["limits.cpu", "limits.cpu.allowance", "limits.memory.swap"];

/// Keys of vzctl that are known, and cannot be honoured.
#[must_use]
pub fn refused(name: &str) -> Option<Error> {
    let is_quota = ["diskspace", "diskinodes", "quotatime", "diskquota", "quotaugidlimit"].contains(&name);
    is_quota.then(|| {
        Error::new(Exit::Unsupported, format!("{name}: there are no quotas of single systems"))
            .hint("a volume or partition of its own below --data-dir bounds all the systems in it")
    })
}

/// Whether another tool's name stands for a key.
#[must_use]
pub fn is_foreign(name: &str) -> bool {
    NAMES.iter().any(|(foreign, _)| *foreign == name) || WITH_VALUES.contains(&name)
}

/// An assignment as another tool has it, in our words; nothing when the name is none of another tool's.
#[must_use]
pub fn from_foreign(name: &str, value: &str) -> Option<(&'static str, String)> {
    if let Some((_, key)) = NAMES.iter().find(|(foreign, _)| *foreign == name) {
        return Some((key, value.to_owned()));
    }
    let (key, value) = match (name, value) {
        // A number counts processors, a list names them.
        ("limits.cpu", list) if list.contains(['-', ',']) => ("cpumask", list.to_owned()),
        ("limits.cpu", count) => ("cpus", count.to_owned()),
        ("limits.cpu.allowance", times) if times.contains('/') => ("cpulimit", times.to_owned()),
        // A percentage is a share under contention, of which the usual one is 100.
        ("limits.cpu.allowance", share) => {
            let percent = share.trim_end_matches('%').parse::<u64>();
            ("cpuunits", percent.map_or(share.to_owned(), |percent| percent.saturating_mul(10).to_string()))
        }
        ("limits.memory.swap", "false") => ("swap", "0".to_owned()),
        ("limits.memory.swap", "true") => ("swap", "unlimited".to_owned()),
        ("limits.memory.swap", size) => ("swap", size.to_owned()),
        _ => return None,
    };
    Some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    // IN-04, DK-05
    #[test]
    fn names_of_other_tools_stand_for_keys() {
        for (name, value, key, ours) in [
            ("limits.cpu", "2", "cpus", "2"),
            ("limits.cpu", "0-1", "cpumask", "0-1"),
            ("limits.cpu.allowance", "50%", "cpuunits", "500"),
            ("limits.cpu.allowance", "25ms/100ms", "cpulimit", "25ms/100ms"),
            ("limits.memory", "50%", "memory", "50%"),
            ("limits.memory.swap", "false", "swap", "0"),
            ("pids-limit", "9", "pids", "9"),
        ] {
            assert_eq!(from_foreign(name, value), Some((key, ours.to_owned())), "{name}");
            assert!(is_foreign(name));
            super::super::keys::find(key).unwrap();
        }
        assert_eq!(from_foreign("memory", "1"), None);
        for (_, key) in NAMES {
            super::super::keys::find(key).unwrap();
        }
    }

    #[test]
    fn resource_limits_are_read() {
        assert_eq!(ulimit("nofile=10:20"), Ok(("nofile".to_owned(), 10, 20)));
        assert_eq!(ulimit("CORE=unlimited"), Ok(("core".to_owned(), INFINITY, INFINITY)));
        for wrong in ["nofile", "nofile=", "nofile=x", "files=1", "nofile=2:1"] {
            assert!(ulimit(wrong).is_err(), "{wrong}");
        }
    }
}

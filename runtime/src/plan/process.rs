// SPDX-License-Identifier: Apache-2.0
//! From `process` of config.json to the stage's payload.

use super::arena::Arena;
use crate::error::{Error, Result};
use crate::spec;
use crate::spec::capabilities;
use stage::plan::{Capabilities, Process, Rlimit, Scheduler};
use std::collections::BTreeSet;

/// `RLIMIT_*` by name.
const RLIMITS: &[(&str, u32)] = &[
    ("RLIMIT_AS", 9),
    ("RLIMIT_CORE", 4),
    ("RLIMIT_CPU", 0),
    ("RLIMIT_DATA", 2),
    ("RLIMIT_FSIZE", 1),
    ("RLIMIT_LOCKS", 10),
    ("RLIMIT_MEMLOCK", 8),
    ("RLIMIT_MSGQUEUE", 12),
    ("RLIMIT_NICE", 13),
    ("RLIMIT_NOFILE", 7),
    ("RLIMIT_NPROC", 6),
    ("RLIMIT_RSS", 5),
    ("RLIMIT_RTPRIO", 14),
    ("RLIMIT_RTTIME", 15),
    ("RLIMIT_SIGPENDING", 11),
    ("RLIMIT_STACK", 3),
];

/// The number of a limit's name.
#[must_use]
pub fn rlimit(name: &str) -> Option<u32> {
    RLIMITS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

const POLICIES: &[(&str, u32)] = &[
    ("SCHED_OTHER", 0),
    ("SCHED_FIFO", 1),
    ("SCHED_RR", 2),
    ("SCHED_BATCH", 3),
    ("SCHED_ISO", 4),
    ("SCHED_IDLE", 5),
    ("SCHED_DEADLINE", 6),
];

const SCHED_FLAGS: &[(&str, u64)] = &[
    ("SCHED_FLAG_RESET_ON_FORK", 0x01),
    ("SCHED_FLAG_RECLAIM", 0x02),
    ("SCHED_FLAG_DL_OVERRUN", 0x04),
    ("SCHED_FLAG_KEEP_POLICY", 0x08),
    ("SCHED_FLAG_KEEP_PARAMS", 0x10),
    ("SCHED_FLAG_UTIL_CLAMP_MIN", 0x20),
    ("SCHED_FLAG_UTIL_CLAMP_MAX", 0x40),
];

/// Where executables are looked for when the environment does not say.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What config.json does not say of a process: the caller's flags.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extra {
    /// Descriptors after 0–2 that the payload gets.
    pub preserve_fds: u32,
    /// Leave the supplementary groups: setgroups(2) is denied in the namespace, or an annotation says so.
    pub keep_groups: bool,
    /// Whether limits are set from outside (in a user namespace nobody may raise them).
    pub limits_from_outside: bool,
    /// Whether the process is an additional one, to which execCPUAffinity applies.
    pub is_exec: bool,
    /// Whether a user namespace makes ids that are 0 inside other ids outside.
    pub mapped: bool,
}

/// The payload.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] with a JSON pointer.
pub fn plan<'a>(arena: &'a Arena, process: &spec::Process<'_>, extra: Extra) -> Result<Process<'a>> {
    let user = &process.user;
    let env = last_of_each(process.env.iter().map(|item| &**item));
    let path = env.iter().rev().find_map(|item| item.strip_prefix("PATH=")).unwrap_or(DEFAULT_PATH);
    let path = arena.bytes(path.as_bytes());
    let mut rlimits = rlimits(process)?;
    if extra.limits_from_outside {
        rlimits.retain(Rlimit::is_lowered_last);
    }
    if user.additional_gids.len() > 256 {
        return Err(Error::invalid("/process/user/additionalGids: at most 256 groups are supported"));
    }
    Ok(Process {
        args: arena.strings(&process.args)?,
        env: arena.strings(&env)?,
        find_home: !env.iter().any(|item| item.starts_with("HOME=")),
        path,
        cwd: arena.c_str(if process.cwd.is_empty() { "/" } else { &process.cwd })?,
        uid: user.uid,
        gid: user.gid,
        groups: (!extra.keep_groups).then(|| arena.list(&user.additional_gids)),
        umask: user.umask,
        // Without a word about them there are none, as with runc and crun.
        capabilities: Some(process.capabilities.as_ref().map_or(NO_CAPABILITIES, capability_sets)),
        no_new_privs: process.no_new_privileges,
        rlimits: arena.list(&rlimits),
        scheduler: process.scheduler.as_ref().map(scheduler).transpose()?,
        io_priority: process.io_priority.as_ref().map(io_priority).transpose()?,
        affinity: affinity(arena, process, extra.is_exec)?,
        personality: None,
        label: None,
        seccomp: None,
        preserve_fds: extra.preserve_fds,
        own_stdio: user.uid != 0 || extra.mapped,
        new_session: true,
    })
}

/// A variable that is given twice has its last value: programs take the first one that they find.
fn last_of_each<'e>(env: impl DoubleEndedIterator<Item = &'e str>) -> Vec<&'e str> {
    let mut seen = BTreeSet::new();
    let mut last: Vec<&str> = env.rev().filter(|item| seen.insert(name_of(item))).collect();
    last.reverse();
    last
}

fn name_of(variable: &str) -> &str {
    variable.split_once('=').map_or(variable, |(name, _)| name)
}

/// The resource limits, as numbers.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for an unknown name.
pub fn rlimits(process: &spec::Process<'_>) -> Result<Vec<Rlimit>> {
    let one = |(index, limit): (usize, &spec::Rlimit<'_>)| {
        let resource = rlimit(&limit.kind).ok_or_else(|| {
            Error::invalid(format!("/process/rlimits/{index}/type: unknown limit {:?}", &*limit.kind))
        })?;
        Ok(Rlimit { resource, soft: limit.soft, hard: limit.hard })
    };
    process.rlimits.iter().enumerate().map(one).collect()
}

/// Whether these mappings are of one id, as an ordinary user's own are: there are no others to give up or take on.
#[must_use]
pub fn is_one_id(maps: &[spec::IdMapping]) -> bool {
    maps.iter().map(|map| u64::from(map.size)).sum::<u64>() == 1
}

const NO_CAPABILITIES: Capabilities =
    Capabilities { effective: 0, permitted: 0, inheritable: 0, bounding: 0, ambient: 0 };

fn capability_sets(sets: &spec::Capabilities<'_>) -> Capabilities {
    let bits = |names: &[spec::text::Text<'_>], set: &str| {
        names.iter().fold(0, |bits, name| {
            if let Some(number) = capabilities::number(name) {
                return bits | 1 << number;
            }
            log::warn!("/process/capabilities/{set}: {:?} is unknown and ignored", &**name);
            bits
        })
    };
    let permitted = bits(&sets.permitted, "permitted");
    let inheritable = bits(&sets.inheritable, "inheritable");
    let ambient = bits(&sets.ambient, "ambient");
    let possible = ambient & permitted & inheritable;
    if possible != ambient {
        // `runc spec` before 1.1.9 wrote such sets, and runc warns as well.
        log::warn!(
            "/process/capabilities/ambient: only what is permitted and inheritable can be ambient; the rest is ignored"
        );
    }
    Capabilities {
        effective: bits(&sets.effective, "effective"),
        permitted,
        inheritable,
        bounding: bits(&sets.bounding, "bounding"),
        ambient: possible,
    }
}

/// The scheduler's numbers.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for unknown words.
pub fn scheduler(scheduler: &spec::Scheduler<'_>) -> Result<Scheduler> {
    let find = |name: &str| POLICIES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    let policy = find(&scheduler.policy).ok_or_else(|| {
        Error::invalid(format!("/process/scheduler/policy: unknown {:?}", &*scheduler.policy))
    })?;
    let mut flags = 0;
    for (index, flag) in scheduler.flags.iter().enumerate() {
        let known = SCHED_FLAGS.iter().find(|(known, _)| *known == &**flag);
        flags |= known
            .ok_or_else(|| {
                Error::invalid(format!("/process/scheduler/flags/{index}: unknown {:?}", &**flag))
            })?
            .1;
    }
    let priority = u32::try_from(scheduler.priority)
        .map_err(|_| Error::invalid("/process/scheduler/priority: must not be negative"))?;
    Ok(Scheduler {
        policy,
        flags,
        nice: scheduler.nice,
        priority,
        runtime: scheduler.runtime,
        deadline: scheduler.deadline,
        period: scheduler.period,
    })
}

/// As ioprio_set(2) joins class and level.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for unknown words.
pub fn io_priority(priority: &spec::IoPriority<'_>) -> Result<u32> {
    let class = match &*priority.class {
        "IOPRIO_CLASS_RT" => 1,
        "IOPRIO_CLASS_BE" => 2,
        "IOPRIO_CLASS_IDLE" => 3,
        other => return Err(Error::invalid(format!("/process/ioPriority/class: unknown {other:?}"))),
    };
    let level = u32::try_from(priority.priority).ok().filter(|level| *level < 8);
    let level = level.ok_or_else(|| Error::invalid("/process/ioPriority/priority: must be 0 to 7"))?;
    Ok(class << 13 | level)
}

fn affinity<'a>(arena: &'a Arena, process: &spec::Process<'_>, is_exec: bool) -> Result<Option<&'a [u8]>> {
    let Some(affinity) = process.exec_cpu_affinity.as_ref().filter(|_| is_exec) else { return Ok(None) };
    let Some(list) = affinity.last.as_deref().or(affinity.initial.as_deref()) else { return Ok(None) };
    Ok(Some(arena.bytes(&mask(list)?)))
}

fn mask(list: &str) -> Result<Vec<u8>> {
    processors(list)
        .ok_or_else(|| Error::invalid(format!("/process/execCPUAffinity: {list:?} is no list of processors")))
}

/// Checks both lists of processors.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`].
pub fn affinities(process: &spec::Process<'_>) -> Result<()> {
    let Some(affinity) = &process.exec_cpu_affinity else { return Ok(()) };
    affinity.initial.iter().chain(&affinity.last).try_for_each(|list| mask(list).map(drop))
}

/// A list like `0-3,7` as a mask, lowest first, padded to whole words as sched_setaffinity(2) wants it.
fn processors(list: &str) -> Option<Vec<u8>> {
    let mut mask = Vec::new();
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if last < first || last > 65_535 {
            return None;
        }
        for processor in first..=last {
            let byte = processor / 8;
            if mask.len() <= byte {
                mask.resize((byte / 8 + 1) * 8, 0);
            }
            mask[byte] |= 1u8 << (processor % 8);
        }
    }
    Some(mask)
}

/// The number of an execution domain.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for an unknown one.
pub fn personality(personality: &spec::Personality<'_>) -> Result<u32> {
    match &*personality.domain {
        "LINUX" => Ok(0),
        "LINUX32" => Ok(8),
        other => {
            Err(Error::invalid(format!("/linux/personality/domain: unknown {other:?}: use LINUX or LINUX32")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_become_masks() {
        assert_eq!(processors("0-3,7").unwrap(), [0x8f, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(processors("1100").unwrap().len(), 144);
        for bad in ["", "3-1", "a", "1-", "70000"] {
            assert_eq!(processors(bad), None, "{bad:?}");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! A profile the way runc hands it to libseccomp, and the ENOSYS stub that runc puts before the result.

use crate::libseccomp::{self, Condition};
use crate::machine::{Data, run};
use crate::{I386, X32_BIT, X86_64};
use serde_json::Value;

const ALLOW: u32 = 0x7fff_0000;
const LOG: u32 = 0x7ffc_0000;
const TRACE: u32 = 0x7ff0_0000;
const ERRNO: u32 = 0x0005_0000;
const ENOSYS: u32 = ERRNO | 38;

/// libseccomp's program and the stub.
#[derive(Debug)]
pub struct Filter {
    program: Vec<u8>,
    /// The highest number that the profile names, for x86_64, x86 and x32.
    last: Option<[Option<u32>; 3]>,
}

pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

pub(crate) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn action(name: &str, errno: &Value) -> u32 {
    let errno = u32::try_from(errno.as_u64().unwrap_or(1)).expect("16 bits");
    match name {
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => 0,
        "SCMP_ACT_KILL_PROCESS" => 0x8000_0000,
        "SCMP_ACT_TRAP" => 0x0003_0000,
        "SCMP_ACT_ERRNO" => ERRNO | errno,
        "SCMP_ACT_TRACE" => TRACE | errno,
        "SCMP_ACT_NOTIFY" => 0x7fc0_0000,
        "SCMP_ACT_LOG" => LOG,
        "SCMP_ACT_ALLOW" => ALLOW,
        other => panic!("{other}"),
    }
}

fn condition(argument: &Value) -> Condition {
    let operators = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];
    let name = text(argument, "op").trim_start_matches("SCMP_CMP_");
    let operator = operators.iter().position(|known| *known == name).expect("an operator") + 1;
    Condition {
        argument: u32::try_from(argument["index"].as_u64().expect("an index")).expect("below six"),
        operator: i32::try_from(operator).expect("at most seven"),
        value: argument["value"].as_u64().unwrap_or(0),
        value_two: argument["valueTwo"].as_u64().unwrap_or(0),
    }
}

/// Adds one rule for one name; false when libseccomp refuses, on which runc gives up.
fn add(filter: &mut libseccomp::Filter, name: &str, rule: &Value, default: u32) -> bool {
    let action = action(text(rule, "action"), &rule["errnoRet"]);
    if action == default {
        return true;
    }
    let Some(number) = libseccomp::number(name) else { return true };
    let conditions: Vec<Condition> = list(rule, "args").iter().map(condition).collect();
    let repeats = conditions
        .iter()
        .enumerate()
        .any(|(at, condition)| conditions[..at].iter().any(|other| other.argument == condition.argument));
    if repeats {
        return conditions.iter().all(|condition| filter.add(action, number, &[*condition]));
    }
    filter.add(action, number, &conditions)
}

/// The highest numbers among the names that libseccomp knows. It has pseudo numbers for what i386 reaches through
/// socketcall(2) and ipc(2), which runc does not count; their direct numbers are counted here: a profile whose
/// youngest call is one of them names that number too.
fn last(profile: &Value) -> [Option<u32>; 3] {
    let mut last = [None; 3];
    let mut abis = vec!["x86_64"];
    abis.extend(list(profile, "architectures").iter().filter_map(|name| match name.as_str() {
        Some("SCMP_ARCH_X86") => Some("x86"),
        Some("SCMP_ARCH_X32") => Some("x32"),
        _ => None,
    }));
    for abi in abis {
        let column = ["x86_64", "x86", "x32"].iter().position(|known| *known == abi).expect("one of them");
        let token = libseccomp::architecture(abi);
        for name in list(profile, "syscalls").iter().flat_map(|rule| list(rule, "names")) {
            let name = name.as_str().expect("names are strings");
            let number = match (abi, direct(name)) {
                ("x86", Some(direct)) => Some(direct),
                _ => libseccomp::number_on(token, name).and_then(|number| u32::try_from(number).ok()),
            };
            last[column] = last[column].max(number);
        }
    }
    // runc takes 0 for none.
    last.map(|number| number.filter(|number| *number > 0))
}

/// From the kernel's syscall_32.tbl.
const DIRECT: &[(&str, u32)] = &[
    ("socket", 359),
    ("socketpair", 360),
    ("bind", 361),
    ("connect", 362),
    ("listen", 363),
    ("accept4", 364),
    ("getsockopt", 365),
    ("setsockopt", 366),
    ("getsockname", 367),
    ("getpeername", 368),
    ("sendto", 369),
    ("sendmsg", 370),
    ("recvfrom", 371),
    ("recvmsg", 372),
    ("shutdown", 373),
    ("recvmmsg", 337),
    ("sendmmsg", 345),
    ("semget", 393),
    ("semctl", 394),
    ("shmget", 395),
    ("shmctl", 396),
    ("shmat", 397),
    ("shmdt", 398),
    ("msgget", 399),
    ("msgsnd", 400),
    ("msgrcv", 401),
    ("msgctl", 402),
];

/// The number that i386 has for a call that it also reaches through another.
pub(crate) fn direct(name: &str) -> Option<u32> {
    DIRECT.iter().find(|(carried, _)| *carried == name).map(|(_, direct)| *direct)
}

impl Filter {
    /// `None` when libseccomp refuses a rule.
    pub fn of(profile: &Value) -> Option<Self> {
        let default = action(text(profile, "defaultAction"), &profile["defaultErrnoRet"]);
        let mut filter = libseccomp::Filter::new(default);
        for name in list(profile, "architectures") {
            let name = name.as_str().expect("a string").trim_start_matches("SCMP_ARCH_").to_lowercase();
            filter.add_architecture(libseccomp::architecture(&name));
        }
        let rules = list(profile, "syscalls");
        let each = || rules.iter().flat_map(|rule| list(rule, "names").iter().map(move |name| (name, rule)));
        // runc wants the tree above 32 rules. Without it libseccomp 2.5.4 forgets to load the number when its first
        // rule is for a call that i386 has no number for (accept, semop): then the whole i386 filter is lost.
        if each().count() > 0 {
            filter.optimize();
        }
        if !each().all(|(name, rule)| add(&mut filter, name.as_str().expect("a string"), rule, default)) {
            return None;
        }
        let permissive = [ALLOW, LOG, TRACE].contains(&(default & 0xffff_0000));
        Some(Self { program: filter.program(), last: (!permissive).then(|| last(profile)) })
    }

    /// Of the stub and the program.
    pub fn verdict(&self, call: &Data) -> u32 {
        if self.is_younger(call) { ENOSYS } else { run(&self.program, call) }
    }

    /// Whether the stub answers.
    pub fn is_younger(&self, call: &Data) -> bool {
        let x32 = call.number & X32_BIT != 0;
        let last = self.last.and_then(|[x86_64, x86, x32_last]| match call.audit {
            X86_64 if x32 => x32_last,
            X86_64 => x86_64,
            I386 => x86,
            _ => None,
        });
        last.is_some_and(|last| call.number > last)
    }

    /// Without the stub.
    pub fn program(&self) -> &[u8] {
        &self.program
    }

    pub fn size(&self) -> usize {
        self.program.len() / 8
    }
}

// SPDX-License-Identifier: Apache-2.0

use super::machine::{Data, run};
use crate::seccomp::table::{ARM_MACHINE, Machine, X86_MACHINE};
use crate::seccomp::{compile, flags, notifies};
use crate::spec::seccomp::Seccomp;
use serde_json::{Value, json};

const ALLOW: u32 = 0x7fff_0000;
const KILL_THREAD: u32 = 0;
const ERRNO: u32 = 0x0005_0000;
const EPERM: u32 = ERRNO | 1;
const ENOSYS: u32 = ERRNO | 38;

const X86_64: u32 = 0xc000_003e;
const I386: u32 = 0x4000_0003;
const X32: u32 = 0x4000_0000;

fn program_for(profile: &Value, machine: &'static Machine) -> Vec<u8> {
    let text = profile.to_string();
    compile(&serde_json::from_str::<Seccomp<'_>>(&text).unwrap(), machine).unwrap()
}

/// An operator's meaning.
type Holds = fn(u64, u64) -> bool;

/// Asks a profile about calls of x86.
struct Asked(Vec<u8>);

impl Asked {
    fn new(profile: &Value) -> Self {
        Asked(program_for(profile, &X86_MACHINE))
    }

    fn about(&self, audit: u32, number: u32, arguments: &[u64]) -> u32 {
        let mut data = Data { number, audit, ..Data::default() };
        data.arguments[..arguments.len()].copy_from_slice(arguments);
        run(&self.0, &data)
    }
}

fn refusal(profile: &Value) -> String {
    let text = profile.to_string();
    let filter: Seccomp<'_> = serde_json::from_str(&text).unwrap();
    let outcome = compile(&filter, &X86_MACHINE)
        .and_then(|_| notifies(&filter))
        .and_then(|notify| flags(&filter, notify));
    outcome.unwrap_err().to_string()
}

fn rule(names: &[&str], action: &str) -> Value {
    json!({ "names": names, "action": action })
}

fn with_args(name: &str, action: &str, args: &[(u32, &str, u64, u64)]) -> Value {
    let arg = |(index, op, value, value_two): &(u32, &str, u64, u64)| json!({ "index": index, "op": format!("SCMP_CMP_{op}"), "value": value, "valueTwo": value_two });
    json!({ "names": [name], "action": action, "args": args.iter().map(arg).collect::<Vec<_>>() })
}

fn profile(default: &str, syscalls: &[Value]) -> Value {
    json!({ "defaultAction": default, "syscalls": syscalls,
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"] })
}

#[test]
fn calls_get_their_rule_and_others_the_default() {
    let asked = Asked::new(&profile(
        "SCMP_ACT_ERRNO",
        &[
            rule(&["read", "close", "chmod", "no_such_call"], "SCMP_ACT_ALLOW"),
            rule(&["reboot"], "SCMP_ACT_KILL_PROCESS"),
        ],
    ));
    for (audit, read, close, chmod, reboot, open) in [
        (X86_64, 0, 3, 90, 169, 2),
        (I386, 3, 6, 15, 88, 5),
        (X86_64, X32, X32 | 3, X32 | 90, X32 | 169, X32 | 2),
    ] {
        for allowed in [read, close, chmod] {
            assert_eq!(asked.about(audit, allowed, &[]), ALLOW, "{allowed}");
        }
        assert_eq!(asked.about(audit, reboot, &[]), 0x8000_0000);
        assert_eq!(asked.about(audit, open, &[]), EPERM);
    }
}

#[test]
fn each_action_has_the_kernels_number() {
    let actions = [
        ("SCMP_ACT_ALLOW", ALLOW),
        ("SCMP_ACT_KILL", KILL_THREAD),
        ("SCMP_ACT_KILL_THREAD", KILL_THREAD),
        ("SCMP_ACT_KILL_PROCESS", 0x8000_0000),
        ("SCMP_ACT_TRAP", 0x0003_0000),
        ("SCMP_ACT_ERRNO", EPERM),
        ("SCMP_ACT_TRACE", 0x7ff0_0001),
        ("SCMP_ACT_LOG", 0x7ffc_0000),
        ("SCMP_ACT_NOTIFY", 0x7fc0_0000),
    ];
    for (name, number) in actions {
        let asked = Asked::new(&profile("SCMP_ACT_ERRNO", &[rule(&["mkdir"], name)]));
        assert_eq!(asked.about(X86_64, 83, &[]), number, "{name}");
    }
}

#[test]
fn errno_and_trace_take_a_number_and_the_others_none() {
    let number = |action: &str| json!({ "names": ["mkdir"], "action": action, "errnoRet": 13 });
    let asked =
        |action: &str| Asked::new(&profile("SCMP_ACT_ALLOW", &[number(action)])).about(X86_64, 83, &[]);
    assert_eq!(asked("SCMP_ACT_ERRNO"), ERRNO | 13);
    assert_eq!(asked("SCMP_ACT_TRACE"), 0x7ff0_000d);
    assert!(
        refusal(&profile("SCMP_ACT_ALLOW", &[number("SCMP_ACT_KILL")]))
            .contains("/linux/seccomp/syscalls/0/errnoRet")
    );
    let mut default = profile("SCMP_ACT_ERRNO", &[]);
    default["defaultErrnoRet"] = json!(2);
    assert_eq!(Asked::new(&default).about(X86_64, 83, &[]), ERRNO | 2);
    default["defaultAction"] = json!("SCMP_ACT_ALLOW");
    assert!(refusal(&default).contains("/linux/seccomp/defaultErrnoRet"));
}

#[test]
fn calls_younger_than_the_profile_get_enosys() {
    let rules = [rule(&["read", "openat2"], "SCMP_ACT_ALLOW"), rule(&["mkdir"], "SCMP_ACT_ERRNO")];
    for (default, younger) in [
        ("SCMP_ACT_ERRNO", ENOSYS),
        ("SCMP_ACT_KILL", ENOSYS),
        ("SCMP_ACT_TRAP", ENOSYS),
        ("SCMP_ACT_ALLOW", ALLOW),
        ("SCMP_ACT_LOG", 0x7ffc_0000),
        ("SCMP_ACT_TRACE", 0x7ff0_0001),
    ] {
        let asked = Asked::new(&profile(default, &rules));
        for (audit, bit) in [(X86_64, 0), (I386, 0), (X86_64, X32)] {
            assert_eq!(asked.about(audit, bit | 437, &[]), ALLOW);
            assert_eq!(asked.about(audit, bit | 438, &[]), younger, "{default}");
            assert_eq!(asked.about(audit, bit | 0x3fff_ffff, &[]), younger, "{default}");
        }
        let below = asked.about(X86_64, 436, &[]);
        assert_eq!(below, asked.about(X86_64, 80, &[]), "{default}");
    }
    // The youngest counts even where it says what the default says.
    let denied = [rule(&["read"], "SCMP_ACT_ALLOW"), rule(&["openat2"], "SCMP_ACT_ERRNO")];
    let asked = Asked::new(&profile("SCMP_ACT_ERRNO", &denied));
    assert_eq!(asked.about(X86_64, 437, &[]), EPERM);
    assert_eq!(asked.about(X86_64, 438, &[]), ENOSYS);
}

#[test]
fn architectures_that_are_not_listed_are_killed() {
    let mut only = profile("SCMP_ACT_ALLOW", &[rule(&["mkdir"], "SCMP_ACT_ERRNO")]);
    only["architectures"] = json!(["SCMP_ARCH_X86_64"]);
    let asked = Asked::new(&only);
    assert_eq!(asked.about(X86_64, 83, &[]), EPERM);
    assert_eq!(asked.about(X86_64, 84, &[]), ALLOW);
    assert_eq!(asked.about(I386, 39, &[]), KILL_THREAD);
    assert_eq!(asked.about(I386, 40, &[]), KILL_THREAD);
    assert_eq!(asked.about(X86_64, X32 | 84, &[]), KILL_THREAD);
    assert_eq!(asked.about(X86_64, 0x8000_0000, &[]), KILL_THREAD);
    assert_eq!(asked.about(X86_64, u32::MAX, &[]), ALLOW);
    assert_eq!(asked.about(0xc000_00b7, 84, &[]), KILL_THREAD);
    // The native one is always there.
    only["architectures"] = json!(["SCMP_ARCH_X86", "SCMP_ARCH_S390X"]);
    let asked = Asked::new(&only);
    assert_eq!(asked.about(X86_64, 83, &[]), EPERM);
    assert_eq!(asked.about(I386, 39, &[]), EPERM);
}

#[test]
fn every_operator_compares_both_halves() {
    let bound = 0x0000_0005_8000_0000_u64;
    let points = [
        0,
        1,
        bound - 1,
        bound,
        bound + 1,
        bound ^ 0x8000_0000,
        0x8000_0000,
        0x0000_0004_ffff_ffff,
        0x0000_0006_0000_0000,
        bound | 1 << 63,
        u64::MAX,
    ];
    let operators: [(&str, Holds); 6] = [
        ("NE", |a, b| a != b),
        ("LT", |a, b| a < b),
        ("LE", |a, b| a <= b),
        ("EQ", |a, b| a == b),
        ("GE", |a, b| a >= b),
        ("GT", |a, b| a > b),
    ];
    for (name, holds) in operators {
        let asked = Asked::new(&profile(
            "SCMP_ACT_ERRNO",
            &[with_args("mkdir", "SCMP_ACT_ALLOW", &[(2, name, bound, 0)])],
        ));
        for point in points {
            let verdict = |holds: bool| if holds { ALLOW } else { EPERM };
            assert_eq!(
                asked.about(X86_64, 83, &[0, 0, point]),
                verdict(holds(point, bound)),
                "{point:#x} {name}"
            );
            // 32 bits: the upper halves of both are no part of it.
            let low = |value: u64| value & 0xffff_ffff;
            assert_eq!(
                asked.about(I386, 39, &[0, 0, point]),
                verdict(holds(low(point), low(bound))),
                "{point:#x} {name}"
            );
        }
    }
}

#[test]
fn masked_equality_looks_at_the_masks_bits() {
    let masked = |mask, value| {
        Asked::new(&profile(
            "SCMP_ACT_ERRNO",
            &[with_args("mkdir", "SCMP_ACT_ALLOW", &[(0, "MASKED_EQ", mask, value)])],
        ))
    };
    let asked = masked(0x7e02_0000, 0);
    assert_eq!(asked.about(X86_64, 83, &[0x8001_ffff]), ALLOW);
    assert_eq!(asked.about(X86_64, 83, &[0xffff_ffff_8001_ffff]), ALLOW);
    assert_eq!(asked.about(X86_64, 83, &[0x1000_0000]), EPERM);
    let asked = masked(0xff_0000_0000, 0x12_0000_0000);
    assert_eq!(asked.about(X86_64, 83, &[0x12_ffff_ffff]), ALLOW);
    assert_eq!(asked.about(X86_64, 83, &[0x13_ffff_ffff]), EPERM);
    // Nothing of it is left in 32 bits: it holds for all.
    assert_eq!(asked.about(I386, 39, &[7]), ALLOW);
}

#[test]
fn conditions_hold_together_unless_two_are_on_one_argument() {
    let together = Asked::new(&profile(
        "SCMP_ACT_ERRNO",
        &[with_args("mkdir", "SCMP_ACT_ALLOW", &[(1, "EQ", 5, 0), (0, "GE", 3, 0)])],
    ));
    for (arguments, verdict) in [([3, 5], ALLOW), ([2, 5], EPERM), ([3, 6], EPERM), ([9, 5], ALLOW)] {
        assert_eq!(together.about(X86_64, 83, &arguments), verdict, "{arguments:?}");
    }
    let apart = Asked::new(&profile(
        "SCMP_ACT_ERRNO",
        &[with_args("mkdir", "SCMP_ACT_ALLOW", &[(0, "EQ", 1, 0), (0, "EQ", 2, 0), (1, "EQ", 7, 0)])],
    ));
    for (arguments, verdict) in [([1, 0], ALLOW), ([2, 0], ALLOW), ([3, 7], ALLOW), ([3, 0], EPERM)] {
        assert_eq!(apart.about(X86_64, 83, &arguments), verdict, "{arguments:?}");
    }
}

#[test]
fn a_rule_without_conditions_wins_over_those_that_have_some() {
    let conditional = with_args("mkdir", "SCMP_ACT_TRAP", &[(0, "EQ", 1, 0)]);
    let first = rule(&["mkdir"], "SCMP_ACT_ALLOW");
    let second = rule(&["mkdir"], "SCMP_ACT_KILL");
    for rules in [[conditional.clone(), first.clone(), second.clone()], [first, conditional, second]] {
        let asked = Asked::new(&profile("SCMP_ACT_ERRNO", &rules));
        assert_eq!(asked.about(X86_64, 83, &[1]), ALLOW);
        assert_eq!(asked.about(X86_64, 83, &[2]), ALLOW);
    }
}

#[test]
fn old_calls_of_i386_that_carry_others_are_asked_for_them() {
    let asked = Asked::new(&profile(
        "SCMP_ACT_ERRNO",
        &[
            rule(&["connect", "shmat", "recv", "openat"], "SCMP_ACT_ALLOW"),
            with_args("socket", "SCMP_ACT_ALLOW", &[(0, "EQ", 1, 0)]),
        ],
    ));
    let (socketcall, ipc) = (102, 117);
    for (carried, verdict) in [(3, ALLOW), (10, ALLOW), (1, ALLOW), (2, EPERM), (4, EPERM), (0x103, EPERM)] {
        assert_eq!(asked.about(I386, socketcall, &[carried]), verdict, "socketcall {carried}");
    }
    assert_eq!(asked.about(I386, ipc, &[21]), ALLOW);
    assert_eq!(asked.about(I386, ipc, &[22]), EPERM);
    assert_eq!(asked.about(I386, 362, &[]), ALLOW, "connect itself");
    assert_eq!(asked.about(I386, 359, &[1]), ALLOW, "socket itself");
    assert_eq!(asked.about(I386, 359, &[2]), EPERM);
    // These numbers mean something else elsewhere.
    assert_eq!(asked.about(X86_64, socketcall, &[3]), EPERM);
}

#[test]
fn arm_has_calls_of_its_own_far_above() {
    let arm = json!({ "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        "syscalls": [rule(&["read", "cacheflush", "newfstatat"], "SCMP_ACT_ALLOW")] });
    let program = program_for(&arm, &ARM_MACHINE);
    let about = |audit, number| run(&program, &Data { number, audit, ..Data::default() });
    assert_eq!(about(0xc000_00b7, 63), ALLOW);
    assert_eq!(about(0xc000_00b7, 79), ALLOW);
    assert_eq!(about(0xc000_00b7, 80), ENOSYS);
    assert_eq!(about(0x4000_0028, 3), ALLOW);
    assert_eq!(about(0x4000_0028, 0xf_0002), ALLOW);
    assert_eq!(about(0x4000_0028, 0xf_0001), EPERM);
    assert_eq!(about(0x4000_0028, 0xf_0003), ENOSYS);
    assert_eq!(about(X86_64, 0), KILL_THREAD);
}

#[test]
fn far_jumps_reach() {
    // Each call has conditions and an errno of its own: no two runs or chains can be shared.
    let names = [
        "read", "write", "open", "close", "stat", "fstat", "lstat", "poll", "lseek", "mmap", "mprotect",
        "munmap", "brk",
    ];
    let rules: Vec<Value> = names
        .iter()
        .enumerate()
        .flat_map(|(number, name)| {
            (0..20_u64).map(move |value| {
                let mut rule = with_args(name, "SCMP_ACT_ERRNO", &[(0, "EQ", value << 32 | 7, 0)]);
                rule["errnoRet"] = json!(100 + number as u64 * 20 + value);
                rule
            })
        })
        .collect();
    let asked = Asked::new(&profile("SCMP_ACT_ALLOW", &rules));
    assert!(asked.0.len() / 8 > 1000, "{}", asked.0.len());
    for number in 0..13 {
        for value in 0..20 {
            let expected = ERRNO | (100 + number * 20 + value);
            assert_eq!(asked.about(X86_64, number, &[u64::from(value) << 32 | 7]), expected);
            assert_eq!(asked.about(X86_64, number, &[u64::from(value) << 32 | 8]), ALLOW);
        }
    }
    assert_eq!(asked.about(X86_64, 13, &[7]), ALLOW);
}

#[test]
fn an_empty_object_filters_nothing() {
    let asked = Asked::new(&json!({}));
    assert_eq!(asked.about(X86_64, 83, &[]), ALLOW);
}

#[test]
fn what_is_wrong_is_named() {
    let mut wrong = profile("SCMP_ACT_ALLOW", &[]);
    wrong["architectures"] = json!(["SCMP_ARCH_X86", "SCMP_ARCH_VAX"]);
    assert!(refusal(&wrong).starts_with("/linux/seccomp/architectures/1: "));
    let mut wrong = profile("SCMP_ACT_ALLOW", &[]);
    wrong["flags"] = json!(["SECCOMP_FILTER_FLAG_LOG", "LOG"]);
    assert!(refusal(&wrong).starts_with("/linux/seccomp/flags/1: "));
    for (wrong, pointer) in [
        (profile("ALLOW", &[]), "/linux/seccomp/defaultAction: "),
        (profile("SCMP_ACT_NOTIFY", &[]), "/linux/seccomp/defaultAction: "),
        (
            profile("SCMP_ACT_ALLOW", &[rule(&["read"], "SCMP_ACT_NONE")]),
            "/linux/seccomp/syscalls/0/action: ",
        ),
        (profile("SCMP_ACT_ALLOW", &[rule(&[""], "SCMP_ACT_LOG")]), "/linux/seccomp/syscalls/0/names: "),
        (
            profile("SCMP_ACT_ALLOW", &[rule(&["write"], "SCMP_ACT_NOTIFY")]),
            "/linux/seccomp/syscalls/0/names: ",
        ),
        (
            profile("SCMP_ACT_ALLOW", &[with_args("read", "SCMP_ACT_LOG", &[(6, "EQ", 0, 0)])]),
            "/linux/seccomp/syscalls/0/args: ",
        ),
        (
            profile("SCMP_ACT_ALLOW", &[with_args("read", "SCMP_ACT_LOG", &[(0, "IS", 0, 0)])]),
            "/linux/seccomp/syscalls/0/args: ",
        ),
        (profile("SCMP_ACT_ALLOW", &[rule(&["read"], "SCMP_ACT_NOTIFY")]), "/linux/seccomp/listenerPath: "),
    ] {
        assert!(refusal(&wrong).starts_with(pointer), "{}", refusal(&wrong));
    }
    let mut wrong = profile("SCMP_ACT_ALLOW", &[]);
    wrong["listenerMetadata"] = json!("x");
    assert!(refusal(&wrong).starts_with("/linux/seccomp/listenerMetadata: "));
    wrong["flags"] = json!(["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]);
    wrong["listenerPath"] = json!("/run/agent");
    assert!(refusal(&wrong).starts_with("/linux/seccomp/flags/0: "));
}

#[test]
fn flags_are_the_kernels() {
    let mut wanted = profile("SCMP_ACT_ALLOW", &[rule(&["read"], "SCMP_ACT_NOTIFY")]);
    wanted["listenerPath"] = json!("/run/agent");
    for (names, number) in [
        (Value::Null, 4),
        (json!([]), 0),
        (json!(["SECCOMP_FILTER_FLAG_TSYNC"]), 0),
        (json!(["SECCOMP_FILTER_FLAG_LOG"]), 2),
        (json!(["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]), 4),
        (json!(["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_LOG"]), 34),
    ] {
        wanted["flags"] = names;
        let text = wanted.to_string();
        let filter: Seccomp<'_> = serde_json::from_str(&text).unwrap();
        let notify = notifies(&filter).unwrap();
        assert_eq!(flags(&filter, notify).unwrap(), 8 | number, "{text}");
    }
}

#[test]
fn what_the_kernel_would_not_take_is_refused() {
    let rules = |count: u64| -> Vec<Value> {
        let rule = |value| with_args("mkdir", "SCMP_ACT_LOG", &[(0, "EQ", value << 32, 0)]);
        (0..count).map(rule).collect()
    };
    assert!(refusal(&profile("SCMP_ACT_ALLOW", &rules(3000))).contains("4096 instructions"));
    let fits = Asked::new(&profile("SCMP_ACT_ALLOW", &rules(500)));
    assert_eq!(fits.about(X86_64, 83, &[499 << 32]), 0x7ffc_0000);
    assert_eq!(fits.about(X86_64, 83, &[500 << 32]), ALLOW);
}

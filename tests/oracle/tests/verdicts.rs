// SPDX-License-Identifier: Apache-2.0
//! SP-33: our filters say what libseccomp's say, with runc's ENOSYS rule applied to its side.
//!
//! libseccomp 2.5.4 is older than our tables. A call that it has no number for on an ABI is left out of a profile
//! before both sides compile it; [`YOUNGER`] names all of them, and a test holds our numbers against the list.

use oracle::points::{numbers, with_arguments};
use oracle::random::{self, Random, Shape};
use oracle::{Data, I386, Pair, X32_BIT, X86_64, libseccomp, ours, profiles, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Calls that libseccomp 2.5.4 lacks, with their numbers on x86_64, x86, x32 without its bit; `NO` where the kernel
/// has none.
const YOUNGER: &[(&str, [u32; 3])] = &[
    ("uretprobe", [335, NO, NO]),
    ("uprobe", [336, NO, NO]),
    ("statmount", [457; 3]),
    ("listmount", [458; 3]),
    ("lsm_get_self_attr", [459; 3]),
    ("lsm_set_self_attr", [460; 3]),
    ("lsm_list_modules", [461; 3]),
    ("mseal", [462; 3]),
    ("setxattrat", [463; 3]),
    ("getxattrat", [464; 3]),
    ("listxattrat", [465; 3]),
    ("removexattrat", [466; 3]),
    ("open_tree_attr", [467; 3]),
    ("file_getattr", [468; 3]),
    ("file_setattr", [469; 3]),
];
const NO: u32 = u32::MAX;

const TRAP: u32 = 0x0003_0000;

/// All names that libseccomp has a number for on x86.
fn names() -> Vec<String> {
    let mut names = BTreeSet::new();
    for abi in ["x86_64", "x86", "x32"] {
        let token = libseccomp::architecture(abi);
        let bit = if abi == "x32" { 1 << 30 } else { 0 };
        names.extend((0..560).filter_map(|number| libseccomp::name_on(token, number | bit)));
        // What i386 reaches through other calls has pseudo numbers.
        names.extend((-224..-100).filter_map(|number| libseccomp::name_on(token, number)));
    }
    names.into_iter().collect()
}

/// The profile without the names that libseccomp does not know.
fn known(profile: &Value) -> Value {
    let mut profile = profile.clone();
    let is_younger = |name: &Value| YOUNGER.iter().any(|(younger, _)| name == younger);
    for rule in profile["syscalls"].as_array_mut().expect("a list") {
        rule["names"].as_array_mut().expect("a list").retain(|name| !is_younger(name));
    }
    profile
}

#[test]
fn the_engines_profiles_get_libseccomps_verdicts() {
    for (name, profile) in profiles::all() {
        let profile = known(&profile);
        let pair = Pair::of(&profile).expect("libseccomp takes it");
        let mut random = Random(1);
        let mut points = pair.compare(numbers()).unwrap();
        points += pair.compare(with_arguments(&profile, &mut random, 40)).unwrap();
        assert!(points >= 10_000, "{points}");
        println!("{name}: {points} calls, instructions {:?}", pair.sizes());
    }
}

#[test]
fn each_name_has_libseccomps_numbers() {
    for name in names() {
        let profile = json!({ "defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "syscalls": [{ "names": [name], "action": "SCMP_ACT_ERRNO" }] });
        let carried = (0..30)
            .flat_map(|sub| [102, 117].map(|number| Data { number, audit: I386, arguments: [sub; 6] }));
        Pair::of(&profile).expect("libseccomp takes it").compare(numbers().chain(carried)).unwrap();
    }
}

#[test]
fn names_that_libseccomp_lacks_have_the_kernels_numbers() {
    for (name, expected) in YOUNGER {
        assert_eq!(libseccomp::number(name), None, "{name}: this libseccomp knows it");
        let profile = json!({ "defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "syscalls": [{ "names": [name], "action": "SCMP_ACT_TRAP" }] });
        let program = ours(&profile).expect("it is small");
        let [x86_64, x86, x32] = *expected;
        let wanted = [(X86_64, x86_64), (I386, x86), (X86_64, if x32 == NO { NO } else { x32 | X32_BIT })];
        for call in numbers() {
            let is_it = wanted.iter().any(|number| *number == (call.audit, call.number) && call.number != NO);
            assert_eq!(run(&program, &call) == TRAP, is_it, "{name} {call:x?}");
        }
    }
}

/// Fixed seeds, and one that nobody has tried; a failure names its seed.
fn seeds(fixed: u64) -> impl Iterator<Item = u64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    (0..fixed).chain([now.as_secs()])
}

/// Names that i386 reaches through other calls, and these calls.
fn carried(names: &[String]) -> Vec<String> {
    let x86 = libseccomp::architecture("x86");
    let is_pseudo =
        |name: &str| libseccomp::number_on(x86, name).is_some_and(|number| (-224..-100).contains(&number));
    names
        .iter()
        .filter(|name| is_pseudo(name) || ["socketcall", "ipc"].contains(&name.as_str()))
        .cloned()
        .collect()
}

/// 20 profiles that libseccomp takes.
fn random_pairs(seed: u64, shape: Shape) -> Vec<(Value, Pair)> {
    let names = names();
    let carried = carried(&names);
    let mut random = Random(seed);
    let profiles = std::iter::repeat_with(|| random::profile(&mut random, &names, &carried, shape));
    let pairs = profiles.filter_map(|profile| Some((profile.clone(), Pair::of(&profile)?)));
    pairs.take(20).collect()
}

#[test]
fn random_profiles_get_libseccomps_verdicts() {
    for seed in seeds(20) {
        let mut points = 0;
        for (profile, pair) in random_pairs(seed, Shape::Single) {
            let mut random = Random(!seed);
            let calls = numbers().chain(with_arguments(&profile, &mut random, 8));
            points += pair.compare(calls).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        }
        assert!(points >= 10_000, "{points}");
        println!("seed {seed}: {points} calls");
    }
}

/// libseccomp is asked too, but does not decide: see the module `meaning`.
#[test]
fn random_alternatives_mean_what_the_spec_says() {
    let (mut points, mut disagreements) = (0, 0);
    for seed in seeds(6) {
        for (profile, pair) in random_pairs(seed, Shape::Alternatives) {
            let mut random = Random(!seed);
            let calls = with_arguments(&profile, &mut random, 8);
            let (asked, wrong) =
                pair.compare_meaning(calls).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            points += asked;
            disagreements += wrong;
        }
    }
    println!("{points} calls, {disagreements} on which libseccomp says something else");
    assert!(disagreements * 20 < points, "the third opinion is not libseccomp's");
}

/// Which of several rules decides is libseccomp's choice. It can be seen where it compiles several rules rightly:
/// on ABIs of 32 bits, when all conditions are on one argument.
#[test]
fn random_contrary_rules_get_libseccomps_verdicts() {
    for seed in seeds(20) {
        let mut points = 0;
        for (profile, pair) in random_pairs(seed, Shape::Contrary) {
            let mut random = Random(!seed);
            let calls = with_arguments(&profile, &mut random, 8);
            let calls = calls.filter(|call| call.audit == I386 || call.number & X32_BIT != 0);
            points += pair.compare(calls).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        }
        println!("seed {seed}: {points} calls");
    }
}

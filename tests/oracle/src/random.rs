// SPDX-License-Identifier: Apache-2.0
//! Numbers that a seed repeats, and profiles made from them.

use serde_json::{Value, json};

/// splitmix64.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() >> 33).expect("31 bits") % end
    }

    pub fn one_of<'i, T>(&mut self, items: &'i [T]) -> &'i T {
        &items[self.below(items.len())]
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

const VALUES: &[u64] = &[
    0,
    1,
    2,
    5,
    40,
    0x7f,
    0x2_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0005,
    0x5_0000_0000,
    0x5_8000_0000,
    0x7e02_0000,
    u64::MAX - 1,
    u64::MAX,
];

/// A value that profiles are made of, or anything.
pub fn value(random: &mut Random) -> u64 {
    if random.once_in(4) { random.number() } else { *random.one_of(VALUES) }
}

const ACTIONS: &[&str] = &[
    "SCMP_ACT_ALLOW",
    "SCMP_ACT_ERRNO",
    "SCMP_ACT_KILL",
    "SCMP_ACT_KILL_PROCESS",
    "SCMP_ACT_TRAP",
    "SCMP_ACT_TRACE",
    "SCMP_ACT_LOG",
    "SCMP_ACT_NOTIFY",
];

fn action(random: &mut Random, object: &mut Value, name_key: &str, errno_key: &str, actions: &[&str]) {
    let action = random.one_of(actions);
    object[name_key] = json!(action);
    if ["SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"].contains(action) && random.once_in(2) {
        object[errno_key] = json!([1, 13, 38, 511][random.below(4)]);
    }
}

/// What may be asked of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One rule with conditions for a call: nothing to merge.
    Single,
    /// Several rules with conditions for a call, all of one action.
    Alternatives,
    /// Several rules of several actions for a call, each on the same argument.
    Contrary,
}

const OPERATORS: &[&str] = &["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];

fn argument(random: &mut Random, index: usize, operators: &[&str]) -> Value {
    let operator = random.one_of(operators);
    json!({ "index": index, "op": format!("SCMP_CMP_{operator}"),
            "value": value(random), "valueTwo": value(random) })
}

fn arguments(random: &mut Random, shape: Shape) -> Value {
    let count = [0, 0, 1, 1, 1, 2, 3, 6][random.below(8)];
    let any = random.below(6);
    let index = |random: &mut Random, at: usize| match shape {
        Shape::Single => (any + at) % 6,
        Shape::Alternatives => random.below(6),
        Shape::Contrary => 0,
    };
    let count = if shape == Shape::Contrary { count.min(1) } else { count };
    (0..count)
        .map(|at| {
            let index = index(random, at);
            argument(random, index, OPERATORS)
        })
        .collect()
}

fn architectures(random: &mut Random) -> Vec<&'static str> {
    let mut architectures = vec!["SCMP_ARCH_X86_64"];
    for name in ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] {
        if !random.once_in(3) {
            architectures.push(name);
        }
    }
    architectures
}

/// A profile for some of these names. `carried` are those that i386 reaches through others: there rules of several
/// names meet in one call.
pub fn profile(random: &mut Random, names: &[String], carried: &[String], shape: Shape) -> Value {
    let mut profile = json!({ "architectures": architectures(random), "listenerPath": "/run/agent" });
    action(random, &mut profile, "defaultAction", "defaultErrnoRet", &ACTIONS[..7]);
    let mut shared = json!({});
    action(random, &mut shared, "action", "errnoRet", ACTIONS);
    // Few names meet often.
    let few = if random.once_in(2) { random.below(12) + 1 } else { names.len() };
    let first = random.below(names.len() - few + 1);
    let names = &names[first..first + few];
    let mut conditional = Vec::new();
    let mut rules = Vec::new();
    for _ in 0..random.below(if shape == Shape::Alternatives { 30 } else { 80 }) {
        let mut rule = json!({ "args": arguments(random, shape) });
        let has_conditions = rule["args"] != json!([]);
        let count = if random.once_in(4) { random.below(60) } else { random.below(4) } + 1;
        let mut named: Vec<String> = (0..count).map(|_| random.one_of(names).clone()).collect();
        let meets_others = has_conditions || named.iter().any(|name| carried.contains(name));
        if shape == Shape::Alternatives && meets_others {
            for key in ["action", "errnoRet"] {
                rule[key] = shared[key].clone();
            }
        } else {
            action(random, &mut rule, "action", "errnoRet", ACTIONS);
        }
        // runc refuses write, and we sendmsg too: their messages carry the listener.
        named.retain(|name| {
            rule["action"] != "SCMP_ACT_NOTIFY" || !["write", "sendmsg"].contains(&name.as_str())
        });
        if shape != Shape::Alternatives && has_conditions {
            named.retain(|name| !carried.contains(name));
        }
        if shape == Shape::Single && has_conditions {
            named.retain(|name| {
                let first = !conditional.contains(name);
                conditional.push(name.clone());
                first
            });
        }
        rule["names"] = json!(named);
        rules.push(rule);
    }
    profile["syscalls"] = json!(rules);
    profile
}

// SPDX-License-Identifier: Apache-2.0
//! Calls to ask about: all numbers and their neighbours, with arguments on both sides of what a profile compares.

use crate::machine::Data;
use crate::random::{Random, value};
use crate::{I386, X32_BIT, X86_64};
use serde_json::Value;

/// Numbers beyond all tables, where the checks of libseccomp and runc differ.
const FAR: &[u32] = &[
    0x3fff_ffff,
    0x4000_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xbfff_ffff,
    0xc000_0000,
    0xffff_fffe,
    0xffff_ffff,
];

/// The numbers that are in use, and some behind them.
pub const NUMBERS: u32 = 560;

/// Each number of each ABI, without arguments.
pub fn numbers() -> impl Iterator<Item = Data> {
    let near = (0..NUMBERS).chain((0..NUMBERS).map(|number| number | X32_BIT));
    let of_both = near
        .chain(FAR.iter().copied())
        .flat_map(|number| [X86_64, I386].map(|audit| Data { number, audit, arguments: [0; 6] }));
    // No such machine, a machine that is not this one, and the other byte order.
    let foreign = [0, 0xc000_00b7, 0x3e].map(|audit| Data { number: 0, audit, arguments: [0; 6] });
    of_both.chain(foreign)
}

/// The values that a profile compares with, and their neighbours.
fn interesting(profile: &Value) -> Vec<u64> {
    let rules = profile["syscalls"].as_array().expect("a list of rules");
    let arguments = rules.iter().flat_map(|rule| rule["args"].as_array().into_iter().flatten());
    let mut values: Vec<u64> = (0..=24).collect();
    for argument in arguments {
        for key in ["value", "valueTwo"] {
            let value = argument[key].as_u64().unwrap_or(0);
            let around = [value, value.wrapping_sub(1), value.wrapping_add(1), !value, value ^ (1 << 32)];
            values.extend(around);
        }
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// Each number `times` times with arguments.
pub fn with_arguments<'r>(
    profile: &Value,
    random: &'r mut Random,
    times: usize,
) -> impl Iterator<Item = Data> + use<'r> {
    let values = interesting(profile);
    numbers().flat_map(move |call| (0..times).map(move |_| call)).map(move |call| {
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = if random.once_in(8) { value(random) } else { *random.one_of(&values) };
        }
        Data { arguments, ..call }
    })
}

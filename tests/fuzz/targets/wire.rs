// SPDX-License-Identifier: Apache-2.0
//! What runtime and stage tell each other. The stage's memory is sealed and its channel private; still neither end may
//! fall over what it reads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stage::message::FromStage;
use stage::plan::Plan;
use stage::wire::{Reader, Wire};

fuzz_target!(|bytes: &[u8]| {
    drop(FromStage::get(bytes).map(|message| format!("{message:?}")));
    if let Ok(plan) = Plan::get(&mut Reader::new(bytes)) {
        // Lists are walked when they are used.
        plan.put(&mut Vec::new());
    }
});

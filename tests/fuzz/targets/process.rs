// SPDX-License-Identifier: Apache-2.0
//! The file of `exec --process`, which an engine writes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime::plan::arena::Arena;
use runtime::plan::{check, process};
use runtime::spec::{Process, document};

fuzz_target!(|bytes: &[u8]| {
    let Ok(own) = document::read::<Process<'_>>("the process file", bytes) else { return };
    if check::check_process(&own).is_ok() {
        let arena = Arena::default();
        for is_exec in [false, true] {
            let extra = process::Extra { is_exec, ..process::Extra::default() };
            drop(process::plan(&arena, &own, extra).map(|plan| format!("{plan:?}")));
        }
    }
});

// SPDX-License-Identifier: Apache-2.0
//! `kvm-shim SPEC`: one VM, from its specification (`vm_api::VmSpec`, JSON) to the exit code of its process.

use std::io::Write;
use std::process::ExitCode;

use kvm_shim::error::{Error, Result, Step};
use vm_api::VmSpec;

/// The code of a guest that was lost, or never ran.
const LOST: u8 = 255;

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Where nobody can hear it, the code remains.
            let _lost = writeln!(std::io::stderr(), "kvm-shim: {error}");
            ExitCode::from(LOST)
        }
    }
}

fn run() -> Result<u8> {
    let words: Vec<_> = std::env::args_os().collect();
    let [_, path] = &words[..] else {
        return Err(Error::new("name one file: the specification of the VM (docs/microvm.md)"));
    };
    let shown = path.display();
    let text = std::fs::read(path).step(|| format!("read {shown}"))?;
    let spec: VmSpec = serde_json::from_slice(&text).step(|| format!("understand {shown}"))?;
    kvm_shim::guest::run(spec)
}

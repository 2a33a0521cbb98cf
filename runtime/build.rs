// SPDX-License-Identifier: Apache-2.0
//! Builds the stage, which the library embeds: a program without a libc, for the same architecture.
//!
//! It is linked for the gnu target whatever ours is: that target brings no start files of its own once it is told
//! not to, and nothing of a libc ends up in the program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const LINKER_ARGUMENTS: &[&str] = &[
    "-nostartfiles",
    "-nostdlib",
    "-static",
    "-Wl,--build-id=none",
    "-Wl,-z,norelro",
    "-Wl,--no-eh-frame-hdr",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=stage");
    println!("cargo::rerun-if-changed=sys");
    let architecture = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets the architecture");
    let target = format!("{architecture}-unknown-linux-gnu");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets the output folder"));
    let folder = target_folder(&out).join("stage");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo names itself"));
    cargo
        .args(["rustc", "--offline", "--quiet", "--manifest-path", "stage/Cargo.toml", "--bin", "stage"])
        .args(["--no-default-features", "--profile", "stage", "--target", &target, "--target-dir"])
        .arg(&folder)
        .args(["--", "-C", "relocation-model=static"]);
    for argument in LINKER_ARGUMENTS {
        cargo.args(["-C", &format!("link-arg={argument}")]);
    }
    // The stage has its own flags, and is neither linted nor wrapped.
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER"] {
        cargo.env_remove(variable);
    }
    let status = cargo.status().expect("cargo can be started");
    assert!(status.success(), "the stage does not build: {status}");
    let program = folder.join(target).join("stage").join("stage");
    fs::copy(program, out.join("stage")).expect("the stage is where cargo puts it");
}

/// The folder that cargo marks as its target folder: the stage is built once for all profiles and targets.
fn target_folder(out: &Path) -> &Path {
    out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).unwrap_or(out)
}

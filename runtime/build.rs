// SPDX-License-Identifier: Apache-2.0
//! Builds the stage, which the library embeds: a program without a libc, for the same architecture; once for a
//! container's first process, and once, smaller, for those that join it.
//!
//! It is linked for the gnu target whatever ours is: that target brings no start files of its own once it is told
//! not to, and nothing of a libc ends up in the program. `stage/stage.ld` says what does.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const LINKER_ARGUMENTS: &[&str] =
    &["-nostartfiles", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-z,max-page-size=4096"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=stage");
    println!("cargo::rerun-if-changed=sys");
    build("stage-first", &["--features", "first"]);
    build("stage-more", &[]);
}

/// Leaves the program that is built with these options under this name where the library includes it.
fn build(name: &str, options: &[&str]) {
    let architecture = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets the architecture");
    let target = format!("{architecture}-unknown-linux-gnu");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets the output folder"));
    let script = env::current_dir().expect("cargo sets the folder").join("stage/stage.ld");
    let folder = target_folder(&out).join(name);
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo names itself"));
    cargo
        .args(["rustc", "--offline", "--quiet", "--manifest-path", "stage/Cargo.toml", "--bin", "stage"])
        .args(["--no-default-features", "--profile", "stage", "--target", &target, "--target-dir"])
        .arg(&folder)
        .args(options)
        .args(["--", "-C", "relocation-model=static"])
        .args(["-C", &format!("link-arg=-Wl,-T,{}", script.display())]);
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
    let program = fs::read(program).expect("the stage is where cargo puts it");
    fs::write(out.join(name), loaded(program)).expect("cargo made the output folder");
}

/// The program without what is not loaded, elf(5): its sections and their table.
fn loaded(mut program: Vec<u8>) -> Vec<u8> {
    let number = |at: usize, bytes: usize| {
        program[at..at + bytes].iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte))
    };
    let (table, count) = (number(32, 8), number(56, 2));
    let ends = (0..count).map(|entry| table + entry * 56).map(|at| number(at + 8, 8) + number(at + 32, 8));
    let end = ends.max().expect("a program has segments");
    program.truncate(end);
    // Where the table of sections was, and how many there were.
    program[40..48].fill(0);
    program[60..64].fill(0);
    program
}

/// The folder that cargo marks as its target folder: the stage is built once for all profiles and targets. Cargo marks
/// none that was there before it; the stage is then built beside its program.
fn target_folder(out: &Path) -> PathBuf {
    let marked = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    marked.map_or_else(|| out.join("target"), Path::to_owned)
}

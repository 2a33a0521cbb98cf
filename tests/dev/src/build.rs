// SPDX-License-Identifier: Apache-2.0
//! `make build`: static programs, laid out in target/dist as they are when installed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Failed, Result, at, cargo, output, program, run, say, succeeds, target_folder, top};
use crate::packages;

/// A program, the package that it comes from, where that is, and the folder that it is installed into.
const PROGRAMS: &[(&str, &str, &str, &str)] = &[
    ("ctrun", "runtime", "runtime", "bin"),
    ("ctctl", "ctctl", "ctctl", "bin"),
    ("ctctl-monitor", "ctctl", "ctctl", "libexec/ctctl"),
    ("ctctl-init", "ctctl-init", "ctctl/init", "libexec/ctctl"),
    ("kvm-shim", "kvm-shim", "kvm-shim", "libexec/ctctl"),
    ("guest-init", "guest-init", "kvm-shim/guest-init", "libexec/ctctl"),
];

/// The option that builds faults in, and the packages that know them.
const FAULTS: &[&str] = &["--features", "runtime/fault"];
const WITH_FAULTS: &[&str] = &["runtime", "ctctl"];

/// The target to build for, and the flags that make it static.
struct Target {
    triple: String,
    flags: Option<&'static str>,
    libc: &'static str,
}

/// Static musl where its target is there or can be added, else static glibc. `CTCTL_LIBC=glibc` asks for the latter.
fn target() -> Result<Target> {
    let arch = std::env::consts::ARCH;
    let musl = format!("{arch}-unknown-linux-musl");
    let sysroot = output(&mut program("rustc", ["--print", "sysroot"]))?;
    let has = || Path::new(sysroot.trim()).join("lib/rustlib").join(&musl).join("lib").is_dir();
    let add = || succeeds(&mut program("rustup", ["target", "add", &musl]));
    if std::env::var("CTCTL_LIBC").as_deref() != Ok("glibc") && (has() || add()) {
        return Ok(Target { triple: musl, flags: None, libc: "musl" });
    }
    let triple = format!("{arch}-unknown-linux-gnu");
    Ok(Target { triple, flags: Some("-C target-feature=+crt-static"), libc: "glibc" })
}

/// Tells cargo to build for the same target as the programs.
pub(crate) fn static_flags(command: &mut Command) -> Result<&mut Command> {
    let target = target()?;
    command.args(["--target", &target.triple]);
    if let Some(flags) = target.flags {
        command.env("RUSTFLAGS", flags);
    }
    Ok(command)
}

/// Where `make build` leaves the tree of programs.
pub(crate) fn dist() -> PathBuf {
    target_folder().join("dist")
}

/// Where the programs with fault injection are, for tests only.
pub(crate) fn dist_with_faults() -> PathBuf {
    target_folder().join("dist-fault")
}

/// The programs as they are shipped. Returns their folder.
pub(crate) fn build() -> Result<PathBuf> {
    packages::install(&["build"])?;
    build_into(dist(), &["--release"])
}

/// The same programs, not optimised, with fault injection.
pub(crate) fn build_with_faults() -> Result<PathBuf> {
    build_into(dist_with_faults(), FAULTS)
}

fn build_into(dist: PathBuf, options: &[&str]) -> Result<PathBuf> {
    let target = target()?;
    let is_present = |folder: &str| top().join(folder).join("Cargo.toml").exists();
    let present: Vec<_> = PROGRAMS.iter().filter(|(_, _, folder, _)| is_present(folder)).collect();
    for (name, package, ..) in &present {
        let mut command = cargo(["rustc", "--locked", "--target", &target.triple]);
        let options = if options == FAULTS && !WITH_FAULTS.contains(package) { &[] } else { options };
        command.args(options).args(["--package", package, "--bin", name, "--"]);
        // docs/decisions/fixed-addresses.md
        if *name == "ctrun" {
            command.args(["-C", "relocation-model=static"]);
        }
        if let Some(flags) = target.flags {
            command.env("RUSTFLAGS", flags);
        }
        run(&mut command)?;
    }
    let profile = if options.contains(&"--release") { "release" } else { "debug" };
    let built = target_folder().join(&target.triple).join(profile);
    for (name, .., folder) in &present {
        place(&built.join(name), &dist.join(folder).join(name), 0o755)?;
    }
    let libc = target.libc;
    say(&format!("built {} program(s), static {libc} ({profile}), in {}", present.len(), dist.display()));
    Ok(dist)
}

/// Copies a file to its place in one step: a program that is running there stays whole.
pub(crate) fn place(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let folder = to.parent().ok_or_else(|| Failed::new(format!("{}: no folder", to.display())))?;
    at(folder, fs::create_dir_all(folder))?;
    let fresh = to.with_extension("fresh");
    at(from, fs::copy(from, &fresh))?;
    at(&fresh, fs::set_permissions(&fresh, fs::Permissions::from_mode(mode)))?;
    at(to, fs::rename(&fresh, to))
}

// SPDX-License-Identifier: Apache-2.0
//! `make test`: the set-up, then everything that CI runs, with a table of times at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::build::{build, build_with_faults, dist, dist_with_faults, place};
use crate::check;
use crate::command::{Failed, Result, at, cargo, is_root, output, run, say, show, target_folder, top};
use crate::licences;
use crate::machine::Machine;
use crate::packages;
use crate::report::Report;

/// Tests that a host may leave out, one a line; any other skip fails the run.
const EXPECTED_SKIPS: &str = "tests/expected-skips";

type Part = (&'static str, fn() -> Result<()>);

/// The parts in their order. `make test` runs all of them; `tests/dev/run test NAME…` some.
const PARTS: &[Part] = &[
    ("unit", unit),
    ("house", house),
    ("oracle", oracle),
    ("integration", integration),
    ("runc-suite", runc_suite),
    ("crun-suite", crun_suite),
    ("machine", in_the_machine),
];

pub(crate) fn test() -> Result<()> {
    let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    test_only(&names)
}

pub(crate) fn test_only(names: &[&str]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|n| !PARTS.iter().any(|(name, _)| name == *n)) {
        return Err(Failed::new(format!("no part of the tests is named {unknown}")));
    }
    if !is_root() {
        return Err(Failed::new(
            "the tests make containers and need root: sudo make test (make check needs none)",
        ));
    }
    packages::install(&["build", "test"])?;
    // The image is mostly waiting for packages: it is made beside the build.
    let image = names
        .contains(&"machine")
        .then(|| thread::spawn(|| packages::install(&["machine"]).and_then(|()| Machine::here().build())));
    let mut report = Report::default();
    report.part("build", || build().and_then(|_| build_with_faults()).map(drop));
    for (name, body) in PARTS.iter().filter(|(name, _)| names.contains(name) && *name != "machine") {
        report.part(name, body);
    }
    if let Some(image) = image {
        report.part("machine image", || {
            image.join().unwrap_or_else(|_| Err(Failed::new("the image's thread panicked")))
        });
        report.part("machine", in_the_machine);
    }
    report.finish()
}

fn unit() -> Result<()> {
    check::unit()
}

fn house() -> Result<()> {
    check::style()?;
    check::house()?;
    licences::check()
}

/// Compiled filters against libseccomp's verdicts: a workspace of its own, since it links a C library.
fn oracle() -> Result<()> {
    let manifest = top().join("tests/oracle/Cargo.toml");
    show(cargo(["test", "--quiet", "--manifest-path"]).arg(manifest))
}

/// The black-box tests, against the programs as shipped.
fn integration() -> Result<()> {
    let skips = target_folder().join("skips");
    at(&skips, fs::write(&skips, ""))?;
    let mut tests = cargo([
        "test",
        "--quiet",
        "--locked",
        "--package",
        "integration-tests",
        "--lib",
        "--test",
        "oci",
        "--test",
        "hostile",
        "--test",
        "ctctl",
    ]);
    tests.env("CTCTL_SKIPS", &skips);
    show(with_programs(&mut tests))?;
    unexpected_skips(&skips)
}

/// Tells a test where the built programs are.
fn with_programs(command: &mut Command) -> &mut Command {
    command.env("CTCTL_DIST", dist()).env("CTCTL_DIST_FAULT", dist_with_faults())
}

fn unexpected_skips(skips: &Path) -> Result<()> {
    let expected = top().join(EXPECTED_SKIPS);
    let expected = at(&expected, fs::read_to_string(&expected))?;
    let skipped = at(skips, fs::read_to_string(skips))?;
    let name = |line: &str| line.split(": ").next().unwrap_or(line).to_owned();
    let is_new = |line: &&str| !expected.lines().any(|e| !e.starts_with('#') && name(e) == name(line));
    skipped.lines().for_each(|line| say(&format!("skipped: {line}")));
    match skipped.lines().find(is_new) {
        None => Ok(()),
        Some(line) => Err(Failed::new(format!("a skip that {EXPECTED_SKIPS} does not list: {line}"))),
    }
}

fn runc_suite() -> Result<()> {
    public_suite("runc")
}

fn crun_suite() -> Result<()> {
    public_suite("crun")
}

/// Another project's suite, fetched as Debian's source package; the adapter's own list says what does not pass and why.
fn public_suite(name: &str) -> Result<()> {
    let adapter = top().join("tests/suites").join(name).join("run");
    show(with_programs(&mut Command::new(adapter)).current_dir(top()))
}

/// The scripts of tests/machine, one after another, in the test machine.
fn in_the_machine() -> Result<()> {
    let machine = Machine::here();
    machine.up()?;
    machine.put(&dist(), "/opt/ctctl")?;
    machine.put(&top().join("tests/machine"), "/opt/machine-tests")?;
    machine.put(&templates()?, "/opt/machine-tests")?;
    machine.put(&oci_tests()?, "/opt/machine-tests")?;
    let mut report = Report::default();
    for script in scripts()? {
        let name = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let command = format!("cd /opt/machine-tests && PATH=/opt/ctctl/bin:$PATH timeout 600 sh ./{name}");
        report.part(&name, || run(&mut machine.ssh(&command)?));
    }
    machine.down()?;
    report.finish()
}

/// tests/oci as one static program, in a folder of its own.
fn oci_tests() -> Result<PathBuf> {
    let folder = target_folder().join("oci-carried");
    at(&folder, fs::create_dir_all(&folder))?;
    let mut build =
        cargo(["test", "--no-run", "--locked", "--package", "integration-tests", "--test", "oci"]);
    build.args(["--message-format", "json"]);
    let told = output(crate::build::static_flags(&mut build)?)?;
    let program = told.lines().rev().find_map(|line| {
        let path = line.split_once("\"executable\":\"")?.1.split('"').next()?;
        Some(PathBuf::from(path))
    });
    let program = program.ok_or_else(|| Failed::new("cargo named no test program"))?;
    place(&program, &folder.join("oci"), 0o755)?;
    Ok(folder)
}

/// Templates of ctctl, built here, where it takes seconds; the folder has them as one file that keeps their owners.
fn templates() -> Result<PathBuf> {
    let (data, carried) = (target_folder().join("templates"), target_folder().join("templates-carried"));
    for name in ["busybox", "debian-12"] {
        show(
            Command::new(dist().join("bin/ctctl")).args(["template", "build", name, "--data-dir"]).arg(&data),
        )?;
    }
    at(&carried, fs::create_dir_all(&carried))?;
    let mut tar = Command::new("tar");
    tar.args(["--create", "--numeric-owner", "--xattrs", "--xattrs-include=*", "--directory"]).arg(&data);
    show(tar.arg("--file").arg(carried.join("templates.tar")).args(["layers", "templates"]))?;
    Ok(carried)
}

fn scripts() -> Result<Vec<PathBuf>> {
    let folder = top().join("tests/machine");
    let entries = at(&folder, fs::read_dir(&folder))?;
    let mut scripts: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "sh")).collect();
    scripts.retain(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("lib")));
    scripts.sort();
    Ok(scripts)
}

// SPDX-License-Identifier: Apache-2.0
//! The program behind the Makefile: one module per target.
//!
//! It runs other programs and reads files; it knows the project only from outside.

mod bench;
mod build;
mod check;
mod command;
mod demo;
mod fuzz;
mod install;
mod licences;
mod machine;
mod packages;
mod report;
mod suite;

use std::process::ExitCode;

use command::{Failed, Result, say};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            say(&format!("dev: {failed}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<()> {
    match words {
        ["build"] => build::build().map(drop),
        ["build", "fault"] => build::build_with_faults().map(drop),
        ["install", destdir, prefix] => install::install(destdir, prefix),
        ["check"] => check::check(),
        ["test"] => suite::test(),
        ["test", names @ ..] => suite::test_only(names),
        ["demo"] => demo::demo(),
        ["bench"] => bench::bench(),
        ["bench", "machine"] => bench::bench_in_the_machine(),
        ["bench", "run", rest @ ..] => bench::measure(rest),
        ["fuzz"] => fuzz::fuzz(),
        ["machine", rest @ ..] => machine::machine(rest),
        ["packages", section] => packages::install(&[section]),
        _ => {
            Err(Failed::new("commands: build install check test demo fuzz machine packages; see `make help`"))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! ctctl: parse, dispatch, print the error and its hint, end with the exit code.

use clap::Parser;
use ctctl::cli::{Cli, keys_as_options};
use ctctl::host::Host;
use ctctl::{commands, output};
use runtime_sys::allocator::StartAllocator;
use std::process::ExitCode;

// Reading the command line alone is some two hundred small pieces.
#[global_allocator]
static ALLOCATOR: StartAllocator = StartAllocator::new();

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(keys_as_options(std::env::args_os().collect())) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, with code 0; a reader that is gone needs neither.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let host = Host::new(cli.places);
    let ran = cli.words.apply().and_then(|()| {
        let args: Vec<String> =
            std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
        output::step(&format!("ctctl {}", args.join(" ")));
        commands::run(cli.command, &host)
    });
    match ran {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.exit() as u8)
        }
    }
}

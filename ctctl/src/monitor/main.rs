// SPDX-License-Identifier: Apache-2.0
//! ctctl-monitor: started by `ctctl start`, never by a person.

use ctctl::host::{Host, Places};
use ctctl::monitor::{self, Task};
use ctctl::output;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [task, name, config, data, run, log] = args.as_slice() else {
        output::progress("ctctl-monitor is started by ctctl start");
        return ExitCode::from(2);
    };
    let place = |path: &String| Some(PathBuf::from(path));
    let host = Host::new(Places {
        config_dir: place(config),
        data_dir: place(data),
        run_dir: place(run),
        log_dir: place(log),
    });
    let task = if task == Task::Adopt.word() { Task::Adopt } else { Task::Start };
    match monitor::run(&host, name, task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.exit() as u8)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! ctctl-monitor: started by `ctctl start`, never by a person.

use ctctl::host::{Host, Places};
use ctctl::monitor::wishes::Wishes;
use ctctl::monitor::{self, Task};
use ctctl::output;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let parsed = match args.as_slice() {
        [task, name, config, data, run, log, wishes @ ..] => Task::of(task)
            .zip(Wishes::from_args(wishes))
            .map(|(task, wishes)| (task, wishes, name, config, data, run, log)),
        _ => None,
    };
    let Some((task, wishes, name, config, data, run, log)) = parsed else {
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
    match monitor::run(&host, name, task, wishes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.exit() as u8)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! One file per verb: its arguments, and what it does with them. Sequences of steps live in `container/`.

pub mod autostart;
pub mod boot;
pub mod completion;
pub mod config;
pub mod console;
pub mod cp;
pub mod create;
pub mod destroy;
pub mod device;
pub mod doctor;
pub mod enter;
pub mod events;
pub mod exec;
pub mod info;
pub mod kill;
pub mod label;
pub mod list;
pub mod logs;
pub mod man;
pub mod mount;
pub mod network;
pub mod passwd;
pub mod pause;
pub mod port;
pub mod pull;
pub mod push;
pub mod rename;
pub mod restart;
pub mod run;
pub mod set;
pub mod shutdown;
pub mod start;
pub mod stats;
pub mod status;
pub mod stop;
pub mod template;
pub mod umount;
pub mod wait;

use crate::cli::Command;
use crate::error::Result;
use crate::host::Host;

/// Carries out one verb; the number is the program's exit code.
///
/// # Errors
/// What the verb says.
pub fn run(command: Command, host: &Host) -> Result<u8> {
    match command {
        Command::Template(args) => template::run(args, host),
        Command::Create(args) => create::run(&args, host),
        Command::Run(args) => run::run(&args, host),
        Command::Console(args) => console::run(&args, host),
        Command::Autostart(args) => autostart::run(&args, host),
        Command::Boot(args) => boot::run(&args, host),
        Command::Shutdown(args) => shutdown::run(&args, host),
        Command::Start(args) => start::run(&args, host),
        Command::Stop(args) => stop::run(&args, host),
        Command::Kill(args) => kill::run(&args, host),
        Command::Pause(args) => pause::pause(&args, host),
        Command::Unpause(args) => pause::unpause(&args, host),
        Command::Wait(args) => wait::run(&args, host),
        Command::Events(args) => events::run(&args, host),
        Command::Stats(args) => stats::run(&args, host),
        Command::Logs(args) => logs::run(&args, host),
        Command::Restart(args) => restart::run(&args, host),
        Command::Enter(args) => enter::run(&args, host),
        Command::Exec(args) => exec::run(&args, host),
        Command::Passwd(args) => passwd::run(&args, host),
        Command::Device(args) => device::run(&args, host),
        Command::Push(args) => push::run(&args, host),
        Command::Pull(args) => pull::run(&args, host),
        Command::Cp(args) => cp::run(&args, host),
        Command::Mount(args) => mount::run(&args, host),
        Command::Umount(args) => umount::run(&args, host),
        Command::Destroy(args) => destroy::run(&args, host),
        Command::List(args) => list::run(&args, host),
        Command::Status(args) => status::run(&args, host),
        Command::Info(args) => info::run(&args, host),
        Command::Set(args) => set::run(&args, host),
        Command::Port(args) => port::run(&args, host),
        Command::Network(args) => network::run(&args, host),
        Command::Label(args) => label::run(&args, host),
        Command::Rename(args) => rename::run(&args, host),
        Command::Config(args) => config::run(&args, host),
        Command::Doctor(args) => doctor::run(&args, host),
        Command::Completion(args) => completion::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// A reader that went away is no failure, but what it did not read need not be written.
fn unheard(error: std::io::Error) -> Result<()> {
    printed(Err(error)).map(drop)
}

/// What a verb that prints returns: a reader that went away is no failure.
fn printed(result: std::io::Result<()>) -> Result<u8> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(crate::Error::new(crate::Exit::Failure, format!("write to stdout: {error}")))
        }
        _ => Ok(0),
    }
}

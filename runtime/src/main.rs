// SPDX-License-Identifier: Apache-2.0
//! `ctrun`: reads the command line, calls a verb of the library, prints, exits.
#![no_main]
#![expect(clippy::print_stderr, reason = "this is the program: printing is its part")]

use runtime::cli::{self, Asked, Call, Environment, Global};
use runtime::state::Root;
use runtime::{Context, Error, Result, logging, verbs};
use std::ffi::OsString;
use std::io::Write;

#[global_allocator]
static ALLOCATOR: runtime_sys::allocator::StartAllocator = runtime_sys::allocator::StartAllocator::new();

runtime_sys::main!(ctrun);

fn ctrun(words: Vec<OsString>) -> i32 {
    #[cfg(feature = "fault")]
    if let Ok(fault) = std::env::var("CTRUN_FAULT") {
        runtime::fault::want(fault);
    }
    let args: std::result::Result<Vec<String>, _> = words.into_iter().map(OsString::into_string).collect();
    let asked = match args {
        Ok(args) => cli::parse(&args, environment()),
        Err(arg) => {
            eprintln!("ctrun: {arg:?} is not UTF-8");
            return 1;
        }
    };
    match asked {
        Ok(Asked::Print(text)) => i32::from(print(&text).is_err()),
        Ok(Asked::Do(global, call)) => carry_out(&global, &call),
        Err(misused) => {
            eprintln!("{}\n{}", misused.message, misused.usage);
            1
        }
    }
}

/// The only place that reads it.
fn environment() -> Environment {
    use std::env::{var, var_os};
    let is_for_us = var("LISTEN_PID").is_ok_and(|pid| pid.parse() == Ok(std::process::id()));
    Environment {
        runtime_dir: var_os("XDG_RUNTIME_DIR").map(Into::into),
        user: var("USER").ok(),
        listen_fds: var("LISTEN_FDS").ok().filter(|_| is_for_us),
        listen_fd_names: var("LISTEN_FDNAMES").ok(),
        notify_socket: var("NOTIFY_SOCKET").ok().filter(|name| !name.is_empty()),
    }
}

fn carry_out(global: &Global, call: &Call) -> i32 {
    let name = call.verb.name;
    let result = logging::set_up(global.log.as_deref(), global.format, global.debug).and_then(|()| {
        if global.has_criu {
            log::warn!("--criu is ignored: there are no checkpoints");
        }
        dispatch(global, call)
    });
    match result {
        Ok(code) => code & 0xff,
        Err(error) => {
            let message = match name {
                "exec" => format!("exec failed: {error}"),
                "create" | "run" | "start" => format!("ctrun {name} failed: {error}"),
                _ => error.to_string(),
            };
            if global.log.is_some() {
                log::error!("{message}");
            }
            eprintln!("{message}");
            // As runc: a payload's own codes are below 255, so that callers can tell them apart.
            if name == "exec" { 255 } else { 1 }
        }
    }
}

fn dispatch(global: &Global, call: &Call) -> Result<i32> {
    log::debug!("ctrun {} {}", call.verb.name, call.read.words.join(" "));
    match call.verb.name {
        "spec" => verbs::spec::write(&call.bundle(), call.read.has("rootless"))?,
        "features" => print(&verbs::features::json()?)?,
        "validate" => {
            let isolation = call.read.last("isolation");
            print(&verbs::validate::validate(&call.bundle(), call.config().as_deref(), isolation)?)?;
        }
        _ => return on_containers(&Root::open(&global.root)?, call),
    }
    Ok(0)
}

fn on_containers(root: &Root, call: &Call) -> Result<i32> {
    let (id, read) = (call.id(), &call.read);
    match call.verb.name {
        "create" => drop(verbs::create::create(root, &call.create_options()?)?),
        "run" if read.has("detach") => verbs::run::run_detached(root, &call.create_options()?)?,
        "run" => return verbs::run::run(root, &call.create_options()?, read.has("keep")),
        "exec" if read.has("detach") => verbs::exec::exec_detached(root, &call.exec_options()?)?,
        "exec" => return verbs::exec::exec(root, &call.exec_options()?),
        "start" => {
            for id in &read.words {
                verbs::start::start(root, id, call.notify_socket())?;
            }
        }
        "kill" => {
            let signal = verbs::kill::parse_signal(read.words.get(1).map_or("TERM", String::as_str))?;
            verbs::kill::kill(root, id, signal, read.has("all"))?;
        }
        "delete" if read.has("regex") => verbs::delete::delete_matching(root, id, read.has("force"))?,
        "delete" => verbs::delete::delete(root, id, read.has("force"))?,
        "state" => print(&verbs::state::json(root, id)?)?,
        "list" => {
            let reports = verbs::list::list(root)?;
            let text = match read.last("format") {
                _ if read.has("quiet") => reports.iter().map(|report| format!("{}\n", report.id)).collect(),
                None | Some("table") => verbs::list::table(&reports),
                Some("json") => verbs::list::json(&reports),
                Some(other) => {
                    return Err(Error::invalid(format!("--format: unknown {other:?}: use table or json")));
                }
            };
            print(&text)?;
        }
        "ps" => match read.last("format") {
            None | Some("table") => print(&verbs::ps::table(root, id, &read.words[1..])?)?,
            Some("json") => print(&verbs::ps::json(root, id)?)?,
            Some(_) => return Err(Error::invalid("invalid format option")),
        },
        "pause" => verbs::pause::pause(root, id)?,
        "resume" => verbs::pause::resume(root, id)?,
        "update" => match call.resources_document()? {
            Some(document) => verbs::update::update(root, id, &verbs::update::parse(&document)?)?,
            None => verbs::update::update(root, id, &call.update_options()?.resources())?,
        },
        "events" => {
            // Without a reader there is nobody to go on for.
            verbs::events::events(root, id, call.events_options()?, &mut |event| {
                writeln!(std::io::stdout(), "{}", event.json()).context(|| "write to standard output")
            })?;
        }
        other => return Err(Error::unsupported(format!("{other} is not there yet"))),
    }
    Ok(0)
}

/// A reader that went away (`ctrun list | head -1`) is no failure of ours.
fn print(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new(runtime::ErrorKind::System, format!("write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

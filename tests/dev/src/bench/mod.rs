// SPDX-License-Identifier: Apache-2.0
//! `make bench`: the floor, ctrun, crun and runc in one interleaved run, whole processes measured from outside.
//!
//! The floor (tests/bench/floor.c) is the least that any program must do; what the others cost is told as a multiple of it.
//! The jobs run in a private cgroup v2 view, so that a host with another layout gives the same figures;
//! the memory limits are looked for outside of it, where the controllers are.

mod jobs;
mod meter;
mod report;
mod seccomp;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{build, place};
use crate::command::{Failed, Result, at, is_root, output, program, run, say, target_folder, top};
use crate::machine::Machine;
use crate::packages;
use jobs::Bench;

/// Rounds of each job; every round runs each runtime once.
const ROUNDS: usize = 30;

/// In the emulated test machine everything takes ten times as long.
const MACHINE_ROUNDS: usize = 10;

const PODMAN_PROFILE: &str = "/usr/share/containers/seccomp.json";

pub(crate) fn bench() -> Result<()> {
    if !is_root() {
        return Err(Failed::new("the bench makes containers and needs root: sudo make bench"));
    }
    packages::install(&["build", "test"])?;
    let ctrun = build()?.join("bin/ctrun");
    let folder = prepare()?;
    let dev = folder.join("dev");
    let inside = run(view(&dev).args(["bench", "run", "native"]).arg(&folder).arg(&ctrun));
    let memory = run(Command::new(&dev).args(["bench", "run", "memory"]).arg(&folder).arg(&ctrun));
    inside.and(memory)
}

/// The four jobs with cgroups on, in the test machine.
pub(crate) fn bench_in_the_machine() -> Result<()> {
    if !is_root() {
        return Err(Failed::new("the test machine is made as root: sudo make bench-machine"));
    }
    packages::install(&["build", "test", "machine"])?;
    let ctrun = build()?.join("bin/ctrun");
    let (folder, carried) = (prepare()?, target_folder().join("bench-carried"));
    for name in ["dev", "floor", "meter"] {
        place(&folder.join(name), &carried.join(name), 0o755)?;
    }
    place(&ctrun, &carried.join("ctrun"), 0o755)?;
    let machine = Machine::here();
    machine.up()?;
    machine.put(&carried, "/opt/bench")?;
    let command = "cd /opt/bench && timeout 900 ./dev bench run machine /opt/bench /opt/bench/ctrun";
    let measured = run(&mut machine.ssh(command)?);
    machine.down()?;
    measured
}

/// Puts what a bench needs into one folder, which can be carried to another machine: the floor, the meter, this program.
pub(crate) fn prepare() -> Result<PathBuf> {
    let folder = target_folder().join("bench");
    at(&folder, fs::create_dir_all(&folder))?;
    for name in ["floor", "meter"] {
        compile(&top().join("tests/bench").join(format!("{name}.c")), &folder.join(name))?;
    }
    let own = std::env::current_exe().map_err(|e| Failed::new(format!("own path: {e}")))?;
    place(&own, &folder.join("dev"), 0o755)?;
    Ok(folder)
}

/// Static, against musl. The kernel's headers are not musl's: they come after its own.
fn compile(source: &Path, to: &Path) -> Result<()> {
    let headers = format!("/usr/include/{}-linux-gnu", std::env::consts::ARCH);
    let mut gcc = program(
        "musl-gcc",
        ["-O2", "-Wall", "-static", "-idirafter", "/usr/include", "-idirafter", &headers],
    );
    run(gcc.arg("-o").arg(to).arg(source))
}

/// A program in a mount namespace of its own where /sys/fs/cgroup is cgroup v2, whatever the host has there.
fn view(inner: &Path) -> Command {
    let kind = output(Command::new("stat").args(["-fc", "%T", "/sys/fs/cgroup"])).unwrap_or_default();
    if kind.trim() == "cgroup2fs" {
        return Command::new(inner);
    }
    let script = "umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]).arg(inner);
    command
}

/// `dev bench run native|memory|machine FOLDER CTRUN`: the measuring itself.
pub(crate) fn measure(words: &[&str]) -> Result<()> {
    let [place, folder, ctrun] = *words else {
        return Err(Failed::new("bench run native|memory|machine FOLDER CTRUN"));
    };
    let folder = Path::new(folder);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    say(&format!("load at the start: {}", load.split(' ').next().unwrap_or("?")));
    let rounds = if place == "machine" { MACHINE_ROUNDS } else { ROUNDS };
    let mut bench = Bench::new(folder, rounds)?;
    bench.add("ctrun", &[ctrun])?;
    match place {
        "native" => {
            // crun takes no other view of a hybrid host, and without cgroups it is only faster.
            bench.add("crun", &["/usr/bin/crun", "--cgroup-manager=disabled"])?;
            bench.add("runc", &["/usr/sbin/runc"])?;
            report::against_the_floor(&mut bench)
        }
        "memory" => {
            bench.add("crun", &["/usr/bin/crun"])?;
            bench.add("runc", &["/usr/sbin/runc"])?;
            report::memory(&mut bench, Path::new("/sys/fs/cgroup/cgroup.controllers").exists())
        }
        _ => {
            bench.add("crun", &["/usr/bin/crun"])?;
            report::against_crun(&mut bench)
        }
    }
}

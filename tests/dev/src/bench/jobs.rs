// SPDX-License-Identifier: Apache-2.0
//! The jobs that are measured, for each runtime and for the floor.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::PODMAN_PROFILE;
use super::meter::{Meter, Sample};
use super::seccomp::from_engine_profile;
use crate::command::{Failed, Result, at, say};

/// The same configuration as the tests': what `runc spec` prints, without a terminal, with a cgroup namespace.
const CONFIG: &str = include_str!("../../../src/config.json");

/// A program to measure. The floor has no command line of a runtime.
pub(crate) struct Runtime {
    pub(crate) name: &'static str,
    argv: Vec<String>,
    root: String,
    is_floor: bool,
}

/// One kind of job, measured in rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    Run,
    RunSeccomp,
    Life,
    Exec,
}

pub(crate) struct Bench {
    folder: PathBuf,
    rounds: usize,
    pub(crate) runtimes: Vec<Runtime>,
    meter: Meter,
}

/// The samples of one job: for each runtime, one a round.
pub(crate) type Samples = Vec<Vec<Sample>>;

impl Bench {
    /// Makes the bundles in `folder`, where the floor and the meter are.
    pub(crate) fn new(folder: &Path, rounds: usize) -> Result<Self> {
        let bench =
            Self { folder: folder.to_owned(), rounds, runtimes: Vec::new(), meter: Meter::new(folder) };
        bench.make_rootfs()?;
        let config: Value =
            serde_json::from_str(CONFIG).map_err(|e| Failed::new(format!("config.json: {e}")))?;
        bench.make_bundle("true", &config, &["/bin/true"], |_| {})?;
        bench.make_bundle("sleep", &config, &["/bin/sleep", "1000000"], |_| {})?;
        let profile = Path::new(PODMAN_PROFILE);
        let text = at(profile, fs::read(profile))?;
        let profile: Value =
            serde_json::from_slice(&text).map_err(|e| Failed::new(format!("{PODMAN_PROFILE}: {e}")))?;
        bench.make_bundle("seccomp", &config, &["/bin/true"], |c| {
            c["linux"]["seccomp"] = from_engine_profile(&profile);
        })?;
        let mut bench = bench;
        let floor = folder.join("floor").display().to_string();
        bench.runtimes.push(Runtime {
            name: "floor",
            argv: vec![floor],
            root: String::new(),
            is_floor: true,
        });
        Ok(bench)
    }

    pub(crate) fn add(&mut self, name: &'static str, argv: &[&str]) -> Result<()> {
        if !Path::new(argv[0]).exists() {
            return Err(Failed::new(format!("{} is missing: apt-get install {name}", argv[0])));
        }
        let root = self.folder.join(format!("state-{name}"));
        at(&root, fs::create_dir_all(&root))?;
        let argv = argv.iter().map(|&a| a.to_owned()).collect();
        self.runtimes.push(Runtime { name, argv, root: root.display().to_string(), is_floor: false });
        Ok(())
    }

    fn rootfs(&self) -> String {
        self.folder.join("rootfs").display().to_string()
    }

    fn make_rootfs(&self) -> Result<()> {
        let root = self.folder.join("rootfs");
        for name in ["bin", "dev", "etc", "proc", "root", "sys", "tmp"] {
            at(&root, fs::create_dir_all(root.join(name)))?;
        }
        let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|p| Path::new(p).exists());
        let busybox = busybox.ok_or_else(|| Failed::new("no busybox: apt-get install busybox-static"))?;
        at(&root, fs::copy(busybox, root.join("bin/busybox")))?;
        for applet in ["true", "sleep"].map(|a| root.join("bin").join(a)).into_iter().filter(|a| !a.exists())
        {
            at(&applet, symlink("busybox", &applet))?;
        }
        at(&self.folder, fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o755)))
    }

    fn make_bundle(
        &self,
        name: &str,
        config: &Value,
        args: &[&str],
        change: impl Fn(&mut Value),
    ) -> Result<()> {
        let folder = self.folder.join(format!("bundle-{name}"));
        at(&folder, fs::create_dir_all(&folder))?;
        let mut config = config.clone();
        config["process"]["args"] = json!(args);
        config["root"]["path"] = json!(self.rootfs());
        change(&mut config);
        at(&folder, fs::write(folder.join("config.json"), config.to_string()))
    }

    fn bundle(&self, name: &str) -> String {
        self.folder.join(format!("bundle-{name}")).display().to_string()
    }

    /// Runs every round: each runtime once, in turn. The first round warms up and is not kept.
    pub(crate) fn measure(&mut self, job: Job) -> Result<Samples> {
        let mut samples = vec![Vec::new(); self.runtimes.len()];
        let targets = if job == Job::Exec { self.start_targets()? } else { Vec::new() };
        let measured = self.rounds(job, &targets, &mut samples);
        if job == Job::Exec {
            self.stop_targets();
        }
        measured.map(|()| samples)
    }

    fn rounds(&mut self, job: Job, targets: &[Vec<String>], samples: &mut Samples) -> Result<()> {
        for round in 0..=self.rounds {
            for (n, kept) in samples.iter_mut().enumerate() {
                let sample = match job {
                    Job::Run => self.run_once(n, "true")?,
                    Job::RunSeccomp => self.run_once(n, "seccomp")?,
                    Job::Life => self.life(n)?,
                    Job::Exec => self.meter.once(&targets[n])?,
                };
                if !sample.succeeded {
                    return Err(Failed::new(format!(
                        "{}: {job:?} failed in round {round}",
                        self.runtimes[n].name
                    )));
                }
                if round > 0 {
                    kept.push(sample);
                }
            }
        }
        Ok(())
    }

    /// A fresh --root for every run with seccomp: no cache of compiled filters is to be found there.
    fn run_command(&self, n: usize, bundle: &str) -> Vec<String> {
        let runtime = &self.runtimes[n];
        let mut words = runtime.argv.clone();
        if runtime.is_floor {
            let options: &[&str] = if bundle == "seccomp" { &["run", "-g", "-s"] } else { &["run", "-g"] };
            words.extend(options.iter().map(|&o| o.to_owned()));
            words.extend([self.rootfs(), "/bin/true".to_owned()]);
        } else {
            let cold = if bundle == "seccomp" { "/cold-{}" } else { "" };
            words.extend(["--root".to_owned(), format!("{}{cold}", runtime.root), "run".to_owned()]);
            words.extend(["--bundle".to_owned(), self.bundle(bundle), "bench-{}".to_owned()]);
        }
        words
    }

    fn run_once(&mut self, n: usize, bundle: &str) -> Result<Sample> {
        let command = self.run_command(n, bundle);
        let sample = self.meter.once(&command)?;
        let cold = PathBuf::from(format!("{}/cold-{}", self.runtimes[n].root, self.meter.serial - 1));
        if cold.exists() {
            at(&cold, fs::remove_dir_all(&cold))?;
        }
        Ok(sample)
    }

    fn runtime_command(&self, n: usize, words: &[&str]) -> Vec<String> {
        let runtime = &self.runtimes[n];
        let mut command = runtime.argv.clone();
        if !runtime.is_floor {
            command.extend(["--root".to_owned(), runtime.root.clone()]);
        }
        command.extend(words.iter().map(|&w| w.to_owned()));
        command
    }

    fn create_command(&self, n: usize, bundle: &str, id: &str) -> Vec<String> {
        let rootfs = self.rootfs();
        if self.runtimes[n].is_floor {
            let command: &[&str] =
                if bundle == "sleep" { &["/bin/sleep", "1000000"] } else { &["/bin/true"] };
            return self.runtime_command(n, &[&["create", "-g", id, rootfs.as_str()], command].concat());
        }
        let pid_file = self.pid_file(n, id);
        self.runtime_command(n, &["create", "--bundle", &self.bundle(bundle), "--pid-file", &pid_file, id])
    }

    /// Where the number of a created container's init is found.
    fn pid_file(&self, n: usize, id: &str) -> String {
        if self.runtimes[n].is_floor {
            format!("/run/floor/{id}/state")
        } else {
            self.folder.join("pid").display().to_string()
        }
    }

    fn pid(&self, n: usize, id: &str) -> Option<u32> {
        fs::read_to_string(self.pid_file(n, id)).ok()?.split_whitespace().next()?.parse().ok()
    }

    /// create + start + delete. The time that the container itself runs is not in it.
    fn life(&mut self, n: usize) -> Result<Sample> {
        let id = format!("life-{}-{}", self.runtimes[n].name, self.meter.serial);
        let created = self.meter.once(&self.create_command(n, "true", &id))?;
        let pid = self.pid(n, &id);
        let started = self.meter.once(&self.runtime_command(n, &["start", &id]))?;
        let deadline = Instant::now() + Duration::from_secs(20);
        while pid.is_some_and(is_alive) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        let deleted = self.meter.once(&self.runtime_command(n, &["delete", &id]))?;
        Ok(Sample::sum(&[created, started, deleted]))
    }

    /// One sleeping container for each runtime. Returns the command that runs /bin/true in it.
    fn start_targets(&mut self) -> Result<Vec<Vec<String>>> {
        let mut targets = Vec::new();
        for n in 0..self.runtimes.len() {
            let id = format!("exec-{}", self.runtimes[n].name);
            quietly(&self.create_command(n, "sleep", &id))?;
            quietly(&self.runtime_command(n, &["start", &id]))?;
            let pid = self.pid(n, &id).ok_or_else(|| Failed::new(format!("{id}: no pid")))?.to_string();
            targets.push(if self.runtimes[n].is_floor {
                self.runtime_command(n, &["exec", "-g", &pid, "/bin/true"])
            } else {
                self.runtime_command(n, &["exec", &id, "/bin/true"])
            });
        }
        Ok(targets)
    }

    fn stop_targets(&self) {
        for n in 0..self.runtimes.len() {
            let id = format!("exec-{}", self.runtimes[n].name);
            let Some(pid) = self.pid(n, &id).filter(|_| self.runtimes[n].is_floor) else {
                report(quietly(&self.runtime_command(n, &["delete", "--force", &id])));
                continue;
            };
            report(quietly(&["kill".to_owned(), "-KILL".to_owned(), pid.to_string()]));
            while is_alive(pid) {
                std::thread::sleep(Duration::from_millis(1));
            }
            report(quietly(&self.runtime_command(n, &["delete", &id])));
        }
    }

    /// Containers per second, 8 at a time: for each runtime, one figure a repetition.
    pub(crate) fn measure_throughput(&mut self, runs: usize, repetitions: usize) -> Result<Vec<Vec<f64>>> {
        let mut rates = vec![Vec::new(); self.runtimes.len()];
        for _ in 0..repetitions {
            for (n, kept) in rates.iter_mut().enumerate() {
                let command = self.run_command(n, "true");
                let metered = self.meter.many(&command, runs, 8, 60)?;
                let good = metered.samples.iter().filter(|s| s.succeeded).count();
                if good < runs {
                    say(&format!(
                        "{}: {} of {runs} parallel runs failed",
                        self.runtimes[n].name,
                        runs - good
                    ));
                }
                #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
                kept.push(good as f64 / metered.wall * 1e6);
            }
        }
        Ok(rates)
    }

    /// System calls of one run, all its processes: strace's total.
    pub(crate) fn count_calls(&mut self) -> Result<Vec<f64>> {
        let mut totals = Vec::new();
        for n in 0..self.runtimes.len() {
            let table = self.folder.join("strace");
            let table_name = table.display().to_string();
            let strace = ["strace", "-f", "-c", "-qq", "-o", &table_name].map(ToOwned::to_owned);
            let mut command = strace.to_vec();
            command.extend(self.run_command(n, "true"));
            let mut counts = Vec::new();
            for _ in 0..3 {
                self.meter.once(&command)?;
                let text = at(&table, fs::read_to_string(&table))?;
                counts.push(total_calls(&text).ok_or_else(|| Failed::new("strace printed no total"))?);
            }
            counts.sort_by(f64::total_cmp);
            totals.push(counts[1]);
        }
        Ok(totals)
    }

    /// The smallest limit, in KiB, with which /bin/true runs; none where the runtime cannot set one on this host.
    pub(crate) fn smallest_memory(&mut self, v2: bool) -> Result<Vec<Option<usize>>> {
        const STEP: usize = 64;
        let mut found = Vec::new();
        for n in 0..self.runtimes.len() {
            let works = |bench: &mut Self, kib: usize| bench.runs_with_memory(n, kib, v2);
            let mut high = STEP;
            while high <= 32 << 10 && !works(self, high)? {
                high *= 2;
            }
            let mut low = high / 2;
            while high <= 32 << 10 && high - low > STEP {
                let middle = (low + high) / 2 / STEP * STEP;
                if works(self, middle)? { high = middle } else { low = middle }
            }
            found.push((high <= 32 << 10).then_some(high));
        }
        Ok(found)
    }

    /// Two runs out of two: near the limit one alone may be luck.
    fn runs_with_memory(&mut self, n: usize, kib: usize, v2: bool) -> Result<bool> {
        let bytes = kib << 10;
        let command = if self.runtimes[n].is_floor {
            let limit = bytes.to_string();
            let options: &[&str] = if v2 { &["run", "-g", "-m"] } else { &["run", "-m"] };
            self.runtime_command(n, &[options, &[&limit, &self.rootfs(), "/bin/true"]].concat())
        } else {
            let config: Value =
                serde_json::from_str(CONFIG).map_err(|e| Failed::new(format!("config.json: {e}")))?;
            self.make_bundle("memory", &config, &["/bin/true"], |c| {
                c["linux"]["resources"]["memory"] = json!({ "limit": bytes });
            })?;
            self.run_command(n, "memory")
        };
        let metered = self.meter.many(&command, 2, 1, 10)?;
        let good = metered.samples.iter().all(|s| s.succeeded);
        if !good && !self.runtimes[n].is_floor {
            for serial in [self.meter.serial - 2, self.meter.serial - 1] {
                let gone = self.runtime_command(n, &["delete", "--force", &format!("bench-{serial}")]);
                drop(Command::new(&gone[0]).args(&gone[1..]).output());
            }
        }
        Ok(good)
    }
}

/// strace's last line: percent, seconds, microseconds a call, calls, perhaps errors, "total".
fn total_calls(table: &str) -> Option<f64> {
    let line = table.lines().find(|l| l.trim_end().ends_with(" total"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

fn quietly(command: &[String]) -> Result<()> {
    // A container that stays must not hold what we were given: whoever reads it would wait for it.
    let mut child = Command::new(&command[0]);
    child.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match child.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failed::new(format!("{}: {status}", command.join(" ")))),
        Err(e) => Err(Failed::new(format!("{}: {e}", command.join(" ")))),
    }
}

fn report(result: Result<()>) {
    if let Err(failed) = result {
        say(&format!("bench: {failed}"));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_total_of_strace_is_read() {
        let table = "% time seconds usecs/call calls errors syscall\n 1.0 0.1 1 5 mount\n100.00    0.006182          48       127         9 total\n";
        assert_eq!(super::total_calls(table), Some(127.0));
        assert_eq!(super::total_calls(""), None);
    }
}

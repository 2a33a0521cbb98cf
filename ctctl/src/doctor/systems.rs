// SPDX-License-Identifier: Apache-2.0
//! What is wrong with systems, and what is left of those that are no more.

use super::{Finding, Verdict};
use crate::config::Config;
use crate::container::{destroy, mounted, start, state, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::idmap;
use crate::store::{self, Wait};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let names = store::names(host);
    let mut findings = Vec::new();
    let mut configs = Vec::new();
    for name in &names {
        match store::read(host, name) {
            Ok(config) => {
                findings.extend(files(host, &config));
                configs.push(config);
            }
            Err(error) => findings.push(broken(name, &error)),
        }
        findings.extend(running(host, name));
    }
    findings.extend(shared(&configs));
    findings.extend(orphans(host));
    findings.extend(unfinished(host));
    findings.extend(mounts(host, &names));
    if findings.is_empty() {
        findings.push(Finding::good("systems", format!("{} systems, nothing wrong", names.len())));
    }
    findings
}

fn broken(name: &str, error: &Error) -> Finding {
    Finding::new("configuration", Verdict::Bad, error.to_string())
        .of(name)
        .way_out(error.hint_text().map_or(format!("ctctl config edit {name}"), str::to_owned))
}

/// The files that a system is made of.
fn files(host: &Host, config: &Config) -> Option<Finding> {
    let name = &config.name;
    let gone = config.layers.iter().find(|layer| !host.templates().layer(layer).is_dir());
    if let Some(layer) = gone {
        let text = format!("layer {layer} of template {} is gone: it cannot start", config.template);
        let way = format!("ctctl template build {}", config.template);
        return Some(Finding::new("layers", Verdict::Bad, text).of(name).way_out(way));
    }
    if host.data(name).join("upper").is_dir() {
        return None;
    }
    // A rename that was killed is brought to its end by whoever has the lock.
    let finding = Finding::new("files", Verdict::Bad, format!("{} is not there", host.data(name).display()));
    let name = name.clone();
    Some(finding.of(&name.clone()).repair(move |host| {
        let _lock = store::lock(host, &name, Wait::Yes)?;
        if host.data(&name).join("upper").is_dir() {
            return Ok(());
        }
        Err(Error::new(Exit::Failure, "its files are gone").hint(format!("ctctl destroy {name}")))
    }))
}

/// What runs, and what is left of what ran.
fn running(host: &Host, name: &str) -> Option<Finding> {
    let owned = name.to_owned();
    // Somebody works on it: what is there now is no rest.
    let lock = store::lock(host, name, Wait::No).ok()?;
    let state = match state::state(host, name) {
        Ok(state) => state,
        Err(error) => {
            let finding = Finding::new("state", Verdict::Bad, error.to_string()).of(name);
            return Some(finding.way_out(format!("ctctl destroy --force {name}")));
        }
    };
    if state.is_running() {
        let is_watched = start::is_watched(host, name).unwrap_or(true);
        drop(lock);
        return (!is_watched).then(|| {
            Finding::new("monitor", Verdict::Warning, "it runs without its monitor, which was killed")
                .of(name)
                .repair(move |host| {
                    let _lock = store::lock(host, &owned, Wait::Yes)?;
                    start::adopt(host, &owned)
                })
        });
    }
    drop(lock);
    if host.oci_root().join(name).exists() && !start::is_watched(host, name).unwrap_or(true) {
        let text = "it does not run, and what it left is not removed";
        return Some(Finding::new("rest", Verdict::Warning, text).of(name).repair(move |host| {
            let _lock = store::lock(host, &owned, Wait::Yes)?;
            stop::clear(host, &owned)
        }));
    }
    let folders = if host.oci_root().join(name).exists() { Vec::new() } else { cgroups_of(name) };
    (!folders.is_empty()).then(|| {
        let text = format!("it does not run, and {} is left", folders[0].display());
        Finding::new("cgroups left", Verdict::Warning, text).of(name).repair(move |host| {
            let _lock = store::lock(host, &owned, Wait::Yes)?;
            if state::state(host, &owned)?.is_running() || host.oci_root().join(&owned).exists() {
                return Ok(());
            }
            folders.iter().try_for_each(|folder| remove_cgroup(folder))
        })
    })
}

/// The control groups with a system's name, wherever they may be below the roots of hierarchies.
fn cgroups_of(name: &str) -> Vec<PathBuf> {
    let own = format!("ctctl.{name}");
    let mut found = Vec::new();
    look_for(Path::new("/sys/fs/cgroup"), &own, 0, &mut found);
    found
}

fn look_for(folder: &Path, name: &str, depth: u32, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        if entry.file_name() == *name {
            found.push(entry.path());
        } else if depth < 3 {
            look_for(&entry.path(), name, depth + 1, found);
        }
    }
}

/// Removes a control group and those below it; the kernel refuses one with processes.
fn remove_cgroup(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroup(&entry.path())?;
        }
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// What no two systems may have the same.
fn shared(configs: &[Config]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, config) in configs.iter().enumerate() {
        for other in &configs[..at] {
            let what = if config.ctid == other.ctid {
                format!("the number {}", config.ctid)
            } else if config.uuid == other.uuid {
                "the identity (uuid)".to_owned()
            } else if idmap::overlap(config.idmap, other.idmap) {
                format!("host ids of {}", config.idmap)
            } else {
                continue;
            };
            let text = format!("it has {what}, and so has {}", other.name);
            let way = format!("dump it, create another with the dump, destroy {}", config.name);
            findings.push(Finding::new("shared", Verdict::Bad, text).of(&config.name).way_out(way));
        }
    }
    findings
}

/// Folders of systems that have no configuration.
fn orphans(host: &Host) -> Vec<Finding> {
    let all: BTreeSet<String> =
        host.data_names().into_iter().chain(host.run_names()).chain(host.alive_names()).collect();
    let is_orphan = |name: &&String| store::check_name(name).is_ok() && !host.config_file(name).exists();
    let mut findings = Vec::new();
    for name in all.iter().filter(is_orphan) {
        if state::state(host, name).is_ok_and(state::State::is_running) {
            let text = "it runs, and its configuration is gone";
            let way = format!("write {} again, or kill it", host.config_file(name).display());
            findings.push(Finding::new("orphan", Verdict::Bad, text).of(name).way_out(way));
            continue;
        }
        // Somebody is making it.
        if store::lock(host, name, Wait::No).map(store::Lock::remove).is_err() {
            continue;
        }
        let text = "folders of a system that is not configured: a killed create or destroy left them";
        let owned = name.clone();
        findings.push(Finding::new("orphan", Verdict::Warning, text).of(name).repair(move |host| {
            destroy::sweep(host)?;
            if host.data(&owned).exists() {
                return Err(Error::new(Exit::State, "its files may be those of a system that was renamed")
                    .hint("mend the broken configurations first"));
            }
            Ok(())
        }));
    }
    findings
}

/// Files that a killed write left beside the configurations.
fn unfinished(host: &Host) -> Vec<Finding> {
    let entries = fs::read_dir(host.configs()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let system = |file: &str| Some(file.strip_prefix('.')?.strip_suffix(".toml.new")?.to_owned());
    let mut findings = Vec::new();
    for name in names.filter_map(|file| system(&file)).filter(|name| store::check_name(name).is_ok()) {
        let path = host.configs().join(format!(".{name}.toml.new"));
        let Ok(lock) = store::lock(host, &name, Wait::No) else { continue };
        free(host, &name, lock);
        let text = format!("{}: the rest of a killed write", path.display());
        findings.push(Finding::new("unfinished", Verdict::Warning, text).of(&name.clone()).repair(
            move |host| {
                let lock = store::lock(host, &name, Wait::Yes)?;
                let removed = templates::remove_tree(&path).context(|| path.display().to_string());
                free(host, &name, lock);
                removed
            },
        ));
    }
    findings
}

/// Gives a name free, whose lock's file goes with it where no system has the name.
fn free(host: &Host, name: &str, lock: store::Lock) {
    if host.config_file(name).exists() {
        drop(lock);
    } else {
        lock.remove();
    }
}

/// Mounts below the folders of systems that do not run.
fn mounts(host: &Host, names: &[String]) -> Vec<Finding> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points: Vec<&Path> = table.lines().filter_map(|line| line.split(' ').nth(4)).map(Path::new).collect();
    let mut findings = Vec::new();
    for name in names {
        let own = [host.data(name), host.run(name)];
        let left = points.iter().find(|point| own.iter().any(|folder| point.starts_with(folder)));
        if let Some(point) = left
            && !state::state(host, name).is_ok_and(state::State::is_running)
        {
            let text = format!("{} is mounted, and it does not run", point.display());
            let is_ours = **point == *mounted::path(host, name);
            let way =
                if is_ours { format!("ctctl umount {name}") } else { format!("umount {}", point.display()) };
            findings.push(Finding::new("mounts left", Verdict::Warning, text).of(name).way_out(way));
        }
    }
    findings
}

// SPDX-License-Identifier: Apache-2.0
//! From the limits of a configuration to `linux.resources`. Pure: what it knows of this host is in [`Machine`].
//!
//! On cgroup v2 some numbers go to its own files (`unified`), since the runtime-spec has v1's numbers, from which they
//! come back rounded or joined: a weight that is a curve of shares, swap that is a part of a sum.

use crate::config::Config;
use crate::cpulist;
use crate::error::{Error, Exit, Result};
use serde_json::{Value, json};

/// Microseconds in which a share of processor time is counted.
const CPU_PERIOD: u64 = 100_000;

/// The share that a cgroup has when nothing is said.
const USUAL_UNITS: u64 = 1000;

/// What this host has, as far as the limits in question need to know it.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// Whether cgroup v2 is all there is.
    pub is_v2: bool,
    /// The processors that systems may run on.
    pub cpus: Vec<u32>,
    /// Memory nodes, each with its processors.
    pub nodes: Vec<(u32, Vec<u32>)>,
    /// Major and minor number of the disk that has the system's files.
    pub disk: Option<(u32, u32)>,
}

/// A key, and whether a configuration has it.
type Limit = (&'static str, fn(&Config) -> bool);

/// Limits in the order in which they are applied.
const LIMITS: &[Limit] = &[
    ("memory", |c| c.memory.is_some()),
    ("swap", |c| c.limits.swap.is_some()),
    ("memory_low", |c| c.limits.memory_low.is_some()),
    ("cpuunits", |c| c.limits.cpuunits.is_some()),
    ("cpulimit", |c| c.cpulimit.is_some()),
    ("cpus", |c| c.limits.cpus.is_some()),
    ("cpumask", |c| c.limits.cpumask.is_some()),
    ("nodemask", |c| c.limits.nodemask.is_some()),
    ("iolimit", |c| c.limits.iolimit.is_some()),
    ("iopslimit", |c| c.limits.iopslimit.is_some()),
    ("pids", |c| c.pids.is_some()),
];

/// The limits that a configuration has.
#[must_use]
pub fn given(config: &Config) -> Vec<&'static str> {
    LIMITS.iter().filter(|(_, has)| has(config)).map(|(key, _)| *key).collect()
}

/// Whether a key is a limit of the cgroup.
#[must_use]
pub fn is_limit(key: &str) -> bool {
    LIMITS.iter().any(|(name, _)| *name == key)
}

/// `linux.resources` with the limits of the named keys alone: a host that lacks a controller refuses even to be told
/// that there is no limit. A key without a value says so, since an update leaves alone what it does not name.
///
/// # Errors
/// `Value` and `Unsupported`: what this host cannot do, by the key's name.
pub fn resources(config: &Config, keys: &[&str], machine: &Machine) -> Result<Value> {
    let mut resources = json!({});
    for key in keys {
        let put = match *key {
            "memory" | "swap" => memory(config, machine, key, &mut resources),
            "memory_low" => {
                memory_low(config, machine, &mut resources);
                Ok(())
            }
            "cpuunits" => units(config, machine, &mut resources),
            "cpulimit" => {
                let quota = or_none(config.cpulimit.map(|percent| percent * (CPU_PERIOD / 100)));
                resources["cpu"]["quota"] = quota;
                resources["cpu"]["period"] = json!(CPU_PERIOD);
                Ok(())
            }
            "cpus" | "cpumask" | "nodemask" => processors(config, machine, &mut resources),
            "iolimit" | "iopslimit" => rates(config, machine, key, &mut resources),
            "pids" => {
                resources["pids"] = json!({ "limit": or_none(config.pids) });
                Ok(())
            }
            _ => Ok(()),
        };
        put.map_err(|error: Error| error.wrap(key))?;
    }
    Ok(resources)
}

fn or_none(limit: Option<u64>) -> Value {
    limit.map_or(json!(-1), |limit| json!(limit))
}

fn refuse(why: impl Into<String>, way_out: impl Into<String>) -> Error {
    Error::new(Exit::Unsupported, why).hint(way_out)
}

/// Swap goes with memory: v1 limits their sum, and v2's limit is taken away together with that of memory.
fn memory(config: &Config, machine: &Machine, key: &str, resources: &mut Value) -> Result<()> {
    let swap = config.limits.swap;
    resources["memory"]["limit"] = or_none(config.memory);
    // A host that does not count swap is not asked to.
    if swap.is_none() && key != "swap" {
        return Ok(());
    }
    if machine.is_v2 {
        let text = swap.map_or("max".to_owned(), |bytes| bytes.to_string());
        resources["unified"]["memory.swap.max"] = json!(text);
        return Ok(());
    }
    resources["memory"]["swap"] = match (config.memory, swap) {
        (_, None) => json!(-1),
        (Some(memory), Some(swap)) => json!(memory.saturating_add(swap).min(i64::MAX.unsigned_abs())),
        (None, Some(_)) => {
            return Err(refuse(
                "cgroup v1 limits swap together with memory alone",
                "set memory too, or take swap back with swap=",
            ));
        }
    };
    Ok(())
}

fn memory_low(config: &Config, machine: &Machine, resources: &mut Value) {
    match (machine.is_v2, config.limits.memory_low) {
        (true, low) => resources["unified"]["memory.low"] = json!(low.unwrap_or(0).to_string()),
        (false, low) => resources["memory"]["reservation"] = or_none(low),
    }
}

fn units(config: &Config, machine: &Machine, resources: &mut Value) -> Result<()> {
    let units = config.limits.cpuunits.unwrap_or(USUAL_UNITS);
    // 1000 is v1's 1024 and v2's 100; both are straight lines, so that ratios stay.
    let most = if machine.is_v2 { 100_000 } else { 256_000 };
    if units > most {
        return Err(refuse(
            format!("{units}: this host's cgroups have no share above {most}"),
            "give all systems proportionally less: only ratios count",
        ));
    }
    if machine.is_v2 {
        resources["unified"]["cpu.weight"] = json!((units / 10).max(1).to_string());
    } else {
        resources["cpu"]["shares"] = json!((units * 1024 / USUAL_UNITS).max(2));
    }
    Ok(())
}

/// Processors and memory nodes, whichever of the three keys names them.
fn processors(config: &Config, machine: &Machine, resources: &mut Value) -> Result<()> {
    let limits = &config.limits;
    let all_nodes: Vec<u32> = machine.nodes.iter().map(|(node, _)| *node).collect();
    let nodes = match limits.nodemask.as_deref() {
        None | Some("all") => all_nodes.clone(),
        Some(list) => chosen(list, &all_nodes, "memory nodes")?,
    };
    let pool = match limits.cpumask.as_deref() {
        None | Some("all") => machine.cpus.clone(),
        Some("auto") => {
            let near = machine.nodes.iter().filter(|(node, _)| nodes.contains(node));
            let near: Vec<u32> = near.flat_map(|(_, cpus)| cpus).copied().collect();
            machine.cpus.iter().copied().filter(|cpu| near.contains(cpu)).collect()
        }
        Some(list) => chosen(list, &machine.cpus, "processors")?,
    };
    let cpus = match limits.cpus {
        None => pool,
        Some(count) => spread(config.ctid, count, &pool)?,
    };
    if cpus.is_empty() || nodes.is_empty() {
        return Err(refuse(
            "this host has no processor for it",
            "look at /sys/fs/cgroup for what the host may use itself",
        ));
    }
    resources["cpu"]["cpus"] = json!(cpulist::print(&cpus));
    if limits.nodemask.is_some() || !all_nodes.is_empty() {
        resources["cpu"]["mems"] = json!(cpulist::print(&nodes));
    }
    Ok(())
}

fn chosen(list: &str, there: &[u32], what: &str) -> Result<Vec<u32>> {
    let wanted = cpulist::parse(list).unwrap_or_default();
    match wanted.iter().find(|number| !there.contains(number)) {
        Some(_) => Err(refuse(
            format!("{list}: this host has the {what} {}", cpulist::print(there)),
            format!("choose among the {what} that there are"),
        )),
        None => Ok(wanted),
    }
}

/// So many processors of a pool, others for another number of a system, so that all of them get something to do.
fn spread(ctid: u64, count: u64, pool: &[u32]) -> Result<Vec<u32>> {
    let there = u64::try_from(pool.len()).unwrap_or(u64::MAX);
    if count > there {
        return Err(refuse(
            format!("{count}: the system can have at most {there} processors here"),
            "lower cpus, or widen cpumask",
        ));
    }
    let first = ctid.wrapping_mul(count) % there.max(1);
    let places = (0..count).map(|step| (first + step) % there);
    let mut cpus: Vec<u32> =
        places.filter_map(|place| pool.get(usize::try_from(place).ok()?)).copied().collect();
    cpus.sort_unstable();
    Ok(cpus)
}

fn rates(config: &Config, machine: &Machine, key: &str, resources: &mut Value) -> Result<()> {
    let (rate, directions) = match key {
        "iolimit" => (config.limits.iolimit, ["throttleReadBpsDevice", "throttleWriteBpsDevice"]),
        _ => (config.limits.iopslimit, ["throttleReadIOPSDevice", "throttleWriteIOPSDevice"]),
    };
    let Some((major, minor)) = machine.disk else {
        return Err(refuse(
            "the files of systems are on no disk that the kernel could slow down",
            "put --data-dir on a file system of its own block device, such as ext4 or xfs",
        ));
    };
    for direction in directions {
        let one = json!({ "major": major, "minor": minor, "rate": rate.unwrap_or(0) });
        resources["blockIO"][direction] = json!([one]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(is_v2: bool) -> Machine {
        let nodes = vec![(0, vec![0, 1]), (1, vec![2, 3])];
        Machine { is_v2, cpus: vec![0, 1, 2, 3], nodes, disk: Some((254, 0)) }
    }

    fn made(change: impl Fn(&mut Config), keys: &[&str], is_v2: bool) -> Value {
        let mut config = Config::new("web");
        config.ctid = 101;
        change(&mut config);
        resources(&config, keys, &machine(is_v2)).unwrap()
    }

    #[test]
    fn a_limit_that_is_taken_away_is_said_to_be_none() {
        let none = made(|_| {}, &["memory"], false);
        assert_eq!(none, json!({ "memory": { "limit": -1 } }));
        assert_eq!(given(&Config::new("web")), Vec::<&str>::new());
        let rates = made(|_| {}, &["iolimit"], true);
        assert_eq!(rates["blockIO"]["throttleReadBpsDevice"][0]["rate"], 0);
        assert_eq!(made(|_| {}, &["memory_low"], true)["unified"]["memory.low"], "0");
    }

    // VZ-21
    #[test]
    fn swap_is_beside_memory_on_both_versions() {
        let change = |c: &mut Config| (c.memory, c.limits.swap) = (Some(64 << 20), Some(0));
        assert_eq!(made(change, &["swap"], false)["memory"]["swap"], 64 << 20);
        assert_eq!(made(change, &["memory"], true)["unified"]["memory.swap.max"], "0");
        let mut config = Config::new("web");
        config.limits.swap = Some(1);
        let error = resources(&config, &["swap"], &machine(false)).unwrap_err();
        assert!(error.to_string().starts_with("swap: ") && error.hint_text().is_some());
    }

    // VZ-25
    #[test]
    fn shares_keep_their_ratio() {
        for is_v2 in [false, true] {
            let share = |units| {
                let made = made(|c| c.limits.cpuunits = Some(units), &["cpuunits"], is_v2);
                let weight = made["unified"]["cpu.weight"].as_str().map(|w| w.parse().unwrap());
                weight.or_else(|| made["cpu"]["shares"].as_u64()).unwrap()
            };
            assert_eq!(share(3000), 3 * share(1000));
            assert!(share(8) >= 1);
        }
        let mut config = Config::new("web");
        config.limits.cpuunits = Some(500_000);
        assert_eq!(resources(&config, &["cpuunits"], &machine(true)).unwrap_err().exit(), Exit::Unsupported);
    }

    // VZ-27, VZ-28
    #[test]
    fn processors_are_counted_named_or_near() {
        let cpus = |change: fn(&mut Config)| made(change, &["cpus"], false)["cpu"]["cpus"].clone();
        assert_eq!(cpus(|c| c.limits.cpus = Some(2)), "2-3");
        assert_eq!(cpus(|c| (c.ctid, c.limits.cpus) = (102, Some(2))), "0-1");
        assert_eq!(cpus(|c| (c.ctid, c.limits.cpus) = (101, Some(3))), "0-1,3");
        assert_eq!(cpus(|c| c.limits.cpumask = Some("1-2".to_owned())), "1-2");
        let near = made(
            |c| (c.limits.cpumask, c.limits.nodemask) = (Some("auto".to_owned()), Some("1".to_owned())),
            &["cpumask"],
            false,
        );
        assert_eq!(near["cpu"], json!({ "cpus": "2-3", "mems": "1" }));
        assert_eq!(cpus(|_| {}), "0-3");
        for change in [
            (|c| c.limits.cpus = Some(5)) as fn(&mut Config),
            |c| c.limits.cpumask = Some("7".to_owned()),
            |c| c.limits.nodemask = Some("2".to_owned()),
        ] {
            let mut config = Config::new("web");
            change(&mut config);
            let error = resources(&config, &["cpus"], &machine(false)).unwrap_err();
            assert_eq!(error.exit(), Exit::Unsupported);
        }
    }

    #[test]
    fn each_limit_is_a_key() {
        for (key, _) in LIMITS {
            crate::config::keys::find(key).unwrap();
        }
    }
}

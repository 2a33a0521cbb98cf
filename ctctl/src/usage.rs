// SPDX-License-Identifier: Apache-2.0
//! What a running system uses: of its control groups and, for the network, of its first process's own view.

use crate::container::state;
use crate::error::Result;
use crate::host::Host;
use runtime::cgroup::Cgroup;
use runtime::state::Root;
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

/// Counters at one moment. What this host does not count is absent.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// When.
    pub at: Instant,
    /// Processor time.
    pub cpu: Option<Duration>,
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// The most of it so far.
    pub memory_peak: Option<u64>,
    /// Bytes that may be used at most.
    pub memory_limit: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Bytes read from and written to disks.
    pub io: Option<(u64, u64)>,
    /// Bytes received and sent, by all interfaces but the loopback.
    pub network: Option<(u64, u64)>,
}

/// Reads the counters; nothing when it does not run.
///
/// # Errors
/// The runtime's state cannot be read.
pub fn usage(host: &Host, name: &str) -> Result<Option<Usage>> {
    let Some(pid) = state::state(host, name)?.pid() else { return Ok(None) };
    match read(host, name, pid) {
        // It ended while it was read.
        Err(_) if !state::state(host, name)?.is_running() => Ok(None),
        other => other,
    }
}

fn read(host: &Host, name: &str, pid: i32) -> Result<Option<Usage>> {
    let saved = Root::open(&host.oci_root())?.container(name)?.load()?;
    let Some(saved) = saved else { return Ok(None) };
    let stats = Cgroup::open(&saved.cgroup).stats()?;
    let memory = &stats["memory"]["usage"];
    // A limit near the largest number is v1's word for none.
    let limit = memory["limit"].as_u64().filter(|limit| *limit < 1 << 62);
    Ok(Some(Usage {
        at: Instant::now(),
        cpu: stats["cpu"]["usage"]["total"].as_u64().map(Duration::from_nanos),
        memory: memory["usage"].as_u64(),
        memory_peak: memory["max"].as_u64(),
        memory_limit: limit,
        pids: stats["pids"]["current"].as_u64(),
        io: io(&stats["blkio"]["ioServiceBytesRecursive"]),
        network: fs::read_to_string(format!("/proc/{pid}/net/dev")).ok().map(|text| network(&text)),
    }))
}

fn io(entries: &Value) -> Option<(u64, u64)> {
    let entries = entries.as_array()?;
    let sum = |operation: &str| {
        let of = entries.iter().filter(|entry| entry["op"] == operation);
        of.filter_map(|entry| entry["value"].as_u64()).sum()
    };
    Some((sum("Read"), sum("Write")))
}

/// Two lines of headings, then `name: received 7 more sent …`.
fn network(text: &str) -> (u64, u64) {
    let mut sums = (0, 0);
    for line in text.lines().skip(2) {
        let Some((name, counters)) = line.split_once(':') else { continue };
        if name.trim() == "lo" {
            continue;
        }
        let counters: Vec<u64> = counters.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        sums.0 += counters.first().unwrap_or(&0);
        sums.1 += counters.get(8).unwrap_or(&0);
    }
    sums
}

/// The addresses of a system's own network, without the loopback's and those of the link alone.
#[must_use]
pub fn addresses(pid: i32) -> Vec<String> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/net/{file}")).unwrap_or_default();
    let mut found = ipv4(&read("fib_trie"));
    found.extend(ipv6(&read("if_inet6")));
    found
}

/// An address of the host's own is followed by `/32 host LOCAL` in the table of routes.
fn ipv4(trie: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let lines: Vec<&str> = trie.lines().collect();
    for pair in lines.windows(2) {
        if let Some((_, address)) = pair[0].split_once("-- ")
            && pair[1].contains("/32 host LOCAL")
            && !address.starts_with("127.")
            && !found.iter().any(|known| known == address)
        {
            found.push(address.to_owned());
        }
    }
    found
}

fn ipv6(text: &str) -> Vec<String> {
    let address = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // The fourth is the scope: 10 the host alone, 20 the link alone.
        let bits = u128::from_str_radix(words.first()?, 16).ok()?;
        (words.get(3)? == &"00").then(|| std::net::Ipv6Addr::from(bits).to_string())
    };
    text.lines().filter_map(address).collect()
}

/// What is used between two moments, and what is used now, as JSON; rates are per second.
#[must_use]
pub fn report(name: &str, before: &Usage, now: &Usage) -> Value {
    let time = now.at.duration_since(before.at);
    let seconds = time.as_secs_f64().max(1e-6);
    let microseconds = time.as_micros().max(1);
    let cpu = before.cpu.zip(now.cpu).map(|(from, to)| {
        // To a hundredth.
        (to.saturating_sub(from).as_secs_f64() / seconds * 10_000.0).round() / 100.0
    });
    let rate = |from: Option<(u64, u64)>, to: Option<(u64, u64)>, second: bool| {
        let pick = |pair: (u64, u64)| if second { pair.1 } else { pair.0 };
        from.zip(to).map(|(from, to)| {
            let more = u128::from(pick(to).saturating_sub(pick(from)));
            u64::try_from(more * 1_000_000 / microseconds).unwrap_or(u64::MAX)
        })
    };
    json!({
        "name": name,
        "cpu_percent": cpu,
        "cpu_seconds": now.cpu.map(|cpu| cpu.as_secs_f64()),
        "memory": now.memory,
        "memory_peak": now.memory_peak,
        "memory_limit": now.memory_limit,
        "pids": now.pids,
        "io_read": now.io.map(|io| io.0),
        "io_written": now.io.map(|io| io.1),
        "io_read_rate": rate(before.io, now.io, false),
        "io_written_rate": rate(before.io, now.io, true),
        "net_received": now.network.map(|net| net.0),
        "net_sent": now.network.map(|net| net.1),
        "net_received_rate": rate(before.network, now.network, false),
        "net_sent_rate": rate(before.network, now.network, true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_summed_without_the_loopback() {
        let text = "Inter-|\n face |\n    lo: 9 1 0 0 0 0 0 0 9 1\n  eth0: 100 1 0 0 0 0 0 0 20 1\n eth1:5 0 0 0 0 0 0 0 7 0\n";
        assert_eq!(network(text), (105, 27));
    }

    #[test]
    fn addresses_are_the_systems_own() {
        let trie = "Main:\n     |-- 10.1.0.0\n        /24 link UNICAST\n     |-- 10.1.0.7\n        /32 host LOCAL\n\
                    |-- 127.0.0.1\n        /32 host LOCAL\nLocal:\n     |-- 10.1.0.7\n        /32 host LOCAL\n";
        assert_eq!(ipv4(trie), ["10.1.0.7"]);
        let lines = "00000000000000000000000000000001 01 80 10 80       lo\n\
                     fd000000000000000000000000000007 02 40 00 80     eth0\n\
                     fe800000000000000000000000000007 02 40 20 80     eth0\n";
        assert_eq!(ipv6(lines), ["fd00::7"]);
    }

    #[test]
    fn rates_are_of_the_time_between() {
        let at = Instant::now();
        let some = |cpu, io| Usage {
            at,
            cpu: Some(Duration::from_millis(cpu)),
            memory: Some(1),
            memory_peak: None,
            memory_limit: None,
            pids: Some(2),
            io: Some((io, 0)),
            network: None,
        };
        let (before, mut now) = (some(0, 0), some(1000, 4096));
        now.at = at + Duration::from_secs(2);
        let report = report("web", &before, &now);
        assert_eq!(
            (report["cpu_percent"].as_f64(), report["io_read_rate"].as_u64()),
            (Some(50.0), Some(2048))
        );
        assert!(report["net_sent_rate"].is_null());
    }
}

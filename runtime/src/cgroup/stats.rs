// SPDX-License-Identifier: Apache-2.0
//! What a container uses, in the shape of runc's `events --stats`.
//!
//! A value that is zero is left out where runc leaves it out; what the host does not count is not there.

use super::limits::{Open, on_v1, on_v2};
use super::place::Directory;
use serde_json::{Map, Value, json};

/// A limit that is none, as v1 and so runc says it.
const NO_LIMIT: u64 = u64::MAX;
/// Clock ticks of user space are hundredths of a second on every architecture.
const NANOSECONDS_PER_TICK: u64 = 10_000_000;

/// `data` of an event of type `stats`.
pub(super) fn stats(open: &Open<'_>) -> Value {
    let unified = on_v2(open).map(|(_, directory)| directory);
    let cpu = match on_v1(open, "cpuacct").or_else(|| on_v1(open, "cpu")) {
        Some(accounts) => cpu_v1(accounts, on_v1(open, "cpu").unwrap_or(accounts)),
        None => unified.map_or(Value::Null, cpu_v2),
    };
    let memory = match on_v1(open, "memory") {
        Some(directory) => memory_v1(directory),
        None => unified.map_or_else(|| json!({}), memory_v2),
    };
    let block = match on_v1(open, "blkio") {
        Some(directory) => block_v1(directory),
        None => unified.map_or_else(|| json!({}), block_v2),
    };
    let huge = match on_v1(open, "hugetlb") {
        Some(directory) => huge_pages(directory, ("usage_in_bytes", "max_usage_in_bytes")),
        None => unified.map_or_else(|| json!({}), |directory| huge_pages(directory, ("current", ""))),
    };
    let pressed = |mut value: Value, file: &str| {
        let pressure = unified.and_then(|directory| pressure(&directory.read(file).ok()?));
        if let (Some(pressure), Some(map)) = (pressure, value.as_object_mut()) {
            map.insert("psi".to_owned(), pressure);
        }
        value
    };
    json!({
        "cpu": pressed(cpu, "cpu.pressure"),
        "cpuset": cpuset(on_v1(open, "cpuset").or(unified)),
        "memory": pressed(memory, "memory.pressure"),
        "pids": pids(on_v1(open, "pids").or(unified)),
        "blkio": pressed(block, "io.pressure"),
        "hugetlb": huge,
        "intel_rdt": {},
        "network_interfaces": null,
    })
}

/// An object without the values that are zero.
fn filled<const N: usize>(values: [(&str, u64); N]) -> Map<String, Value> {
    let there = values.into_iter().filter(|(_, value)| *value != 0);
    there.map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

/// `name value` on each line.
fn flat(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let (name, value) = line.split_once(' ')?;
        Some((name, value.trim().parse().ok()?))
    })
}

fn field(text: &str, name: &str) -> u64 {
    flat(text).find(|(key, _)| *key == name).map_or(0, |(_, value)| value)
}

fn number(directory: &Directory, file: &str) -> u64 {
    directory.number(file).unwrap_or(0)
}

fn cpu_v1(accounts: &Directory, cpu: &Directory) -> Value {
    let total = number(accounts, "cpuacct.usage");
    let split = accounts.read("cpuacct.stat").unwrap_or_default();
    let mut usage = filled([("total", total)]);
    usage.insert("kernel".to_owned(), json!(field(&split, "system") * NANOSECONDS_PER_TICK));
    usage.insert("user".to_owned(), json!(field(&split, "user") * NANOSECONDS_PER_TICK));
    let each = accounts.read("cpuacct.usage_percpu").unwrap_or_default();
    let each: Vec<u64> = each.split_whitespace().filter_map(|value| value.parse().ok()).collect();
    if !each.is_empty() {
        usage.insert("percpu".to_owned(), json!(each));
    }
    let text = cpu.read("cpu.stat").unwrap_or_default();
    json!({ "usage": usage, "throttling": throttling(&text, field(&text, "throttled_time")) })
}

fn cpu_v2(directory: &Directory) -> Value {
    let text = directory.read("cpu.stat").unwrap_or_default();
    let nanoseconds = |name: &str| field(&text, name).saturating_mul(1000);
    let mut usage = filled([("total", nanoseconds("usage_usec"))]);
    usage.insert("kernel".to_owned(), json!(nanoseconds("system_usec")));
    usage.insert("user".to_owned(), json!(nanoseconds("user_usec")));
    json!({ "usage": usage, "throttling": throttling(&text, nanoseconds("throttled_usec")) })
}

fn throttling(text: &str, nanoseconds: u64) -> Map<String, Value> {
    filled([
        ("periods", field(text, "nr_periods")),
        ("throttledPeriods", field(text, "nr_throttled")),
        ("throttledTime", nanoseconds),
    ])
}

fn cpuset(directory: Option<&Directory>) -> Value {
    let file = |name: &str| directory.map_or(0, |directory| number(directory, &format!("cpuset.{name}")));
    let mut set = Map::new();
    for (name, files) in [
        ("cpus", ["cpuset.cpus", "cpuset.cpus.effective"]),
        ("mems", ["cpuset.mems", "cpuset.mems.effective"]),
    ] {
        let texts = files.iter().filter_map(|file| directory?.read(file).ok());
        let list = texts.map(|text| numbers(&text)).find(|list| !list.is_empty());
        if let Some(list) = list {
            set.insert(name.to_owned(), json!(list));
        }
    }
    for (name, value) in [
        ("cpu_exclusive", "cpu_exclusive"),
        ("mem_hardwall", "mem_hardwall"),
        ("mem_exclusive", "mem_exclusive"),
        ("memory_migrate", "memory_migrate"),
        ("memory_spread_page", "memory_spread_page"),
        ("memory_spread_slab", "memory_spread_slab"),
        ("memory_pressure", "memory_pressure"),
        ("sched_load_balance", "sched_load_balance"),
    ] {
        set.insert(name.to_owned(), json!(file(value)));
    }
    let level = directory.and_then(|directory| directory.read("cpuset.sched_relax_domain_level").ok());
    let level = level.and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0);
    set.insert("sched_relax_domain_level".to_owned(), json!(level));
    Value::Object(set)
}

/// `0-2,5` as its numbers.
fn numbers(list: &str) -> Vec<u16> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.trim().parse::<u16>().ok()?..=last.trim().parse::<u16>().ok()?)
    };
    list.trim().split(',').filter_map(range).flatten().collect()
}

/// One of memory's four counters.
fn counter(limit: u64, usage: u64, most: u64, refused: u64) -> Value {
    let mut entry = filled([("usage", usage), ("max", most)]);
    entry.insert("limit".to_owned(), json!(limit));
    entry.insert("failcnt".to_owned(), json!(refused));
    Value::Object(entry)
}

fn memory_v1(directory: &Directory) -> Value {
    let part = |infix: &str| {
        let file = |name: &str| number(directory, &format!("memory.{infix}{name}"));
        counter(file("limit_in_bytes"), file("usage_in_bytes"), file("max_usage_in_bytes"), file("failcnt"))
    };
    let text = directory.read("memory.stat").unwrap_or_default();
    let mut memory = filled([("cache", field(&text, "cache"))]);
    memory.insert("usage".to_owned(), part(""));
    memory.insert("swap".to_owned(), part("memsw."));
    memory.insert("kernel".to_owned(), part("kmem."));
    memory.insert("kernelTCP".to_owned(), part("kmem.tcp."));
    memory.insert("raw".to_owned(), raw(&text));
    Value::Object(memory)
}

fn raw(text: &str) -> Value {
    flat(text).map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>().into()
}

/// v2 counts swap alone; runc shows it as v1 counts, memory and swap together.
fn memory_v2(directory: &Directory) -> Value {
    let Some(usage) = directory.number("memory.current") else { return json!({}) };
    let events = directory.read("memory.events").unwrap_or_default();
    let limit = directory.number("memory.max").unwrap_or(NO_LIMIT);
    let swap = number(directory, "memory.swap.current").saturating_add(usage);
    let swap_limit = directory.number("memory.swap.max").unwrap_or(NO_LIMIT).saturating_add(limit);
    let text = directory.read("memory.stat").unwrap_or_default();
    let mut memory = filled([("cache", field(&text, "file"))]);
    let most = number(directory, "memory.peak");
    memory.insert("usage".to_owned(), counter(limit, usage, most, field(&events, "max")));
    memory.insert("swap".to_owned(), counter(swap_limit, swap, 0, 0));
    memory.insert("raw".to_owned(), raw(&text));
    Value::Object(memory)
}

fn pids(directory: Option<&Directory>) -> Value {
    let file = |name: &str| directory.map_or(0, |directory| number(directory, name));
    filled([("current", file("pids.current")), ("limit", file("pids.max"))]).into()
}

/// Lines of `8:0 Read 123`, and of `8:0 123`, which have no operation.
fn block_v1(directory: &Directory) -> Value {
    let mut block = Map::new();
    for (name, file) in [
        ("ioServiceBytesRecursive", "io_service_bytes_recursive"),
        ("ioServicedRecursive", "io_serviced_recursive"),
        ("ioQueueRecursive", "io_queued_recursive"),
        ("ioServiceTimeRecursive", "io_service_time_recursive"),
        ("ioWaitTimeRecursive", "io_wait_time_recursive"),
        ("ioMergedRecursive", "io_merged_recursive"),
        ("ioTimeRecursive", "time_recursive"),
        ("sectorsRecursive", "sectors_recursive"),
    ] {
        // The scheduler's own count where it has one (BFQ, the old CFQ), else that of the limiter.
        let texts = ["blkio.bfq.", "blkio.", "blkio.throttle."]
            .iter()
            .filter_map(|prefix| directory.read(&format!("{prefix}{file}")).ok());
        let entries = texts.map(|text| block_entries(&text)).find(|entries| !entries.is_empty());
        if let Some(entries) = entries {
            block.insert(name.to_owned(), Value::Array(entries));
        }
    }
    Value::Object(block)
}

fn block_entries(text: &str) -> Vec<Value> {
    let entry = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (device, operation, value) = match words[..] {
            [device, operation, value] => (device, Some(operation), value),
            [device, value] => (device, None, value),
            _ => return None,
        };
        block_entry(device, operation, value.parse().ok()?)
    };
    text.lines().filter_map(entry).collect()
}

fn block_entry(device: &str, operation: Option<&str>, value: u64) -> Option<Value> {
    let (major, minor) = device.split_once(':')?;
    let mut entry =
        filled([("major", major.parse().ok()?), ("minor", minor.parse().ok()?), ("value", value)]);
    if let Some(operation) = operation {
        entry.insert("op".to_owned(), json!(operation));
    }
    Some(Value::Object(entry))
}

/// Lines of `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`.
fn block_v2(directory: &Directory) -> Value {
    directory.read("io.stat").map_or_else(|_| json!({}), |text| block_v2_text(&text))
}

fn block_v2_text(text: &str) -> Value {
    let (mut bytes, mut requests) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(device) = words.next() else { continue };
        for (key, value) in words.filter_map(|word| word.split_once('=')) {
            let Ok(value) = value.parse() else { continue };
            let (list, operation) = match key {
                "rbytes" => (&mut bytes, "Read"),
                "wbytes" => (&mut bytes, "Write"),
                "rios" => (&mut requests, "Read"),
                "wios" => (&mut requests, "Write"),
                _ => continue,
            };
            list.extend(block_entry(device, Some(operation), value));
        }
    }
    let mut block = Map::new();
    for (name, list) in [("ioServiceBytesRecursive", bytes), ("ioServicedRecursive", requests)] {
        if !list.is_empty() {
            block.insert(name.to_owned(), Value::Array(list));
        }
    }
    Value::Object(block)
}

fn huge_pages(directory: &Directory, (usage, most): (&str, &str)) -> Value {
    let mut pages = Map::new();
    for size in page_sizes() {
        let Some(used) = directory.number(&format!("hugetlb.{size}.{usage}")) else { continue };
        let events = directory.read(&format!("hugetlb.{size}.events")).unwrap_or_default();
        let refused = number(directory, &format!("hugetlb.{size}.failcnt")).max(field(&events, "max"));
        let mut entry =
            filled([("usage", used), ("max", number(directory, &format!("hugetlb.{size}.{most}")))]);
        entry.insert("failcnt".to_owned(), json!(refused));
        pages.insert(size, Value::Object(entry));
    }
    Value::Object(pages)
}

/// The sizes that this machine has, as the files of the controller spell them.
fn page_sizes() -> Vec<String> {
    let folders = std::fs::read_dir("/sys/kernel/mm/hugepages").into_iter().flatten().flatten();
    folders.filter_map(|folder| page_size(folder.file_name().to_str()?)).collect()
}

/// `hugepages-2048kB` is `2MB`.
fn page_size(folder: &str) -> Option<String> {
    let kib: u64 = folder.strip_prefix("hugepages-")?.strip_suffix("kB")?.parse().ok()?;
    Some(match kib {
        kib if kib >= 1 << 20 => format!("{}GB", kib >> 20),
        kib if kib >= 1 << 10 => format!("{}MB", kib >> 10),
        kib => format!("{kib}KB"),
    })
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` and `full …`; nothing when the kernel does not measure.
fn pressure(text: &str) -> Option<Value> {
    let mut lines = Map::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        let mut values = Map::new();
        for (key, value) in words.filter_map(|word| word.split_once('=')) {
            let value = match key {
                "total" => json!(value.parse::<u64>().ok()?),
                _ => json!(value.parse::<f64>().ok()?),
            };
            values.insert(key.to_owned(), value);
        }
        lines.insert(name.to_owned(), Value::Object(values));
    }
    (!lines.is_empty()).then_some(Value::Object(lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    // OC-14
    #[test]
    fn pressure_has_runcs_names() {
        let text = "some avg10=1.50 avg60=0.00 avg300=0.25 total=4711\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=3\n";
        let value = pressure(text).unwrap();
        assert_eq!(value["some"], json!({ "avg10": 1.5, "avg60": 0.0, "avg300": 0.25, "total": 4711 }));
        assert_eq!(value["full"]["total"], 3);
        assert_eq!(pressure(""), None);
    }

    #[test]
    fn lists_of_processors_are_numbers() {
        assert_eq!(numbers("0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(numbers("\n"), Vec::<u16>::new());
    }

    #[test]
    fn block_counters_have_their_operation() {
        let value = block_v2_text("8:16 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n");
        assert_eq!(
            value["ioServiceBytesRecursive"],
            json!([{ "major": 8, "minor": 16, "op": "Read", "value": 4096 }, { "major": 8, "minor": 16, "op": "Write" }])
        );
        assert_eq!(block_entries("8:0 Read 7\nTotal 7\n"), [json!({ "major": 8, "op": "Read", "value": 7 })]);
    }

    #[test]
    fn pages_are_named_as_the_controller_does() {
        for (folder, size) in
            [("hugepages-2048kB", "2MB"), ("hugepages-1048576kB", "1GB"), ("hugepages-64kB", "64KB")]
        {
            assert_eq!(page_size(folder).unwrap(), size);
        }
    }
}

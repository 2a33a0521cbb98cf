// SPDX-License-Identifier: Apache-2.0
//! The table that a bench ends with: each row, its bar, and whether ctrun is within it.

use super::jobs::{Bench, Job, Samples};
use super::meter::Sample;
use crate::command::{Failed, Result, say};

/// The column of ctrun: the floor is the first, and ctrun is added before the others.
const CTRUN: usize = 1;

/// A row: what is shown for each runtime, ctrun's figure, and the bar that it must hold.
struct Row {
    name: &'static str,
    cells: Vec<String>,
    figure: f64,
    bar: Bar,
}

enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

impl Bar {
    fn holds(&self, figure: f64) -> bool {
        match *self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {most}"),
            Self::AtLeast(least) => format!("≥ {least}"),
        }
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the ratios of each round: what disturbs a round disturbs both sides of its ratio.
fn ratio(figures: &[f64], base: &[f64]) -> f64 {
    median(figures.iter().zip(base).map(|(f, b)| f / b).collect())
}

fn cpu(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|s| s.cpu).collect()
}

/// CPU as multiples of the floor's; the floor's own in milliseconds.
fn cpu_row(name: &'static str, samples: &Samples, most: f64) -> Row {
    let floor = cpu(&samples[0]);
    let mut cells = vec![format!("1.00 ({:.2} ms)", median(floor.clone()) / 1000.0)];
    cells.extend(samples[1..].iter().map(|s| format!("{:.2}", ratio(&cpu(s), &floor))));
    Row { name, cells, figure: ratio(&cpu(&samples[CTRUN]), &floor), bar: Bar::AtMost(most) }
}

fn rss_row(samples: &Samples) -> Row {
    let peaks: Vec<f64> =
        samples.iter().map(|s| s.iter().map(|s| s.peak_rss / 1024.0).fold(0.0, f64::max)).collect();
    let cells = peaks.iter().map(|p| format!("{p:.2}")).collect();
    Row { name: "peak RSS, MiB", cells, figure: peaks[CTRUN], bar: Bar::AtMost(1.8) }
}

fn throughput_row(rates: &[Vec<f64>]) -> Row {
    let mut cells = vec![format!("1.00 ({:.0}/s)", median(rates[0].clone()))];
    cells.extend(rates[1..].iter().map(|r| format!("{:.2}", ratio(r, &rates[0]))));
    let figure = ratio(&rates[CTRUN], &rates[0]);
    Row { name: "8 at a time, containers per second", cells, figure, bar: Bar::AtLeast(0.65) }
}

fn calls_row(totals: &[f64]) -> Row {
    let cells = totals.iter().map(|t| format!("{t:.0}")).collect();
    Row { name: "system calls of one run", cells, figure: totals[CTRUN], bar: Bar::AtMost(320.0) }
}

fn memory_row(found: &[Option<usize>]) -> Row {
    let cells = found.iter().map(|f| f.map_or_else(|| "–".to_owned(), |kib| format!("{kib} KiB"))).collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundred KiB")]
    let figure = found[CTRUN].map_or(f64::INFINITY, |kib| kib as f64);
    Row { name: "smallest memory limit that starts busybox, KiB", cells, figure, bar: Bar::AtMost(320.0) }
}

/// The rows with multiples of the floor.
pub(crate) fn against_the_floor(bench: &mut Bench) -> Result<()> {
    let run = bench.measure(Job::Run)?;
    let mut rows = vec![
        cpu_row("run /bin/true, CPU", &run, 1.40),
        cpu_row(
            "the same with podman's seccomp profile, no cache, CPU",
            &bench.measure(Job::RunSeccomp)?,
            1.50,
        ),
        cpu_row("create + start + delete, CPU", &bench.measure(Job::Life)?, 1.70),
        cpu_row("exec /bin/true, CPU", &bench.measure(Job::Exec)?, 1.60),
    ];
    rows.push(throughput_row(&bench.measure_throughput(200, 3)?));
    rows.push(rss_row(&run));
    rows.push(calls_row(&bench.count_calls()?));
    print(bench, &rows)
}

/// The limits that need a memory controller, which the private view may lack.
pub(crate) fn memory(bench: &mut Bench, v2: bool) -> Result<()> {
    let found = bench.smallest_memory(v2)?;
    print(bench, &[memory_row(&found)])
}

/// The four jobs with cgroups on: ctrun's CPU as a part of crun's, in the test machine.
pub(crate) fn against_crun(bench: &mut Bench) -> Result<()> {
    const CRUN: usize = 2;
    let jobs = [
        ("run /bin/true, CPU", Job::Run),
        ("the same with podman's seccomp profile, no cache, CPU", Job::RunSeccomp),
        ("create + start + delete, CPU", Job::Life),
        ("exec /bin/true, CPU", Job::Exec),
    ];
    let mut rows = Vec::new();
    for (name, job) in jobs {
        let samples = bench.measure(job)?;
        let crun = cpu(&samples[CRUN]);
        let mut cells: Vec<String> =
            samples.iter().map(|s| format!("{:.2}", ratio(&cpu(s), &crun))).collect();
        cells[CRUN] = format!("1.00 ({:.1} ms)", median(crun.clone()) / 1000.0);
        rows.push(Row { name, cells, figure: ratio(&cpu(&samples[CTRUN]), &crun), bar: Bar::AtMost(0.35) });
    }
    rows.push(memory_row(&bench.smallest_memory(true)?));
    print(bench, &rows)
}

fn print(bench: &Bench, rows: &[Row]) -> Result<()> {
    let names: Vec<&str> = bench.runtimes.iter().map(|r| r.name).collect();
    say(&format!("\n| job | {} | bar | verdict |", names.join(" | ")));
    say(&format!("|---|{}---|---|", "---|".repeat(names.len())));
    for row in rows {
        let verdict = if row.bar.holds(row.figure) { "PASS" } else { "FAIL" };
        say(&format!("| {} | {} | {} | {verdict} |", row.name, row.cells.join(" | "), row.bar.show()));
    }
    let failed = rows.iter().filter(|r| !r.bar.holds(r.figure)).count();
    if failed == 0 { Ok(()) } else { Err(Failed::new(format!("{failed} bar(s) not held"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_each_round() {
        assert!((ratio(&[2.0, 40.0, 6.0], &[1.0, 10.0, 3.0]) - 2.0).abs() < 1e-9);
        assert!(Bar::AtMost(1.4).holds(1.4) && !Bar::AtMost(1.4).holds(1.41));
        assert!(Bar::AtLeast(0.65).holds(0.7) && !Bar::AtLeast(0.65).holds(f64::NAN));
        assert!(!Bar::AtMost(320.0).holds(f64::INFINITY));
    }
}

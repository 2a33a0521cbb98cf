// SPDX-License-Identifier: Apache-2.0
//! What a filter costs: `cargo run --release --manifest-path tests/oracle/Cargo.toml --example speed` (as root).

use oracle::{ours, profiles, runc};
use runtime::plan::arena::Arena;
use runtime::spec::seccomp::Seccomp;
use runtime_sys::seccomp::set_mode_filter;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The lowest and the middle one of many, in microseconds.
fn times(count: usize, mut once: impl FnMut() -> Duration) -> String {
    let mut all: Vec<f64> = (0..count).map(|_| once().as_secs_f64() * 1e6).collect();
    all.sort_by(f64::total_cmp);
    format!("{:8.1} {:8.1}", all[0], all[count / 2])
}

fn time(job: impl FnOnce()) -> Duration {
    let start = Instant::now();
    job();
    start.elapsed()
}

fn parse(text: &str) -> Seccomp<'_> {
    serde_json::from_str(text).expect("the profile is one")
}

fn compile(filter: &Seccomp<'_>) {
    let arena = Arena::default();
    std::hint::black_box(runtime::seccomp::plan(&arena, filter).expect("the profile compiles"));
}

/// In a thread that ends with its filter; all of them let threads end.
fn load(program: &[u8]) -> Duration {
    let program = program.to_vec();
    let thread = std::thread::spawn(move || time(|| drop(set_mode_filter(0, &program).expect("root may"))));
    thread.join().expect("the thread ends")
}

fn report(name: &str, profile: &Value) {
    let text = profile.to_string();
    let filter = parse(&text);
    let program = ours(profile).expect("it is small");
    let theirs = runc::Filter::of(profile).expect("libseccomp takes it");
    println!("{name}: {} bytes of JSON; lowest and middle, in microseconds", text.len());
    println!("  parse    {}", times(2000, || time(|| drop(std::hint::black_box(parse(&text))))));
    println!("  compile  {}   {} instructions", times(2000, || time(|| compile(&filter))), program.len() / 8);
    println!("  load     {}", times(500, || load(&program)));
    println!(
        "  libseccomp: compile {}   {} instructions",
        times(20, || time(|| drop(std::hint::black_box(runc::Filter::of(profile))))),
        theirs.size()
    );
    println!("  libseccomp: load    {}", times(100, || load(theirs.program())));
}

fn main() {
    for (name, profile) in profiles::all() {
        report(&name, &profile);
        let mut native = profile.clone();
        native["architectures"] = serde_json::json!(["SCMP_ARCH_X86_64"]);
        report(&format!("{name}, x86_64 alone"), &native);
    }
}

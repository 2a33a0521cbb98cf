// SPDX-License-Identifier: Apache-2.0
//! Each key that limits: what its file says, and what happens inside.

use integration_tests::{Systems, cgroup_folders, limit, needs, wait_until};
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

fn is_v2() -> bool {
    fs::exists("/sys/fs/cgroup/cgroup.controllers").unwrap()
}

fn on(v2: &'static str, v1: &'static str) -> &'static str {
    if is_v2() { v2 } else { v1 }
}

/// A command of a system that ends with this.
struct Busy(Child);

impl Busy {
    fn start(systems: &Systems, name: &str) -> Busy {
        let mut command = systems.command(&["exec", name, "--", "sh", "-c", "while :; do :; done"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Busy(command.spawn().unwrap())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        // The command has the signal passed on to it.
        let _gone = std::process::Command::new("kill").arg(self.0.id().to_string()).status();
        let _ended = self.0.wait();
    }
}

/// Microseconds of processor time that a system has used.
fn used(name: &str) -> u64 {
    let text = limit(name, &["cpu.stat", "cpuacct.usage"]);
    for folder in cgroup_folders(name) {
        if let Ok(nanoseconds) = fs::read_to_string(folder.join("cpuacct.usage")) {
            return nanoseconds.trim().parse::<u64>().unwrap() / 1000;
        }
    }
    let line = text.lines().find_map(|line| line.strip_prefix("usage_usec ")).unwrap();
    line.trim().parse().unwrap()
}

// VZ-21, VZ-25, VZ-26, VZ-28, VZ-30
#[test]
fn each_limit_is_written_at_once_kept_and_taken_back() {
    needs!(Root, Memory, Cpu, Cpuset, Pids);
    let systems = Systems::new();
    let name = systems.running("web");
    let (major, minor) = integration_tests::disk();
    let given =
        ["memory=64M", "swap=16M", "memory_low=32M", "cpuunits=3000", "cpulimit=25ms/100ms", "pids=40"];
    systems.run(&[&["set", name.as_str()], &given[..]].concat()).ok();
    systems.run(&["set", &name, "cpumask=0", "nodemask=0", "iolimit=2M", "iopslimit=300"]).ok();
    let files: &[(&[&str], String)] = &[
        (&["memory.max", "memory.limit_in_bytes"], (64 << 20).to_string()),
        (
            &["memory.swap.max", "memory.memsw.limit_in_bytes"],
            (if is_v2() { 16 << 20 } else { 80 << 20 }).to_string(),
        ),
        (&["memory.low", "memory.soft_limit_in_bytes"], (32 << 20).to_string()),
        (&["cpu.weight", "cpu.shares"], on("300", "3072").to_owned()),
        (&["cpu.max", "cpu.cfs_quota_us"], on("25000 100000", "25000").to_owned()),
        (&["cpuset.cpus"], "0".to_owned()),
        (&["cpuset.mems"], "0".to_owned()),
        (&["pids.max"], "40".to_owned()),
    ];
    let rates = || {
        if is_v2() {
            limit(&name, &["io.max"])
        } else {
            ["read_bps", "write_bps", "read_iops", "write_iops"]
                .map(|word| limit(&name, &[&format!("blkio.throttle.{word}_device")]))
                .join(" ")
        }
    };
    let check = || {
        for (names, value) in files {
            assert_eq!(&limit(&name, names), value, "{names:?}");
        }
        let disk = format!("{major}:{minor} ");
        let expected = if is_v2() {
            format!("{disk}rbps=2097152 wbps=2097152 riops=300 wiops=300")
        } else {
            format!("{disk}2097152 {disk}2097152 {disk}300 {disk}300")
        };
        assert_eq!(rates(), expected);
    };
    check();
    systems.run(&["restart", &name]).ok();
    check();
    let info = systems.run(&["info", &name, "--json"]).ok().json();
    assert_eq!((&info["cpuunits"], &info["cpumask"]), (&3000.into(), &"0".into()));
    assert_eq!(info["actual"]["cpuunits"][on("cpu.weight", "cpu.shares")], on("300", "3072"));
    assert_eq!(info["actual"]["memory"][on("memory.max", "memory.limit_in_bytes")], (64 << 20).to_string());
    let taken = ["swap=", "memory=", "memory_low=0", "cpuunits=", "cpumask=all", "nodemask=", "iolimit=0"];
    systems.run(&[&["set", name.as_str()], &taken[..], &["iopslimit=0"]].concat()).ok();
    assert!(
        ["max", "9223372036854771712"]
            .contains(&limit(&name, &["memory.max", "memory.limit_in_bytes"]).as_str())
    );
    assert_eq!(limit(&name, &["cpu.weight", "cpu.shares"]), on("100", "1024"));
    assert_eq!(rates().replace(' ', ""), "");
    let above = on("/sys/fs/cgroup/cpuset.cpus.effective", "/sys/fs/cgroup/cpuset/cpuset.cpus");
    assert_eq!(limit(&name, &["cpuset.cpus"]), fs::read_to_string(above).unwrap().trim());
}

// VZ-27
#[test]
fn a_system_counts_the_processors_that_it_has() {
    needs!(Root, Cpuset);
    let systems = Systems::new();
    let name = systems.running("web");
    let inside = |command: &[&str]| {
        systems.run(&[&["exec", &name, "--"], command].concat()).ok().stdout.trim().to_owned()
    };
    let all = inside(&["nproc"]);
    systems.run(&["set", &name, "cpus=1"]).ok();
    assert_eq!(inside(&["nproc"]), "1");
    // One that ran before has it too.
    let of_init = inside(&["grep", "Cpus_allowed_list", "/proc/1/status"]);
    assert!(of_init.rsplit(':').next().unwrap().trim().parse::<u32>().is_ok(), "{of_init}");
    systems.run(&["restart", &name]).ok();
    assert_eq!(inside(&["nproc"]), "1");
    systems.run(&["set", &name, "cpus=0"]).ok();
    assert_eq!(inside(&["nproc"]), all);
}

// VZ-27: one after the other gets the next processors.
#[test]
fn systems_are_spread_over_the_processors() {
    needs!(Root, Cpuset);
    let systems = Systems::new();
    let masks = ["a", "b"].map(|name| {
        systems.run(&["create", &format!("@{name}"), "--template", "busybox", "cpus=1"]).ok();
        systems.run(&["start", &format!("@{name}")]).ok();
        limit(&systems.name(name), &["cpuset.cpus"])
    });
    if std::thread::available_parallelism().unwrap().get() > 1 {
        assert_ne!(masks[0], masks[1]);
    }
}

// VZ-26
#[test]
fn half_a_processor_is_half_a_processor() {
    needs!(Root, Cpu);
    let systems = Systems::new();
    let name = systems.running("web");
    // First among all that this machine does meanwhile.
    systems.run(&["set", &name, "cpulimit=50%", "cpuunits=100000"]).ok();
    let _busy = Busy::start(&systems, &name);
    let mut shares = Vec::new();
    // Others' work may leave less than the limit for a while; never more than it.
    let came = wait_until(|| {
        let (before, began) = (used(&name), Instant::now());
        std::thread::sleep(Duration::from_secs(2));
        let percent = (used(&name) - before) * 100 / u64::try_from(began.elapsed().as_micros()).unwrap();
        shares.push(percent);
        (45..=55).contains(&percent)
    });
    assert!(came && shares.iter().all(|percent| *percent <= 55), "{shares:?}");
}

// VZ-25
#[test]
fn shares_are_kept_when_both_are_busy() {
    needs!(Root, Cpu, Cpuset);
    let systems = Systems::new();
    let [one, three] = [("one", "cpuunits=1000"), ("three", "cpuunits=3000")].map(|(name, units)| {
        let name = systems.running(name);
        systems.run(&["set", &name, units, "cpumask=0"]).ok();
        name
    });
    let _busy = [Busy::start(&systems, &one), Busy::start(&systems, &three)];
    let mut seen = Vec::new();
    let came = wait_until(|| {
        let before = [used(&one), used(&three)];
        std::thread::sleep(Duration::from_secs(2));
        let [a, b] = [used(&one) - before[0], used(&three) - before[1]];
        seen.push((a, b));
        (20..=30).contains(&(a * 100 / (a + b).max(1)))
    });
    assert!(came, "{seen:?}");
}

// VZ-21
#[test]
fn what_allocates_more_than_memory_is_killed_inside_alone() {
    needs!(Root, Memory);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["set", &name, "memory=32M", "swap=0"]).ok();
    let before = systems.status(&name)["pid"].clone();
    systems.run(&["exec", &name, "--", "tail", "/dev/zero"]).exits(137);
    assert_eq!(systems.status(&name)["pid"], before);
    systems.run(&["exec", &name, "--", "true"]).ok();
}

// VZ-30
#[test]
fn writing_is_slowed_down_at_once_and_let_go_again() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let write = || {
        let began = Instant::now();
        let dd = ["dd", "if=/dev/zero", "of=/file", "bs=64k", "count=64", "oflag=direct"];
        systems.run(&[&["exec", &name, "--"], &dd[..]].concat()).ok();
        began.elapsed()
    };
    write();
    // 4 MiB at 2 MiB a second.
    systems.run(&["set", &name, "iolimit=2M"]).ok();
    let mut times = Vec::new();
    let came = wait_until(|| {
        let time = write();
        times.push(time);
        (1.7..=2.35).contains(&time.as_secs_f64())
    });
    assert!(came && times.iter().all(|time| time.as_secs_f64() > 1.7), "{times:?}");
    systems.run(&["set", &name, "iolimit=0"]).ok();
    assert!(wait_until(|| write().as_secs_f64() < 1.0));
}

// DK-05, IN-04
#[test]
fn programs_inside_have_their_limits_and_parameters() {
    needs!(Root);
    let systems = Systems::new();
    let keys = [
        "ulimits=nofile=100:200 core=0",
        "sysctl=net.ipv4.ip_forward=1 kernel.msgmax=9000",
        "shm-size=8M",
        "oom_score=300",
        "limits.processes=90",
    ];
    systems.run(&[&["create", "@web", "--template", "busybox"], &keys[..]].concat()).ok();
    systems.run(&["start", "@web"]).ok();
    let inside = |line: &str| systems.run(&["exec", "@web", "--", "sh", "-c", line]).ok().stdout;
    let both = "ulimit -Sn; ulimit -Hn; grep -c 'open files *100 *200' /proc/1/limits";
    assert_eq!(inside(both), "100\n200\n1\n");
    let files = "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/1/oom_score_adj";
    assert_eq!(inside(files), "1\n9000\n300\n");
    assert_eq!(inside("cat /proc/self/oom_score_adj"), "300\n");
    assert!(inside("df -k /dev/shm").contains(" 8192 "));
    assert_eq!(limit(&systems.name("web"), &["pids.max"]), "90");
}

#[test]
fn what_this_host_cannot_do_is_refused_by_name_with_a_way_out() {
    needs!(Root, Cpuset, Pids);
    let systems = Systems::new();
    let name = systems.running("web");
    for key in ["cpus=9999", "cpumask=8000", "nodemask=8000"] {
        let (word, _) = key.split_once('=').unwrap();
        let ran = systems.run(&["set", &name, "pids=30", key]).exits(9).fails_with(&format!("{word}: "));
        assert!(ran.stderr.contains("hint: "), "{ran:#?}");
    }
    systems.run(&["create", "@big", "--template", "busybox", "cpus=9999"]).exits(9).fails_with("cpus: ");
    if !is_v2() {
        systems.run(&["set", &name, "swap=1M"]).exits(9).fails_with("swap: ").fails_with("set memory too");
    }
    systems.run(&["set", &name, "sysctl=vm.swappiness=1"]).exits(7).fails_with("would change the host");
    systems.run(&["set", &name, "pids=30", "diskspace=1G"]).exits(9).fails_with("diskspace: ");
    // Nothing of it was done, live or in the file.
    assert_eq!(limit(&name, &["pids.max"]), "max");
    assert!(systems.run(&["info", &name, "--json"]).ok().json()["pids"].is_null());
}

// One that the kernel refuses takes back those that it took.
#[test]
fn a_refused_limit_takes_those_before_it_back() {
    needs!(Root, Memory, Pids, CgroupV1);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["set", &name, "pids=50"]).ok();
    // v1 refuses a limit below what is in use and cannot be reclaimed: shared memory without swap.
    let fill = "dd if=/dev/zero of=/dev/shm/x bs=1M count=32";
    systems.run(&["exec", &name, "--", "sh", "-c", fill]).ok();
    systems.run(&["set", &name, "memory=64M", "swap=0"]).ok();
    systems.run(&["set", &name, "pids=60", "memory=8M"]).fails_with("memory: ");
    assert_eq!(limit(&name, &["pids.max"]), "50");
    assert_eq!(limit(&name, &["memory.limit_in_bytes"]), (64 << 20).to_string());
}

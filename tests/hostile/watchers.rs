// SPDX-License-Identifier: Apache-2.0
//! Programs inside that reach for the runtime's processes before their execve: tracing, memory, descriptors, root,
//! executable.

use integration_tests::{Bundle, add_namespace, build_program, ctrun_program, map_users, needs, wait_until};
use rustix::fs::{Mode, OFlags};
use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;

/// How often something is run into a container that watches.
const VISITS: u32 = 60;

/// Those with which a process may do most to others of its user.
const STRONG: &[&str] = &[
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_ADMIN",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
];

fn strong_but(config: &mut Value, left_out: &[&str]) {
    let kept: Vec<&&str> = STRONG.iter().filter(|name| !left_out.contains(name)).collect();
    for set in ["bounding", "effective", "permitted"] {
        config["process"]["capabilities"][set] = json!(kept);
    }
}

fn start(ct: &Bundle) {
    ct.create().ok();
    ct.start().ok();
}

/// A container in which `watch` runs.
fn watching(args: &[&str], change: impl FnOnce(&mut Value)) -> Bundle {
    let args = [&["/bin/watch"], args].concat();
    let ct = Bundle::new().with(|c| c["process"]["args"] = json!(args)).with(change);
    build_program("hostile/watch", &ct.rootfs().join("bin/watch"));
    start(&ct);
    assert!(wait_until(|| ct.stdout().starts_with("ready\n")), "{}", ct.stderr());
    ct
}

/// Ends the watch and returns what it printed.
#[track_caller]
fn seen(ct: &Bundle) -> Vec<String> {
    ct.exec(["touch", "/dev/shm/stop"]).ok();
    ct.wait_for("stopped");
    ct.delete().ok();
    ct.stdout().lines().skip(1).map(ToOwned::to_owned).collect()
}

type Rights = (&'static str, fn(&mut Value));

/// Those under which a process inside may do most to another.
const RIGHTS: &[Rights] = &[
    ("default", |_| {}),
    ("root of a user namespace", |c| {
        map_users(c, 100_000);
        strong_but(c, &[]);
    }),
    // With it and without a user namespace it is the host's root that traces.
    ("strong, without CAP_SYS_PTRACE", |c| strong_but(c, &["CAP_SYS_PTRACE"])),
];

// SEC-01, SEC-02: whoever is run into a container cannot be traced or read before its execve.
#[test]
fn nobody_inside_reaches_a_process_that_comes_in() {
    needs!(Root, Gcc);
    for (rights, change) in RIGHTS {
        let ct = watching(&[], change);
        for _ in 0..VISITS {
            ct.exec(["true"]).ok();
        }
        let seen = seen(&ct);
        let (met, reached) = seen.split_last().unwrap();
        assert_eq!(reached, &[] as &[String], "{rights}");
        assert_ne!(met, "met 0", "{rights}: it saw nobody come in");
    }
}

// SEC-01: the same for a container that is made in the watcher's namespaces, as in a pod; it waits to be looked at.
#[test]
fn nobody_inside_reaches_a_neighbour_that_waits_for_its_start() {
    needs!(Root, Gcc);
    for (rights, change) in RIGHTS {
        let ct = Bundle::running(["sleep", "1000"]).with(change);
        build_program("hostile/watch", &ct.rootfs().join("bin/watch"));
        start(&ct);
        let neighbour = Bundle::running(["sleep", "1000"]).with(change).with(|c| {
            let namespace = |kind: &str| format!("/proc/{}/ns/{kind}", ct.pid());
            add_namespace(c, "pid", Some(&namespace("pid")));
            if c["linux"]["uidMappings"].is_array() {
                add_namespace(c, "user", Some(&namespace("user")));
                c["linux"].as_object_mut().unwrap().retain(|key, _| !key.ends_with("idMappings"));
            }
        });
        neighbour.create().ok();
        let status = fs::read_to_string(format!("/proc/{}/status", neighbour.pid())).unwrap();
        let numbers = status.lines().find(|line| line.starts_with("NSpid:")).unwrap();
        let inside = numbers.split_whitespace().last().unwrap();
        assert_eq!(ct.exec(["/bin/watch", inside]).ok().stdout, "met 1\n", "{rights}");
        neighbour.delete_force().ok();
        ct.delete_force().ok();
    }
}

// SEC-02: an entry point that is the runtime's own process: its file is taken hold of, and written to afterwards.
#[test]
fn the_file_of_an_entry_point_that_is_the_runtime_cannot_be_written() {
    needs!(Root, Gcc);
    let before = fs::read(ctrun_program()).unwrap();
    let ct = watching(&["grab"], |_| {});
    let is_grabbed = wait_until(|| {
        // It has no plan of the length that it is told, and ends.
        ct.exec(["/proc/self/exe", "64"]).fails();
        ct.stdout().contains("grabbed")
    });
    let seen = seen(&ct);
    assert!(is_grabbed, "the watch never was in time");
    assert!(!seen.iter().any(|line| line.starts_with("reached")), "{seen:?}");
    assert!(fs::read(ctrun_program()).unwrap() == before, "the program has changed");
}

// SEC-02: an image's script whose interpreter is the runtime's own process.
#[test]
fn a_script_for_the_runtime_gets_nothing() {
    needs!(Root);
    let before = fs::read(ctrun_program()).unwrap();
    let ct = Bundle::running(["/bin/script"]);
    fs::write(ct.rootfs().join("bin/script"), "#!/proc/self/exe\n").unwrap();
    rustix::fs::chmod(ct.rootfs().join("bin/script"), Mode::from_raw_mode(0o755)).unwrap();
    ct.run().fails();
    assert!(fs::read(ctrun_program()).unwrap() == before, "the program has changed");
}

// SEC-02: even the host's root cannot write to what a container's first process runs, and it is none of our files.
#[test]
fn the_stages_file_is_sealed() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    let path = format!("/proc/{}/exe", ct.pid());
    let program = fs::read_link(&path).unwrap();
    assert!(program.to_string_lossy().starts_with("/memfd:"), "{program:?}");
    let held = rustix::fs::open(&path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).unwrap();
    // From here on the kernel does not run it, and denies no writer for that.
    ct.start().ok();
    assert!(wait_until(|| fs::read_link(&path).unwrap() != program));
    let again = format!("/proc/self/fd/{}", held.as_raw_fd());
    let mut writer = OpenOptions::new().write(true).open(&again).unwrap();
    writer.write_all(b"overwritten").unwrap_err();
    writer.set_len(0).unwrap_err();
    drop((writer, File::from(held)));
    ct.delete_force().ok();
}

// What the tests' guard must see: a stage has neither the id among its arguments nor an environment.
#[test]
fn a_stage_that_is_left_is_noticed() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.ctrun(["create", "--no-pivot", &ct.id]).ok();
    let stage = format!("process {} (ctrun:[init])", ct.pid());
    assert!(ct.left_behind().contains(&stage), "{:?}", ct.left_behind());
    ct.delete_force().ok();
}

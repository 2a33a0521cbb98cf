// SPDX-License-Identifier: Apache-2.0
//! Names and values that are too long, or that mean something to whoever takes them for a path or a line.

use crate::outside::{assert_untouched, outside};
use integration_tests::{Bundle, add_mount, add_namespace, map_users, needs, remove_namespace};
use serde_json::{Map, Value, json};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit
    }

    /// Up to ten of these pieces, one after another.
    fn text(&mut self, pieces: &[&[u8]]) -> Vec<u8> {
        (0..=self.below(10)).flat_map(|_| pieces[self.below(pieces.len())].to_vec()).collect()
    }
}

// SEC-19: names that are paths.
#[test]
fn names_are_no_paths() {
    needs!(Root);
    let ct = Bundle::sh("true");
    let long = "a".repeat(256);
    for id in ["", ".", "..", "../x", "a/b", "a\nb", ".hidden", "a b", "ä", "a\u{1b}[31m", &long] {
        ct.ctrun(["create", id]).fails();
        ct.ctrun(["delete", id]).fails();
        ct.ctrun(["state", id]).fails();
    }
    for path in ["..", "/", "/..", "a\0b"] {
        ct.change(|c| c["linux"]["cgroupsPath"] = json!(path));
        ct.create().fails_with("cgroupsPath");
    }
    // What leads above the root of the hierarchy ends at it, as in runc.
    let ct = Bundle::running(["sleep", "1000"]);
    ct.change(|c| c["linux"]["cgroupsPath"] = json!(format!("/../../a/../{}", ct.id)));
    ct.create().ok();
    let cgroups = fs::read_to_string(format!("/proc/{}/cgroup", ct.pid())).unwrap();
    assert!(cgroups.lines().any(|line| line.ends_with(&format!(":/{}", ct.id))), "{cgroups}");
    ct.delete_force().ok();
}

/// What an id may hold, as runc has it, and what it may not.
const ID_PIECES: &[&[u8]] = &[
    b"a",
    b"Z",
    b"0",
    b"_",
    b"+",
    b".",
    b"-",
    b"..",
    b"abc",
    b"/",
    b"../",
    b" ",
    b"\n",
    b"\t",
    b"\\",
    b"%s",
    b":",
    b"*",
    b"~",
    b"$",
    b"@",
    b",",
    b"\x7f",
    b"\x1b[2J",
    b"\xff",
    b"\xc3\xa4",
    b"\xc3",
];

// SEC-19: every verb that takes an id knows which are none, and none of them makes or finds anything elsewhere.
#[test]
fn ids_of_other_characters_are_refused_by_every_verb() {
    needs!(Root);
    let ct = Bundle::sh("true");
    outside(&ct);
    let before = names(&ct);
    let mut numbers = Numbers(0x5ec1_9000_0000_0001);
    let (mut good, mut bad) = (0, 0);
    while good < 20 || bad < 60 {
        let id = OsString::from_vec(numbers.text(ID_PIECES));
        let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"_+.-".contains(byte);
        let is_valid = id.as_bytes().iter().all(is_allowed) && !id.as_bytes().starts_with(b".");
        let is_option = id.as_bytes().starts_with(b"-");
        let words = match (is_valid, id.to_str()) {
            (true, _) => "does not exist",
            (false, Some(_)) => "invalid container ID",
            (false, None) => "is not UTF-8",
        };
        for verb in [
            &["state"][..],
            &["delete"],
            &["kill"],
            &["start"],
            &["exec", "--"],
            &["update", "--pids-limit", "5"],
        ] {
            let rest: &[&str] = if verb[0] == "exec" { &["true"] } else { &[] };
            let words_of = verb.iter().map(OsStr::new).chain([id.as_os_str()]);
            let ran = ct.ctrun(words_of.chain(rest.iter().map(OsStr::new))).fails();
            assert!(is_option || ran.stderr.contains(words), "{id:?}: {ran:?}");
            // What it was given does not steer the terminal that its error is printed to.
            let is_plain = |byte: u8| byte == b'\n' || !byte.is_ascii_control();
            assert!(is_option || ran.stderr.bytes().all(is_plain), "{ran:?}");
        }
        if is_valid {
            good += 1;
        } else {
            bad += 1;
            ct.ctrun([OsStr::new("create"), id.as_os_str()]).fails();
            ct.ctrun([OsStr::new("run"), id.as_os_str()]).fails();
        }
    }
    assert_eq!(names(&ct), before);
    assert_untouched(&ct.folder.join("outside"));
}

/// What is in the bundle's folder, without the harness's own and the state, which has to be empty.
fn names(ct: &Bundle) -> Vec<String> {
    assert_eq!(ct.left_behind(), Vec::<String>::new());
    let names = fs::read_dir(&ct.folder).unwrap().flatten().map(|e| e.file_name().into_string().unwrap());
    let is_ours =
        |name: &String| !["out.", "err.", "std", "state"].iter().any(|start| name.starts_with(start));
    let mut names: Vec<String> = names.filter(is_ours).collect();
    names.sort();
    names
}

/// Annotations that mean something to other runtimes, with a place of theirs for a path.
const ANNOTATIONS: &[(&str, &str)] = &[
    ("run.oci.delegate-cgroup", "../../@"),
    ("run.oci.systemd.subgroup", "../.."),
    ("run.oci.hooks.stdout", "@/new"),
    ("run.oci.hooks.stderr", "@/new"),
    ("run.oci.handler", "../../@/new"),
    ("run.oci.mount_context_type", "context,x"),
    ("run.oci.pidfd_receiver", "@/new"),
    ("run.oci.seccomp.receiver", "@/new"),
    ("run.oci.seccomp_fail_unknown_syscall", "1"),
    ("run.oci.seccomp_bpf_data", "AAAA"),
    ("run.oci.timens_offset", "boottime 1000 0"),
    ("run.oci.cgroup.escape", "/"),
    ("org.systemd.property.ExecStart", "[('/bin/touch', ['touch', '@/new'], false)]"),
    ("org.systemd.property.DeviceAllow", "*"),
    ("org.criu.config", "@/file"),
    ("module.wasm.image/variant", "compat"),
];

// SEC-19, SEC-71: what an image or a pod writes there is handed on and changes nothing.
#[test]
fn annotations_are_words_and_no_orders() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    let outside = outside(&ct);
    let mut numbers = Numbers(0x5ec1_9000_0000_0002);
    let pieces: &[&[u8]] = &[
        b"a",
        b"run.oci.",
        b"\n",
        b"\r",
        b"\0",
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"../",
        b"=",
        b"\x1b",
        "\u{2028}".as_bytes(),
    ];
    let mut text = |_| String::from_utf8(numbers.text(pieces)).unwrap();
    let mut annotations: Map<String, Value> =
        (0..200).map(|n| (format!("{n}{}", text(n)), json!(text(n)))).collect();
    annotations.insert("long".to_owned(), json!("x".repeat(70_000)));
    for (key, value) in ANNOTATIONS {
        let value = value.replace('@', outside.to_str().unwrap());
        annotations.insert((*key).to_owned(), json!(value));
    }
    ct.change(|c| {
        c["annotations"] = json!(annotations);
        c["hooks"] = json!({ "createRuntime": [{ "path": "/bin/sh", "args": ["sh", "-c", "echo hook"] }] });
    });
    ct.create().ok();
    assert_eq!(ct.state()["annotations"], json!(annotations));
    let cgroups = fs::read_to_string(format!("/proc/{}/cgroup", ct.pid())).unwrap();
    let own = format!(":/{}", ct.id);
    assert!(
        cgroups.lines().filter(|line| line.contains("-ct")).all(|line| line.ends_with(&own)),
        "{cgroups}"
    );
    ct.start().ok();
    ct.exec(["true"]).ok();
    ct.delete_force().ok();
    assert_untouched(&outside);
}

// SEC-19: a cgroup of an exec lies below the container's.
#[test]
fn an_exec_stays_below_the_containers_cgroup() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    for path in [
        "..",
        "../..",
        "/..",
        "a/../..",
        "/../",
        "./..",
        "pids:..",
        "pids:/../..",
        "pids:../x,memory:..",
        ":..",
        "pids:",
    ] {
        let ran = ct.ctrun(["exec", "--cgroup", path, &ct.id, "cat", "/proc/self/cgroup"]);
        assert!(ran.code != 0 || !ran.stdout.contains(".."), "{path}: {ran:?}");
    }
    ct.delete_force().ok();
}

/// What is done to the configuration, with something long.
type Change = fn(&mut Value, &str);

const TOO_LONG: &[(&str, Change)] = &[
    ("hostname", |c, long| c["hostname"] = json!(long)),
    ("domainname", |c, long| c["domainname"] = json!(long)),
    ("masked path", |c, long| c["linux"]["maskedPaths"] = json!([long])),
    ("read-only path", |c, long| c["linux"]["readonlyPaths"] = json!([long])),
    ("working directory", |c, long| c["process"]["cwd"] = json!(long)),
    ("program", |c, long| c["process"]["args"] = json!([long])),
    ("root", |c, long| c["root"]["path"] = json!(long)),
    ("cgroup", |c, long| c["linux"]["cgroupsPath"] = json!(long)),
    ("device", |c, long| {
        c["linux"]["devices"] = json!([{ "path": long, "type": "c", "major": 1, "minor": 3 }]);
    }),
    ("source", |c, long| add_mount(c, "/tmp", "bind", long, &["bind"])),
    ("destination", |c, long| add_mount(c, long, "tmpfs", "tmpfs", &[])),
    ("destination of a file", |c, long| add_mount(c, long, "bind", "/etc/hostname", &["bind"])),
    ("option", |c, long| add_mount(c, "/tmp", "tmpfs", "tmpfs", &[&format!("size={long}")])),
    ("file system", |c, long| add_mount(c, "/tmp", long, "none", &[])),
    ("kernel parameter", |c, long| {
        c["linux"]["sysctl"] = json!({ format!("net.{}", long.trim_start_matches('/')): "1" });
    }),
    ("hook", |c, long| c["hooks"] = json!({ "createRuntime": [{ "path": long }] })),
    ("network namespace", |c, long| add_namespace(c, "network", Some(long))),
    ("pid namespace", |c, long| add_namespace(c, "pid", Some(long))),
    ("mount namespace", |c, long| add_namespace(c, "mount", Some(long))),
    ("user namespace", |c, long| add_namespace(c, "user", Some(long))),
    ("id maps", |c, _| {
        map_users(c, 100_000);
        // The kernel takes 340 lines. The first ones are good.
        let lines: Vec<Value> =
            (0..5000).map(|n| json!({ "containerID": n, "hostID": 100_000 + n, "size": 1 })).collect();
        c["linux"]["uidMappings"] = json!(lines);
    }),
    ("id maps of a mount", |c, _| {
        let lines: Vec<Value> =
            (0..5000).map(|n| json!({ "containerID": n, "hostID": 100_000 + n, "size": 1 })).collect();
        add_mount(c, "/tmp", "bind", "/etc", &["bind"]);
        let mount = c["mounts"].as_array_mut().unwrap().last_mut().unwrap();
        mount["uidMappings"] = json!(lines);
        mount["gidMappings"] = json!(lines);
    }),
    ("offset of time", |c, long| {
        remove_namespace(c, "time");
        c["linux"]["timeOffsets"] = json!({ long: { "secs": 1 } });
    }),
];

// SEC-07: longer than any 16-bit length: an error before anything is applied, and nothing is left.
#[test]
fn what_is_too_long_is_an_error_and_applies_nothing() {
    needs!(Root);
    for (what, change) in TOO_LONG {
        // The last one begins like a good path, and is one if its length is taken modulo 65,536.
        for long in [
            format!("/{}", "x".repeat(70_000)),
            format!("/{}", "x/".repeat(35_000)),
            format!("/etc{}", "x".repeat(65_536)),
        ] {
            let ct = Bundle::sh("echo ran").with(|c| c["root"]["readonly"] = json!(false));
            let outside = outside(&ct);
            ct.change(|c| change(c, &long));
            let ran = ct.run().fails();
            assert!(!ran.stdout.contains("ran"), "{what}: {ran:?}");
            assert!(
                ran.stderr.len() < 2 * long.len() + 4096,
                "{what}: its error is {} bytes",
                ran.stderr.len()
            );
            assert_eq!(ct.left_behind(), Vec::<String>::new(), "{what}");
            assert_untouched(&outside);
        }
    }
}

// SEC-07: what may be long is whole.
#[test]
fn long_values_are_whole() {
    needs!(Root);
    let long = "x".repeat(70_000);
    let variables: Vec<String> = (0..2000).map(|n| format!("V{n}={}", "y".repeat(50))).collect();
    let ct = Bundle::sh("echo ${#A} ${#1} ${#V1999}").with(|c| {
        let env = [vec!["PATH=/bin".to_owned(), format!("A={long}")], variables].concat();
        c["process"]["env"] = json!(env);
        c["process"]["args"].as_array_mut().unwrap().extend([json!("sh"), json!(long)]);
    });
    assert_eq!(ct.run().ok().stdout, "70000 70000 50\n");
    let ct = Bundle::sh("grep -c ' /dev/shm/' /proc/self/mounts").with(|c| {
        (0..1500).for_each(|n| add_mount(c, &format!("/dev/shm/{n}"), "tmpfs", "tmpfs", &["size=4k"]));
    });
    assert_eq!(ct.run().ok().stdout, "1500\n");
}

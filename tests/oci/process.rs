// SPDX-License-Identifier: Apache-2.0
//! `process` of config.json (SP-08 to SP-12, SP-14 to SP-17, SP-37).

use integration_tests::{Bundle, map_users, needs};
use serde_json::json;

/// What the line prints in a container with this change.
fn printed(script: &str, change: impl FnOnce(&mut serde_json::Value)) -> String {
    Bundle::sh(script).with(change).run().ok().stdout
}

// SP-08
#[test]
fn user_group_and_additional_groups() {
    needs!(Root);
    let out = printed("id -u; id -g; id -G", |c| {
        c["process"]["user"] = json!({ "uid": 1000, "gid": 1001, "additionalGids": [7, 8] });
    });
    assert_eq!(out, "1000\n1001\n1001 7 8\n");
}

// SP-08
#[test]
fn ids_beyond_what_the_kernel_has_are_refused() {
    needs!(Root);
    for id in [json!(4_294_967_296_u64), json!(-1), json!(1_u64 << 40)] {
        Bundle::new().with(|c| c["process"]["user"]["uid"] = id.clone()).run().fails();
        Bundle::new().with(|c| c["process"]["user"]["additionalGids"] = json!([id])).run().fails();
    }
}

// SP-08, SEC-66: ids above 2^31 (CVE-2024-40635), of the first process and of others, with and without a map.
#[test]
fn large_ids_are_whole() {
    needs!(Root);
    let script = "grep -e Uid -e Gid -e Groups /proc/self/status | tr -s '\\t ' ' '";
    let user = json!({ "uid": 3_000_000_000_u32, "gid": 3_000_000_001_u32,
        "additionalGids": [4_294_967_294_u32, 2_147_483_648_u32, 2_147_483_647] });
    let four = |name: &str, id: &str| format!("{name}: {id} {id} {id} {id}\n");
    let ids = four("Uid", "3000000000") + &four("Gid", "3000000001");
    for mapped in [false, true] {
        let ct = Bundle::sh(&format!("{script}; exec sleep 1000")).with(|c| {
            c["process"]["user"] = user.clone();
            if mapped {
                map_users(c, 0);
                for key in ["uidMappings", "gidMappings"] {
                    c["linux"][key] = json!([{ "containerID": 0, "hostID": 0, "size": u32::MAX }]);
                }
            }
        });
        ct.create().ok();
        ct.start().ok();
        let whole = format!("{ids}Groups: 2147483647 2147483648 4294967294");
        assert!(integration_tests::wait_until(|| ct.stdout().contains("Groups")));
        assert!(ct.stdout().starts_with(&whole), "{mapped}: {}", ct.stdout());
        let exec = |words: &[&str]| {
            let all = [&["exec"], words, &[ct.id.as_str(), "sh", "-c", script]].concat();
            ct.ctrun(all).ok().stdout
        };
        assert!(exec(&[]).starts_with(&whole), "{mapped}: {}", exec(&[]));
        let other = exec(&["--user", "4000000000:4000000001", "--additional-gids", "4000000002"]);
        let expected = four("Uid", "4000000000") + &four("Gid", "4000000001");
        assert!(other.starts_with(&expected) && other.contains(" 4000000002"), "{mapped}: {other}");
        let process = json!({ "args": ["sh", "-c", script], "cwd": "/", "env": ["PATH=/bin"], "user": user });
        std::fs::write(ct.folder.join("process.json"), process.to_string()).unwrap();
        let other = ct.ctrun(["exec", "--process", "process.json", &ct.id]).ok().stdout;
        assert!(other.starts_with(&whole), "{mapped}: {other}");
        ct.delete_force().ok();
    }
}

// SP-08
#[test]
fn umask_is_set() {
    needs!(Root);
    let umask = |mask: u32| printed("umask", |c| c["process"]["user"]["umask"] = json!(mask));
    assert_eq!(umask(0o27), "0027\n");
    assert_eq!(umask(0), "0000\n");
    assert_eq!(printed("umask", |_| {}), "0022\n");
}

// SP-09
#[test]
fn working_directory_and_environment() {
    needs!(Root);
    let out = printed("pwd; echo $A", |c| {
        c["process"]["cwd"] = json!("/etc");
        c["process"]["env"].as_array_mut().unwrap().push(json!("A=x y"));
    });
    assert_eq!(out, "/etc\nx y\n");
}

// SP-09
#[test]
fn a_relative_working_directory_is_refused() {
    needs!(Root);
    Bundle::new().with(|c| c["process"]["cwd"] = json!("etc")).run().fails_with("cwd");
    Bundle::new().with(|c| c["process"]["cwd"] = json!("")).run().fails_with("cwd");
}

// SP-09: the program is looked up along the container's PATH.
#[test]
fn the_program_is_found_along_the_containers_path() {
    needs!(Root);
    let ct = Bundle::running(["tool"]);
    std::fs::create_dir(ct.rootfs().join("opt")).unwrap();
    std::fs::copy(ct.rootfs().join("bin/busybox"), ct.rootfs().join("opt/tool")).unwrap();
    ct.run().fails();
    ct.change(|c| c["process"]["env"] = json!(["PATH=/opt"]));
    // busybox does not know an applet of this name: it ran.
    assert!(ct.run().fails().stderr.contains("applet not found"));
}

// SP-10
#[test]
fn resource_limits() {
    needs!(Root);
    let out = printed("ulimit -Sn; ulimit -Hn; ulimit -Sc", |c| {
        c["process"]["rlimits"] = json!([
            { "type": "RLIMIT_NOFILE", "soft": 100, "hard": 200 }, { "type": "RLIMIT_CORE", "soft": 0, "hard": 0 },
        ]);
    });
    assert_eq!(out, "100\n200\n0\n");
    let twice = json!([{ "type": "RLIMIT_NOFILE", "soft": 1, "hard": 1 }, { "type": "RLIMIT_NOFILE", "soft": 2, "hard": 2 }]);
    Bundle::new().with(|c| c["process"]["rlimits"] = twice).run().fails_with("rlimits");
    let unknown = json!([{ "type": "RLIMIT_NOSUCH", "soft": 1, "hard": 1 }]);
    Bundle::new().with(|c| c["process"]["rlimits"] = unknown).run().fails_with("RLIMIT_NOSUCH");
    let upside_down = json!([{ "type": "RLIMIT_NOFILE", "soft": 2, "hard": 1 }]);
    Bundle::new().with(|c| c["process"]["rlimits"] = upside_down).run().fails();
}

/// All kinds, their names in /proc/PID/limits, and a soft and a hard value that differ from a host's.
const LIMITS: [(&str, &str, u64, u64); 16] = [
    ("RLIMIT_AS", "Max address space", 1 << 40, 1 << 41),
    ("RLIMIT_CORE", "Max core file size", 4096, 8192),
    ("RLIMIT_CPU", "Max cpu time", 1000, 2000),
    ("RLIMIT_DATA", "Max data size", 1 << 39, 1 << 40),
    ("RLIMIT_FSIZE", "Max file size", 1 << 33, 1 << 34),
    ("RLIMIT_LOCKS", "Max file locks", 11, 12),
    ("RLIMIT_MEMLOCK", "Max locked memory", 40960, 49152),
    ("RLIMIT_MSGQUEUE", "Max msgqueue size", 10000, 20000),
    ("RLIMIT_NICE", "Max nice priority", 3, 4),
    ("RLIMIT_NOFILE", "Max open files", 100, 200),
    ("RLIMIT_NPROC", "Max processes", 1000, 2000),
    ("RLIMIT_RSS", "Max resident set", 1 << 35, 1 << 36),
    ("RLIMIT_RTPRIO", "Max realtime priority", 5, 6),
    ("RLIMIT_RTTIME", "Max realtime timeout", 1_000_000, 2_000_000),
    ("RLIMIT_SIGPENDING", "Max pending signals", 50, 60),
    ("RLIMIT_STACK", "Max stack size", 1 << 22, 1 << 23),
];

/// The soft and the hard value of a limit in the text of /proc/PID/limits.
fn limit<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("{name} in {text}")).split_whitespace().take(2).collect()
}

/// The values, none above what the test itself may have: not every host lets its root raise them.
fn allowed_limits() -> Vec<(&'static str, &'static str, u64, u64)> {
    let own = std::fs::read_to_string("/proc/self/limits").unwrap();
    let most = |name: &str| limit(&own, name)[1].parse().unwrap_or(u64::MAX);
    LIMITS
        .iter()
        .map(|(kind, name, soft, hard)| (*kind, *name, *soft.min(&most(name)), *hard.min(&most(name))))
        .collect()
}

#[track_caller]
fn assert_limits(text: &str) {
    for (kind, name, soft, hard) in allowed_limits() {
        assert_eq!(limit(text, name), [soft.to_string(), hard.to_string()], "{kind} in {text}");
    }
}

// SP-10: all sixteen, as the kernel has them inside, for the first process and for others, with and without a map.
#[test]
fn every_kind_of_resource_limit() {
    needs!(Root);
    let list: Vec<_> = allowed_limits()
        .iter()
        .map(|(kind, _, soft, hard)| json!({ "type": kind, "soft": soft, "hard": hard }))
        .collect();
    for mapped in [false, true] {
        let ct = Bundle::sh("cat /proc/self/limits; exec sleep 1000").with(|c| {
            c["process"]["rlimits"] = json!(list);
            c["process"]["oomScoreAdj"] = json!(321);
            if mapped {
                map_users(c, 100_000);
            }
        });
        ct.create().ok();
        ct.start().ok();
        assert!(integration_tests::wait_until(|| ct.stdout().contains("Max realtime timeout")));
        assert_limits(&ct.stdout());
        let said = ct.exec(["cat", "/proc/self/limits", "/proc/self/oom_score_adj"]).ok().stdout;
        assert_limits(&said);
        assert!(said.ends_with("\n321\n"), "{said}");
        ct.delete_force().ok();
    }
    // No limit is the largest number.
    let unlimited = json!([{ "type": "RLIMIT_CORE", "soft": u64::MAX, "hard": u64::MAX }]);
    assert_eq!(printed("ulimit -Hc", |c| c["process"]["rlimits"] = unlimited), "unlimited\n");
    for value in [json!(-1), json!("1"), json!(1.5)] {
        let limit = json!([{ "type": "RLIMIT_CORE", "soft": 0, "hard": value }]);
        Bundle::new().with(|c| c["process"]["rlimits"] = limit).create().fails_with("hard");
    }
}

// SP-11, SEC-08
#[test]
fn the_five_capability_sets() {
    needs!(Root);
    let sets = "grep ^Cap /proc/self/status | tr -d '\\t'";
    let out = printed(sets, |_| {});
    assert_eq!(
        out,
        "CapInh:0000000000000000\nCapPrm:0000000020000420\nCapEff:0000000020000420\nCapBnd:0000000020000420\nCapAmb:0000000000000000\n"
    );
    let ambient = printed(sets, |c| {
        let caps = json!(["CAP_KILL"]);
        for set in ["bounding", "permitted", "effective", "inheritable", "ambient"] {
            c["process"]["capabilities"][set] = caps.clone();
        }
        c["process"]["user"] = json!({ "uid": 1, "gid": 1 });
    });
    assert_eq!(
        ambient,
        "CapInh:0000000000000020\nCapPrm:0000000000000020\nCapEff:0000000000000020\nCapBnd:0000000000000020\nCapAmb:0000000000000020\n"
    );
    let none = printed(sets, |c| {
        c["process"].as_object_mut().unwrap().remove("capabilities");
        c["process"]["capabilities"] = json!({});
    });
    assert!(none.lines().all(|l| l.ends_with(":0000000000000000")), "{none}");
}

// SP-11: a configuration that says nothing of capabilities gives none.
#[test]
fn without_capabilities_there_are_none() {
    needs!(Root);
    let change =
        |c: &mut serde_json::Value| drop(c["process"].as_object_mut().unwrap().remove("capabilities"));
    let sets = printed("grep ^Cap /proc/self/status | cut -f2 | sort -u", change);
    assert_eq!(sets, "0000000000000000\n");
}

// SP-11: an unknown name is a warning, since newer engines know newer names.
#[test]
fn an_unknown_capability_is_a_warning() {
    needs!(Root);
    let ct = Bundle::sh("echo 42")
        .with(|c| c["process"]["capabilities"]["bounding"] = json!(["CAP_KILL", "CAP_NOSUCH"]));
    let ran = ct.run().ok();
    assert_eq!(ran.stdout, "42\n");
    assert!(ran.stderr.contains("CAP_NOSUCH"), "{ran:?}");
}

// SP-12
#[test]
fn no_new_privileges() {
    needs!(Root);
    let flag = |on: bool| {
        printed("grep NoNewPrivs /proc/self/status", |c| c["process"]["noNewPrivileges"] = json!(on))
    };
    assert_eq!(flag(true), "NoNewPrivs:\t1\n");
    assert_eq!(flag(false), "NoNewPrivs:\t0\n");
}

// SP-12
#[test]
fn oom_score_is_set_or_left_alone() {
    needs!(Root);
    let own = std::fs::read_to_string("/proc/self/oom_score_adj").unwrap();
    assert_eq!(printed("cat /proc/self/oom_score_adj", |_| {}), own);
    assert_eq!(
        printed("cat /proc/self/oom_score_adj", |c| c["process"]["oomScoreAdj"] = json!(500)),
        "500\n"
    );
}

// SP-14
#[test]
fn scheduler_policy() {
    needs!(Root);
    let out = printed("sed -n 's/^policy *: *//p' /proc/self/sched; cut -d' ' -f19 /proc/self/stat", |c| {
        c["process"]["scheduler"] = json!({ "policy": "SCHED_BATCH", "nice": 5 });
    });
    assert_eq!(out, "3\n5\n");
    Bundle::new()
        .with(|c| c["process"]["scheduler"] = json!({ "policy": "SCHED_NOSUCH" }))
        .run()
        .fails_with("SCHED_NOSUCH");
}

// SP-15
#[test]
fn io_priority() {
    needs!(Root);
    let ct = Bundle::new()
        .with(|c| c["process"]["ioPriority"] = json!({ "class": "IOPRIO_CLASS_NOSUCH", "priority": 1 }));
    ct.run().fails_with("IOPRIO_CLASS_NOSUCH");
    let ct = Bundle::running(["sleep", "1000"]);
    ct.change(|c| c["process"]["ioPriority"] = json!({ "class": "IOPRIO_CLASS_BE", "priority": 6 }));
    ct.create().ok();
    ct.start().ok();
    let ionice = std::process::Command::new("ionice").args(["-p", &ct.pid().to_string()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ionice.stdout), "best-effort: prio 6\n");
    ct.delete_force().ok();
}

// SP-16
#[test]
fn cpu_affinity_of_exec() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"])
        .with(|c| c["process"]["execCPUAffinity"] = json!({ "initial": "0", "final": "0" }));
    ct.create().ok();
    ct.start().ok();
    assert_eq!(
        ct.exec(["grep", "Cpus_allowed_list", "/proc/self/status"]).ok().stdout,
        "Cpus_allowed_list:\t0\n"
    );
    ct.delete_force().ok();
    let ct = Bundle::new().with(|c| c["process"]["execCPUAffinity"] = json!({ "initial": "x-" }));
    ct.create().fails_with("execCPUAffinity");
}

// SP-17
#[test]
fn host_and_domain_names() {
    needs!(Root);
    let out = printed("hostname; cat /proc/sys/kernel/domainname", |c| {
        c["hostname"] = json!("one");
        c["domainname"] = json!("two.example");
    });
    assert_eq!(out, "one\ntwo.example\n");
    let ct = Bundle::new().with(|c| integration_tests::remove_namespace(c, "uts"));
    // A name without a namespace of its own would be the host's.
    ct.run().fails_with("hostname");
}

// SP-32
#[test]
fn kernel_parameters() {
    needs!(Root);
    let out = printed("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced", |c| {
        c["linux"]["sysctl"] = json!({ "net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1" });
    });
    assert_eq!(out, "1\n1\n");
    for (key, value) in [
        ("kernel.core_pattern", "|/bin/x"),
        ("vm.swappiness", "1"),
        ("net.ipv4/../../kernel/core_pattern", "x"),
    ] {
        let ct = Bundle::new().with(|c| c["linux"]["sysctl"] = json!({ key: value }));
        ct.run().fails_with("sysctl");
    }
}

// SP-37
#[test]
fn personality() {
    needs!(Root);
    assert_eq!(printed("uname -m", |c| c["linux"]["personality"] = json!({ "domain": "LINUX32" })), "i686\n");
    Bundle::new()
        .with(|c| c["linux"]["personality"] = json!({ "domain": "LINUX16" }))
        .run()
        .fails_with("personality");
}

// SP-21
#[test]
fn user_namespace() {
    needs!(Root);
    let ct = Bundle::sh("id -u; cat /proc/self/uid_map | tr -s ' '").with(|c| map_users(c, 100_000));
    let ran = ct.run().ok();
    assert_eq!(ran.stdout, "0\n 0 100000 65536\n");
}

// SP-21: more lines than newer kernels once took, and an identity mapping.
#[test]
fn user_namespace_of_many_lines() {
    needs!(Root);
    let ct = Bundle::sh("wc -l < /proc/self/uid_map").with(|c| {
        map_users(c, 0);
        let lines: Vec<_> =
            (0..40_u32).map(|n| json!({ "containerID": n, "hostID": n, "size": 1 })).collect();
        c["linux"]["uidMappings"] = json!(lines);
        c["linux"]["gidMappings"] = json!(lines);
    });
    assert_eq!(ct.run().ok().stdout, "40\n");
}

// SP-09: programs take the first variable of a name, so only the last one is there.
#[test]
fn a_variable_given_twice_has_its_last_value() {
    needs!(Root);
    let ct = Bundle::sh("env | grep ^A=; echo $HOME").with(|c| {
        c["process"]["env"] = json!(["A=1", "PATH=/bin", "A=2", "HOME="]);
    });
    assert_eq!(ct.run().ok().stdout, "A=2\n\n");
}

// OC-06, SP-09: HOME is what the container's own passwd says.
#[test]
fn home_comes_from_the_containers_passwd() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    std::fs::create_dir_all(ct.rootfs().join("etc")).unwrap();
    let long = "x".repeat(5000);
    let passwd = "root:x:0:0:root:/root:/bin/sh\nshort:x\nu:x:1000:1000::/var/u:/bin/sh";
    std::fs::write(ct.rootfs().join("etc/passwd"), passwd).unwrap();
    ct.create().ok();
    ct.start().ok();
    let exec = |user: &str| ct.ctrun(["exec", "--user", user, &ct.id, "sh", "-c", "echo $HOME"]).ok().stdout;
    assert_eq!(exec("0"), "/root\n");
    assert_eq!(exec("1000"), "/var/u\n");
    assert_eq!(exec("7"), "/\n");
    // Not a passwd that anyone wrote honestly: no line of it is looked at.
    std::fs::write(ct.rootfs().join("etc/passwd"), format!("{long}\nu:x:1000:1000::/var/u:/bin/sh\n"))
        .unwrap();
    assert_eq!(exec("1000"), "/\n");
    ct.delete_force().ok();
}

// SP-13: a label is for a security module that the host has.
#[test]
fn labels_without_their_security_module_are_refused() {
    needs!(Root);
    let has = |path: &str| std::path::Path::new(path).exists();
    let selinux = has("/sys/fs/selinux/enforce");
    let apparmor = has("/sys/kernel/security/apparmor");
    let label = json!("system_u:system_r:container_t:s0:c1,c2");
    if !selinux {
        Bundle::new()
            .with(|c| c["process"]["selinuxLabel"] = label.clone())
            .create()
            .fails_with("/process/selinuxLabel");
        Bundle::new()
            .with(|c| c["linux"]["mountLabel"] = label.clone())
            .create()
            .fails_with("/linux/mountLabel");
        let ct = Bundle::running(["sleep", "1000"]);
        ct.create().ok();
        ct.ctrun(["exec", "--process-label", label.as_str().unwrap(), &ct.id, "true"])
            .fails_with("selinuxLabel");
        ct.delete_force().ok();
    }
    if apparmor {
        let ct = Bundle::sh("cat /proc/self/attr/current")
            .with(|c| c["process"]["apparmorProfile"] = json!("unconfined"));
        assert_eq!(ct.run().ok().stdout, "unconfined\n");
        Bundle::new()
            .with(|c| c["process"]["apparmorProfile"] = json!("no-such-profile"))
            .run()
            .fails_with("apparmor");
    } else {
        Bundle::new()
            .with(|c| c["process"]["apparmorProfile"] = json!("unconfined"))
            .create()
            .fails_with("/process/apparmorProfile");
    }
}

// SP-11: the fewest open files that a program can live with: the runtime's own are not counted.
#[test]
fn a_limit_of_few_open_files_is_the_programs_alone() {
    needs!(Root);
    for mapped in [false, true] {
        for (soft, hard) in [(0, 0), (3, 3), (3, 1000), (4, 4)] {
            let ct = Bundle::sh("ulimit -n; ulimit -Hn").with(|c| {
                c["process"]["rlimits"] = json!([{ "type": "RLIMIT_NOFILE", "soft": soft, "hard": hard }]);
                if mapped {
                    integration_tests::map_users(c, 100_000);
                    c["root"]["readonly"] = json!(false);
                }
            });
            let limits = format!("{soft}\n{hard}\n");
            assert_eq!(ct.run().ok().stdout, limits, "{mapped}");
            ct.create().ok();
            ct.start().ok();
            ct.wait_for("stopped");
            assert_eq!(ct.stdout(), limits, "{mapped}");
            ct.delete().ok();
            ct.change(|c| c["process"]["args"] = json!(["sleep", "1000"]));
            ct.create().ok();
            ct.start().ok();
            assert_eq!(
                ct.exec(["sh", "-c", "ulimit -n; ulimit -Hn; echo $HOME"]).ok().stdout,
                limits.clone() + "/root\n"
            );
            ct.delete_force().ok();
        }
    }
}

// SP-11: one that nobody may have is an error of create, whichever part of it comes last.
#[test]
fn a_limit_of_open_files_beyond_the_kernels_is_an_error_of_create() {
    needs!(Root);
    for soft in [3, 1_u64 << 40] {
        let limit = json!([{ "type": "RLIMIT_NOFILE", "soft": soft, "hard": 1_u64 << 40 }]);
        let ct = Bundle::new().with(|c| c["process"]["rlimits"] = limit);
        ct.create().fails_with("/process/rlimits");
    }
}

// SP-09, SP-05: where the caller's own user namespace denies setgroups (`unshare -Ur`) there are no groups to give up,
// and none can be asked for.
#[test]
fn a_denied_setgroups_is_done_without_unless_groups_are_asked_for() {
    needs!(Root);
    let ct = Bundle::sh("id -u").with(|c| {
        integration_tests::remove_namespace(c, "user");
        // Its group is not mapped.
        for mount in c["mounts"].as_array_mut().unwrap() {
            if let Some(options) = mount["options"].as_array_mut() {
                options.retain(|option| option != "gid=5");
            }
        }
    });
    let run = ct.command(["run", &ct.id]);
    let inside = || {
        let mut unshare = std::process::Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--mount"]).arg(run.get_program()).args(run.get_args());
        ct.finish(unshare.current_dir(&ct.folder))
    };
    assert_eq!(inside().ok().stdout, "0\n");
    ct.change(|c| c["process"]["user"]["additionalGids"] = json!([0]));
    inside().fails_with("/process/user/additionalGids");
}

// SP-09: a working directory that is not there is an error, and is not made.
#[test]
fn a_missing_working_directory_is_not_made() {
    needs!(Root);
    let ct = Bundle::new().with(|c| c["process"]["cwd"] = json!("/absent"));
    ct.create().fails_with("/process/cwd");
    assert!(!ct.rootfs().join("absent").exists());
}

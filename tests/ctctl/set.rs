// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, cgroup_folders, needs};
use std::fs;

/// The value of a limit's file, on whichever hierarchy has it.
fn limit(name: &str, files: [&str; 2]) -> String {
    let folders = cgroup_folders(name);
    let read = |folder: &std::path::PathBuf| {
        files.iter().find_map(|file| fs::read_to_string(folder.join(file)).ok())
    };
    folders.iter().find_map(read).unwrap_or_default().trim().to_owned()
}

#[test]
fn limits_change_at_once_and_stay() {
    needs!(Root, Memory, Cpu, Pids);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["set", &name, "memory=64M", "cpulimit=50%", "pids=30"]).ok();
    let check = || {
        assert_eq!(limit(&name, ["memory.limit_in_bytes", "memory.max"]), (64 << 20).to_string());
        assert!(limit(&name, ["cpu.cfs_quota_us", "cpu.max"]).starts_with("50000"));
        assert_eq!(limit(&name, ["pids.max", "pids.max"]), "30");
    };
    check();
    systems.run(&["restart", &name]).ok();
    check();
    systems.run(&["set", &name, "pids=unlimited", "ram="]).ok();
    assert_eq!(limit(&name, ["pids.max", "pids.max"]), "max");
    let info = systems.run(&["info", &name, "--json"]).ok().json();
    assert!(info["memory"].is_null() && info["pids"].is_null(), "{info}");
}

#[test]
fn a_limit_of_processes_holds() {
    needs!(Root, Pids);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["set", &name, "pids=12"]).ok();
    let many = "for i in $(seq 30); do sleep 5 & done; wait";
    let ran = systems.run(&["exec", &name, "--", "timeout", "2", "sh", "-c", many]).fails();
    assert!(ran.stderr.contains("can't fork"), "{ran:#?}");
}

#[test]
fn live_alone_and_saved_alone() {
    needs!(Root, Pids);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["set", "--runtime", &name, "pids=40"]).ok();
    systems.run(&["set", "--save", &name, "memory=99M"]).ok();
    assert_eq!(limit(&name, ["pids.max", "pids.max"]), "40");
    assert_ne!(limit(&name, ["memory.limit_in_bytes", "memory.max"]), (99 << 20).to_string());
    let info = systems.run(&["info", &name, "--json"]).ok().json();
    assert!(info["pids"].is_null() && info["memory"] == 99 << 20, "{info}");
}

#[test]
fn a_host_name_is_written_where_an_init_reads_it_and_nowhere_else() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let inside = |line: &str| systems.run(&["exec", &name, "--", "sh", "-c", line]).ok().stdout;
    systems.run(&["set", &name, "hostname=shop"]).ok();
    systems.run(&["restart", &name]).ok();
    assert_eq!(inside("hostname; cat /etc/hostname; stat -c %u:%a /etc/hostname"), "shop\nshop\n0:644\n");
    // A link is replaced, not followed; neither is a folder that is a link.
    let victim = systems.folder.join("victim");
    fs::write(&victim, "mine").expect("the folder is ours");
    inside(&format!("ln -sf {} /etc/hostname", victim.display()));
    systems.run(&["set", &name, "hostname=bank"]).ok();
    systems.run(&["restart", &name]).ok();
    assert_eq!(inside("cat /etc/hostname"), "bank\n");
    inside(&format!("mv /etc /old && ln -s {} /etc", systems.folder.display()));
    systems.run(&["set", &name, "hostname=gold"]).ok();
    systems.run(&["restart", &name]).ok();
    assert_eq!(fs::read_to_string(&victim).expect("it is there"), "mine");
    assert!(!systems.folder.join("hostname").exists());
}

// VZ-41, VZ-71: the files of each family of distributions, in a system that runs and in one that does not.
#[test]
fn a_host_name_is_that_of_the_distributions_own_files() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let inside = |line: &str| systems.run(&["exec", &name, "--", "sh", "-c", line]).ok().stdout;
    inside(
        "mkdir -p /etc/sysconfig /etc/conf.d; echo old > /etc/HOSTNAME; \
         printf 'NETWORKING=yes\\nHOSTNAME=old\\n' > /etc/sysconfig/network; chmod 640 /etc/sysconfig/network; \
         echo 'hostname=\"old\"' > /etc/conf.d/hostname; printf '127.0.0.1 localhost\\n127.0.1.1\\told\\n' > /etc/hosts",
    );
    let all = "hostname; cat /etc/hostname /etc/HOSTNAME /etc/sysconfig/network /etc/conf.d/hostname /etc/hosts; \
               stat -c %u:%a /etc/sysconfig/network";
    let expected = |name: &str| {
        format!(
            "{name}\n{name}\n{name}\nNETWORKING=yes\nHOSTNAME={name}\nhostname=\"{name}\"\n127.0.0.1 localhost\n\
             127.0.1.1\t{name}\n0:640\n"
        )
    };
    systems.run(&["set", &name, "hostname=shop"]).ok();
    assert_eq!(inside(all), expected("shop"));
    systems.run(&["restart", &name]).ok();
    assert_eq!(inside(all), expected("shop"));
    systems.run(&["stop", &name]).ok();
    systems.run(&["set", &name, "hostname=bank"]).ok();
    systems.run(&["start", &name]).ok();
    assert_eq!(inside(all), expected("bank"));
    // Files that are not there are not made, and a file without the line stays as it is.
    inside("rm -r /etc/HOSTNAME /etc/conf.d; echo NETWORKING=yes > /etc/sysconfig/network");
    systems.run(&["set", &name, "hostname=gold"]).ok();
    assert_eq!(
        inside("cat /etc/sysconfig/network; ls -d /etc/HOSTNAME /etc/conf.d 2> /dev/null || hostname"),
        "NETWORKING=yes\ngold\n"
    );
    assert_ne!(fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim(), "gold");
}

#[test]
fn keys_may_be_typed_as_options() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "--pids", "50"]).ok();
    systems.run(&["set", "@web", "--memory", "96M", "--cpulimit=20"]).ok();
    let info = systems.run(&["info", "@web", "--json"]).ok().json();
    assert_eq!(
        (&info["pids"], &info["memory"], &info["cpulimit"]),
        (&50.into(), &(96 << 20).into(), &20.into())
    );
}

#[test]
fn nothing_changes_when_one_value_is_wrong() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    systems.run(&["set", "@web", "pids=9", "memory=much"]).exits(7).fails_with("memory:");
    systems.run(&["set", "@web", "memroy=1G"]).exits(7).fails_with("did you mean memory?");
    systems.run(&["set", "@web", "ctid=7"]).exits(7).fails_with("given at creation");
    assert!(systems.run(&["info", "@web", "--json"]).ok().json()["pids"].is_null());
}

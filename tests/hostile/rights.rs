// SPDX-License-Identifier: Apache-2.0
//! Capabilities, users, names and kernel parameters: what a configuration or a caller may not get by a trick.

use integration_tests::{Bundle, needs};
use serde_json::{Value, json};

fn started(ct: Bundle) -> Bundle {
    ct.create().ok();
    ct.start().ok();
    ct
}

// SEC-08: for init, exec and exec --cap.
#[test]
fn no_capability_is_inheritable() {
    needs!(Root);
    let ct = started(Bundle::running(["sleep", "1000"]));
    let status = |args: &[&str]| {
        let words =
            [&["exec"], args, &[ct.id.as_str(), "cat", "/proc/1/status", "/proc/self/status"]].concat();
        ct.ctrun(words).ok().stdout
    };
    for args in [&[][..], &["--cap", "CAP_NET_RAW"], &["--user", "1000", "--cap", "CAP_SYS_ADMIN"]] {
        let text = status(args);
        let inheritable: Vec<&str> = text.lines().filter(|line| line.starts_with("CapInh:")).collect();
        assert_eq!(inheritable, ["CapInh:\t0000000000000000"; 2], "{args:?}");
    }
    ct.delete_force().ok();
    let folder = ct.folder.join("spec");
    std::fs::create_dir(&folder).unwrap();
    ct.ctrun(["spec", "--bundle", folder.to_str().unwrap()]).ok();
    let spec: Value = serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    assert!(spec["process"]["capabilities"].get("inheritable").is_none(), "{spec}");
}

// SEC-18, SP-08, SEC-66: a user that is no number, or one too large, is nobody, and never root.
#[test]
fn users_are_whole_numbers() {
    needs!(Root);
    let ct = started(Bundle::running(["sleep", "1000"]));
    let id = |user: &str| ct.ctrun(["exec", "--user", user, &ct.id, "sh", "-c", "echo $(id -u):$(id -g)"]);
    for (user, inside) in
        [("1", "1:0\n"), ("1:2", "1:2\n"), ("0", "0:0\n"), ("4294967294:1", "4294967294:1\n")]
    {
        assert_eq!(id(user).ok().stdout, inside, "{user}");
    }
    for user in [
        "",
        "1:",
        ":1",
        "root",
        "user",
        "-1",
        "4294967295",
        "1:4294967295",
        "4294967296",
        "1:4294967296",
        "1 ",
        "+1",
        "0x1",
        "1:2:3",
    ] {
        let ran = id(user);
        assert_ne!(ran.code, 0, "{user}: {ran:?}");
    }
    ct.delete_force().ok();
    for uid in [json!(-1), json!(4_294_967_296_u64), json!("0"), json!(1.5)] {
        Bundle::sh("true")
            .with(|c| c["process"]["user"]["uid"] = uid.clone())
            .create()
            .fails_with("config.json: ");
    }
    // -1 to the kernel, which then leaves the id as it is.
    for (key, value) in
        [("uid", json!(u32::MAX)), ("gid", json!(u32::MAX)), ("additionalGids", json!([5, u32::MAX]))]
    {
        let ct = Bundle::sh("id").with(|c| c["process"]["user"][key] = value);
        ct.create().fails_with(&format!("/process/user/{key}"));
    }
}

// SEC-29: kernel parameters that are the host's, or are written as something else.
#[test]
fn kernel_parameters_are_the_containers_own() {
    needs!(Root);
    for key in
        ["kernel.core_pattern", "kernel.hostname", "vm.overcommit_memory", "fs.file-max", "net..x", "../x"]
    {
        let ct = Bundle::sh("true").with(|c| c["linux"]["sysctl"] = json!({ key: "1" }));
        ct.create().fails_with("/linux/sysctl");
    }
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    for value in ["1\n2", "1\n", "1\0", "1+kernel.core_pattern=x", "1=kernel.core_pattern"] {
        let ct = Bundle::sh("true").with(|c| c["linux"]["sysctl"] = json!({ "net.ipv4.ip_forward": value }));
        ct.create().fails_with("/linux/sysctl");
    }
    assert_eq!(std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap(), pattern);
    let ct = Bundle::sh("true").with(|c| {
        integration_tests::remove_namespace(c, "ipc");
        c["linux"]["sysctl"] = json!({ "kernel.shmmax": "1" });
    });
    ct.create().fails_with("ipc");
    // A namespace that is named by its path, and is the host's all the same.
    let own = format!("/proc/{}/ns/net", std::process::id());
    let ttl = || std::fs::read_to_string("/proc/sys/net/ipv4/ip_default_ttl").unwrap();
    let before = ttl();
    let ct = Bundle::sh("true").with(|c| {
        integration_tests::remove_namespace(c, "network");
        integration_tests::add_namespace(c, "network", Some(&own));
        c["linux"]["sysctl"] = json!({ "net.ipv4.ip_default_ttl": "77" });
    });
    ct.create().fails_with("/linux/sysctl/net.ipv4.ip_default_ttl");
    assert_eq!(ttl(), before);
    let ct = Bundle::sh("echo '|/tmp/x' > /proc/sys/kernel/core_pattern");
    assert_ne!(ct.run().code, 0);
}

// SEC-25: the classical escape on v1.
#[test]
fn release_agent_is_out_of_reach() {
    needs!(Root);
    let script = "for d in /sys/fs/cgroup /sys/fs/cgroup/*; do echo /x > $d/release_agent && echo written; done; \
        mkdir /dev/shm/c && mount -t cgroup -o memory none /dev/shm/c && echo mounted; true";
    let ct = Bundle::sh(script);
    let ran = ct.run().ok();
    assert_eq!(ran.stdout, "", "{ran:?}");
}

/// Leaves everything as it is but for a cgroup on v2 that is an ordinary user's, in which the user runs the words after it.
const IN_A_CGROUP_OF_THE_USERS: &str = "mount -t cgroup2 cgroup2 /sys/fs/cgroup && cd /sys/fs/cgroup || exit 99; \
    name=callers-$1; shift; mkdir $name && chown -R 1000:1000 $name || exit 98; echo $$ > $name/cgroup.procs; \
    ( cd \"$OLDPWD\"; exec setpriv --reuid 1000 --regid 1000 --clear-groups \"$@\" ); code=$?; \
    echo $$ > cgroup.procs; rmdir $name/made 2> /dev/null; rmdir $name; exit $code";

// SEC-09: without a cgroup of its own a container sees its caller's, in which the caller's other processes are. It can be
// looked at and not written, whatever config.json says. tests/machine/rootless.sh has the other combinations.
#[test]
fn the_callers_cgroup_cannot_be_written() {
    needs!(Root);
    for namespace in ["with", "without"] {
        for access in ["rw", "ro"] {
            let probe = "cat /sys/fs/cgroup/cgroup.procs > /dev/null || exit 3; cd /sys/fs/cgroup; \
                mkdir made 2> /dev/null && echo mkdir; echo 0 2> /dev/null > cgroup.procs && echo join; true";
            let ct = Bundle::sh(probe).with(|c| {
                for kind in ["network", "cgroup"] {
                    integration_tests::remove_namespace(c, kind);
                }
                integration_tests::add_namespace(c, "user", None);
                for key in ["uidMappings", "gidMappings"] {
                    c["linux"][key] = json!([{ "containerID": 0, "hostID": 1000, "size": 1 }]);
                }
                if namespace == "with" {
                    integration_tests::add_namespace(c, "cgroup", None);
                }
                let linux = c["linux"].as_object_mut().unwrap();
                linux.retain(|key, _| !matches!(key.as_str(), "cgroupsPath" | "resources"));
                c["process"].as_object_mut().unwrap().remove("rlimits");
                for mount in c["mounts"].as_array_mut().unwrap() {
                    let is_sys = mount["type"] == "sysfs";
                    if let Some(options) = mount["options"].as_array_mut() {
                        options.retain(|option| option != "gid=5");
                    }
                    if is_sys {
                        // One needs a network namespace of the same owner.
                        let options = json!(["rbind", "ro"]);
                        *mount = json!({ "destination": "/sys", "type": "none", "source": "/sys", "options": options });
                    } else if mount["type"] == "cgroup" {
                        mount["options"] = json!([access]);
                    }
                }
            });
            std::fs::create_dir_all(ct.root()).unwrap();
            for path in [ct.root(), ct.folder.clone()] {
                std::os::unix::fs::chown(path, Some(1000), Some(1000)).unwrap();
            }
            let run = ct.command(["run", &ct.id]);
            let mut shell = std::process::Command::new("unshare");
            shell.args(["--mount", "sh", "-c", IN_A_CGROUP_OF_THE_USERS, "sh", &ct.id]);
            // Where the user can reach it.
            let program = ct.folder.join("ctrun");
            std::fs::copy(run.get_program(), &program).unwrap();
            shell.arg(program).args(run.get_args()).current_dir(&ct.folder);
            assert_eq!(ct.finish(&mut shell).ok().stdout, "", "{namespace} {access}");
        }
    }
}

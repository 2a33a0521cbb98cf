// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs, run};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

fn idmap(systems: &Systems, name: &str) -> String {
    let info = systems.run(&["info", name, "--json"]).ok().json();
    info["idmap"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn each_system_has_ids_a_number_and_an_identity_of_its_own() {
    needs!(Root);
    let systems = Systems::new();
    for name in ["@a", "@b"] {
        systems.run(&["create", name, "--template", "busybox"]).ok();
        systems.run(&["start", name]).ok();
    }
    assert_ne!(idmap(&systems, "@a"), idmap(&systems, "@b"));
    let of = |name: &str, key: &str| systems.run(&["info", name, "--json"]).ok().json()[key].clone();
    assert_eq!((of("@a", "ctid"), of("@b", "ctid")), (Value::from(101), Value::from(102)));
    let machine_id = |name: &str| systems.run(&["exec", name, "--", "cat", "/etc/machine-id"]).ok().stdout;
    assert_eq!(machine_id("@a").trim().len(), 32);
    assert_ne!(machine_id("@a"), machine_id("@b"));
    // On the host its processes are nobody that exists there.
    let pid = systems.status("@a")["pid"].clone();
    let owner = fs::metadata(format!("/proc/{pid}/")).expect("it runs").uid();
    assert_eq!(owner.to_string(), idmap(&systems, "@a").split(':').next().unwrap_or_default());
}

#[test]
fn files_on_disk_have_the_ids_from_inside() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["exec", &name, "--", "sh", "-c", "echo x > /etc/file && chown 7:8 /etc/file"]).ok();
    let file = systems.folder.join("data/systems").join(&name).join("upper/etc/file");
    let data = fs::metadata(file).expect("it was written");
    assert_eq!((data.uid(), data.gid()), (7, 8));
    let seen = systems.run(&["exec", &name, "--", "stat", "-c", "%u:%g", "/etc/file", "/bin/busybox"]).ok();
    assert_eq!(seen.stdout, "7:8\n0:0\n");
}

#[test]
fn what_is_wrong_is_refused_and_leaves_nothing() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@a", "--template", "none"]).exits(6).fails_with("no template \"none\"");
    systems.run(&["create", "../a", "--template", "busybox"]).exits(7).fails_with("is not a name");
    systems.run(&["create", "@a", "--template", "busybox", "memory=lots"]).exits(7).fails_with("memory:");
    systems
        .run(&["create", "@a", "--template", "busybox", "uuid=1"])
        .exits(7)
        .fails_with("not for you to set");
    assert_eq!(systems.left_behind(), Vec::<String>::new());
    systems.run(&["create", "@a", "--template", "busybox"]).ok();
    systems.run(&["create", "@a", "--template", "busybox"]).exits(4).fails_with("there is a system");
}

#[test]
fn two_systems_do_not_share_ids() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@a", "--template", "busybox", "--idmap", "2000000:65536"]).ok();
    systems
        .run(&["create", "@b", "--template", "busybox", "--idmap", "2065535:65536"])
        .exits(7)
        .fails_with("overlaps");
    systems.run(&["create", "@b", "--template", "busybox", "--idmap", "2065536:65536"]).ok();
}

#[test]
fn nobody_else_reaches_the_files() {
    needs!(Root);
    let systems = Systems::new();
    systems.running("web");
    // What root inside makes setuid is root's on the disk: no user of the host may come near it.
    for folder in ["data/systems", "data/layers", "run/systems", "run/oci", "log", "etc/systems"] {
        let mode = fs::metadata(systems.folder.join(folder)).expect("it is made").mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn keys_are_taken_at_once() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@a", "--template", "busybox", "memory=64M", "hostname=shop"]).ok();
    systems.run(&["start", "@a"]).ok();
    assert_eq!(systems.run(&["exec", "@a", "--", "hostname"]).ok().stdout, "shop\n");
}

#[test]
fn without_a_user_namespace_root_is_the_hosts() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@a", "--template", "busybox", "--idmap", "host"]).ok();
    systems.run(&["start", "@a"]).ok();
    let map = systems.run(&["exec", "@a", "--", "cat", "/proc/self/uid_map"]).ok().stdout;
    assert_eq!(map.split_whitespace().collect::<Vec<_>>(), ["0", "0", "4294967295"]);
    systems.run(&["exec", "@a", "--", "sh", "-c", "echo 1 > /proc/sys/vm/drop_caches"]).fails();
}

/// How many system calls a create makes; what it costs, whatever else this machine does.
fn calls_of_create(systems: &Systems, name: &str, template: &str) -> usize {
    let trace = systems.folder.join(format!("trace-{name}"));
    let command = systems.command(&["create", &format!("@{name}"), "--template", template]);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o"]).arg(&trace).arg(command.get_program()).args(command.get_args());
    traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run(&mut traced, &systems.folder).ok();
    fs::read_to_string(trace).expect("strace wrote it").lines().count()
}

#[test]
fn create_does_the_same_whatever_the_template_s_size() {
    needs!(Root, Strace);
    let systems = Systems::empty();
    for (name, files, size) in [("small", 10, 1000), ("large", 2000, 2000)] {
        let tree = systems.folder.join(name);
        fs::create_dir_all(tree.join("etc")).expect("the folder is ours");
        for number in 0..files {
            fs::write(tree.join(number.to_string()), vec![7; size]).expect("the folder is ours");
        }
        let archive = systems.folder.join(format!("{name}.tar"));
        let mut tar = Command::new("tar");
        tar.args(["--create", "--directory"]).arg(&tree).arg("--file").arg(&archive).arg(".");
        run(&mut tar, &systems.folder).ok();
        systems.run(&["template", "import", &archive.display().to_string()]).ok();
    }
    // The first system makes the folders that all are in.
    calls_of_create(&systems, "first", "small");
    systems.run(&["destroy", "@first"]).ok();
    let small = calls_of_create(&systems, "a", "small");
    systems.run(&["destroy", "@a"]).ok();
    assert_eq!(calls_of_create(&systems, "a", "large"), small);
}

// VZ-71: keys of a template would be the keys of all its systems.
#[test]
fn no_system_has_the_templates_ssh_host_keys() {
    needs!(Root);
    let systems = Systems::empty();
    let tree = systems.folder.join("tree");
    let make = "mkdir -p bin etc/ssh etc/systemd/system usr/bin proc sys dev run; chmod 750 etc/ssh; \
                cp /bin/busybox bin/; for n in sh ls stat cat sleep; do ln -s busybox bin/$n; done; \
                echo 1 > usr/bin/ssh-keygen; echo yes > etc/ssh/sshd_config; \
                for k in rsa ed25519; do echo key > etc/ssh/ssh_host_${k}_key; done; tar -cf ../keyed.tar .";
    fs::create_dir(&tree).unwrap();
    assert!(
        std::process::Command::new("sh").args(["-ec", make]).current_dir(&tree).status().unwrap().success()
    );
    let recipe = systems.folder.join("keyed.toml");
    let init = "init = [\"/bin/sleep\", \"100000\"]\nhalt_signal = \"KILL\"";
    fs::write(&recipe, format!("[source.tar]\npath = \"keyed.tar\"\n[defaults]\n{init}\n")).unwrap();
    systems.run(&["template", "build", &recipe.display().to_string()]).ok();
    systems.run(&["create", "@web", "--template", "keyed"]).ok();
    systems.run(&["start", "@web"]).ok();
    let inside = |line: &str| systems.run(&["exec", "@web", "--", "sh", "-c", line]).ok().stdout;
    assert_eq!(inside("ls /etc/ssh; stat -c %u:%a /etc/ssh"), "sshd_config\n0:750\n");
    // Debian's systemd makes them at the first boot; a system may have its own again.
    let unit = inside("cat /etc/systemd/system/multi-user.target.wants/ctctl-ssh-keys.service");
    assert!(unit.contains("ExecStart=/usr/bin/ssh-keygen -A"), "{unit}");
    inside("echo own > /etc/ssh/ssh_host_rsa_key");
    systems.run(&["restart", "@web"]).ok();
    assert_eq!(inside("cat /etc/ssh/ssh_host_rsa_key"), "own\n");
}

// SPDX-License-Identifier: Apache-2.0
//! What the kernel has and a system does without unless it is asked for.

use crate::push::inside;
use integration_tests::{Systems, ctrun_program, needs};

/// Whether a shell line works in a system with these features, and in one without any.
#[track_caller]
fn works_only_with(feature: &str, line: &str) {
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["exec", &name, "--", "sh", "-c", line]).fails();
    systems.run(&["set", &name, &format!("features+={feature}")]).ok();
    systems.run(&["restart", &name]).ok();
    systems.run(&["exec", &name, "--", "sh", "-c", line]).ok();
    systems.run(&["set", &name, &format!("features-={feature}")]).ok();
    systems.run(&["restart", &name]).ok();
    systems.run(&["exec", &name, "--", "sh", "-c", line]).fails();
}

// VZ-46
#[test]
fn fuse_opens_its_device() {
    needs!(Root, Fuse);
    works_only_with("fuse", "exec 3</dev/fuse");
}

// VZ-46
#[test]
fn tun_opens_its_device() {
    needs!(Root, Tun);
    works_only_with("tun", "exec 3</dev/net/tun");
}

// VZ-46
#[test]
fn nesting_makes_user_namespaces() {
    needs!(Root);
    works_only_with("nesting", "unshare -U true");
}

// VZ-46: a container in a system, by our own runtime.
#[test]
fn nesting_runs_a_container_inside() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "features=nesting,keyctl"]).ok();
    systems.run(&["start", "@web"]).ok();
    systems.run(&["push", "@web", ctrun_program().to_str().unwrap(), "/bin/ctrun"]).ok();
    // What a program that is not static needs.
    for library in ["ld-linux-x86-64.so.2", "libc.so.6", "libgcc_s.so.1", "libm.so.6"] {
        let from = ["/lib64", "/lib/x86_64-linux-gnu"].map(|folder| format!("{folder}/{library}"));
        if let Some(from) = from.iter().find(|path| std::path::Path::new(path).exists()) {
            systems.run(&["push", "-p", "@web", from, from]).ok();
        }
    }
    let line = "mkdir -p /b/rootfs/bin && cp /bin/busybox /b/rootfs/bin/sh && cd /b && ctrun spec --rootless \
                && sed -i 's/\"terminal\": true/\"terminal\": false/; s/\"sh\"/\"sh\", \"-c\", \"echo nested\"/' config.json \
                && ctrun --root /run/inner run inner 2>&1";
    let ran = systems.run(&["exec", "@web", "--", "sh", "-c", line]);
    assert_eq!(ran.stdout, "nested\n", "{ran:#?}");
}

// VZ-46: what does not go together is refused by both names, and what is not there by its own.
#[test]
fn features_that_cannot_be_are_refused() {
    needs!(Root);
    let systems = Systems::new();
    let create = |words: &[&str]| {
        systems.run(&[&["create", "@web", "--template", "busybox"], words].concat()).exits(7)
    };
    create(&["--idmap", "host", "features=nesting"]).fails_with("nesting does not go with idmap=host");
    create(&["features=mknod"]).fails_with("mknod:");
    create(&["features=fuse,ppp"]).fails_with("\"ppp\" is none of fuse");
    create(&["memory+=5"]).fails_with("keys with several words");
    create(&["profile=strict", "features=keyctl"]).fails_with("keyctl does not go with profile=strict");
    assert!(systems.left_behind().is_empty(), "{:#?}", systems.left_behind());
}

// VZ-46
#[test]
fn keyctl_reaches_the_key_rings() {
    needs!(Root, Gcc);
    let systems = Systems::new();
    let program = systems.folder.join("keys");
    integration_tests::build_program("ctctl/keys", &program);
    let name = systems.running("web");
    systems.run(&["push", &name, program.to_str().unwrap(), "/keys"]).ok();
    systems.run(&["exec", &name, "--", "/keys"]).exits(1);
    systems.run(&["set", &name, "features=keyctl"]).ok();
    systems.run(&["restart", &name]).ok();
    systems.run(&["exec", &name, "--", "/keys"]).ok();
}

/// The bounding set of a system's init.
fn bounding(systems: &Systems, name: &str) -> u64 {
    let line = inside(systems, name, "grep CapBnd /proc/1/status | cut -f2");
    u64::from_str_radix(line.trim(), 16).unwrap()
}

// VZ-45
#[test]
fn capabilities_are_given_and_taken() {
    needs!(Root);
    const NET_RAW: u64 = 1 << 13;
    const SYS_TIME: u64 = 1 << 25;
    let systems = Systems::new();
    let name = systems.running("web");
    assert_eq!(bounding(&systems, &name) & (NET_RAW | SYS_TIME), NET_RAW);
    systems.run(&["set", &name, "cap-=CAP_NET_RAW"]).ok();
    systems.run(&["set", &name, "cap+=sys_time"]).exits(7).fails_with("--allow-unsafe");
    systems.run(&["start", "--set", "cap+=sys_time", &name]).exits(7).fails_with("--allow-unsafe");
    systems.run(&["set", "--allow-unsafe", &name, "cap+=sys_time"]).ok();
    systems.run(&["restart", &name]).ok();
    assert_eq!(bounding(&systems, &name) & (NET_RAW | SYS_TIME), SYS_TIME);
    let own = inside(&systems, &name, "grep CapBnd /proc/self/status | cut -f2");
    assert_eq!(u64::from_str_radix(own.trim(), 16).unwrap(), bounding(&systems, &name));
    systems.run(&["set", &name, "cap+=net_raw"]).ok();
    assert!(
        systems.run(&["config", "show", &name]).ok().stdout.contains("cap = [\"+sys_time\", \"+net_raw\"]")
    );
    systems.run(&["set", &name, "cap+=no_such"]).exits(7).fails_with("is no capability");
    systems.run(&["set", &name, "cap=net_raw"]).exits(7).fails_with("expected +NAME");
}

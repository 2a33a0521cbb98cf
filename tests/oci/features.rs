// SPDX-License-Identifier: Apache-2.0
//! `ctrun features` (OC-16, SP-41).

use integration_tests::{Bundle, add_mount, map_users, needs};
use serde_json::{Value, json};

fn holds(list: &Value, word: &str) -> bool {
    list.as_array().is_some_and(|l| l.iter().any(|w| w == word))
}

// OC-16, SP-41
#[test]
fn features_says_what_the_runtime_does() {
    let f = Bundle::new().ctrun(["features"]).ok().json();
    assert_eq!(f["ociVersionMin"], "1.0.0");
    assert!(f["ociVersionMax"].as_str().unwrap().starts_with("1."));
    for hook in ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] {
        assert!(holds(&f["hooks"], hook), "{hook}");
    }
    for option in [
        "bind",
        "rbind",
        "ro",
        "rro",
        "nosuid",
        "rnosuid",
        "idmap",
        "ridmap",
        "tmpcopyup",
        "rshared",
        "nosymfollow",
    ] {
        assert!(holds(&f["mountOptions"], option), "{option}");
    }
    let linux = &f["linux"];
    for namespace in ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"] {
        assert!(holds(&linux["namespaces"], namespace), "{namespace}");
    }
    assert!(holds(&linux["capabilities"], "CAP_SYS_ADMIN"));
    assert_eq!(linux["cgroup"]["v1"], true);
    assert_eq!(linux["cgroup"]["v2"], true);
    assert_eq!(linux["cgroup"]["systemd"], false, "the systemd driver is not there yet");
    assert_eq!(linux["seccomp"]["enabled"], true);
    for action in [
        "SCMP_ACT_ALLOW",
        "SCMP_ACT_ERRNO",
        "SCMP_ACT_KILL_PROCESS",
        "SCMP_ACT_NOTIFY",
        "SCMP_ACT_LOG",
        "SCMP_ACT_TRACE",
        "SCMP_ACT_TRAP",
    ] {
        assert!(holds(&linux["seccomp"]["actions"], action), "{action}");
    }
    assert!(holds(&linux["seccomp"]["operators"], "SCMP_CMP_MASKED_EQ"));
    assert!(holds(&linux["seccomp"]["archs"], "SCMP_ARCH_X32"));
    assert!(holds(&linux["seccomp"]["knownFlags"], "SECCOMP_FILTER_FLAG_LOG"));
    assert_eq!(linux["mountExtensions"]["idmap"]["enabled"], true);
}

fn words(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter().map(|word| word.as_str().unwrap_or_else(|| panic!("{word} is no string"))).collect()
}

// OC-16, SP-41: every property of features.md and features-linux.md that the runtime can speak for, by its type.
#[test]
fn features_follow_the_schema() {
    let f = Bundle::new().ctrun(["features"]).ok().json();
    for version in ["ociVersionMin", "ociVersionMax"] {
        assert_eq!(f[version].as_str().unwrap().split('.').count(), 3, "{version}");
    }
    for list in [
        "/hooks",
        "/mountOptions",
        "/linux/namespaces",
        "/linux/capabilities",
        "/linux/seccomp/actions",
        "/linux/seccomp/operators",
        "/linux/seccomp/archs",
        "/linux/seccomp/knownFlags",
        "/linux/seccomp/supportedFlags",
        "/potentiallyUnsafeConfigAnnotations",
    ] {
        let mut list = words(f.pointer(list).unwrap_or_else(|| panic!("{list} is missing")));
        assert!(!list.is_empty() && list.iter().all(|word| !word.is_empty()), "{list:?}");
        let count = list.len();
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), count, "{list:?}");
    }
    for switch in [
        "/linux/cgroup/v1",
        "/linux/cgroup/v2",
        "/linux/cgroup/systemd",
        "/linux/cgroup/systemdUser",
        "/linux/cgroup/rdma",
        "/linux/seccomp/enabled",
        "/linux/apparmor/enabled",
        "/linux/selinux/enabled",
        "/linux/intelRdt/enabled",
        "/linux/mountExtensions/idmap/enabled",
        "/linux/netDevices/enabled",
    ] {
        assert!(f.pointer(switch).is_some_and(Value::is_boolean), "{switch}");
    }
    for list in ["modes", "flags"] {
        words(&f["linux"]["memoryPolicy"][list]);
    }
    let annotations = f["annotations"].as_object().unwrap();
    assert!(annotations.iter().all(|(key, value)| !key.is_empty() && value.is_string()));
    let apparmor = std::path::Path::new("/sys/kernel/security/apparmor").exists();
    assert_eq!(f["linux"]["apparmor"]["enabled"], apparmor);
}

// OC-16: what is named is taken, and what is not is refused by name.
#[test]
fn what_features_name_is_what_validate_takes() {
    let ct = Bundle::new();
    let f = ct.ctrun(["features"]).ok().json();
    let validate = |change: &dyn Fn(&mut Value)| {
        let ct = Bundle::new().with(|c| change(c));
        ct.ctrun(["validate"])
    };
    for option in words(&f["mountOptions"]) {
        // The words of binds, and those that say nothing without one.
        let of_binds = ["bind", "rbind", "copy-symlink", "src-nofollow", "idmap", "ridmap"];
        let (kind, options) = match of_binds.contains(&option) {
            true => ("bind", ["rbind", option]),
            false => ("tmpfs", ["nosuid", option]),
        };
        validate(&|c| {
            map_users(c, 100_000);
            add_mount(c, "/mnt", kind, "/tmp", &options);
        })
        .ok();
    }
    validate(&|c| add_mount(c, "/mnt", "bind", "/tmp", &["bind", "nosuchoption"])).fails_with("nosuchoption");
    for namespace in words(&f["linux"]["namespaces"]) {
        validate(&|c| {
            map_users(c, 100_000);
            integration_tests::add_namespace(c, namespace, None);
        })
        .ok();
    }
    let known = words(&f["linux"]["capabilities"]);
    assert_eq!(validate(&|c| c["process"]["capabilities"]["bounding"] = json!(known)).ok().stdout, "");
    for hook in words(&f["hooks"]) {
        validate(&|c| c["hooks"] = json!({ hook: [{ "path": "relative" }] })).fails_with(hook);
    }
}

fn with_seccomp(key: &str, value: &Value) -> Value {
    let mut seccomp = json!({ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [] });
    seccomp[key] = value.clone();
    seccomp
}

// OC-16: the words of seccomp.
#[test]
fn what_features_name_of_seccomp_is_taken() {
    let ct = Bundle::new();
    let f = ct.ctrun(["features"]).ok().json();
    let seccomp = &f["linux"]["seccomp"];
    let takes = |value: Value| {
        ct.change(|c| c["linux"]["seccomp"] = value);
        ct.ctrun(["validate"])
    };
    takes(with_seccomp("architectures", &seccomp["archs"])).ok();
    for action in words(&seccomp["actions"]).into_iter().filter(|action| *action != "SCMP_ACT_NOTIFY") {
        takes(with_seccomp("syscalls", &json!([{ "names": ["getppid"], "action": action }]))).ok();
    }
    for op in words(&seccomp["operators"]) {
        let args = json!([{ "index": 0, "value": 1, "valueTwo": 1, "op": op }]);
        let rule = json!([{ "names": ["getppid"], "action": "SCMP_ACT_ERRNO", "args": args }]);
        takes(with_seccomp("syscalls", &rule)).ok();
    }
    for (key, value) in [
        ("architectures", json!(["SCMP_ARCH_NOSUCH"])),
        ("flags", json!(["SECCOMP_FILTER_FLAG_NOSUCH"])),
        ("defaultAction", json!("SCMP_ACT_NOSUCH")),
    ] {
        takes(with_seccomp(key, &value)).fails_with("NOSUCH");
    }
}

// OC-16: the flags that are supported are known ones, and this kernel takes them.
#[test]
fn supported_flags_are_loaded() {
    needs!(Root);
    let f = Bundle::new().ctrun(["features"]).ok().json();
    let seccomp = &f["linux"]["seccomp"];
    let known = words(&seccomp["knownFlags"]);
    assert!(known.contains(&"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"), "{known:?}");
    let supported = words(&seccomp["supportedFlags"]);
    // Linux 4.14 and 4.17 have them, and the runtime needs 5.12.
    for flag in ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"] {
        assert!(supported.contains(&flag), "{supported:?}");
    }
    for flag in supported {
        assert!(known.contains(&flag), "{flag} is not known");
        if flag == "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" {
            // It wants an agent.
            continue;
        }
        let ct = Bundle::new().with(|c| c["linux"]["seccomp"] = with_seccomp("flags", &json!([flag])));
        ct.run().ok();
    }
}

// OC-16: the annotation that changes what a configuration means is named, and is the one that does.
#[test]
fn annotations_that_change_a_container_are_named() {
    needs!(Root);
    let f = Bundle::new().ctrun(["features"]).ok().json();
    assert_eq!(words(&f["potentiallyUnsafeConfigAnnotations"]), ["run.oci.keep_original_groups"]);
    for (value, groups) in [("1", "77"), ("0", "0")] {
        let ct = Bundle::sh("id -G | tr ' ' '\\n' | tail -n 1")
            .with(|c| c["annotations"] = json!({ "run.oci.keep_original_groups": value }));
        let run = ct.command(["run", &ct.id]);
        let mut with_groups = std::process::Command::new("setpriv");
        with_groups.args(["--groups", "77"]).arg(run.get_program()).args(run.get_args());
        assert_eq!(ct.finish(with_groups.current_dir(&ct.folder)).ok().stdout.trim(), groups, "{value}");
    }
}

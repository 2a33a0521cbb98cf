// SPDX-License-Identifier: Apache-2.0
//! `ctrun features` (OC-16, SP-41).

use integration_tests::Bundle;
use serde_json::Value;

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

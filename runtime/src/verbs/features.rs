// SPDX-License-Identifier: Apache-2.0
//! `features`: what this runtime can do, as the specification's features.md has it. The words come from the tables
//! that the runtime itself works with.

use crate::error::Result;
use crate::plan::namespaces;
use crate::seccomp;
use crate::spec::{self, capabilities, mount_options};
use serde_json::json;

/// The document.
///
/// # Errors
/// None that is expected.
pub fn json() -> Result<String> {
    let mut kinds: Vec<&str> = namespaces::TYPES.iter().map(|(name, _)| *name).collect();
    kinds.sort_unstable();
    let options: Vec<&str> = mount_options::OPTIONS.iter().map(|(name, _)| *name).collect();
    let exists = |path: &str| std::path::Path::new(path).exists();
    let document = json!({
        "ociVersionMin": "1.0.0",
        "ociVersionMax": spec::VERSION,
        "hooks": ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
        "mountOptions": options,
        "linux": {
            "namespaces": kinds,
            "capabilities": &capabilities::NAMES[..],
            "cgroup": { "v1": true, "v2": true, "systemd": false, "systemdUser": false, "rdma": true },
            "seccomp": {
                "enabled": true,
                "actions": seccomp::ACTIONS,
                "operators": seccomp::OPERATORS,
                "archs": seccomp::ARCHITECTURES,
                "knownFlags": seccomp::FLAGS,
                "supportedFlags": seccomp::supported_flags(),
            },
            "apparmor": { "enabled": exists("/sys/kernel/security/apparmor") },
            "selinux": { "enabled": exists("/sys/fs/selinux/enforce") },
            "intelRdt": { "enabled": false },
            "memoryPolicy": { "modes": [], "flags": [] },
            "mountExtensions": { "idmap": { "enabled": true } },
            "netDevices": { "enabled": false },
        },
        "annotations": { "org.ctrun.version": env!("CARGO_PKG_VERSION") },
        "potentiallyUnsafeConfigAnnotations": ["run.oci.keep_original_groups"],
    });
    let mut text = serde_json::to_string_pretty(&document).expect("a value can be written");
    text.push('\n');
    Ok(text)
}

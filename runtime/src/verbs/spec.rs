// SPDX-License-Identifier: Apache-2.0
//! `spec`: a configuration to begin with, the same as runc's.

use crate::error::{Context, Error, ErrorKind, Result};
use runtime_sys::credentials;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{ErrorKind as IoKind, Write};
use std::path::Path;

/// What every template of ours and of runc's starts from.
const DEFAULT: &str = include_str!("spec.json");

/// Writes `config.json` into a bundle.
///
/// # Errors
/// [`ErrorKind::Exists`] when there is one.
pub fn write(bundle: &Path, rootless: bool) -> Result<()> {
    let path = bundle.join("config.json");
    let mut config: Value = serde_json::from_str(DEFAULT).expect("the default is JSON: a test reads it");
    if !crate::cgroup::is_unified() {
        // As runc: on v1 a process inside sees where it is, as it always did.
        remove_namespace(&mut config, "cgroup");
    }
    if rootless {
        for_ordinary_users(&mut config, credentials::effective_user(), credentials::effective_group());
    }
    let mut text = serde_json::to_string_pretty(&config).expect("a value can be written");
    text.push('\n');
    let what = || format!("write {}", path.display());
    match OpenOptions::new().write(true).create_new(true).open(&path) {
        Err(error) if error.kind() == IoKind::AlreadyExists => {
            Err(Error::new(ErrorKind::Exists, format!("File {} exists. Remove it first", path.display())))
        }
        file => file.and_then(|mut file| file.write_all(text.as_bytes())).context(what),
    }
}

fn remove_namespace(config: &mut Value, kind: &str) {
    if let Some(namespaces) = config["linux"]["namespaces"].as_array_mut() {
        namespaces.retain(|namespace| namespace["type"] != kind);
    }
}

/// Without root: a user namespace with the caller as its root, no network namespace to set up, no cgroups to make.
fn for_ordinary_users(config: &mut Value, uid: u32, gid: u32) {
    remove_namespace(config, "network");
    let linux = &mut config["linux"];
    if let Some(namespaces) = linux["namespaces"].as_array_mut() {
        namespaces.push(json!({ "type": "user" }));
    }
    linux["uidMappings"] = json!([{ "containerID": 0, "hostID": uid, "size": 1 }]);
    linux["gidMappings"] = json!([{ "containerID": 0, "hostID": gid, "size": 1 }]);
    if let Some(linux) = linux.as_object_mut() {
        linux.remove("resources");
    }
    let Some(mounts) = config["mounts"].as_array_mut() else { return };
    for mount in mounts.iter_mut() {
        let destination = mount["destination"].as_str().unwrap_or_default().to_owned();
        match destination.as_str() {
            // sysfs belongs to the network namespace, which is the host's. Read-only is only its top: the mount of the
            // cgroups stays, to cover those of the host that belong to the user (CVE-2023-25809).
            "/sys" => {
                *mount = json!({ "destination": "/sys", "type": "none", "source": "/sys",
                    "options": ["rbind", "nosuid", "noexec", "nodev", "ro"] });
            }
            // Group 5 is not mapped.
            "/dev/pts" => {
                if let Some(options) = mount["options"].as_array_mut() {
                    options.retain(|option| option != "gid=5");
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_defaults_pass_the_check() {
        for rootless in [false, true] {
            let mut config: Value = serde_json::from_str(DEFAULT).unwrap();
            if rootless {
                for_ordinary_users(&mut config, 1000, 1000);
                assert_eq!(config["linux"]["uidMappings"][0]["hostID"], 1000);
            }
            let text = config.to_string();
            let spec = serde_json::from_str(&text).unwrap();
            crate::plan::check::check(&spec).unwrap();
        }
    }
}

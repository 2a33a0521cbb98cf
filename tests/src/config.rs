// SPDX-License-Identifier: Apache-2.0
//! The config.json that tests begin with: what `runc spec` prints, without the terminal, with a cgroup namespace.

use serde_json::{Value, json};

fn mount(destination: &str, kind: &str, source: &str, options: &[&str]) -> Value {
    json!({ "destination": destination, "type": kind, "source": source, "options": options })
}

#[must_use]
pub fn default_config() -> Value {
    serde_json::from_str(include_str!("config.json")).expect("a configuration of our own")
}

/// Adds one mount after the others.
pub fn add_mount(config: &mut Value, destination: &str, kind: &str, source: &str, options: &[&str]) {
    push(&mut config["mounts"], mount(destination, kind, source, options));
}

/// A namespace of this type: a new one, or the one at `path`.
pub fn add_namespace(config: &mut Value, kind: &str, path: Option<&str>) {
    remove_namespace(config, kind);
    let namespace = match path {
        Some(path) => json!({ "type": kind, "path": path }),
        None => json!({ "type": kind }),
    };
    push(&mut config["linux"]["namespaces"], namespace);
}

pub fn remove_namespace(config: &mut Value, kind: &str) {
    if let Some(list) = config["linux"]["namespaces"].as_array_mut() {
        list.retain(|n| n["type"] != kind);
    }
}

/// A user namespace whose ids 0…65535 are `first`… on the host.
pub fn map_users(config: &mut Value, first: u32) {
    add_namespace(config, "user", None);
    for key in ["uidMappings", "gidMappings"] {
        config["linux"][key] = json!([{ "containerID": 0, "hostID": first, "size": 65536 }]);
    }
}

fn push(list: &mut Value, item: Value) {
    list.as_array_mut().expect("the default configuration has this list").push(item);
}

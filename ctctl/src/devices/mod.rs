// SPDX-License-Identifier: Apache-2.0
//! Giving devices to a system and taking them away, at its start and while it runs, by the same steps.
//!
//! First [`tree`]: on the host's side, a mount that nobody sees yet, with all its flags, ids and locks. Then [`place`]:
//! it is attached below the system's root, by a process in the system's mount namespace. What nodes may be used is the
//! cgroup's matter, beside that.

mod place;
mod tree;

use crate::bundle::{self, Rule};
use crate::config::Config;
use crate::config::device::{Device, Named, target};
use crate::error::{Context, Result};
use crate::host::Host;
use crate::idmap::IdMap;
use runtime::state::Root;
use runtime::verbs::update;
use runtime_sys::BorrowedFd;
use serde_json::json;

/// Gives a system all its devices. It is about to run its first program, and `init` is what will be that.
///
/// # Errors
/// The first device that cannot be given.
pub fn attach_all(host: &Host, config: &Config, init: BorrowedFd<'_>) -> Result<()> {
    let mut devices = config.all_devices();
    // What lies above comes first.
    devices.sort_by_key(|named| target(&named.device).split('/').count());
    devices.iter().try_for_each(|named| attach(host, config, named, init))
}

/// Gives a running system one device more; its cgroup knows of it already.
///
/// # Errors
/// A source that is not there or is a link; a place inside that nothing can be mounted on.
pub fn attach(host: &Host, config: &Config, named: &Named, init: BorrowedFd<'_>) -> Result<()> {
    let give = || {
        let tree = tree::make(host, config, &named.device)?;
        place::attach(&tree, target(&named.device), init, base(config))
    };
    give().context(|| format!("device {}", named.name))
}

/// Takes a device away from a running system.
///
/// # Errors
/// `State` when it is not at its place any more.
pub fn detach(config: &Config, named: &Named, init: BorrowedFd<'_>) -> Result<()> {
    let expected = tree::expected(&named.device)?;
    let removed = place::detach(&expected, target(&named.device), init, base(config));
    removed.context(|| format!("device {}", named.name))
}

/// Tells the cgroup of a running system which devices its configuration allows.
///
/// # Errors
/// What the kernel does not take.
pub fn apply_rules(host: &Host, config: &Config) -> Result<()> {
    // One whose source is gone gives no right; it keeps nobody from changing the others.
    let devices =
        config.all_devices().into_iter().filter(|named| tree::check(&named.device).is_ok()).collect();
    let there = Config { features: Vec::new(), devices, ..config.clone() };
    let document = json!({ "devices": bundle::device_rules(&rules(&there)?) }).to_string();
    let root = Root::open(&host.oci_root())?;
    Ok(update::update(&root, &config.name, &update::parse(document.as_bytes())?)?)
}

/// Checks what can be checked of a device of a system that does not run: the source is there, and is no link.
///
/// # Errors
/// The source's.
pub fn check(device: &Device) -> Result<()> {
    tree::check(device)
}

/// What a system's nodes are, for the rules of its cgroup.
///
/// # Errors
/// A source that is not there, or is no such device.
pub fn rules(config: &Config) -> Result<Vec<Rule>> {
    let mut rules = Vec::new();
    for named in config.all_devices() {
        let Device::Node(node) = &named.device else { continue };
        let (major, minor) = tree::number(node).context(|| format!("device {}", named.name))?;
        rules.push(Rule { block: node.block, major, minor, access: node.access.clone() });
    }
    Ok(rules)
}

fn base(config: &Config) -> Option<u32> {
    match config.idmap {
        IdMap::Host => None,
        IdMap::Range { base, .. } => Some(base),
    }
}

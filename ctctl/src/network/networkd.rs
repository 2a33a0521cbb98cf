// SPDX-License-Identifier: Apache-2.0
//! What the systemd-networkd of a system is told of its interface: what it has already, so that it agrees, says that the
//! system is online, and changes nothing. On an administrator's bridge without a fixed address it is to ask for one.

use super::attachment::{Attachment, Mode};
use crate::error::{Context, Result};
use crate::host::Host;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// Writes it, in place: a running system has this file, and not this name, mounted.
pub(super) fn write(host: &Host, ours: &Attachment) -> Result<()> {
    let path = host.networkd_file(&ours.name);
    let written =
        fs::write(&path, text(ours)).and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o644)));
    written.context(|| format!("write {}", path.display()))
}

fn text(ours: &Attachment) -> String {
    let mut text = "# Written by ctctl.\n[Match]\nName=eth0\n\n[Network]\n".to_owned();
    if matches!(ours.mode, Mode::Bridge(_)) && ours.addresses.is_empty() {
        text.push_str("DHCP=yes\n");
        return text;
    }
    text.push_str("LinkLocalAddressing=ipv6\nIPv6AcceptRA=no\n");
    for block in &ours.addresses {
        text.push_str(&format!("Address={}/{}\n", block.address, block.prefix));
    }
    for gateway in ours.gateways.iter().filter(|gateway| ours.address(gateway.is_ipv4()).is_some()) {
        let on_link = if ours.mode == Mode::Routed { "GatewayOnLink=yes\n" } else { "" };
        text.push_str(&format!("\n[Route]\nGateway={gateway}\n{on_link}"));
    }
    text
}

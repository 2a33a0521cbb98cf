// SPDX-License-Identifier: Apache-2.0
//! What the systemd-networkd of a system is told of its interface: to keep what it has, and to say that the system is
//! online. On an administrator's bridge without a fixed address it is to ask for one.
//!
//! The addresses are not named there: networkd would set them once more, in a way that newer kernels do not take from
//! older ones of it (ERANGE, seen with systemd 252 on Linux 6.18), and they change while the system runs.

use super::attachment::{Attachment, Mode};
use crate::error::{Context, Result};
use crate::host::Host;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// Writes it.
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
    text.push_str("KeepConfiguration=yes\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=no\n");
    text
}

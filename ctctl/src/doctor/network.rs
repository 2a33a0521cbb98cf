// SPDX-License-Identifier: Apache-2.0
//! Whether this machine can connect systems, and whether what the running ones share is still there.

use super::{Finding, Verdict};
use crate::host::Host;
use crate::network;

/// Looks at both.
pub(super) fn check(host: &Host) -> Vec<Finding> {
    let nat = match network::can_translate(host) {
        Ok(()) => Finding::good("nat", "systems can have network=nat"),
        Err(error) => {
            let finding = Finding::new("nat", Verdict::Warning, error.to_string());
            match error.hint_text() {
                Some(hint) => finding.way_out(hint),
                None => finding,
            }
        }
    };
    let shared = match network::missing(host) {
        Ok(missing) if missing.is_empty() => {
            Finding::good("network", "all that running systems share is there")
        }
        Ok(missing) => Finding::new("network", Verdict::Bad, format!("gone: {}", missing.join(", ")))
            .repair(|host| network::repair(host).map(drop)),
        Err(error) => Finding::new("network", Verdict::Bad, error.to_string()),
    };
    vec![nat, shared]
}

// SPDX-License-Identifier: Apache-2.0
//! One container as `state` and `list` print it.

use super::{Root, State, Status};
use crate::error::Result;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `state` and `list` print; the names and their order are runc's.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Version of the specification.
    #[serde(rename = "ociVersion")]
    pub oci_version: String,
    /// Name.
    pub id: String,
    /// 0 when it is stopped.
    pub pid: i32,
    /// The specification's word.
    pub status: &'static str,
    /// Absolute path.
    pub bundle: String,
    /// Absolute path.
    pub rootfs: String,
    /// RFC 3339.
    pub created: String,
    /// As in config.json.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Name of the user who made it.
    pub owner: String,
}

impl Report {
    /// From what was saved and the status that the kernel has now. A hook of a create that is under way may ask, and
    /// others beside it: nobody is waited for, unless nothing was saved yet.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`].
    pub fn of(root: &Root, id: &str) -> Result<Report> {
        let mut container = root.look(id)?;
        let state = match container.load() {
            Ok(Some(state)) => state,
            _ => {
                container = root.container(id)?;
                container.state()?
            }
        };
        let status = container.status(&state)?;
        Ok(Report::new(state, status))
    }

    fn new(state: State, status: Status) -> Report {
        let pid = if status == Status::Stopped { 0 } else { state.pid.unwrap_or(0) };
        Report {
            oci_version: state.oci_version,
            id: state.id,
            pid,
            status: status.as_str(),
            bundle: state.bundle.to_string_lossy().into_owned(),
            rootfs: state.rootfs.to_string_lossy().into_owned(),
            created: state.created,
            annotations: state.annotations,
            owner: user_name(state.owner),
        }
    }
}

/// A user's name, from /etc/passwd alone: a static program has no other sources.
fn user_name(uid: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| if uid == 0 { "root".to_owned() } else { format!("#{uid}") })
}

// SPDX-License-Identifier: Apache-2.0
//! What a plan must know of the host and of the container's namespaces.

pub use crate::cgroup::View as CgroupView;
use runtime_sys::namespace;

/// Gathered before planning; planning itself asks nobody.
#[derive(Debug)]
pub struct Facts<'f> {
    /// The bundle's absolute path: sources of bind mounts are relative to it.
    pub bundle: &'f str,
    /// `CLONE_NEW*` bits of the namespaces that are made.
    pub new_namespaces: u64,
    /// `CLONE_NEW*` bits of the namespaces that are joined by path.
    pub joined_namespaces: u64,
    /// `MS_SLAVE` or `MS_PRIVATE` for what is inherited; 0 keeps it shared.
    pub inherited_propagation: u64,
    /// `linux.mountLabel`, for the file systems that take one.
    pub mount_label: Option<&'f str>,
    /// How the host's control groups look.
    pub cgroups: CgroupView<'f>,
}

impl Facts<'_> {
    /// Whether the container has a user namespace that is not the runtime's.
    #[must_use]
    pub fn has_user_namespace(&self) -> bool {
        (self.new_namespaces | self.joined_namespaces) & namespace::CLONE_NEWUSER != 0
    }

    /// Whether it has a cgroup namespace that is not the runtime's.
    #[must_use]
    pub fn has_cgroup_namespace(&self) -> bool {
        (self.new_namespaces | self.joined_namespaces) & namespace::CLONE_NEWCGROUP != 0
    }
}

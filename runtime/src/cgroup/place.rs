// SPDX-License-Identifier: Apache-2.0
//! Where a container's cgroups are: one directory on cgroup v2, one in each hierarchy on v1.

use crate::error::{Context, Error, Result};
use runtime_sys::cgroupfs::{self, Access};
use runtime_sys::{AsFd, BorrowedFd, Errno, OwnedFd, SysError};
use serde::{Deserialize, Serialize};

/// Where hierarchies are mounted.
pub(super) const MOUNT: &str = "/sys/fs/cgroup";

/// One cgroup of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    /// The hierarchy by its controllers, as /proc/self/cgroup has them: `memory`, `cpu,cpuacct`,
    /// `name=systemd`; empty for cgroup v2.
    pub(super) controllers: String,
    /// The hierarchy's own directory below the mount; empty on pure v2.
    pub(super) base: String,
    /// The cgroup's directory below the mount, `base` included.
    pub(super) path: String,
}

impl Place {
    /// Whether this hierarchy has a controller of v1.
    pub(super) fn has(&self, controller: &str) -> bool {
        self.controllers.split(',').any(|name| name == controller)
    }

    /// Whether this is on cgroup v2.
    pub(super) fn is_v2(&self) -> bool {
        self.controllers.is_empty()
    }

    /// The directory's absolute path.
    pub(super) fn absolute(&self) -> String {
        format!("{MOUNT}/{}", self.path)
    }

    /// What stands between the hierarchy's directory and the cgroup's own: from the top, without the cgroup itself.
    pub(super) fn ancestors(&self) -> impl Iterator<Item = &str> {
        let start = if self.base.is_empty() { 0 } else { self.base.len() + 1 };
        let below = self.path.get(start..).unwrap_or_default();
        below.match_indices('/').map(move |(at, _)| &self.path[..start + at])
    }
}

/// An open cgroup directory; its files are written and read by their names.
#[derive(Debug)]
pub(super) struct Directory {
    fd: OwnedFd,
    /// Below the mount, for messages.
    path: String,
}

impl Directory {
    pub(super) fn open(mount: BorrowedFd<'_>, path: &str) -> runtime_sys::Result<Directory> {
        let fd = cgroupfs::open_beneath(mount, path, Access::Directory)?;
        Ok(Directory { fd, path: path.to_owned() })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// A file's absolute path, for messages.
    pub(super) fn name_of(&self, file: &str) -> String {
        format!("{MOUNT}/{}/{file}", self.path)
    }

    pub(super) fn open_file(&self, name: &str, access: Access) -> runtime_sys::Result<OwnedFd> {
        cgroupfs::open_file(self.fd(), name, access)
    }

    pub(super) fn write(&self, name: &str, value: &str) -> runtime_sys::Result<()> {
        cgroupfs::write(self.open_file(name, Access::Write)?.as_fd(), value)
    }

    pub(super) fn read(&self, name: &str) -> runtime_sys::Result<String> {
        cgroupfs::read(self.open_file(name, Access::Read)?.as_fd())
    }

    /// A file's only number; nothing when the file is missing or says `max`.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.read(name).ok()?.trim().parse().ok()
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, name: &str) -> bool {
        cgroupfs::exists(self.fd(), name)
    }

    /// Writes what `key` of `linux.resources` asks for.
    #[expect(clippy::needless_pass_by_value, reason = "callers have a number, or a text made for this")]
    pub(super) fn set(&self, key: &str, name: &str, value: impl ToString) -> Result<()> {
        let value = value.to_string();
        self.write(name, &value).map_err(|error| self.refusal(key, name, &value, error))
    }

    /// The error for a limit that the kernel did not take: the key, the file, the value, the reason.
    pub(super) fn refusal(&self, key: &str, name: &str, value: &str, error: SysError) -> Error {
        let missing = error.errno == Errno::NOENT;
        let doing = format!("/linux/resources/{key}: write {value:?} to {}", self.name_of(name));
        let error = Err::<(), _>(error).context(|| doing).expect_err("it was an error");
        if !missing {
            return error;
        }
        let offered = self.read("cgroup.controllers").unwrap_or_default();
        let why = match offered.trim() {
            "" => "this host does not offer it".to_owned(),
            offered => format!("this host does not offer it there, only the controllers {offered}"),
        };
        Error::unsupported(format!("{error} ({why})"))
    }
}

/// Splits a path from config.json or an option into its parts; `..` leads to the part above and never higher than
/// where the path begins.
///
/// # Errors
/// A path with a zero byte, or one that is longer than a path can be.
pub(super) fn clean(what: &str, path: &str) -> Result<String> {
    if path.contains('\0') || path.len() > 4000 {
        return Err(Error::invalid(format!("{what}: {path:?} is no path of a cgroup")));
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Joins relative paths, either of which may be empty.
pub(super) fn join(above: &str, below: &str) -> String {
    match (above, below) {
        ("", path) | (path, "") => path.to_owned(),
        _ => format!("{above}/{below}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // SP-25, SEC-19
    #[test]
    fn a_path_cannot_lead_out() {
        for (path, expected) in [
            ("/a//b/./c/", "a/b/c"),
            ("", ""),
            ("/", ""),
            ("a.b/..c", "a.b/..c"),
            ("s:p:n", "s:p:n"),
            ("..", ""),
            ("/../../a", "a"),
            ("a/../../../b", "b"),
            ("a/b/..", "a"),
        ] {
            assert_eq!(clean("/linux/cgroupsPath", path).unwrap(), expected, "{path}");
        }
        assert!(clean("/linux/cgroupsPath", "a\0b").is_err());
    }

    #[test]
    fn ancestors_stay_inside_the_hierarchy() {
        let place =
            |base: &str, path: &str| Place { base: base.into(), path: path.into(), ..Place::default() };
        assert_eq!(place("", "a").ancestors().count(), 0);
        assert_eq!(place("", "a/b/c").ancestors().collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(place("memory", "memory/a/b").ancestors().collect::<Vec<_>>(), ["memory/a"]);
        assert_eq!(place("memory", "memory/a").ancestors().count(), 0);
        assert_eq!(place("memory", "x").ancestors().count(), 0);
    }
}

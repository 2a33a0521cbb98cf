// SPDX-License-Identifier: Apache-2.0
//! The root file system: an overlay of layers whose ids on disk are the container's own.
//!
//! An overlay cannot be id-mapped itself (Linux 6.18), and one whose upper layer is id-mapped is silently read-only for
//! the host's root, whose id has no place there. So all layers are id-mapped mounts, attached where nobody else sees
//! them, and the overlay is mounted by a process that has the first id of the range and all capabilities. What comes
//! out is a detached mount: nothing of it is ever in the host's mount table.

use super::{Ids, c_path, hostname, mapped};
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::output;
use runtime_sys::clone::{Clone, Forked, fork};
use runtime_sys::fs::{self, CWD, OpenFlags};
use runtime_sys::mount::{self, MountAttr, MountAttrFlags};
use runtime_sys::{AsFd, BorrowedFd, OwnedFd, credentials, namespace, process, socket};
use std::ffi::CString;
use std::path::{Path, PathBuf};

const MS_PRIVATE: u64 = 1 << 18;

/// Mounts a system's root and returns it detached. The caller has one thread.
///
/// # Errors
/// A layer that is not there; a file system that takes no id maps or is none for an upper layer.
pub(super) fn mount(host: &Host, config: &Config, ids: Option<Ids>) -> Result<OwnedFd> {
    carried_out(&Plan { ids, ..Plan::new(host, config, Some(host.data(&config.name))) })
}

/// A template's layers alone, detached, to be read.
///
/// # Errors
/// A layer that is not there.
pub(super) fn merged(host: &Host, config: &Config) -> Result<OwnedFd> {
    carried_out(&Plan::new(host, config, None))
}

/// Lets a process of its own carry a plan out.
fn carried_out(plan: &Plan) -> Result<OwnedFd> {
    let (ours, theirs) = socket::packet_pair()?;
    match fork(&Clone::default(), false)? {
        Forked::Child => {
            drop(ours);
            let sent = match plan.carry_out() {
                Ok(tree) => socket::send(theirs.as_fd(), b"+", Some(tree.as_fd())),
                Err(error) => socket::send(theirs.as_fd(), error.to_string().as_bytes(), None),
            };
            process::exit_now(i32::from(sent.is_err()))
        }
        Forked::Parent(child) => {
            drop(theirs);
            let mut said = [0; 4096];
            let heard = socket::receive(ours.as_fd(), &mut said);
            process::wait(child.pid, true)?;
            let (length, tree) = heard?;
            tree.ok_or_else(|| {
                let text = String::from_utf8_lossy(&said[..length]).into_owned();
                Error::new(Exit::Failure, format!("mount the root file system: {text}")).hint(
                    "the file system of --data-dir must be one for an overlay's upper layer: ext4, xfs, btrfs",
                )
            })
        }
    }
}

/// What the mounting process works with.
struct Plan {
    layers: Vec<PathBuf>,
    /// The system's own files, on top; without them the overlay is for reading.
    own: Option<PathBuf>,
    /// A folder to mount over, in the process's own mount namespace.
    workbench: PathBuf,
    hostname: String,
    ids: Option<Ids>,
}

impl Plan {
    fn new(host: &Host, config: &Config, own: Option<PathBuf>) -> Plan {
        Plan {
            layers: config.layers.iter().map(|digest| host.templates().layer(digest)).collect(),
            own,
            workbench: host.run(&config.name),
            hostname: config.hostname().to_owned(),
            ids: None,
        }
    }

    fn carry_out(&self) -> Result<OwnedFd> {
        namespace::unshare(namespace::CLONE_NEWNS)?;
        let private = MountAttr { propagation: MS_PRIVATE, ..MountAttr::default() };
        mount::mount_setattr(CWD, c"/", true, &private)?;
        let bench = self.workbench()?;
        let mut lower = Vec::new();
        for (number, layer) in self.layers.iter().enumerate() {
            let name = format!("l{number}");
            self.attach(layer, bench.as_fd(), &name).context(|| layer.display().to_string())?;
            // The topmost comes first.
            lower.insert(0, name);
        }
        if let Some(own) = &self.own {
            self.attach(own, bench.as_fd(), "own").context(|| own.display().to_string())?;
        }
        // Short names below the working directory, since an option has at most 255 bytes.
        std::env::set_current_dir(&self.workbench).context(|| self.workbench.display().to_string())?;
        if let Some(ids) = &self.ids {
            become_user(ids.base)?;
        }
        let context = mount::fsopen(c"overlay")?;
        let set = |key, value: &str| -> Result<()> {
            Ok(mount::fsconfig(context.as_fd(), key, Some(&c_string(value)?))?)
        };
        set(c"lowerdir", &lower.join(":"))?;
        if self.own.is_none() {
            return Ok(mount::fsmount(context.as_fd(), MountAttrFlags::MOUNT_ATTR_RDONLY)?);
        }
        set(c"upperdir", "own/upper")?;
        set(c"workdir", "own/work")?;
        let tree = mount::fsmount(context.as_fd(), MountAttrFlags::MOUNT_ATTR_NODEV)?;
        if let Err(error) = hostname::write(tree.as_fd(), &self.hostname, None) {
            // Whoever works inside may have made this impossible; the system starts all the same.
            output::progress(&format!("ctctl-monitor: write the host name to /etc/hostname: {error}"));
        }
        Ok(tree)
    }

    /// An empty file system of its own to attach layers in.
    fn workbench(&self) -> Result<OwnedFd> {
        let context = mount::fsopen(c"tmpfs")?;
        let tmpfs = mount::fsmount(context.as_fd(), MountAttrFlags::empty())?;
        let path = c_path(&self.workbench)?;
        let place = fs::open(CWD, &path, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
        mount::attach(tmpfs.as_fd(), place.as_fd())?;
        // Root of the range must be able to walk through it too, without a right that an overlay might not keep.
        let bench = fs::open(CWD, &path, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
        fs::chmod_directory(bench.as_fd(), 0o711)?;
        Ok(bench)
    }

    fn attach(&self, source: &Path, bench: BorrowedFd<'_>, name: &str) -> Result<()> {
        let tree = mapped(source, self.ids.as_ref())?;
        let name = c_string(name)?;
        fs::ensure_directory(bench, &name, 0o711)?;
        let place = fs::open(bench, &name, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
        Ok(mount::attach(tree.as_fd(), place.as_fd())?)
    }
}

/// What the overlay does on its own account, it does as who mounted it.
pub(super) fn become_user(id: u32) -> Result<()> {
    let (_, permitted, _) = credentials::capget()?;
    credentials::setgroups(&[])?;
    credentials::setresgid(id)?;
    credentials::keep_capabilities()?;
    credentials::setresuid(id)?;
    Ok(credentials::capset(permitted, permitted, 0)?)
}

fn c_string(text: &str) -> Result<CString> {
    c_path(Path::new(text))
}

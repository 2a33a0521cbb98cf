// SPDX-License-Identifier: Apache-2.0
//! A device as a detached mount.
//!
//! A system's root has CAP_SYS_ADMIN over its own mount namespace, so it could take `ro` and the others away again by
//! remounting. The kernel locks the flags of a mount when a mount namespace is copied for a lesser user namespace: the
//! mount is attached in a namespace of ours, that is copied so, and the copy is what the system gets.

use crate::config::Config;
use crate::config::device::{Device, Node, NodeSource, Options};
use crate::error::{Context, Error, Exit, Result};
use crate::files::carried_out;
use crate::host::{Host, private_dir};
use crate::{output, storage};
use runtime_sys::clone::{Clone, Forked, fork};
use runtime_sys::fs::{self, CWD, Links, OpenFlags, Stat};
use runtime_sys::mount::{self, MountAttr, MountAttrFlags};
use runtime_sys::rustix::fs as rx;
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, Errno, OwnedFd, namespace, process, socket};
use std::ffi::{CStr, CString};

const MS_PRIVATE: u64 = 1 << 18;
const RDONLY: u64 = 0x01;
const NOSUID: u64 = 0x02;
const NODEV: u64 = 0x04;
const NOEXEC: u64 = 0x08;
const NOATIME: u64 = 0x10;
const ATIME: u64 = 0x70;
const IDMAP: u64 = 0x10_0000;

const WITHOUT_MAPS: &str =
    "its file system takes no id maps: files belong to the host's users, who are nobody inside";

const FOLDER: &CStr = c"folder";
const FILE: &CStr = c"file";
const NODE: &CStr = c"node";

/// A detached mount, and whether its top is a folder.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) mount: OwnedFd,
    pub(super) is_folder: bool,
}

/// What must be at a device's place for it to be taken away there.
#[derive(Debug)]
pub(super) enum Expected {
    /// A file or folder of this device and number.
    File(u64, u64),
    /// The top of some tmpfs.
    Tmpfs,
    /// A node of this kind and number.
    Node(u8, u64),
    /// Anything that is mounted: the source is gone, so there is nothing to compare with.
    Any,
}

/// Opens a path of the host, no part of which is a link, as a handle.
fn source(key: &str, path: &str) -> Result<OwnedFd> {
    let root = fs::open(CWD, c"/", OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
    let name = CString::new(path).unwrap_or_default();
    let opened = fs::open_in_root(root.as_fd(), &name, OpenFlags::PATH, Links::None);
    opened.map_err(|error| match error.errno {
        Errno::LOOP => Error::new(Exit::Value, format!("{key}: a part of {path} is a symbolic link"))
            .hint("whoever can change a link would choose what is shown: give the path that it leads to"),
        Errno::NOENT | Errno::NOTDIR => Error::new(Exit::Value, format!("{key}: {path} is not there")),
        _ => Error::from(error).wrap(key),
    })
}

fn disk(path: &str) -> Result<(OwnedFd, Stat)> {
    let handle = source("src", path)?;
    let stat = fs::fstat(handle.as_fd())?;
    if fs::is_directory(&stat) || fs::is_regular(&stat) {
        return Ok((handle, stat));
    }
    Err(Error::new(Exit::Value, format!("src: {path} is neither a folder nor a file"))
        .hint("a device node is given by unix-char or unix-block"))
}

pub(super) fn number(node: &Node) -> Result<(u32, u32)> {
    let path = match &node.source {
        NodeSource::Number(major, minor) => return Ok((*major, *minor)),
        NodeSource::Path(path) => path,
    };
    let stat = fs::fstat(source("source", path)?.as_fd())?;
    let wanted = if node.block { rx::FileType::BlockDevice } else { rx::FileType::CharacterDevice };
    if rx::FileType::from_raw_mode(stat.st_mode) != wanted {
        let kind = if node.block { "block" } else { "character" };
        return Err(Error::new(Exit::Value, format!("source: {path} is no {kind} device")));
    }
    Ok((rx::major(stat.st_rdev), rx::minor(stat.st_rdev)))
}

pub(super) fn check(device: &Device) -> Result<()> {
    match device {
        Device::Disk { src, .. } => disk(src).map(drop),
        Device::Node(node) => number(node).map(drop),
        Device::Tmpfs { .. } => Ok(()),
    }
}

pub(super) fn expected(device: &Device) -> Result<Expected> {
    Ok(match device {
        Device::Disk { src, .. } => match disk(src) {
            Ok((_, stat)) => Expected::File(stat.st_dev, stat.st_ino),
            Err(_) => Expected::Any,
        },
        Device::Tmpfs { .. } => Expected::Tmpfs,
        Device::Node(node) => match number(node) {
            Ok((major, minor)) => {
                Expected::Node(if node.block { b'b' } else { b'c' }, rx::makedev(major, minor))
            }
            Err(_) => Expected::Any,
        },
    })
}

/// Makes the mount. The caller has one thread.
pub(super) fn make(host: &Host, config: &Config, device: &Device) -> Result<Tree> {
    check(device)?;
    let users = storage::users(config)?;
    let bench = host.run(&config.name);
    private_dir(&bench)?;
    let base = super::base(config);
    let work = || {
        let maker = Maker { bench: bench_path(&bench)?, users: users.as_ref(), base };
        let (raw, is_folder) = maker.raw(device)?;
        let tree = if users.is_some() { maker.locked(&raw, is_folder)? } else { raw };
        Ok(Some(tree))
    };
    let is_folder = match device {
        Device::Disk { src, .. } => fs::is_directory(&disk(src)?.1),
        Device::Tmpfs { .. } => true,
        Device::Node(_) => false,
    };
    let mount = carried_out(work)?.ok_or_else(|| Error::new(Exit::Failure, "no mount came back"))?;
    Ok(Tree { mount, is_folder })
}

fn bench_path(path: &std::path::Path) -> Result<CString> {
    use std::os::unix::ffi::OsStrExt;
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Error::new(Exit::Value, "a path holds a NUL"))
}

/// The process that makes one mount, in a mount namespace of its own.
struct Maker<'m> {
    /// A folder to mount over.
    bench: CString,
    users: Option<&'m OwnedFd>,
    base: Option<u32>,
}

impl Maker<'_> {
    fn raw(&self, device: &Device) -> Result<(OwnedFd, bool)> {
        namespace::unshare(namespace::CLONE_NEWNS)?;
        let private = MountAttr { propagation: MS_PRIVATE, ..MountAttr::default() };
        mount::mount_setattr(CWD, c"/", true, &private)?;
        match device {
            Device::Disk { src, options, .. } => self.disk(src, *options),
            Device::Tmpfs { size, mode, options, .. } => {
                let tree = self.tmpfs(*size, *mode)?;
                mount::mount_setattr(tree.as_fd(), c"", false, &flags(*options))?;
                Ok((tree, true))
            }
            Device::Node(node) => self.node(node),
        }
    }

    fn disk(&self, src: &str, options: Options) -> Result<(OwnedFd, bool)> {
        let (handle, stat) = disk(src)?;
        let tree = mount::clone_mount(handle.as_fd(), true).context(|| format!("src: {src}"))?;
        mount::mount_setattr(tree.as_fd(), c"", true, &flags(options))?;
        if let Some(users) = self.users {
            let users = u64::from(users.as_raw_fd().cast_unsigned());
            let map = MountAttr { set: IDMAP, userns_fd: users, ..MountAttr::default() };
            match mount::mount_setattr(tree.as_fd(), c"", true, &map) {
                // It, or something mounted below it, takes no id maps, or has one already.
                Err(error) if matches!(error.errno, Errno::INVAL | Errno::PERM) => {
                    output::progress(&format!("ctctl: {src}: {WITHOUT_MAPS}"));
                }
                other => other?,
            }
        }
        Ok((tree, fs::is_directory(&stat)))
    }

    fn tmpfs(&self, size: Option<u64>, mode: u32) -> Result<OwnedFd> {
        let context = mount::fsopen(c"tmpfs")?;
        let mut options = vec![(c"mode", format!("{mode:o}"))];
        options.extend(size.map(|size| (c"size", size.to_string())));
        options.extend(
            self.base.into_iter().flat_map(|base| [c"uid", c"gid"].map(|key| (key, base.to_string()))),
        );
        for (key, value) in options {
            let value = CString::new(value).unwrap_or_default();
            mount::fsconfig(context.as_fd(), key, Some(&value))?;
        }
        Ok(mount::fsmount(context.as_fd(), MountAttrFlags::empty())?)
    }

    /// A node of our own, on a file system where nodes mean something: the host's has the host's owner.
    fn node(&self, node: &Node) -> Result<(OwnedFd, bool)> {
        let (major, minor) = number(node)?;
        let bench = self.bench()?;
        let kind = if node.block { b'b' } else { b'c' };
        fs::mknodat(bench.as_fd(), NODE, kind, 0o600, rx::makedev(major, minor))?;
        let shifted = |id: u32| self.base.unwrap_or(0).saturating_add(id);
        fs::chownat(bench.as_fd(), NODE, shifted(node.uid), shifted(node.gid))?;
        runtime_sys::tree::chmodat(bench.as_fd(), NODE, node.mode)?;
        let place = fs::open(bench.as_fd(), NODE, OpenFlags::PATH | OpenFlags::NOFOLLOW, 0)?;
        Ok((mount::clone_mount(place.as_fd(), false)?, false))
    }

    /// An empty file system over the bench, in this namespace alone.
    fn bench(&self) -> Result<OwnedFd> {
        let context = mount::fsopen(c"tmpfs")?;
        let tmpfs = mount::fsmount(context.as_fd(), MountAttrFlags::empty())?;
        let flags = OpenFlags::PATH | OpenFlags::DIRECTORY;
        mount::attach(tmpfs.as_fd(), fs::open(CWD, &self.bench, flags, 0)?.as_fd())?;
        Ok(fs::open(CWD, &self.bench, flags, 0)?)
    }

    /// A copy of the mount whose flags nobody in a lesser user namespace can take away.
    fn locked(&self, raw: &OwnedFd, is_folder: bool) -> Result<OwnedFd> {
        let bench = self.bench()?;
        let name = if is_folder { FOLDER } else { FILE };
        if is_folder {
            fs::ensure_directory(bench.as_fd(), name, 0o755)?;
        } else {
            fs::mknodat(bench.as_fd(), name, b'f', 0o644, 0)?;
        }
        let place = fs::open(bench.as_fd(), name, OpenFlags::PATH, 0)?;
        mount::attach(raw.as_fd(), place.as_fd())?;
        let (ours, theirs) = socket::packet_pair()?;
        let namespaces = namespace::CLONE_NEWUSER | namespace::CLONE_NEWNS;
        match fork(&Clone { namespaces, cgroup: None }, false)? {
            Forked::Child => {
                // Its user owns nothing but stands where it can reach the bench: it is still the host's root to it.
                let sent = self.copy(name).map(|copy| socket::send(theirs.as_fd(), b"+", Some(copy.as_fd())));
                if let Err(error) = sent {
                    drop(socket::send(theirs.as_fd(), error.to_string().as_bytes(), None));
                }
                process::exit_now(0)
            }
            Forked::Parent(child) => {
                drop(theirs);
                let mut said = [0; 1024];
                let heard = socket::receive(ours.as_fd(), &mut said);
                process::wait(child.pid, true)?;
                let (length, tree) = heard?;
                tree.ok_or_else(|| {
                    let text = String::from_utf8_lossy(&said[..length]).into_owned();
                    Error::new(Exit::Failure, format!("lock the flags of the mount: {text}"))
                })
            }
        }
    }

    /// In the copied namespace.
    fn copy(&self, name: &CStr) -> runtime_sys::Result<OwnedFd> {
        let bench = fs::open(CWD, &self.bench, OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
        let place: BorrowedFd<'_> = bench.as_fd();
        let top = fs::open(place, name, OpenFlags::PATH | OpenFlags::NOFOLLOW, 0)?;
        mount::clone_mount(top.as_fd(), true)
    }
}

/// For a mount and all below it; none of them sends what is mounted later to the host or back.
fn flags(options: Options) -> MountAttr {
    let Options { ro, nosuid, nodev, noexec, noatime } = options;
    let all = [(ro, RDONLY), (nosuid, NOSUID), (nodev, NODEV), (noexec, NOEXEC), (noatime, NOATIME)];
    let set = all.into_iter().filter(|(is_set, _)| *is_set).fold(0, |set, (_, flag)| set | flag);
    MountAttr { set, clear: if noatime { ATIME } else { 0 }, propagation: MS_PRIVATE, ..MountAttr::default() }
}

// SPDX-License-Identifier: Apache-2.0
//! The guest's own file systems. The initramfs is left at once: nothing can pivot from it.

use std::fs;
use std::path::Path;

use runtime_sys::rustix::mount::{MountFlags, mount, mount_bind_recursive, mount_move};
use runtime_sys::rustix::process::{chdir, chroot};

use crate::{Result, Step};

/// The container's root, seen from guest-init.
pub(crate) const CONTAINER: &str = "/rootfs";
/// Where the next root is made.
const NEXT: &str = "/next";

/// What kernel and modules need before anything else.
pub(crate) fn mount_first() -> Result<()> {
    folder("/dev")?;
    mount("devtmpfs", "/dev", "devtmpfs", MountFlags::empty(), None).step("mount /dev")
}

/// Moves a tmpfs over `/`. The initramfs's own files, but for the container's, give their memory back.
pub(crate) fn leave_initramfs() -> Result<()> {
    folder(NEXT)?;
    mount("tmpfs", NEXT, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, Some(c"mode=0755"))
        .step("mount the next root")?;
    for name in ["dev", "proc", "sys", "rootfs"] {
        folder(&format!("{NEXT}/{name}"))?;
    }
    mount_move("/dev", format!("{NEXT}/dev")).step("move /dev")?;
    if Path::new(CONTAINER).is_dir() {
        mount_bind_recursive(CONTAINER, format!("{NEXT}{CONTAINER}")).step("bind the container's root")?;
    }
    fs::remove_file("/init").step("free guest-init's file")?;
    chdir(NEXT).step("enter the next root")?;
    mount_move(".", "/").step("move the next root over /")?;
    chroot(".").step("make it the root")?;
    chdir("/").step("enter it")?;
    kernel_file_systems("")
}

/// The file systems of the kernel in the container's root, if there is one in the initramfs.
pub(crate) fn prepare_container() -> Result<()> {
    for name in ["proc", "sys", "dev"] {
        folder(&format!("{CONTAINER}/{name}"))?;
    }
    kernel_file_systems(CONTAINER)?;
    mount("devtmpfs", format!("{CONTAINER}/dev"), "devtmpfs", MountFlags::NOSUID, None)
        .step("mount the container's /dev")
}

fn kernel_file_systems(root: &str) -> Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    for (kind, place) in [("proc", "/proc"), ("sysfs", "/sys")] {
        mount(kind, format!("{root}{place}"), kind, flags, None).step(&format!("mount {root}{place}"))?;
    }
    Ok(())
}

fn folder(path: &str) -> Result<()> {
    match fs::create_dir(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e).step(&format!("make {path}")),
        _ => Ok(()),
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The step that makes the container's mounts, each through descriptors.

use crate::fault::About;
use crate::files::{self, Fresh, Later, PathBuffer, as_fd, ensure_directory, ensure_file, split_last};
use crate::{Fault, Stage, StepResult};
use core::ffi::CStr;
use runtime_sys::fs::Links;
use runtime_sys::mount::{self, MountAttr, MountAttrFlags};
use runtime_sys::{BorrowedFd, Errno, OwnedFd, fd, fs};
use stage::plan::{Attributes, Bind, FileSystem, Mount};
use stage::wire::List;

/// Callers match on these words of runc.
const MUST_BE_DIRECTORY: &str = "proc and sysfs must be mounted on ordinary directory";

pub(crate) fn mount_all<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let (Some(root), Some(tree)) = (stage.plan.root, stage.tree) else { return Ok(()) };
    for mount in root.mounts.iter() {
        mount_one(tree, &mut stage.fresh, &mut stage.later, &mount).about(mount.target.to_bytes())?;
    }
    Ok(())
}

fn mount_one<'a>(
    root: BorrowedFd<'_>,
    fresh: &mut Option<Fresh<'a>>,
    later: &mut Later,
    plan: &Mount<'a>,
) -> StepResult<'a> {
    let path = plan.target.to_bytes();
    let links = if plan.refuse_links { Links::None } else { Links::InRoot };
    if let Some(text) = plan.symlink {
        return make_symlink(root, path, links, text);
    }
    if let Some(attributes) = plan.remount {
        let place = files::find(root, plan.target, links)?;
        mount::mount_setattr(as_fd(&place), c"", false, &attr(attributes))?;
        return set_propagations(as_fd(&place), &plan.propagation);
    }
    let mut made = None;
    let tree = if let Some(number) = plan.tree {
        fd::inherited(number)
    } else {
        let new = match (&plan.bind, &plan.fs) {
            (Some(bind), _) => open_bind(bind)?,
            (None, Some(file_system)) => make(file_system, plan.attributes)?,
            (None, None) => return Err(Fault::new("mount", Errno::INVAL.raw_os_error(), path)),
        };
        as_fd(made.insert(new))
    };
    let is_directory = plan.fs.is_some() || fs::is_directory(&fs::fstat(tree)?);
    let place = if is_directory {
        match files::ensure_directory_at(fresh.as_ref(), root, path, links) {
            // A link there would put the host's kernel in reach under another name (CVE-2019-19921).
            Err(fault) if links == Links::None && (fault.is(Errno::LOOP) || fault.is(Errno::NOTDIR)) => {
                return Err(Fault::new(MUST_BE_DIRECTORY, Errno::LOOP.raw_os_error(), path));
            }
            place => place?,
        }
    } else {
        ensure_file(root, path, links)?
    };
    if plan.keep_mode {
        let mode = fs::fstat(as_fd(&place))?.st_mode & 0o7777;
        fs::chmod_directory(tree, mode)?;
    }
    if plan.copy_up {
        crate::copy_up::copy_tree(root, plan.target, links, tree)?;
    }
    mount::attach(tree, as_fd(&place))?;
    for link in plan.links.iter() {
        fs::symlinkat(link.target, tree, link.path)?;
    }
    if let Some(attributes) = plan.recursive {
        mount::mount_setattr(tree, c"", true, &attr(attributes))?;
    }
    set_propagations(tree, &plan.propagation)?;
    let is_tmpfs = plan.fs.is_some_and(|fs| fs.fstype == c"tmpfs");
    files::leave(place);
    if plan.readonly_later {
        later.keep(made.take());
    } else if is_tmpfs && !plan.copy_up && plan.tree.is_none() && !path.contains(&b'/') {
        *fresh = made.map(|directory| Fresh { path, directory });
        return Ok(());
    }
    if let Some(made) = made {
        files::leave(made);
    }
    if fresh.as_ref().is_some_and(|fresh| !fresh.holds(path)) {
        *fresh = None;
    }
    Ok(())
}

/// In the place of a mount. One that is there already and says the same is left alone, as a container that starts again
/// has it.
fn make_symlink<'a>(root: BorrowedFd<'_>, path: &'a [u8], links: Links, text: &CStr) -> StepResult<'a> {
    let (parent, name) = split_last(path);
    let directory = ensure_directory(root, parent, links)?;
    let mut buffer = PathBuffer::new();
    let name =
        buffer.join(&[name]).ok_or(Fault::new("symlinkat", Errno::NAMETOOLONG.raw_os_error(), path))?;
    match fs::symlinkat(text, as_fd(&directory), name) {
        Err(error) if error.errno == Errno::EXIST => {
            let mut present = [core::mem::MaybeUninit::uninit(); 4096];
            match fs::readlinkat(as_fd(&directory), name, &mut present) {
                Ok(present) if present == text => Ok(()),
                _ => Err(error.into()),
            }
        }
        other => Ok(other?),
    }
}

fn attr(attributes: Attributes) -> MountAttr {
    MountAttr { set: attributes.set, clear: attributes.clear, ..MountAttr::default() }
}

fn open_bind<'a>(bind: &Bind<'a>) -> Result<OwnedFd, Fault<'a>> {
    let tree = MountAttr { propagation: bind.propagation, ..attr(bind.tree) };
    mount::open_source(bind.source, bind.recursive, bind.nofollow, &attr(bind.top), &tree)
        .about(bind.source.to_bytes())
}

/// One after the other: a slave that is shared has both.
fn set_propagations<'a>(tree: BorrowedFd<'_>, words: &List<'_, u64>) -> StepResult<'a> {
    words.iter().try_for_each(|flags| set_propagation(tree, flags))
}

/// `MS_SHARED` and its kin, with `MS_REC` for the whole tree; 0 leaves it.
pub(crate) fn set_propagation<'a>(tree: BorrowedFd<'_>, flags: u64) -> StepResult<'a> {
    const MS_REC: u64 = 0x4000;
    if flags != 0 {
        let attr = MountAttr { propagation: flags & !MS_REC, ..MountAttr::default() };
        mount::mount_setattr(tree, c"", flags & MS_REC != 0, &attr)?;
    }
    Ok(())
}

/// A new file system as a detached mount.
fn make<'a>(plan: &FileSystem<'a>, attributes: u64) -> Result<OwnedFd, Fault<'a>> {
    let context = mount::fsopen(plan.fstype).on(plan.fstype.to_bytes())?;
    mount::fsconfig(as_fd(&context), c"source", Some(plan.source)).on(plan.source.to_bytes())?;
    for option in plan.options.iter() {
        mount::fsconfig(as_fd(&context), option.key, option.value).on(option.key.to_bytes())?;
    }
    let attributes = u32::try_from(attributes).unwrap_or(u32::MAX);
    let made = mount::fsmount(as_fd(&context), MountAttrFlags::from_bits_retain(attributes))?;
    files::leave(context);
    Ok(made)
}

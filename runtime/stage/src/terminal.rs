// SPDX-License-Identifier: Apache-2.0
//! The step that gives the payload a terminal of the container's own devpts.

use crate::fault::About;
use crate::files::{as_fd, ensure_file};
use crate::wait::say;
use crate::{Fault, Stage, StepResult};
use runtime_sys::fs::{CWD, Links, OpenFlags};
use runtime_sys::{AsFd, Errno, fs, mount, tty};
use stage::message::FromStage;

pub(crate) fn set_up<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let Some(plan) = stage.plan.terminal else { return Ok(()) };
    let slash;
    let root = if let Some(tree) = stage.tree {
        tree
    } else {
        slash = fs::open(CWD, c"/", OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?;
        slash.as_fd()
    };
    let flags = OpenFlags::RDWR | OpenFlags::NOCTTY;
    let master = fs::open_in_root(root, c"dev/pts/ptmx", flags, Links::InRoot).about(b"/dev/pts/ptmx")?;
    // A rootfs may offer any file under this name; only a devpts makes terminals (CVE-2025-52565).
    if fs::fs_magic(as_fd(&master))? != fs::DEVPTS_MAGIC {
        return Err(Fault::new("fstatfs", Errno::PERM.raw_os_error(), b"/dev/pts is not a devpts"));
    }
    // Opened through the master, not by a path that another process could swap.
    let terminal = tty::peer(as_fd(&master))?;
    if plan.rows != 0 || plan.columns != 0 {
        tty::set_size(as_fd(&terminal), tty::Size { rows: plan.rows, columns: plan.columns })?;
    }
    say(stage, FromStage::Terminal, Some(as_fd(&master)))?;
    if plan.mount_console {
        let place = ensure_file(root, b"dev/console", Links::None)?;
        let cover = mount::clone_mount(as_fd(&terminal), false).about(b"/dev/console")?;
        mount::attach(as_fd(&cover), as_fd(&place)).about(b"/dev/console")?;
    }
    tty::set_controlling(as_fd(&terminal))?;
    for number in 0..3 {
        tty::become_stdio(as_fd(&terminal), number)?;
    }
    Ok(())
}

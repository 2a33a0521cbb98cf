// SPDX-License-Identifier: Apache-2.0
//! The step that finds `HOME`, which shells want and config.json often lacks, in the container's own /etc/passwd.

use crate::files::{PathBuffer, as_fd};
use crate::{Stage, StepResult};
use runtime_sys::fs::{self, CWD, Links, OpenFlags};
use runtime_sys::rustix::io;

/// How much of the file is looked at: its writer is the container.
const MOST: usize = 1 << 20;

/// The working directory is the container's root here.
pub(crate) fn find<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    let plan = &stage.plan.process;
    if plan.find_home && !in_passwd(plan.uid, &mut stage.home) {
        stage.home.join(&[b"HOME=/"]);
    }
    Ok(())
}

fn in_passwd(uid: u32, home: &mut PathBuffer) -> bool {
    // Not blocking: it may be a FIFO.
    let flags = OpenFlags::RDONLY | OpenFlags::NONBLOCK | OpenFlags::NOCTTY;
    let Ok(file) = fs::open_in_root(CWD, c"etc/passwd", flags, Links::InRoot) else { return false };
    if !fs::fstat(as_fd(&file)).is_ok_and(|stat| fs::is_regular(&stat)) {
        return false;
    }
    let mut buffer = [0; 4096];
    let (mut filled, mut seen) = (0, 0);
    while seen < MOST {
        let count = io::read(&file, &mut buffer[filled..]).unwrap_or(0);
        let end = filled + count;
        seen += count;
        let mut rest = &buffer[..end];
        while let Some(newline) = rest.iter().position(|byte| *byte == b'\n') {
            if line(&rest[..newline], uid, home) {
                return true;
            }
            rest = &rest[newline + 1..];
        }
        if count == 0 {
            // The last line may have no end.
            return line(rest, uid, home);
        }
        let left = rest.len();
        if left == buffer.len() {
            // No honest line is that long.
            return false;
        }
        buffer.copy_within(end - left..end, 0);
        filled = left;
    }
    false
}

/// `name:password:uid:gid:comment:home:shell`
fn line(line: &[u8], uid: u32, home: &mut PathBuffer) -> bool {
    let mut fields = line.split(|byte| *byte == b':');
    let is_user = fields.nth(2).is_some_and(|field| number(field) == Some(uid));
    match fields.nth(2) {
        Some(path) if is_user && !path.contains(&0) => home.join(&[b"HOME=", path]).is_some(),
        _ => false,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}

// SPDX-License-Identifier: Apache-2.0
//! What the stage and the runtime say to each other while they run.
//!
//! ```text
//! runtime                                 stage
//!   clone3 into the cgroup   ----------->  born; reads its plan
//!   Go (gate)                ----------->  id maps are written, cgroups are joined        0..1
//!                            <-----------  Moved { pid }: it cloned itself once more       0..1
//!                            <-----------  RunHooks: namespaces are there                  0..1
//!   Go                       ----------->
//!                            <-----------  Terminal + fd                                   0..1
//!                            <-----------  SeccompNotify + fd                              0..1
//!   Go                       ----------->
//!                            <-----------  Ready: waits for the start socket or for Go     0..1
//!   Go                       ----------->
//!                            <-----------  Failed { step, call, errno, detail }  any time, then silence
//!                            <-----------  (closed): the payload runs
//! ```
//!
//! On a start socket the same holds: `Go` in, then `Starting`, then `Failed` or the close that execve makes. A stage that
//! is killed closes it too; then it has not said `Starting`, or has kept its name.

use crate::wire::{Malformed, Reader, Wire, wire_struct};

/// The runtime's only word.
pub const GO: &[u8] = b"G";

/// The first byte of [`FromStage::Moved`]; the number follows in the machine's order.
pub const MOVED: u8 = b'M';

/// The first and only byte of [`FromStage::Starting`].
pub const STARTING: u8 = b'B';

/// The stage's name until its execve, for those who look with ps, and for who asks whether there was one.
pub const NAME: &core::ffi::CStr = c"ctrun:[init]";

/// The longest message, in bytes: as much as a pipe keeps in one piece.
pub const LONGEST: usize = 4096;

wire_struct! {
    /// A step that did not work.
    pub struct Failure<'a> {
        /// The step's name in the stage's list.
        pub step: &'a [u8],
        /// The kernel's call.
        pub call: &'a [u8],
        /// What it answered.
        pub errno: i32,
        /// What was wrong of the detail: an option of a mount.
        pub subject: &'a [u8],
        /// The path, key or name that it was about.
        pub detail: &'a [u8],
    }
}

/// What the stage says.
#[derive(Debug, Clone, Copy)]
pub enum FromStage<'a> {
    /// The launch goes on in another process, with this number in the runtime's pid namespace.
    Moved(i32),
    /// Run the hooks of the runtime's namespace.
    RunHooks,
    /// A terminal's master comes with this message.
    Terminal,
    /// A seccomp listener comes with this message.
    SeccompNotify,
    /// All is made; the payload waits.
    Ready,
    /// On a start socket: what is left is the payload's execve, and what must come right before it.
    Starting,
    /// The launch ends here.
    Failed(Failure<'a>),
}

impl<'a> FromStage<'a> {
    /// Reads one message.
    ///
    /// # Errors
    /// When it is none of ours.
    pub fn get(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(message);
        Ok(match u8::get(&mut reader)? {
            MOVED => FromStage::Moved(i32::get(&mut reader)?),
            b'H' => FromStage::RunHooks,
            b'T' => FromStage::Terminal,
            b'S' => FromStage::SeccompNotify,
            b'R' => FromStage::Ready,
            STARTING => FromStage::Starting,
            b'F' => FromStage::Failed(Failure::get(&mut reader)?),
            _ => return Err(Malformed),
        })
    }

    /// Writes the message into `buffer` and returns the part that it takes; a detail that is too long is cut.
    pub fn put<'b>(&self, buffer: &'b mut [u8; LONGEST]) -> &'b [u8] {
        let mut cursor = Cursor { buffer, len: 0 };
        match self {
            FromStage::Moved(pid) => {
                cursor.bytes(&[MOVED]);
                cursor.bytes(&pid.to_ne_bytes());
            }
            FromStage::RunHooks => cursor.bytes(b"H"),
            FromStage::Terminal => cursor.bytes(b"T"),
            FromStage::SeccompNotify => cursor.bytes(b"S"),
            FromStage::Ready => cursor.bytes(b"R"),
            FromStage::Starting => cursor.bytes(&[STARTING]),
            FromStage::Failed(failure) => {
                cursor.bytes(b"F");
                cursor.counted(failure.step);
                cursor.counted(failure.call);
                cursor.bytes(&failure.errno.to_ne_bytes());
                cursor.counted(failure.subject);
                cursor.counted(failure.detail);
            }
        }
        let len = cursor.len;
        &buffer[..len]
    }
}

struct Cursor<'b> {
    buffer: &'b mut [u8; LONGEST],
    len: usize,
}

impl Cursor<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        let room = LONGEST - self.len;
        let bytes = &bytes[..bytes.len().min(room)];
        self.buffer[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn counted(&mut self, bytes: &[u8]) {
        // 16 bytes of room for the fields behind this one.
        let room = (LONGEST - self.len).saturating_sub(16);
        let bytes = &bytes[..bytes.len().min(room)];
        let count = u32::try_from(bytes.len()).unwrap_or(0);
        self.bytes(&count.to_ne_bytes());
        self.bytes(bytes);
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn a_failure_with_a_long_detail_is_cut_and_still_read() {
        let detail = [b'x'; 10_000];
        let failure = Failure { step: b"mount", call: b"openat2", errno: 2, subject: b"", detail: &detail };
        let mut buffer = [0; LONGEST];
        let message = FromStage::Failed(failure).put(&mut buffer);
        let Ok(FromStage::Failed(read)) = FromStage::get(message) else { panic!("not a failure") };
        assert_eq!((read.step, read.call, read.errno), (&b"mount"[..], &b"openat2"[..], 2));
        assert!(read.detail.len() > 3900);
    }

    #[test]
    fn a_pid_comes_back() {
        let mut buffer = [0; LONGEST];
        let message = FromStage::Moved(4711).put(&mut buffer);
        assert!(matches!(FromStage::get(message), Ok(FromStage::Moved(4711))));
        assert!(FromStage::get(b"x").is_err());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Descriptors that callers wait for on their sockets: terminals and pidfds; and the relay for a terminal whose
//! caller stays in the foreground.

use crate::error::{Context, Error, Result};
use runtime_sys::fs::{self, CWD, OpenFlags};
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::rustix::io as rx;
use runtime_sys::socket::{self, Carries};
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, Call, Errno, OwnedFd, tty};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The longest path in `struct sockaddr_un`.
const LONGEST_SOCKET_PATH: usize = 107;

/// Sends a terminal's master to `--console-socket`; the message is the terminal's name, as runc's is.
///
/// # Errors
/// ENOENT, ECONNREFUSED.
pub fn send_master(path: &Path, master: &OwnedFd) -> Result<()> {
    send(path, master.as_fd(), b"/dev/pts/ptmx").context(|| format!("console socket {}", path.display()))
}

/// Sends a pidfd to `--pidfd-socket`.
///
/// # Errors
/// ENOENT, ECONNREFUSED.
pub fn send_pidfd(path: &Path, pidfd: BorrowedFd<'_>) -> Result<()> {
    send(path, pidfd, b"pidfd").context(|| format!("pidfd socket {}", path.display()))
}

fn send(path: &Path, fd: BorrowedFd<'_>, message: &[u8]) -> Result<()> {
    let socket = connect(path)?;
    Ok(socket::send(socket.as_fd(), message, Some(fd))?)
}

/// Connects to a stream socket, however long its path is.
///
/// # Errors
/// ENOENT, ECONNREFUSED.
pub fn connect(path: &Path) -> Result<OwnedFd> {
    let bytes = path.as_os_str().as_bytes();
    let c = |bytes: &[u8]| {
        CString::new(bytes).map_err(|_| Error::invalid(format!("{} holds a NUL", path.display())))
    };
    if bytes.len() <= LONGEST_SOCKET_PATH {
        return Ok(socket::connect(&c(bytes)?, Carries::Stream)?);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::invalid(format!("{} names no socket", path.display())));
    };
    let flags = OpenFlags::PATH | OpenFlags::DIRECTORY;
    let folder = fs::open(CWD, &c(folder.as_os_str().as_bytes())?, flags, 0)?;
    let mut short = format!("/proc/self/fd/{}/", folder.as_raw_fd()).into_bytes();
    short.extend_from_slice(name.as_bytes());
    Ok(socket::connect(&c(&short)?, Carries::Stream)?)
}

/// The caller's terminal in raw mode, put back when this is dropped.
#[derive(Debug)]
pub struct Raw {
    before: Option<runtime_sys::rustix::termios::Termios>,
}

/// Our standard input.
fn input() -> BorrowedFd<'static> {
    runtime_sys::rustix::stdio::stdin()
}

impl Raw {
    /// Takes the terminal on standard input over; something else is left as it is.
    #[must_use]
    pub fn take() -> Raw {
        use runtime_sys::rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
        let Ok(before) = tcgetattr(input()) else { return Raw { before: None } };
        let mut raw = before.clone();
        raw.make_raw();
        match tcsetattr(input(), OptionalActions::Now, &raw) {
            Ok(()) => Raw { before: Some(before) },
            Err(_) => Raw { before: None },
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        use runtime_sys::rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.before {
            // The terminal is gone when this fails: nothing is left to put right.
            let _gone = tcsetattr(input(), OptionalActions::Now, before);
        }
    }
}

/// Bytes on their way from one descriptor to another.
#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    at: usize,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Reads what fits; false at the end of file, or when a terminal's other side is closed (EIO).
    fn fill(&mut self, from: BorrowedFd<'_>) -> Result<bool> {
        let mut buffer = [0; 4096];
        match rx::read(from, &mut buffer) {
            Ok(0) | Err(Errno::IO) => Ok(false),
            Ok(len) => {
                self.bytes.clear();
                self.bytes.extend_from_slice(&buffer[..len]);
                self.at = 0;
                Ok(true)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(true),
            Err(errno) => Err(errno).call("read", format_args!("the terminal"))?,
        }
    }

    /// Writes what the other side takes; false when it takes nothing any more.
    fn drain(&mut self, to: BorrowedFd<'_>) -> bool {
        match rx::write(to, &self.bytes[self.at..]) {
            Ok(len) => {
                self.at += len;
                true
            }
            Err(Errno::AGAIN | Errno::INTR) => true,
            Err(_) => false,
        }
    }
}

/// Copies between our standard descriptors and a terminal's master.
#[derive(Debug)]
pub struct Relay {
    master: OwnedFd,
    /// The payload's side, held open by us once nobody else did.
    held: Option<OwnedFd>,
    inward: Pending,
    outward: Pending,
    input_open: bool,
    output_open: bool,
    master_open: bool,
}

impl Relay {
    /// A relay for this master, whose size follows the caller's terminal.
    #[must_use]
    pub fn new(master: OwnedFd) -> Relay {
        let relay = Relay {
            master,
            held: None,
            inward: Pending::default(),
            outward: Pending::default(),
            input_open: true,
            output_open: true,
            master_open: true,
        };
        relay.resize();
        relay
    }

    /// Gives the master the size of the caller's terminal.
    pub fn resize(&self) {
        if let Ok(size) = tty::size(input()) {
            // A master whose payload is gone has no size to change.
            drop(tty::set_size(self.master.as_fd(), size));
        }
    }

    /// A payload that has closed its terminal may open it again, as an init does that starts a login there. Until then
    /// the master would say nothing but that it is closed; we keep it open in its stead.
    fn hold(&mut self) -> bool {
        self.held = tty::peer(self.master.as_fd()).ok();
        self.held.is_some()
    }

    /// Waits until something can be copied or `also` is readable, and copies; returns whether `also` is readable.
    ///
    /// # Errors
    /// What poll(2) and read(2) answer.
    pub fn step(&mut self, also: BorrowedFd<'_>) -> Result<bool> {
        self.step_within(also, None)
    }

    /// The same, for at most so many milliseconds.
    ///
    /// # Errors
    /// What poll(2) and read(2) answer.
    pub fn step_within(&mut self, also: BorrowedFd<'_>, timeout_ms: Option<u32>) -> Result<bool> {
        let output = runtime_sys::rustix::stdio::stdout();
        let idle = PollFlags::empty();
        let mut for_master = idle;
        if !self.inward.is_empty() {
            for_master |= PollFlags::OUT;
        }
        if self.outward.is_empty() {
            for_master |= PollFlags::IN;
        }
        let from_input = self.input_open && self.inward.is_empty();
        let to_output = self.output_open && !self.outward.is_empty();
        let mut fds = vec![PollFd::from_borrowed_fd(also, PollFlags::IN)];
        let mut add = |wanted: bool, fd, flags| {
            wanted.then(|| {
                fds.push(PollFd::from_borrowed_fd(fd, flags));
                fds.len() - 1
            })
        };
        let master = add(self.master_open, self.master.as_fd(), for_master);
        let input_at = add(from_input, input(), PollFlags::IN);
        let output_at = add(to_output, output, PollFlags::OUT);
        let timeout = timeout_ms
            .map(|ms| Timespec { tv_sec: i64::from(ms / 1000), tv_nsec: i64::from(ms % 1000) * 1_000_000 });
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno).call("poll", format_args!("the terminal")).map_err(Error::from),
        }
        let came = |at: Option<usize>| at.map_or(idle, |at| fds[at].revents());
        let (on_master, on_input, on_output) = (came(master), came(input_at), came(output_at));
        let others = fds[0].revents().contains(PollFlags::IN);
        drop(fds);
        self.copy(on_master, !on_input.is_empty(), !on_output.is_empty())?;
        Ok(others)
    }

    /// Prints what the payload has written so far.
    ///
    /// # Errors
    /// What read(2) answers.
    pub fn flush(&mut self) -> Result<()> {
        let output = runtime_sys::rustix::stdio::stdout();
        loop {
            while !self.outward.is_empty() && self.output_open {
                self.output_open = self.outward.drain(output);
            }
            let mut fds = [PollFd::from_borrowed_fd(self.master.as_fd(), PollFlags::IN)];
            let ready = poll(&mut fds, Some(&Timespec::default()));
            let readable = matches!(ready, Ok(1..)) && fds[0].revents().contains(PollFlags::IN);
            if !readable || !self.output_open || !self.outward.fill(self.master.as_fd())? {
                return Ok(());
            }
        }
    }

    fn copy(&mut self, on_master: PollFlags, on_input: bool, on_output: bool) -> Result<()> {
        if on_master.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) && self.outward.is_empty() {
            self.master_open = self.outward.fill(self.master.as_fd())? || self.hold();
        }
        if on_master.contains(PollFlags::OUT) && !self.inward.drain(self.master.as_fd()) {
            self.inward = Pending::default();
        }
        if on_input {
            self.input_open = self.inward.fill(input())?;
            if !self.input_open && self.master_open {
                // The end of our input is the end of the payload's: its line discipline makes one of ^D.
                self.inward = Pending { bytes: vec![4], at: 0 };
            }
        }
        if on_output && !self.outward.drain(runtime_sys::rustix::stdio::stdout()) {
            self.output_open = false;
        }
        if !self.output_open {
            self.outward = Pending::default();
        }
        Ok(())
    }
}

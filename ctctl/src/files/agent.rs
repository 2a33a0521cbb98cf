// SPDX-License-Identifier: Apache-2.0
//! The process that works below a system's root, with the rights of the system's own root.

use super::place::Base;
use super::stream::{Failure, Result as Streamed};
use crate::config::Config;
use crate::container::{copying, mounted, state, stop};
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::idmap::IdMap;
use crate::store::{self, Lock, Wait};
use crate::{container, output, storage};
use runtime_sys::clone::{Clone, Forked, fork};
use runtime_sys::fs::{self, CWD, OpenFlags};
use runtime_sys::rustix::event::{PollFd, PollFlags, Timespec, poll};
use runtime_sys::rustix::pipe::{PipeFlags, pipe_with};
use runtime_sys::{AsFd, AsRawFd, BorrowedFd, Errno, OwnedFd, credentials, namespace, process, socket};
use std::ffi::CString;
use std::time::{Duration, Instant};

/// What the agent keeps: CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID and SETFCAP.
const FILE_CAPABILITIES: u64 = 0b1_1111 | 1 << 31;

/// A system's root file system, held so that it stays this system's while files are copied.
#[derive(Debug)]
pub struct Root {
    kind: Kind,
    _held: Held,
}

/// What keeps a system's files from being mounted a second time meanwhile.
#[derive(Debug)]
enum Held {
    Name(#[expect(dead_code, reason = "held, not read")] Lock),
    Copying(#[expect(dead_code, reason = "held, not read")] std::fs::File),
}

#[derive(Debug)]
enum Kind {
    /// The mount namespace of a running one, through a descriptor that never means another process.
    Running { init: OwnedFd, is_mapped: bool },
    /// A mount of a stopped one's files that nobody else sees.
    Stopped { tree: OwnedFd, users: Option<OwnedFd> },
}

impl Root {
    /// The root of a system, running or stopped. A stopped one cannot be started until this is dropped.
    ///
    /// # Errors
    /// `NoSystem`; `State` while its root is mounted for the host.
    pub fn open(host: &Host, name: &str) -> Result<Root> {
        let lock = store::lock(host, name, Wait::Yes)?;
        let config = store::read(host, name)?;
        let mut init = state::first_process(host, name)?;
        if init.is_none() {
            if state::last_exit(host, name).is_some_and(|words| !state::is_final(&words)) {
                output::progress(&format!("{name} is not started again now; ctctl start {name} does it"));
            }
            if let Err(error) = stop::clear(host, name) {
                // It was about to run again, and does.
                init = state::first_process(host, name)?;
                if init.is_none() {
                    return Err(error);
                }
            }
        }
        if let Some(init) = init {
            container::start::adopt(host, name)?;
            let is_mapped = config.idmap != IdMap::Host;
            let held = Held::Copying(copying::begin(host, name)?);
            return Ok(Root { kind: Kind::Running { init, is_mapped }, _held: held });
        }
        mounted::refuse(host, name)?;
        copying::refuse(host, name)?;
        let kind = Root::stopped(host, &config)?;
        Ok(Root { kind, _held: Held::Name(lock) })
    }

    fn stopped(host: &Host, config: &Config) -> Result<Kind> {
        crate::host::private_dir(&host.run(&config.name))?;
        Ok(Kind::Stopped { tree: storage::mount(host, config)?, users: storage::users(config)? })
    }

    /// Lets another process do the work inside. It has the first of two ends of a pipe and the caller the second: each
    /// alone, so that neither waits for one who is gone.
    pub(super) fn start(
        &self,
        (theirs, ours): (OwnedFd, OwnedFd),
        work: impl FnOnce(Inside, OwnedFd) -> Streamed<()>,
    ) -> Result<(Agent, OwnedFd)> {
        let (hears, tells) = socket::packet_pair()?;
        match fork(&Clone::default(), false)? {
            Forked::Child => {
                drop((hears, ours));
                let worked = self.join().map_err(Failure::from).and_then(|inside| work(inside, theirs));
                tell(tells.as_fd(), worked);
                process::exit_now(0)
            }
            Forked::Parent(child) => Ok((Agent { pid: child.pid, channel: hears }, ours)),
        }
    }

    /// Becomes the system's root, for good.
    fn join(&self) -> Result<Inside> {
        // Before anything else can be reached: /proc inside is the system's, or whatever it put there.
        let reopener = reopener()?;
        credentials::set_not_dumpable()?;
        let root = match &self.kind {
            Kind::Running { init, is_mapped } => {
                join_namespaces(init.as_fd(), *is_mapped)?;
                fs::open(CWD, c"/", OpenFlags::PATH | OpenFlags::DIRECTORY, 0)?
            }
            Kind::Stopped { tree, users } => {
                if let Some(users) = users {
                    namespace::setns(users.as_fd(), namespace::CLONE_NEWUSER)?;
                    become_root()?;
                }
                tree.try_clone().context(|| "duplicate a descriptor")?
            }
        };
        credentials::capset(FILE_CAPABILITIES, FILE_CAPABILITIES, 0)?;
        plain_umask();
        Ok(Inside { base: Base::Root(root), reopener })
    }
}

/// Joins a system's mount namespace, and as its root its user namespace.
pub(crate) fn join_namespaces(init: BorrowedFd<'_>, users: bool) -> Result<()> {
    let user = if users { namespace::CLONE_NEWUSER } else { 0 };
    namespace::setns(init, namespace::CLONE_NEWNS | user).context(|| "join the system")?;
    if users { become_root() } else { Ok(()) }
}

/// Folders on the way are made as the system's root would make them, whatever the caller's umask.
pub(crate) fn plain_umask() {
    runtime_sys::rustix::process::umask(runtime_sys::rustix::fs::Mode::from_raw_mode(0o022));
}

/// The ids of root in the user namespace that was just joined.
fn become_root() -> Result<()> {
    credentials::setgroups(&[])?;
    credentials::setresgid(0)?;
    Ok(credentials::setresuid(0)?)
}

/// What the agent works with.
pub(super) struct Inside {
    pub(super) base: Base,
    pub(super) reopener: Reopener,
}

/// A folder of the caller's own descriptors, to open again what a handle stands for.
#[derive(Debug)]
pub(super) struct Reopener(OwnedFd);

/// Opens /proc/self/fd of this process.
pub(super) fn reopener() -> Result<Reopener> {
    let flags = OpenFlags::PATH | OpenFlags::DIRECTORY;
    Ok(Reopener(fs::open(CWD, c"/proc/self/fd", flags, 0)?))
}

impl Reopener {
    /// Opens the file that a handle stands for, and no other.
    pub(super) fn open(&self, handle: BorrowedFd<'_>, flags: OpenFlags) -> runtime_sys::Result<OwnedFd> {
        let name = CString::new(handle.as_raw_fd().to_string()).unwrap_or_default();
        fs::open(self.0.as_fd(), &name, flags, 0)
    }
}

/// A pipe whose ends nobody inherits.
pub(super) fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    pipe_with(PipeFlags::CLOEXEC).map_err(std::io::Error::from).context(|| "make a pipe")
}

/// The process at work.
#[derive(Debug)]
pub(super) struct Agent {
    pid: i32,
    channel: OwnedFd,
}

impl Agent {
    /// Waits for its end, the caller's own part being done, and says what went wrong first.
    pub(super) fn end(self, ours: Streamed<()>) -> Result<()> {
        let theirs = hear(self.channel.as_fd());
        process::wait(self.pid, true)?;
        match (ours, theirs) {
            (Err(Failure::Own(error)), _) | (_, Err(error)) => Err(error),
            (Err(Failure::OtherSide), Ok(())) => Err(Error::new(Exit::Failure, "the copy ended early")),
            (Ok(()), Ok(())) => Ok(()),
        }
    }
}

/// Runs a piece of work in a process of its own and returns what it returns; a descriptor may come with it.
pub(crate) fn carried_out(work: impl FnOnce() -> Result<Option<OwnedFd>>) -> Result<Option<OwnedFd>> {
    let (ours, theirs) = socket::packet_pair()?;
    match fork(&Clone::default(), false)? {
        Forked::Child => {
            drop(ours);
            match work() {
                Ok(fd) => drop(socket::send(theirs.as_fd(), b"+", fd.as_ref().map(AsFd::as_fd))),
                Err(error) => tell(theirs.as_fd(), Err(Failure::Own(error))),
            }
            process::exit_now(0)
        }
        Forked::Parent(child) => {
            drop(theirs);
            heard_or_killed(ours.as_fd(), child.pid);
            let heard = hear_with(ours.as_fd());
            process::wait(child.pid, true)?;
            heard
        }
    }
}

/// The longest that a helper may work: a file system of somebody inside may never answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a helper's word; one that is too late is killed. It is our child and not waited for: the number is its own.
fn heard_or_killed(channel: BorrowedFd<'_>, pid: i32) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let time = Timespec::try_from(left).unwrap_or_default();
        match poll(&mut [PollFd::from_borrowed_fd(channel, PollFlags::IN)], Some(&time)) {
            Err(Errno::INTR) => {}
            Ok(0) | Err(_) => return drop(process::kill(pid, 9)),
            Ok(_) => return,
        }
    }
}

/// The longest message; more is cut.
const LONGEST: usize = 4000;

fn tell(channel: BorrowedFd<'_>, worked: Streamed<()>) {
    let message = match worked {
        Ok(()) => b"+".to_vec(),
        Err(Failure::OtherSide) => b"-1\0the copy ended early\0".to_vec(),
        Err(Failure::Own(error)) => {
            let mut text = error.to_string();
            let cut = text.floor_char_boundary(LONGEST);
            text.truncate(cut);
            format!("-{}\0{text}\0{}", error.exit() as u8, error.hint_text().unwrap_or_default()).into_bytes()
        }
    };
    // A caller that is gone needs no answer.
    drop(socket::send(channel, &message, None));
}

fn hear(channel: BorrowedFd<'_>) -> Result<()> {
    hear_with(channel).map(drop)
}

fn hear_with(channel: BorrowedFd<'_>) -> Result<Option<OwnedFd>> {
    let mut buffer = [0; 2 * LONGEST];
    let (length, fd) = socket::receive(channel, &mut buffer)?;
    let said = String::from_utf8_lossy(&buffer[..length]).into_owned();
    if said == "+" {
        return Ok(fd);
    }
    let died = || Error::new(Exit::Failure, "the process that works inside the system died");
    let mut parts = said.strip_prefix('-').ok_or_else(died)?.split('\0');
    let code = parts.next().and_then(|code| code.parse().ok()).and_then(Exit::from_code);
    let error = Error::new(code.unwrap_or(Exit::Failure), parts.next().unwrap_or_default());
    Err(match parts.next() {
        Some(hint) if !hint.is_empty() => error.hint(hint),
        _ => error,
    })
}

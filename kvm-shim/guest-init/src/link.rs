// SPDX-License-Identifier: Apache-2.0
//! The link to the host: its requests on one side, ended children on the other. One thread, which reaps everything.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::AsFd;

use runtime_sys::Errno;
use runtime_sys::process::{Exit, kill, wait_any};
use runtime_sys::rustix::event::{PollFd, PollFlags, poll};
use runtime_sys::signal::{Mask, next_signal, set_mask, signalfd};
use runtime_sys::vsock::connect_to_host;
use vm_api::guest::{LINK_PORT, VERSION};
use vm_api::{FromGuest, ToGuest, frame};

use crate::process::{self, Wanted};
use crate::{Result, Step, say};

const SIGKILL: i32 = 9;
const SIGCHLD: u32 = 17;
const CHILD: Mask = 1 << (SIGCHLD - 1);

/// A process by the names that the host gave it.
type Name = (String, String);

struct Link {
    socket: File,
    key: String,
    running: HashMap<i32, Name>,
    /// The first process of the container: with it, all others end.
    first: Option<i32>,
}

/// Serves the host until it says that nothing is needed any more.
pub(crate) fn serve() -> Result<()> {
    // Before the first child: none may end unseen.
    set_mask(CHILD).step("block SIGCHLD")?;
    let ended = signalfd(CHILD).step("listen to ended children")?;
    let mut socket = File::from(connect_to_host(LINK_PORT).step("connect to the host")?);
    frame::send(&mut socket, &FromGuest::Hello { version: VERSION }).step("greet the host")?;
    let Some(ToGuest::Welcome { key, .. }) = frame::receive(&mut socket).step("hear the host")? else {
        return Err("the host did not answer the greeting".into());
    };
    let mut link = Link { socket, key, running: HashMap::new(), first: None };
    loop {
        let (mut host, mut children) =
            (PollFd::new(&link.socket, PollFlags::IN), PollFd::new(&ended, PollFlags::IN));
        let mut both = [host.clone(), children.clone()];
        match poll(&mut both, None) {
            Ok(_) => [host, children] = both,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno).step("wait"),
        }
        let (host, children) = (!host.revents().is_empty(), !children.revents().is_empty());
        if children {
            while next_signal(ended.as_fd()).step("read a signal")?.is_some() {}
            link.reap()?;
        }
        if host && !link.hear()? {
            return Ok(());
        }
    }
}

impl Link {
    /// One request of the host; false when it is the last.
    fn hear(&mut self) -> Result<bool> {
        match frame::receive(&mut self.socket).step("hear the host")? {
            None => Err("the host has gone".into()),
            Some(ToGuest::PowerOff {}) => Ok(false),
            Some(ToGuest::Welcome { .. }) => Err("the host greets twice".into()),
            Some(ToGuest::Run { container, process, args, env, cwd }) => {
                let wanted = Wanted {
                    key: &self.key,
                    container: &container,
                    process: &process,
                    args: &args,
                    env: &env,
                    cwd: &cwd,
                };
                match process::start(&wanted) {
                    Ok(pid) => {
                        self.first.get_or_insert(pid);
                        self.running.insert(pid, (container.clone(), process.clone()));
                        self.tell(&FromGuest::Started { container, process })?;
                    }
                    Err(error) => {
                        let message = error.to_string();
                        self.tell(&FromGuest::Failed { container, process, message, code: 126 })?;
                    }
                }
                Ok(true)
            }
            Some(ToGuest::Signal { container, process, signal }) => {
                let name = (container, process);
                let pid = self.running.iter().find(|(_, running)| **running == name).map(|(pid, _)| *pid);
                // One that has just ended takes no signal; the host hears of its end.
                if let Some(Err(error)) = pid.map(|pid| kill(pid, signal)) {
                    say(&error.to_string());
                }
                Ok(true)
            }
        }
    }

    fn tell(&mut self, message: &FromGuest) -> Result<()> {
        frame::send(&mut self.socket, message).step("tell the host")
    }

    /// Takes all ended children, orphans included, and tells of those that the host knows.
    fn reap(&mut self) -> Result<()> {
        while let Ok(Some((pid, exit))) = wait_any() {
            if self.first == Some(pid) {
                // As in a pid namespace whose first process ends. ESRCH: it was alone.
                let _alone = kill(-1, SIGKILL);
            }
            if let Some((container, process)) = self.running.remove(&pid) {
                let code = code_of(exit);
                self.tell(&FromGuest::Exited { container, process, code })?;
            }
        }
        Ok(())
    }
}

fn code_of(exit: Exit) -> u8 {
    u8::try_from(exit.code()).unwrap_or(u8::MAX)
}

// SPDX-License-Identifier: Apache-2.0
//! The host's end of the guest protocol: greets guest-init, has it run the process, joins its stdio to ours.
//!
//! Whatever comes from the guest is hostile. What is trusted is the order: guest-init connects its link and the three
//! streams before anything else runs in the guest, and afterwards nobody is let in.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use vm_api::guest::VERSION;
use vm_api::vm_spec::ProcessSpec;
use vm_api::{FromGuest, StreamHead, StreamKind, ToGuest, frame};

use crate::error::{Error, Result, Step};
use crate::machine::{Stopper, entropy};

/// One VM has one container until pods, and one process until `exec`.
const CONTAINER: &str = "container";
const PROCESS: &str = "init";

/// How long a guest that was told to power off may take.
const POWER_OFF_S: u64 = 30;
/// How long guest-init may take to name a stream that it has opened.
const STREAM_S: u64 = 60;

/// Both ports of the shim, each giving one end of a socket pair per stream of the guest.
#[derive(Debug)]
pub struct Ports {
    /// `LINK_PORT`'s.
    pub links: Receiver<UnixStream>,
    /// `STREAM_PORT`'s.
    pub streams: Receiver<UnixStream>,
}

/// A guest that runs its process.
#[derive(Debug)]
pub struct Link {
    thread: JoinHandle<Result<u8>>,
    /// Gone once the machine has ended.
    _running: Sender<()>,
}

impl Link {
    /// Waits for the guest in a thread of its own, and stops the machine at the end.
    ///
    /// # Errors
    /// EAGAIN: no thread.
    pub fn start(ports: Ports, process: ProcessSpec, stopper: Stopper) -> Result<Link> {
        let (running, ended) = mpsc::channel();
        let serve = move || {
            let served = serve(ports, process);
            if served.is_ok() {
                // The guest powers off by itself. The link's end says nothing of that: a kernel that shuts down resets
                // its devices first.
                let _ended = ended.recv_timeout(Duration::from_secs(POWER_OFF_S));
            }
            stopper.stop();
            served
        };
        let thread = thread::Builder::new().name("link".into()).spawn(serve);
        Ok(Link { thread: thread.step(|| "start the link's thread".into())?, _running: running })
    }

    /// The process's exit code, once the machine has ended.
    ///
    /// # Errors
    /// A guest that ended without saying how its process did.
    pub fn exit_code(self) -> Result<u8> {
        let Link { thread, _running: running } = self;
        drop(running);
        thread.join().unwrap_or_else(|_| Err(Error::new("the link's thread panicked")))
    }
}

fn serve(ports: Ports, process: ProcessSpec) -> Result<u8> {
    let Ports { links, streams } = ports;
    let mut link = links.recv().step(|| "wait for guest-init: the guest ended before".into())?;
    // Nobody else is let in.
    drop(links);
    let key = greet(&mut link)?;
    let ProcessSpec { args, env, cwd } = process;
    let run = ToGuest::Run { container: CONTAINER.into(), process: PROCESS.into(), args, env, cwd };
    frame::send(&mut link, &run).step(|| "ask the guest to run its process".into())?;
    let output = join_stdio(&streams, &key)?;
    drop(streams);
    let code = wait_for_exit(&mut link)?;
    // What it wrote last is with our readers before its end is known.
    output.into_iter().for_each(|thread| drop(thread.join()));
    // A guest that does not hear it is stopped in the end.
    let _gone = frame::send(&mut link, &ToGuest::PowerOff {});
    Ok(code)
}

fn greet(link: &mut UnixStream) -> Result<String> {
    let hello = frame::receive(link).step(|| "hear guest-init".into())?;
    match hello {
        Some(FromGuest::Hello { version: VERSION }) => {}
        Some(FromGuest::Hello { version }) => {
            return Err(Error::new(format!("guest-init speaks version {version}, this shim {VERSION}")));
        }
        other => return Err(Error::new(format!("guest-init begins with {other:?}"))),
    }
    let key = key()?;
    let welcome = ToGuest::Welcome { version: VERSION, key: key.clone() };
    frame::send(link, &welcome).step(|| "greet guest-init".into())?;
    Ok(key)
}

fn key() -> Result<String> {
    let mut bytes = [0; 16];
    entropy()?.read_exact(&mut bytes).step(|| "read /dev/urandom".into())?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// Joins the guest's three streams to ours; returns the threads that carry output.
fn join_stdio(streams: &Receiver<UnixStream>, key: &str) -> Result<Vec<JoinHandle<()>>> {
    let mut output = Vec::new();
    let mut missing = vec![StreamKind::Stdin, StreamKind::Stdout, StreamKind::Stderr];
    while !missing.is_empty() {
        let mut stream = streams.recv().step(|| "wait for the process's streams".into())?;
        stream.set_read_timeout(Some(Duration::from_secs(STREAM_S))).step(|| "set a deadline".into())?;
        let head = frame::receive::<StreamHead>(&mut stream).step(|| "read a stream's head".into())?;
        stream.set_read_timeout(None).step(|| "take the deadline away".into())?;
        let head = head.filter(|h| h.key == key && missing.contains(&h.stream));
        let head = head.ok_or_else(|| Error::new("the guest opened a stream that was not asked for"))?;
        missing.retain(|kind| *kind != head.stream);
        let name = thread::Builder::new().name(format!("{:?}", head.stream).to_lowercase());
        let thread = match head.stream {
            StreamKind::Stdin => name.spawn(move || send_input(stream)),
            StreamKind::Stdout => name.spawn(move || copy_output(stream, &mut io::stdout())),
            StreamKind::Stderr => name.spawn(move || copy_output(stream, &mut io::stderr())),
        };
        let thread = thread.step(|| "start a stream's thread".into())?;
        if head.stream != StreamKind::Stdin {
            output.push(thread);
        }
    }
    Ok(output)
}

/// Our input to its end; that end is the guest's as well. The process may end before, and nobody waits for this.
fn send_input(mut stream: UnixStream) {
    let _end = io::copy(&mut io::stdin(), &mut stream);
    let _gone = stream.shutdown(Shutdown::Write);
}

/// As it comes, unbuffered. When our reader has gone, the guest's writer is told so by a closed stream.
fn copy_output(mut stream: UnixStream, to: &mut impl Write) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(length) if to.write_all(&bytes[..length]).and_then(|()| to.flush()).is_err() => return,
            Err(e) if e.kind() != io::ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}

fn wait_for_exit(link: &mut UnixStream) -> Result<u8> {
    loop {
        match frame::receive(link).step(|| "hear guest-init".into())? {
            Some(FromGuest::Started { .. }) => {}
            Some(FromGuest::Exited { process, code, .. }) if process == PROCESS => return Ok(code),
            Some(FromGuest::Failed { message, .. }) => {
                return Err(Error::new(format!("start the process in the guest: {message}")));
            }
            Some(other) => return Err(Error::new(format!("guest-init says {other:?}, out of turn"))),
            None => return Err(Error::new("the guest ended without saying how its process did")),
        }
    }
}

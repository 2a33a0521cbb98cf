// SPDX-License-Identifier: Apache-2.0
//! The host's side of vsock: every stream is a unix socket, so no module and no number of the host is needed.
//!
//! - A program of the host connects to the socket at PATH and writes `CONNECT <port>\n`; once the guest accepts, it
//!   reads `OK <port>\n` and has a stream to that port of the guest.
//! - A program of the guest connects to port N of the host: it gets a stream to whoever listens at PATH_N. Ports of
//!   the shim itself are served in this process (`Muxer::inside`).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use runtime_sys::rustix::event::{Timespec, epoll};
use runtime_sys::rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with,
};

use super::connection::{Connection, Phase, ROOM};
use super::packet::{self, Header};
use crate::error::{Result, Step};

/// The most streams at once: with the other descriptors of a VM below the usual limit of 1024.
const MOST_CONNECTIONS: usize = 512;
/// The most programs of the host that have connected without saying where to.
const MOST_ASKING: usize = 64;
/// The most packets without data that wait for the guest: above it, the streams that they are about are gone anyway.
const MOST_WAITING: usize = 4 * MOST_CONNECTIONS;
/// The longest `CONNECT` line.
const MOST_LINE: usize = 32;
/// The first port that a program of the host seems to come from.
const FIRST_PORT: u32 = 1 << 30;
const LISTENER: u64 = u64::MAX;

/// A stream, by its two ports: the host's and the guest's.
type Ports = (u32, u32);

/// A program of the host that has not said its port yet.
#[derive(Debug)]
struct Asking {
    stream: UnixStream,
    line: Vec<u8>,
}

/// What is watched under a number.
#[derive(Debug, Clone, Copy)]
enum Watched {
    Asking,
    Connection(Ports),
}

/// All streams of one guest.
#[derive(Debug)]
pub struct Muxer {
    guest_cid: u32,
    path: PathBuf,
    listener: UnixListener,
    epoll: OwnedFd,
    inside: HashMap<u32, Sender<UnixStream>>,
    /// In order, so that all of them have their turn.
    connections: BTreeMap<Ports, Connection>,
    last_served: Ports,
    asking: HashMap<u64, Asking>,
    watched: HashMap<u64, Watched>,
    /// Under which number a stream is watched.
    numbers: HashMap<Ports, u64>,
    next_number: u64,
    next_port: u32,
    /// Packets without data for the guest.
    waiting: VecDeque<Header>,
}

impl Muxer {
    /// Listens at `path`, which must not exist.
    ///
    /// # Errors
    /// What bind(2) answers.
    pub fn new(guest_cid: u32, path: &Path) -> Result<Self> {
        let listener = UnixListener::bind(path).step(|| format!("listen at {}", path.display()))?;
        listener.set_nonblocking(true).step(|| "make it non-blocking".into())?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).step(|| "epoll_create".into())?;
        let data = epoll::EventData::new_u64(LISTENER);
        epoll::add(&epoll, &listener, data, epoll::EventFlags::IN).step(|| "epoll_ctl".into())?;
        Ok(Muxer {
            guest_cid,
            path: path.to_owned(),
            listener,
            epoll,
            inside: HashMap::new(),
            connections: BTreeMap::new(),
            last_served: (0, 0),
            asking: HashMap::new(),
            watched: HashMap::new(),
            numbers: HashMap::new(),
            next_number: 0,
            next_port: FIRST_PORT,
            waiting: VecDeque::new(),
        })
    }

    /// Serves a port of the host in this process: each stream's other end is sent to `taker`.
    pub fn inside(&mut self, port: u32, taker: Sender<UnixStream>) {
        self.inside.insert(port, taker);
    }

    pub(super) fn guest_cid(&self) -> u32 {
        self.guest_cid
    }

    pub(super) fn watch(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    /// Drops everything: the guest's driver is gone.
    pub(super) fn reset(&mut self) {
        let streams: Vec<Ports> = self.connections.keys().copied().collect();
        streams.into_iter().for_each(|ports| self.forget(ports));
        self.waiting.clear();
    }

    /// Whether there is anything for the guest.
    pub(super) fn has_packets(&self) -> bool {
        !self.waiting.is_empty() || self.connections.values().any(can_send)
    }

    /// The next packet for the guest, of at most `most` bytes of data.
    pub(super) fn next_packet(&mut self, most: usize) -> Option<(Header, Vec<u8>)> {
        if let Some(header) = self.waiting.pop_front() {
            return Some((header, Vec::new()));
        }
        let (before, after): (Vec<Ports>, Vec<Ports>) = self
            .connections
            .iter()
            .filter(|(_, connection)| can_send(connection))
            .map(|(ports, _)| *ports)
            .partition(|ports| *ports <= self.last_served);
        after.into_iter().chain(before).find_map(|ports| {
            self.last_served = ports;
            self.packet_of(ports, most)
        })
    }

    fn packet_of(&mut self, ports: Ports, most: usize) -> Option<(Header, Vec<u8>)> {
        let connection = self.connections.get_mut(&ports)?;
        let read = connection.read(most);
        if !matches!(read, Ok(Some(_))) {
            connection.readable = false;
        }
        match read {
            Ok(Some(data)) if !data.is_empty() => {
                let mut header = self.header(ports, packet::DATA);
                header.length = u32::try_from(data.len()).ok()?;
                Some((header, data))
            }
            Ok(None) => {
                self.watch_connection(ports);
                None
            }
            Ok(Some(_)) => {
                connection.host_ended = true;
                connection.readable = false;
                self.watch_connection(ports);
                let mut header = self.header(ports, packet::SHUTDOWN);
                header.flags = packet::NO_SEND;
                Some((header, Vec::new()))
            }
            Err(_) => {
                let header = self.header(ports, packet::RESET);
                self.forget(ports);
                Some((header, Vec::new()))
            }
        }
    }

    /// A packet of the guest.
    pub(super) fn take_packet(&mut self, header: &Header, data: &[u8]) {
        let ports = (header.target_port, header.source_port);
        let is_ours = header.source_cid == u64::from(self.guest_cid)
            && header.target_cid == packet::HOST
            && header.kind == packet::STREAM;
        if !is_ours {
            return self.refuse(header);
        }
        if let Some(connection) = self.connections.get_mut(&ports) {
            connection.credit_of_guest(header.room, header.passed_on);
        }
        match header.operation {
            packet::REQUEST => self.request(header, ports),
            packet::RESPONSE => self.response(ports),
            packet::RESET => self.dropped(ports),
            packet::SHUTDOWN => self.shutdown(header.flags, ports),
            packet::DATA => self.data(data, ports),
            packet::CREDIT => self.watch_connection(ports),
            packet::CREDIT_PLEASE if self.connections.contains_key(&ports) => {
                let header = self.header(ports, packet::CREDIT);
                self.answer(header);
            }
            _ => self.refuse(header),
        }
    }

    /// A program of the guest connects to a port of the host.
    fn request(&mut self, header: &Header, ports: Ports) {
        // A second request for a stream that is open: the guest's driver is confused, and neither goes on.
        if self.connections.contains_key(&ports) {
            self.forget(ports);
            return self.refuse(header);
        }
        let stream = (self.connections.len() < MOST_CONNECTIONS).then(|| self.connect(ports.0)).flatten();
        let Some(stream) = stream else { return self.refuse(header) };
        let mut connection = Connection::new(stream, Phase::Open);
        connection.credit_of_guest(header.room, header.passed_on);
        self.connections.insert(ports, connection);
        self.watch_connection(ports);
        let header = self.header(ports, packet::RESPONSE);
        self.answer(header);
    }

    fn connect(&self, port: u32) -> Option<UnixStream> {
        let stream = if let Some(taker) = self.inside.get(&port) {
            let (ours, theirs) = UnixStream::pair().ok()?;
            taker.send(theirs).ok()?;
            ours
        } else {
            let mut path = self.path.clone().into_os_string();
            path.push(format!("_{port}"));
            connect_now(Path::new(&path)).ok()?
        };
        stream.set_nonblocking(true).ok()?;
        Some(stream)
    }

    /// The guest accepts what a program of the host asked for.
    fn response(&mut self, ports: Ports) {
        let Some(connection) = self.connections.get_mut(&ports).filter(|c| c.phase == Phase::Asked) else {
            return;
        };
        connection.phase = Phase::Open;
        let said = connection.stream.write_all(format!("OK {}\n", ports.0).as_bytes());
        match said {
            Ok(()) => self.watch_connection(ports),
            Err(_) => self.reset_stream(ports),
        }
    }

    fn shutdown(&mut self, flags: u32, ports: Ports) {
        let Some(connection) = self.connections.get_mut(&ports) else { return };
        if flags & packet::NO_SEND != 0 {
            connection.end_of_guest();
        }
        let flushed = connection.flush();
        let both = packet::NO_SEND | packet::NO_RECEIVE;
        if flushed.is_err() || flags & both == both {
            // Nobody in the guest has the stream any more; what it sent last stays in the host's socket.
            self.linger(ports);
        }
    }

    /// The guest has closed a stream; it goes once its last bytes are with the host's reader.
    fn linger(&mut self, ports: Ports) {
        let done = self.connections.get_mut(&ports).is_none_or(|c| {
            c.closing = true;
            c.host_ended = true;
            c.readable = false;
            !c.wants_to_write()
        });
        if done {
            self.reset_stream(ports);
        } else {
            self.watch_connection(ports);
        }
    }

    /// The guest gave up a stream. What it sent before it closed it still goes to the host's reader.
    fn dropped(&mut self, ports: Ports) {
        if !self.connections.get(&ports).is_some_and(|c| c.closing && c.wants_to_write()) {
            self.forget(ports);
        }
    }

    fn data(&mut self, data: &[u8], ports: Ports) {
        let taken = self.connections.get_mut(&ports).map(|c| c.take(data) && c.flush().is_ok());
        match taken {
            Some(true) => self.after_flush(ports),
            _ => self.reset_stream(ports),
        }
    }

    fn after_flush(&mut self, ports: Ports) {
        self.watch_connection(ports);
        if self.connections.get(&ports).is_some_and(Connection::has_news) {
            let header = self.header(ports, packet::CREDIT);
            self.answer(header);
        }
    }

    /// Tells the guest that a stream is gone, and forgets it.
    fn reset_stream(&mut self, ports: Ports) {
        let header = self.header(ports, packet::RESET);
        self.answer(header);
        self.forget(ports);
    }

    fn refuse(&mut self, header: &Header) {
        if header.operation != packet::RESET {
            self.answer(Header {
                source_cid: header.target_cid,
                target_cid: header.source_cid,
                source_port: header.target_port,
                target_port: header.source_port,
                kind: header.kind,
                operation: packet::RESET,
                ..Header::default()
            });
        }
    }

    fn answer(&mut self, header: Header) {
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(header);
        }
    }

    fn header(&mut self, ports: Ports, operation: u16) -> Header {
        Header {
            source_cid: packet::HOST,
            target_cid: self.guest_cid.into(),
            source_port: ports.0,
            target_port: ports.1,
            length: 0,
            kind: packet::STREAM,
            operation,
            flags: 0,
            room: ROOM,
            passed_on: self.connections.get_mut(&ports).map_or(0, Connection::passed_on),
        }
    }

    /// Sockets of the host are ready.
    pub(super) fn host_event(&mut self) {
        let mut events: [epoll::Event; 64] =
            [epoll::Event { flags: epoll::EventFlags::empty(), data: epoll::EventData::new_u64(0) }; 64];
        let Ok(count) = epoll::wait(&self.epoll, &mut events[..], Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))
        else {
            return;
        };
        for event in &events[..count] {
            let number = event.data.u64();
            match self.watched.get(&number).copied() {
                Some(Watched::Asking) => self.hear(number),
                Some(Watched::Connection(ports)) => self.connection_event(ports),
                None if number == LISTENER => self.accept(),
                None => {}
            }
        }
    }

    fn connection_event(&mut self, ports: Ports) {
        let Some(connection) = self.connections.get_mut(&ports) else { return };
        let flushed = connection.flush();
        connection.readable |= connection.wants_to_read();
        let finished = connection.closing && !connection.wants_to_write();
        match flushed {
            Ok(()) if !finished => self.after_flush(ports),
            _ => self.reset_stream(ports),
        }
    }

    fn accept(&mut self) {
        let Ok((stream, _)) = self.listener.accept() else { return };
        if self.asking.len() >= MOST_ASKING || stream.set_nonblocking(true).is_err() {
            return;
        }
        let number = self.number(Watched::Asking);
        let data = epoll::EventData::new_u64(number);
        if epoll::add(&self.epoll, &stream, data, epoll::EventFlags::IN).is_ok() {
            self.asking.insert(number, Asking { stream, line: Vec::new() });
        } else {
            self.watched.remove(&number);
        }
    }

    /// Reads a program's `CONNECT` line, one byte at a time: what follows the line is the stream's.
    fn hear(&mut self, number: u64) {
        let Some(asking) = self.asking.get_mut(&number) else { return };
        let mut byte = [0];
        let complete = loop {
            match asking.stream.read(&mut byte) {
                Ok(1) if byte[0] == b'\n' => break true,
                Ok(1) if asking.line.len() < MOST_LINE => asking.line.push(byte[0]),
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => return,
                _ => break false,
            }
        };
        self.watched.remove(&number);
        let Some(asking) = self.asking.remove(&number) else { return };
        let _gone = epoll::delete(&self.epoll, &asking.stream);
        if complete && let Some(port) = port_of(&asking.line) {
            self.ask_guest(asking.stream, port);
        }
    }

    fn ask_guest(&mut self, stream: UnixStream, port: u32) {
        if self.connections.len() >= MOST_CONNECTIONS {
            return;
        }
        while self.connections.contains_key(&(self.next_port, port)) {
            self.next_port = self.next_port.wrapping_add(1).max(FIRST_PORT);
        }
        let ports = (self.next_port, port);
        self.next_port = self.next_port.wrapping_add(1).max(FIRST_PORT);
        self.connections.insert(ports, Connection::new(stream, Phase::Asked));
        let header = self.header(ports, packet::REQUEST);
        self.answer(header);
    }

    fn number(&mut self, what: Watched) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.watched.insert(number, what);
        number
    }

    /// Watches a stream for exactly what it can use: a socket that nobody listens to must not wake us for ever.
    fn watch_connection(&mut self, ports: Ports) {
        let Some(connection) = self.connections.get(&ports) else { return };
        let mut flags = epoll::EventFlags::empty();
        flags.set(epoll::EventFlags::IN, connection.wants_to_read());
        flags.set(epoll::EventFlags::OUT, connection.wants_to_write());
        if let Some(number) = self.numbers.remove(&ports) {
            self.watched.remove(&number);
            let _gone = epoll::delete(&self.epoll, &connection.stream);
        }
        if flags.is_empty() {
            return;
        }
        let number = self.number(Watched::Connection(ports));
        let data = epoll::EventData::new_u64(number);
        let added = self.connections.get(&ports).map(|c| epoll::add(&self.epoll, &c.stream, data, flags));
        if matches!(added, Some(Ok(()))) {
            self.numbers.insert(ports, number);
        } else {
            self.watched.remove(&number);
            self.reset_stream(ports);
        }
    }

    /// Closing the socket takes it out of the epoll as well.
    fn forget(&mut self, ports: Ports) {
        if let Some(number) = self.numbers.remove(&ports) {
            self.watched.remove(&number);
        }
        self.connections.remove(&ports);
    }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        // It lies in a folder of this VM, and goes with that where this fails.
        let _gone = fs::remove_file(&self.path);
    }
}

/// Without waiting: a listener that accepts nobody must not hold the machine's own thread.
fn connect_now(path: &Path) -> runtime_sys::rustix::io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(UnixStream::from(socket))
}

fn can_send(connection: &Connection) -> bool {
    connection.readable && connection.phase == Phase::Open && connection.credit() > 0
}

fn port_of(line: &[u8]) -> Option<u32> {
    std::str::from_utf8(line).ok()?.strip_prefix("CONNECT ")?.trim_end_matches('\r').parse().ok()
}

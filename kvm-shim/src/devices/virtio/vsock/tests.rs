// SPDX-License-Identifier: Apache-2.0
//! The device against rings in memory and sockets of the host.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::connection::ROOM;
use super::packet::{self, Header, LENGTH};
use super::*;
use crate::devices::virtio::Device;
use crate::devices::virtio::testing::Driver;

const GUEST: u32 = 3;

/// A guest's driver whose receive queue has buffers.
struct Guest {
    driver: Driver,
    path: PathBuf,
    buffers: Vec<u64>,
    seen: usize,
}

fn guest() -> Guest {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("kvm-shim-vsock-{}-{number}", std::process::id()));
    guest_with(path, |_| {})
}

fn guest_with(path: PathBuf, change: impl FnOnce(&mut Muxer)) -> Guest {
    let mut muxer = Muxer::new(GUEST, &path).unwrap();
    change(&mut muxer);
    let driver = Driver::new(Device::Vsock(Vsock::new(muxer)));
    Guest { driver, path, buffers: Vec::new(), seen: 0 }
}

impl Guest {
    fn give_buffers(&mut self, count: usize) {
        for _ in 0..count {
            let at = self.driver.buffer(4096);
            self.buffers.push(at);
            self.driver.offer(RECEIVE, &[(at, 4096, true)]);
        }
    }

    fn header(&self, operation: u16, host_port: u32, guest_port: u32) -> Header {
        Header {
            source_cid: GUEST.into(),
            target_cid: packet::HOST,
            source_port: guest_port,
            target_port: host_port,
            length: 0,
            kind: packet::STREAM,
            operation,
            flags: 0,
            room: 0x1_0000,
            passed_on: 0,
        }
    }

    fn send(&mut self, header: &Header, data: &[u8]) {
        let header = Header { length: u32::try_from(data.len()).unwrap(), ..*header };
        self.send_raw(&header, data);
    }

    fn send_raw(&mut self, header: &Header, data: &[u8]) {
        let mut bytes = header.bytes().to_vec();
        bytes.extend(data);
        let at = self.driver.put(&bytes);
        self.driver.offer(TRANSMIT, &[(at, u32::try_from(bytes.len()).unwrap(), false)]);
        assert_eq!(self.driver.notify(TRANSMIT), [0]);
    }

    /// What has arrived for the guest since the last call.
    fn received(&mut self) -> Vec<(Header, Vec<u8>)> {
        let lengths = self.driver.given_back(RECEIVE);
        let mut packets = Vec::new();
        for length in lengths {
            let bytes = self.driver.read(self.buffers[self.seen], length as usize);
            self.seen += 1;
            packets.push((Header::parse(bytes[..LENGTH].try_into().unwrap()), bytes[LENGTH..].to_vec()));
        }
        packets
    }

    fn operations(&mut self) -> Vec<u16> {
        self.received().iter().map(|(header, _)| header.operation).collect()
    }

    /// Host events until the guest has something: sockets of one process, so each is there at once.
    fn after_host(&mut self) -> Vec<(Header, Vec<u8>)> {
        for _ in 0..4 {
            self.driver.transport.host_event();
        }
        self.received()
    }

    /// A stream from the guest's port 5000 to the host's port 77.
    fn connected(&mut self) -> UnixStream {
        let mut listening = self.path.clone().into_os_string();
        listening.push("_77");
        let listener = UnixListener::bind(&listening).unwrap();
        self.send(&self.header(packet::REQUEST, 77, 5000), b"");
        assert_eq!(self.operations(), [packet::RESPONSE]);
        let (stream, _) = listener.accept().unwrap();
        std::fs::remove_file(listening).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

#[test]
fn a_guest_reaches_a_listener_of_the_host_both_ways() {
    let mut guest = guest();
    guest.give_buffers(8);
    let mut host = guest.connected();
    guest.send(&guest.header(packet::DATA, 77, 5000), b"ping");
    let mut bytes = [0; 4];
    host.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"ping");
    host.write_all(b"pong").unwrap();
    let got = guest.after_host();
    assert_eq!((got[0].0.operation, &got[0].1[..]), (packet::DATA, &b"pong"[..]));
    assert_eq!((got[0].0.source_port, got[0].0.target_port, got[0].0.length), (77, 5000, 4));
}

#[test]
fn a_program_of_the_host_reaches_a_port_of_the_guest() {
    let mut guest = guest();
    guest.give_buffers(8);
    let mut host = UnixStream::connect(&guest.path).unwrap();
    host.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // What follows the line is data already.
    host.write_all(b"CONNECT 9000\nearly").unwrap();
    let got = guest.after_host();
    assert_eq!((got.len(), got[0].0.operation, got[0].0.target_port), (1, packet::REQUEST, 9000));
    let port = got[0].0.source_port;
    guest.send(&guest.header(packet::RESPONSE, port, 9000), b"");
    let got = guest.after_host();
    assert_eq!(got[0].1, b"early");
    let mut line = vec![0; format!("OK {port}\n").len()];
    host.read_exact(&mut line).unwrap();
    assert_eq!(String::from_utf8(line).unwrap(), format!("OK {port}\n"));
}

#[test]
fn a_port_that_nobody_serves_is_reset() {
    let mut guest = guest();
    guest.give_buffers(4);
    guest.send(&guest.header(packet::REQUEST, 1, 5000), b"");
    assert_eq!(guest.operations(), [packet::RESET]);
    guest.send(&guest.header(packet::DATA, 1, 5000), b"x");
    assert_eq!(guest.operations(), [packet::RESET], "data of a stream that is not there");
    guest.send(&guest.header(packet::RESET, 1, 5000), b"");
    assert_eq!(guest.operations(), [0u16; 0], "a reset is not answered by one");
}

#[test]
fn half_closes_travel_both_ways() {
    let mut guest = guest();
    guest.give_buffers(8);
    let mut host = guest.connected();
    host.shutdown(std::net::Shutdown::Write).unwrap();
    let got = guest.after_host();
    assert_eq!((got[0].0.operation, got[0].0.flags), (packet::SHUTDOWN, packet::NO_SEND));
    assert!(guest.after_host().is_empty(), "it is said once");
    guest.send(&guest.header(packet::DATA, 77, 5000), b"still");
    let mut header = guest.header(packet::SHUTDOWN, 77, 5000);
    header.flags = packet::NO_SEND;
    guest.send(&header, b"");
    let mut text = String::new();
    host.read_to_string(&mut text).unwrap();
    assert_eq!(text, "still");
    header.flags = packet::NO_SEND | packet::NO_RECEIVE;
    guest.send(&header, b"");
    assert_eq!(guest.operations(), [packet::RESET]);
}

#[test]
fn a_listener_that_accepts_nobody_does_not_hold_the_thread() {
    let mut guest = guest();
    guest.give_buffers(64);
    let mut listening = guest.path.clone().into_os_string();
    listening.push("_77");
    let listener = UnixListener::bind(&listening).unwrap();
    // Asked again, the kernel takes the shorter backlog.
    runtime_sys::rustix::net::listen(&listener, 0).unwrap();
    let mut refused = false;
    for port in 0..8 {
        guest.send(&guest.header(packet::REQUEST, 77, port), b"");
        refused |= guest.operations().contains(&packet::RESET);
    }
    assert!(refused);
    drop(listener);
    std::fs::remove_file(listening).unwrap();
}

#[test]
fn streams_take_turns() {
    let (taker, streams) = mpsc::channel();
    let path = std::env::temp_dir().join(format!("kvm-shim-vsock-turns-{}", std::process::id()));
    let mut guest = guest_with(path, |muxer| muxer.inside(1024, taker));
    guest.give_buffers(3);
    for port in [5000, 5001, 5002] {
        guest.send(&guest.header(packet::REQUEST, 1024, port), b"");
    }
    guest.received();
    let hosts: Vec<UnixStream> = streams.try_iter().collect();
    for mut host in &hosts {
        host.write_all(&[1; 9000]).unwrap();
    }
    guest.give_buffers(6);
    let order: Vec<u32> = guest.after_host().iter().map(|(header, _)| header.target_port).collect();
    assert_eq!(order[..3], [5000, 5001, 5002]);
    assert_eq!(order[3..], order[..3]);
}

#[test]
fn streams_inside_this_process_need_no_file() {
    let (taker, streams) = mpsc::channel();
    let path = std::env::temp_dir().join(format!("kvm-shim-vsock-inside-{}", std::process::id()));
    let mut guest = guest_with(path, |muxer| muxer.inside(1024, taker));
    guest.give_buffers(4);
    guest.send(&guest.header(packet::REQUEST, 1024, 5000), b"");
    assert_eq!(guest.operations(), [packet::RESPONSE]);
    let mut host = streams.try_recv().unwrap();
    guest.send(&guest.header(packet::DATA, 1024, 5000), b"hi");
    let mut bytes = [0; 2];
    host.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"hi");
}

#[test]
fn a_guest_that_sends_beyond_its_credit_loses_the_stream() {
    let mut guest = guest();
    guest.give_buffers(64);
    let _host = guest.connected();
    let data = vec![0; MOST_DATA];
    let mut reset = false;
    // The socket's own buffer takes some; nobody reads.
    for _ in 0..64 {
        guest.send(&guest.header(packet::DATA, 77, 5000), &data);
        reset |= guest.operations().contains(&packet::RESET);
        if reset {
            break;
        }
    }
    assert!(reset, "{} bytes were held", 64 * MOST_DATA);
}

#[test]
fn credit_returns_as_the_host_reads() {
    let mut guest = guest();
    guest.give_buffers(64);
    let mut host = guest.connected();
    let data = vec![7; MOST_DATA];
    let mut told = 0;
    for _ in 0..16 {
        guest.send(&guest.header(packet::DATA, 77, 5000), &data);
        let mut read = vec![0; MOST_DATA];
        host.read_exact(&mut read).unwrap();
        guest.driver.transport.host_event();
        told = guest.received().last().map_or(told, |(h, _)| h.passed_on);
    }
    let sent = u32::try_from(16 * MOST_DATA).unwrap();
    assert!(sent - told <= ROOM / 2, "told of {told} of {sent}");
}

#[test]
fn the_guests_own_credit_is_kept() {
    let mut guest = guest();
    guest.give_buffers(64);
    let mut host = guest.connected();
    host.write_all(&vec![1; 0x1_8000]).unwrap();
    let arrived: usize = (0..8).map(|_| guest.after_host().iter().map(|(_, d)| d.len()).sum::<usize>()).sum();
    assert_eq!(arrived, 0x1_0000);
    let mut header = guest.header(packet::CREDIT, 77, 5000);
    header.passed_on = 0x1_0000;
    guest.send(&header, b"");
    let arrived: usize = (0..8).map(|_| guest.after_host().iter().map(|(_, d)| d.len()).sum::<usize>()).sum();
    assert_eq!(arrived, 0x8000);
}

#[test]
fn packets_that_lie_are_dropped_or_reset() {
    let mut guest = guest();
    guest.give_buffers(16);
    let mut long = guest.header(packet::DATA, 77, 5000);
    long.length = u32::MAX;
    guest.send_raw(&long, b"short");
    assert_eq!(guest.operations(), [0u16; 0], "longer than its chain");
    let at = guest.driver.put(b"short");
    guest.driver.offer(TRANSMIT, &[(at, 5, false)]);
    assert_eq!(guest.driver.notify(TRANSMIT), [0], "shorter than a header");
    for change in [
        |h: &mut Header| h.target_cid = 4,
        |h: &mut Header| h.source_cid = 1,
        |h: &mut Header| h.kind = 2,
        |h: &mut Header| h.operation = 99,
    ] {
        let mut header = guest.header(packet::REQUEST, 77, 5000);
        change(&mut header);
        guest.send(&header, b"");
        assert_eq!(guest.operations(), [packet::RESET], "{header:?}");
    }
    assert!(!guest.driver.is_broken());
}

#[test]
fn a_second_request_ends_the_stream() {
    let mut guest = guest();
    guest.give_buffers(8);
    let mut host = guest.connected();
    guest.send(&guest.header(packet::REQUEST, 77, 5000), b"");
    assert_eq!(guest.operations(), [packet::RESET]);
    assert_eq!(host.read(&mut [0]).unwrap(), 0);
}

#[test]
fn resets_that_nobody_takes_are_bounded() {
    let mut guest = guest();
    for port in 0..5000 {
        guest.send(&guest.header(packet::REQUEST, 1, port), b"");
    }
    guest.give_buffers(4);
    guest.driver.notify(RECEIVE);
    assert_eq!(guest.seen, 0);
}

#[test]
fn buffers_too_small_for_a_packet_are_given_back_empty() {
    let mut guest = guest();
    let at = guest.driver.buffer(64);
    guest.driver.offer(RECEIVE, &[(at, 44, true)]);
    guest.send(&guest.header(packet::REQUEST, 1, 5000), b"");
    assert_eq!(guest.driver.given_back(RECEIVE), [0]);
    assert!(!guest.driver.is_broken());
}

#[test]
fn words_that_are_no_port_close_the_programs_socket() {
    for line in ["CONNECT x\n", "HELLO 5\n", "CONNECT 99999999999\n", &"C".repeat(200)] {
        let mut guest = guest();
        guest.give_buffers(4);
        let mut host = UnixStream::connect(&guest.path).unwrap();
        host.write_all(line.as_bytes()).unwrap();
        assert!(guest.after_host().is_empty(), "{line}");
        host.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The end, or a reset where some of what was sent stayed unread.
        assert!(matches!(host.read(&mut [0]), Ok(0) | Err(_)), "{line}");
    }
}

#[test]
fn a_reset_of_the_device_closes_every_stream() {
    let mut guest = guest();
    guest.give_buffers(8);
    let mut host = guest.connected();
    guest.driver.set_up();
    assert_eq!(host.read(&mut [0]).unwrap(), 0);
    assert!(guest.after_host().is_empty());
}

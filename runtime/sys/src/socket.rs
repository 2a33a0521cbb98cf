// SPDX-License-Identifier: Apache-2.0
//! Sockets that carry messages and descriptors.

use crate::{Call, Errno, Result, SysError};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{IoSlice, IoSliceMut};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
};

const SIOCSIFFLAGS: usize = 0x8914;

/// A connected pair that keeps message boundaries and tells of the other end's death by an empty message.
///
/// # Errors
/// EMFILE.
pub fn packet_pair() -> Result<(OwnedFd, OwnedFd)> {
    rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
        .call("socketpair", format_args!("AF_UNIX, SOCK_SEQPACKET"))
}

/// The same for one who only listens, at half the price: what is read here and written there. A message of at most
/// 4096 bytes stays whole.
///
/// # Errors
/// EMFILE.
pub fn packet_pipe() -> Result<(OwnedFd, OwnedFd)> {
    use rustix::pipe::{PipeFlags, pipe_with};
    pipe_with(PipeFlags::CLOEXEC | PipeFlags::DIRECT).call("pipe2", format_args!("O_DIRECT"))
}

/// Receives one message from such a pipe; length 0 means that the other end is closed. Without `wait` EAGAIN means
/// that nothing is there.
///
/// # Errors
/// EAGAIN.
pub fn receive_from_pipe(pipe: BorrowedFd<'_>, buffer: &mut [u8], wait: bool) -> Result<usize> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let nothing = || SysError::with("read", Errno::AGAIN, format_args!("a pipe"));
    if !wait {
        let mut fds = [PollFd::from_borrowed_fd(pipe, PollFlags::IN)];
        match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
            Ok(0) => return Err(nothing()),
            other => drop(other.call("poll", format_args!("a pipe"))?),
        }
    }
    loop {
        match rustix::io::read(pipe, &mut *buffer) {
            Err(Errno::INTR) => {}
            other => return other.call("read", format_args!("a pipe")),
        }
    }
}

/// Sends one message, with at most one descriptor.
///
/// # Errors
/// EPIPE when the other end is closed (no SIGPIPE), EMSGSIZE.
pub fn send(socket: BorrowedFd<'_>, message: &[u8], fd: Option<BorrowedFd<'_>>) -> Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = [fd.unwrap_or(socket)];
    if fd.is_some() {
        control.push(SendAncillaryMessage::ScmRights(&fds));
    }
    loop {
        match rustix::net::sendmsg(socket, &[IoSlice::new(message)], &mut control, SendFlags::NOSIGNAL) {
            Err(Errno::INTR) => {}
            other => return other.call("sendmsg", format_args!("{} bytes", message.len())).map(drop),
        }
    }
}

/// Sends one message without waiting; false when the other end has no room for it.
///
/// # Errors
/// EPIPE when the other end is closed (no SIGPIPE).
pub fn send_now(socket: BorrowedFd<'_>, message: &[u8]) -> Result<bool> {
    loop {
        match rustix::net::send(socket, message, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(false),
            other => return other.call("send", format_args!("{} bytes", message.len())).map(|_| true),
        }
    }
}

/// Receives one message and the descriptor that came with it; length 0 means that the other end is closed.
///
/// # Errors
/// EMSGSIZE when the message is longer than `buffer`.
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<(usize, Option<OwnedFd>)> {
    receive_with(socket, buffer, RecvFlags::empty())
}

/// The same without waiting: EAGAIN when nothing is there.
///
/// # Errors
/// As [`receive`], and EAGAIN.
pub fn receive_now(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<(usize, Option<OwnedFd>)> {
    receive_with(socket, buffer, RecvFlags::DONTWAIT)
}

fn receive_with(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> Result<(usize, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        let mut slices = [IoSliceMut::new(buffer)];
        match rustix::net::recvmsg(socket, &mut slices, &mut control, flags | RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => {}
            other => break other.call("recvmsg", format_args!(""))?,
        }
    };
    if received.flags.contains(rustix::net::ReturnFlags::TRUNC) {
        return Err(SysError::with("recvmsg", Errno::MSGSIZE, format_args!("a message is too long")));
    }
    let mut descriptor = None;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            descriptor = fds.into_iter().next();
        }
    }
    Ok((received.bytes, descriptor))
}

/// Waits until the other end is closed; what it says meanwhile stays unread.
pub fn wait_for_close(socket: BorrowedFd<'_>) {
    use rustix::event::{PollFd, PollFlags, poll};
    let mut fds = [PollFd::from_borrowed_fd(socket, PollFlags::RDHUP)];
    // Interrupted: it asks again. Any other answer is an end as well.
    while matches!(poll(&mut fds, None), Err(Errno::INTR)) {}
}

/// A socket that packets are sent to, bound to a path of at most 107 bytes.
///
/// # Errors
/// EADDRINUSE, ENAMETOOLONG.
pub fn listen_packets(path: &CStr) -> Result<OwnedFd> {
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
            .call("socket", format_args!("AF_UNIX, SOCK_SEQPACKET"))?;
    let address = SocketAddrUnix::new(path).call("bind", format_args!("{path:?}"))?;
    rustix::net::bind(&socket, &address).call("bind", format_args!("{path:?}"))?;
    rustix::net::listen(&socket, 8).call("listen", format_args!("{path:?}"))?;
    Ok(socket)
}

/// What a socket carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// Messages.
    Packets,
    /// Bytes.
    Stream,
}

/// Connects to a socket's path of at most 107 bytes.
///
/// # Errors
/// ENOENT, ECONNREFUSED when nobody listens, ENAMETOOLONG.
pub fn connect(path: &CStr, carries: Carries) -> Result<OwnedFd> {
    let kind = match carries {
        Carries::Packets => SocketType::SEQPACKET,
        Carries::Stream => SocketType::STREAM,
    };
    let socket = rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)
        .call("socket", format_args!("AF_UNIX"))?;
    let address = SocketAddrUnix::new(path).call("connect", format_args!("{path:?}"))?;
    rustix::net::connect(&socket, &address).call("connect", format_args!("{path:?}"))?;
    Ok(socket)
}

/// Accepts one connection.
///
/// # Errors
/// What accept4(2) answers.
pub fn accept(socket: BorrowedFd<'_>) -> Result<OwnedFd> {
    loop {
        match rustix::net::accept_with(socket.as_fd(), SocketFlags::CLOEXEC) {
            Err(Errno::INTR) => {}
            other => return other.call("accept4", format_args!("")),
        }
    }
}

/// Brings the loopback interface of the caller's network namespace up.
///
/// # Errors
/// EPERM without CAP_NET_ADMIN there.
pub fn loopback_up() -> Result<()> {
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
        .call("socket", format_args!("AF_INET, SOCK_DGRAM"))?;
    let mut request = InterfaceRequest { name: [0; 16], flags: 0, rest: [0; 22] };
    request.name[..2].copy_from_slice(b"lo");
    request.flags = InterfaceRequest::UP;
    let args = [
        usize::try_from(rustix::fd::AsRawFd::as_raw_fd(&socket)).unwrap_or_default(),
        SIOCSIFFLAGS,
        &raw const request as usize,
        0,
        0,
        0,
    ];
    // SAFETY: SIOCSIFFLAGS reads a `struct ifreq` of 40 bytes, which `request` is.
    unsafe { crate::raw::syscall(libc::SYS_ioctl, args) }
        .map(drop)
        .map_err(|errno| SysError::with("ioctl", errno, format_args!("SIOCSIFFLAGS, lo, up")))
}

/// `struct ifreq` with its flags.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: i16,
    rest: [u8; 22],
}

impl InterfaceRequest {
    const UP: i16 = 1;
}

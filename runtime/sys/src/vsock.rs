// SPDX-License-Identifier: Apache-2.0
//! Sockets between a guest and its host, from the guest's side.

use crate::raw;
use crate::{Call, OwnedFd, Result, SysError};
use rustix::fd::AsRawFd;
use rustix::net::{AddressFamily, SocketFlags, SocketType};

/// `struct sockaddr_vm`.
#[repr(C)]
struct Address {
    family: u16,
    reserved: u16,
    port: u32,
    cid: u32,
    flags: u8,
    zero: [u8; 3],
}

/// Connects a stream to a port of the host.
///
/// # Errors
/// ENODEV without a vsock device, ECONNRESET when the host has nobody at that port, ETIMEDOUT.
pub fn connect_to_host(port: u32) -> Result<OwnedFd> {
    const HOST: u32 = 2;
    let socket =
        rustix::net::socket_with(AddressFamily::VSOCK, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .call("socket", format_args!("AF_VSOCK"))?;
    let family = AddressFamily::VSOCK.as_raw();
    let address = Address { family, reserved: 0, port, cid: HOST, flags: 0, zero: [0; 3] };
    let args = [
        socket.as_raw_fd().cast_unsigned() as usize,
        &raw const address as usize,
        size_of::<Address>(),
        0,
        0,
        0,
    ];
    // SAFETY: the kernel reads `size_of::<Address>()` bytes of `address` during the call; it lives on this frame.
    unsafe { raw::syscall(libc::SYS_connect, args) }
        .map_err(|errno| SysError::with("connect", errno, format_args!("vsock port {port} of the host")))?;
    Ok(socket)
}

// SPDX-License-Identifier: Apache-2.0
//! Linux calls as safe functions with good errors.
//!
//! This crate is the only place that sees `rustix` and `libc`, and the only one with `unsafe` Linux code.
//! A wrapper carries the kernel's name of its call, so the manual page is the documentation.
//! It builds without `std` for the stage, which runs without a libc.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "std")]
pub mod allocator;
#[cfg(feature = "std")]
pub mod bpf;
#[cfg(feature = "std")]
pub mod cgroupfs;
pub mod clone;
pub mod credentials;
pub mod error;
pub mod exec;
pub mod fd;
pub mod fs;
pub mod keyring;
pub mod mount;
pub mod namespace;
pub mod process;
pub mod raw;
#[cfg(feature = "std")]
pub mod regex;
pub mod scheduling;
pub mod seccomp;
pub mod signal;
pub mod socket;
#[cfg(feature = "std")]
pub mod start;
#[cfg(feature = "std")]
pub mod tree;
pub mod tty;
#[cfg(feature = "std")]
pub mod vsock;
mod walk;

pub use error::{Call, Errno, Result, SysError};
pub use rustix;
pub use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

// SPDX-License-Identifier: Apache-2.0
//! Linux calls as safe functions with good errors.
//!
//! This crate is the only place that sees `rustix` and `libc`, and the only one with `unsafe` Linux code.
//! A wrapper carries the kernel's name of its call, so the manual page is the documentation.
//! It builds without `std` for the stage, which runs without a libc.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod error;
pub mod raw;

pub use error::{Errno, SysError};
pub use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

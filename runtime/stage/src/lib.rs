// SPDX-License-Identifier: Apache-2.0
//! What the runtime and its stage exchange, and nothing else.
//!
//! The stage is the small program that runs between clone3 and the payload's execve. The runtime writes a
//! [`plan::Plan`] into a sealed memfd that the stage reads in place, without an allocator; what must be said while
//! they run travels over one packet socket as [`message`]s.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod message;
pub mod plan;
pub mod wire;

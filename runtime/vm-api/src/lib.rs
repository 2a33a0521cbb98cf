// SPDX-License-Identifier: Apache-2.0
//! The data that runtime, shim and guest exchange.
//!
//! - `vm_spec.rs`: what the shim needs to build one VM.
//! - `guest.rs`: what the shim and guest-init say to each other, and `frame.rs`, how that travels.
//!
//! The host speaks to a guest of one version before its own: messages grow by fields that may be missing, and unknown
//! ones are ignored. Not here: anything that acts.

pub mod frame;
pub mod guest;
pub mod vm_spec;

pub use guest::{FromGuest, StreamHead, StreamKind, ToGuest};
pub use vm_spec::VmSpec;

// SPDX-License-Identifier: Apache-2.0
//! One microVM: its memory, its processors, its devices.
//!
//! Begin with `machine.rs`: the recipe, one call per part. `boot/` puts a kernel into memory and a processor to its
//! first instruction, `devices/` is what the guest sees, `vcpu.rs` is the loop that a processor's thread runs.
//! Everything that the guest can write is hostile here: registers, rings, lengths, packets.
//! Not here: namespaces, cgroups, mounts. Whoever starts the program has made them.

pub mod boot;
pub mod devices;
pub mod error;
mod events;
pub mod guest;
pub mod link;
pub mod machine;
pub mod memory;
mod vcpu;

pub use error::{Error, Result};
pub use machine::{Config, Machine, Outcome};
pub use vcpu::Exits;

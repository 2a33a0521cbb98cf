// SPDX-License-Identifier: Apache-2.0
//! From a kernel's file to the first instruction: the kernel and its boot parameters in memory, ACPI tables that
//! announce the devices, and a processor in the state that the 64-bit boot protocol asks for.

pub mod acpi;
pub(crate) mod cpuid;
mod elf;
pub mod initramfs;
pub mod kernel;
pub mod parameters;
pub(crate) mod registers;

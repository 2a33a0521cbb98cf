// SPDX-License-Identifier: Apache-2.0
//! The manager: systems made from templates, each with a configuration of its own, from create to destroy.
//!
//! Two programs are made of it: `ctctl`, and `ctctl-monitor`, the parent of one running system's init.
//! Read `commands/start.rs`, then `container/start.rs`, then `monitor/`.
//!
//! There is no daemon, and no state but the configuration files: what runs is asked of the kernel, through the
//! runtime, each time.

pub mod accounts;
pub mod build;
pub mod bundle;
pub mod cli;
pub mod commands;
pub mod config;
pub mod console;
pub mod container;
pub mod cpulist;
pub mod devices;
pub mod doctor;
pub mod error;
pub mod events;
pub mod files;
pub mod host;
pub mod idmap;
pub mod listing;
pub mod meter;
pub mod monitor;
pub mod network;
pub mod output;
mod profile;
pub mod resources;
pub mod select;
pub mod storage;
pub mod store;
pub mod usage;

pub use error::{Error, Exit, Result};

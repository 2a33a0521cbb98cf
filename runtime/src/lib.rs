// SPDX-License-Identifier: Apache-2.0
//! The OCI runtime as a library; `ctrun` and `ctctl` are two front doors to it.

pub mod cgroup;
pub mod cli;
pub mod console;
pub mod error;
pub mod fault;
pub mod hooks;
pub mod launch;
pub mod logging;
pub mod notify;
pub mod oom;
pub mod plan;
pub mod sandbox;
pub mod seccomp;
pub mod spec;
pub mod state;
pub mod undo;
pub mod verbs;

pub use error::{Context, Error, ErrorKind, Result};

// SPDX-License-Identifier: Apache-2.0
//! The OCI runtime as a library; `ctrun` and `ctctl` are two front doors to it.

pub mod cgroup;
pub mod error;
pub mod seccomp;
pub mod spec;

pub use error::{Context, Error, ErrorKind, Result};

// SPDX-License-Identifier: Apache-2.0
//! How one container is kept apart from the host: the only place that knows there are kinds of isolation.
//!
//! There is one kind so far: namespaces. The microVM's half of each function stands beside it when it comes.

pub mod build;
pub mod create;
pub mod exec;

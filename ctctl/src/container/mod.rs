// SPDX-License-Identifier: Apache-2.0
//! The manager's own sequences, each a short list of steps.

pub mod copying;
pub mod create;
pub mod destroy;
mod identity;
pub mod limits;
pub mod mounted;
pub mod start;
pub mod state;
pub mod stop;

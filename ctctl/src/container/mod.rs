// SPDX-License-Identifier: Apache-2.0
//! The manager's own sequences, each a short list of steps.

pub mod copying;
pub mod create;
pub mod destroy;
pub mod edit;
mod identity;
pub mod limits;
pub mod live;
pub mod machine;
pub mod many;
pub mod mounted;
pub mod names;
pub mod passwd;
pub mod rename;
pub mod scripts;
pub mod session;
pub mod start;
pub mod state;
pub mod stop;

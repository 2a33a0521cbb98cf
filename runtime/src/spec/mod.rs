// SPDX-License-Identifier: Apache-2.0
//! config.json: the runtime-spec's properties as borrowed types.

pub mod resources;
pub mod seccomp;
pub mod text;

// SPDX-License-Identifier: Apache-2.0
//! What `ctrun` can do, one file per verb. Nothing here prints: the program does, and `ctctl` in its own way.

pub mod create;
pub mod delete;
pub mod events;
pub mod exec;
pub mod features;
pub mod kill;
pub mod list;
pub mod pause;
pub mod ps;
pub mod run;
pub mod spec;
pub mod start;
pub mod state;
pub mod update;
pub mod validate;

// SPDX-License-Identifier: Apache-2.0
//! ctrun, seen from outside: one file per verb, then one per part of the specification.
//!
//! The ids in the tests' comments (OC-04, SP-11) are the rows of the feature list that they hold.

mod create;
mod delete;
mod events;
mod exec;
mod features;
mod global;
mod kill;
mod list;
mod pause;
mod ps;
mod resume;
mod run;
mod spec;
mod start;
mod state;
mod update;
mod validate;

// Parts of the specification.
mod block_io;
mod cgroups;
mod config;
mod console;
mod devices;
mod hooks;
mod idmap;
mod limits;
mod manual;
mod mounts;
mod namespaces;
mod process;
mod propagation;
mod seccomp;

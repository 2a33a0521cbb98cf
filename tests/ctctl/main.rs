// SPDX-License-Identifier: Apache-2.0
//! ctctl, seen from outside: one file per command, and some for what crosses several of them.
//!
//! In a command line, `@` stands for a prefix of the test's own: its systems are nobody else's.

mod archives;
mod completion;
mod config;
mod create;
mod debian;
mod destroy;
mod doctor;
mod documents;
mod enter;
mod errors;
mod events;
mod exec;
mod exit_codes;
mod info;
mod json;
mod kill;
mod killed;
mod label;
mod list;
mod logs;
mod man;
mod pause;
mod rename;
mod restart;
mod select;
mod set;
mod start;
mod stats;
mod status;
mod stop;
mod storage;
mod template;
mod wait;

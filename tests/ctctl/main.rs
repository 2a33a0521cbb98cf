// SPDX-License-Identifier: Apache-2.0
//! ctctl, seen from outside: one file per command, and some for what crosses several of them.
//!
//! In a command line, `@` stands for a prefix of the test's own: its systems are nobody else's.

mod archives;
mod autostart;
mod boot;
mod completion;
mod config;
mod console;
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
mod export;
mod info;
mod json;
mod kill;
mod killed;
mod label;
mod limits;
mod list;
mod logs;
mod man;
mod network;
mod networks;
mod passwd;
mod pause;
mod policy;
mod port;
mod rename;
mod restart;
mod run;
mod scripts;
mod select;
mod session;
mod set;
mod shutdown;
mod sources;
mod start;
mod stats;
mod status;
mod steps;
mod stop;
mod storage;
mod template;
mod wait;

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
mod documents;
mod enter;
mod exec;
mod export;
mod info;
mod kill;
mod killed;
mod limits;
mod list;
mod logs;
mod man;
mod network;
mod networks;
mod passwd;
mod pause;
mod port;
mod restart;
mod session;
mod set;
mod sources;
mod start;
mod status;
mod steps;
mod stop;
mod storage;
mod template;
mod wait;

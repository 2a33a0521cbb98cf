// SPDX-License-Identifier: Apache-2.0
//! ctctl, seen from outside: one file per command, and some for what crosses several of them.
//!
//! In a command line, `@` stands for a prefix of the test's own: its systems are nobody else's.

mod archives;
mod completion;
mod config;
mod cp;
mod create;
mod debian;
mod destroy;
mod device;
mod documents;
mod enter;
mod exec;
mod features;
mod info;
mod kill;
mod killed;
mod list;
mod logs;
mod man;
mod mount;
mod pause;
mod pull;
mod push;
mod restart;
mod set;
mod start;
mod status;
mod stop;
mod storage;
mod template;
mod umount;
mod wait;

// SPDX-License-Identifier: Apache-2.0
//! ctctl, seen from outside: one file per command, then what crosses several of them.
//!
//! In a command line, `@` stands for a prefix of the test's own: its systems are nobody else's.

mod archives;
mod completion;
mod create;
mod destroy;
mod documents;
mod enter;
mod exec;
mod info;
mod list;
mod man;
mod restart;
mod set;
mod start;
mod status;
mod stop;
mod template;

// What crosses several commands.
mod debian;
mod killed;
mod storage;

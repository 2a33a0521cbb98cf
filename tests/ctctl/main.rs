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
mod cp;
mod create;
mod debian;
mod destroy;
mod device;
mod documents;
mod enter;
mod exec;
mod export;
mod features;
mod info;
mod kill;
mod killed;
mod limits;
mod list;
mod logs;
mod man;
mod mount;
mod network;
mod networks;
mod passwd;
mod pause;
mod policy;
mod port;
mod pull;
mod push;
mod restart;
mod run;
mod scripts;
mod session;
mod set;
mod shutdown;
mod sources;
mod start;
mod status;
mod steps;
mod stop;
mod storage;
mod template;
mod umount;
mod wait;

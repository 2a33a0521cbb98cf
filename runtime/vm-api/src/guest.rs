// SPDX-License-Identifier: Apache-2.0
//! What the shim and guest-init say to each other.
//!
//! ```text
//! guest-init                                     shim
//!   connects to LINK_PORT   ------------------>
//!   Hello                   ------------------>
//!                           <------------------  Welcome     the VM's key
//!                           <------------------  Run         0..n
//!   connects to STREAM_PORT ------------------>  one stream each for stdin, stdout, stderr:
//!   StreamHead, then bytes  <----------------->    bytes, with half-close
//!   Started | Failed        ------------------>
//!                           <------------------  Signal      0..n
//!   Exited                  ------------------>
//!                           <------------------  PowerOff
//! ```
//!
//! The first stream to `LINK_PORT` is guest-init's: it connects before anything else runs in the guest. Later streams
//! prove by the key that they are its as well: a program in the guest can connect to any port.

use serde::{Deserialize, Serialize};

/// The version of these messages.
pub const VERSION: u32 = 1;
/// Where guest-init connects to.
pub const LINK_PORT: u32 = 1024;
/// Where it connects to for the stdio of processes.
pub const STREAM_PORT: u32 = 1025;

/// From guest-init.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromGuest {
    /// The first message.
    Hello {
        /// `VERSION` there.
        version: u32,
    },
    /// A process runs.
    Started {
        /// Of this container.
        container: String,
        /// By the name that `Run` gave it.
        process: String,
    },
    /// A process could not be started.
    Failed {
        /// Of this container.
        container: String,
        /// By the name that `Run` gave it.
        process: String,
        /// Why.
        message: String,
        /// The exit code that a shell has for this: 127 no such program, 126 not to be run.
        code: u8,
    },
    /// A process has ended.
    Exited {
        /// Of this container.
        container: String,
        /// By the name that `Run` gave it.
        process: String,
        /// Its code, or 128 and the signal.
        code: u8,
    },
}

/// To guest-init.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToGuest {
    /// The answer to `Hello`.
    Welcome {
        /// `VERSION` here.
        version: u32,
        /// What later streams begin with.
        key: String,
    },
    /// Start a process.
    Run {
        /// In this container.
        container: String,
        /// Under this name, which is new.
        process: String,
        /// The program and its arguments; it is looked for along PATH of `env`.
        args: Vec<String>,
        /// `NAME=value`, all of it.
        env: Vec<String>,
        /// Where it begins.
        cwd: String,
    },
    /// Send a signal.
    Signal {
        /// In this container.
        container: String,
        /// To this process.
        process: String,
        /// Its number.
        signal: i32,
    },
    /// Nothing is needed any more.
    PowerOff {},
}

/// Which stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamKind {
    /// To the process.
    Stdin,
    /// From it.
    Stdout,
    /// From it.
    Stderr,
}

/// The first message of a stdio stream; what follows are bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamHead {
    /// As `Welcome` gave it.
    pub key: String,
    /// Of this container.
    pub container: String,
    /// Of this process.
    pub process: String,
    /// Which of its three.
    pub stream: StreamKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    // A guest of the next version says more; one of the version before has what is here.
    #[test]
    fn unknown_fields_are_ignored() {
        let newer = r#"{"Exited":{"container":"c","process":"p","code":7,"oom":true}}"#;
        let exited = FromGuest::Exited { container: "c".into(), process: "p".into(), code: 7 };
        assert_eq!(serde_json::from_str::<FromGuest>(newer).unwrap(), exited);
        assert!(serde_json::from_str::<FromGuest>(r#"{"Exited":{"container":"c"}}"#).is_err());
    }
}

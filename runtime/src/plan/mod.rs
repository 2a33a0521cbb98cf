// SPDX-License-Identifier: Apache-2.0
//! From a checked specification to what the stage obeys. No I/O: the parts that must be opened are named here and
//! opened by `launch`.

pub mod arena;
mod cgroup_mount;
pub mod check;
pub mod facts;
pub mod mounts;
pub mod namespaces;
pub mod process;
pub mod root;

use arena::Arena;
use stage::plan::{Plan, Process};

/// A plan in which nothing is to be done: what every launch starts from.
#[must_use]
pub fn idle(arena: &Arena) -> Plan<'_> {
    Plan {
        proc: None,
        channel: -1,
        wait_at_gate: false,
        join: arena.list(&[]),
        clone_again: None,
        unshare: 0,
        become_root: false,
        time_offsets: None,
        loopback: false,
        hostname: None,
        domainname: None,
        keyring: None,
        join_keyring: false,
        root: None,
        runtime_hooks: false,
        create_container_hooks: arena.list(&[]),
        start_container_hooks: arena.list(&[]),
        state_before_status: b"",
        state_after_pid: b"",
        sysctls: arena.list(&[]),
        terminal: None,
        start_socket: None,
        wait_on_channel: false,
        say_ready: false,
        process: Process {
            args: arena.list(&[]),
            env: arena.list(&[]),
            find_home: false,
            path: b"",
            cwd: c"/",
            uid: 0,
            gid: 0,
            groups: None,
            umask: None,
            capabilities: None,
            no_new_privs: false,
            rlimits: arena.list(&[]),
            scheduler: None,
            io_priority: None,
            affinity: None,
            personality: None,
            label: None,
            seccomp: None,
            preserve_fds: 0,
            own_stdio: false,
            new_session: false,
        },
        fault: None,
    }
}

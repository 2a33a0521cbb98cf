// SPDX-License-Identifier: Apache-2.0
//! The black-box harness: a bundle in a folder of its own, the built programs run on it, and a guard that fails a
//! test which leaves something behind.
//!
//! A test reads like what a person would type:
//!
//! ```no_run
//! # use integration_tests::{Bundle, needs};
//! let ct = Bundle::running(["sh", "-c", "echo 42"]);
//! ct.create().ok();
//! ct.start().ok();
//! ct.wait_for("stopped");
//! assert_eq!(ct.stdout(), "42\n");
//! ct.delete().ok();
//! ```
//!
//! `CTRUN` names another runtime to run them on, to see what it does.

mod bundle;
mod config;
mod leaks;
mod limits;
mod needs;
mod networks;
mod program;
mod ran;
mod systems;
mod terminal;

pub use bundle::{Bundle, behind, ctrun_program, dist};
pub use config::{add_mount, add_namespace, default_config, map_users, remove_namespace};
pub use leaks::{cgroup_folders, mounts_below, processes_with};
pub use limits::{disk, limit};
pub use needs::{Need, is_met, needed};
pub use networks::Network;
pub use program::build_program;
pub use ran::{Ran, run, wait_until};
pub use systems::{Systems, ctctl_program};
pub use terminal::Terminal;

/// Ends the test as a reported skip if the machine lacks something.
#[macro_export]
macro_rules! needs {
    ($($need:ident),+) => {
        if !$crate::needed(&[$($crate::Need::$need),+]) {
            return;
        }
    };
}

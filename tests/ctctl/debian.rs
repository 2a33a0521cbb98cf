// SPDX-License-Identifier: Apache-2.0
//! The main job: a Debian system from nothing to nothing.

use integration_tests::{Systems, needs};
use std::time::Duration;

// SN-03, VZ-04
#[test]
fn debian_boots_its_own_systemd_without_a_failed_unit() {
    needs!(Root, Mmdebstrap);
    let systems = Systems::empty();
    systems.run_within(Duration::from_secs(600), &["template", "build", "debian-12"]).ok();
    systems.run(&["create", "@deb", "--template", "debian-12"]).ok();
    // It returns when systemd says READY=1, at its default target.
    systems.run(&["start", "--wait", "@deb"]).ok();
    let inside = |args: &[&str]| systems.run(&[&["exec", "@deb", "--"], args].concat());
    let state = inside(&["systemctl", "is-system-running", "--wait"]);
    assert_eq!(state.stdout, "running\n", "{:#?}", inside(&["systemctl", "--failed", "--no-pager"]));
    assert_eq!(inside(&["systemctl", "--failed", "--no-legend", "--no-pager"]).ok().stdout, "");
    assert_eq!(inside(&["cat", "/run/systemd/container"]).ok().stdout.trim(), "ctctl");
    // Its services are in control groups that it made itself.
    let groups = inside(&["cat", "/proc/1/cgroup"]).ok().stdout;
    assert!(groups.contains("/init.scope"), "{groups}");
    let shell = systems.run_with_input(&["enter", "@deb"], "echo $0; id -un\n").ok();
    assert_eq!(shell.stdout, "/bin/bash\nroot\n");
    systems.run(&["stop", "@deb"]).ok();
    assert_eq!(systems.status("@deb")["last_exit"], "halted");
    systems.run(&["destroy", "@deb"]).ok();
    assert_eq!(systems.left_behind(), Vec::<String>::new());
}

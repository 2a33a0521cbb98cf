// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::time::Duration;

#[test]
fn logs_are_followed_to_the_end_over_a_reboot() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    // The first time it reboots, the second it ends.
    let script = "echo one two; echo three; [ -e /again ] && exit 0; touch /again; sleep 1; reboot -f";
    let web = systems.scripted("web", script);
    systems.run(&["start", &web]).ok();
    let ran = systems.run_within(Duration::from_secs(60), &["logs", "--follow", &web]).ok();
    assert_eq!(ran.stdout.matches("three").count(), 2, "{}", ran.stdout);
    let tail = systems.run(&["logs", "-n", "1", &web]).ok().stdout;
    assert_eq!(tail.trim_end(), "three");
    // Nothing runs: there is nothing to follow.
    assert_eq!(systems.run(&["logs", "-f", "-n", "1", &web]).ok().stdout, tail);
}

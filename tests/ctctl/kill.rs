// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn a_signal_goes_to_init_or_to_all() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "trap 'echo heard' USR1; while :; do sleep 0.1; done");
    systems.run(&["kill", &web]).exits(5).fails_with("it does not run");
    systems.run(&["start", &web]).ok();
    systems.run(&["kill", &web, "USR1"]).ok();
    let heard = || systems.run(&["logs", &web]).ok().stdout.contains("heard");
    assert!(integration_tests::wait_until(heard));
    systems.run(&["kill", &web, "NOSUCH"]).exits(7).fails_with("NOSUCH");
    systems.run(&["exec", &web, "--", "sh", "-c", "sleep 1000 & :"]).ok();
    let sleeps = || systems.run(&["exec", &web, "--", "ps"]).ok().stdout.contains("sleep 1000");
    assert!(sleeps());
    // init has no handler for it and does not hear it; the other has none either and dies.
    systems.run(&["kill", "--processes", &web, "TERM"]).ok();
    assert!(integration_tests::wait_until(|| !sleeps()));
    assert_eq!(systems.status(&web)["status"], "running");
    systems.run(&["kill", &web]).ok();
    systems.wait_for(&web, "stopped");
    systems.run(&["kill", &web, "-s", "NOSUCH"]).exits(7).fails_with("unknown signal");
}

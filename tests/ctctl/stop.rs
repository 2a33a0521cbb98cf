// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::time::Instant;

#[test]
fn stop_asks_init_to_halt() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["stop", &name]).ok();
    let status = systems.status(&name);
    assert_eq!((&status["status"], &status["last_exit"]), (&"stopped".into(), &"halted".into()));
    systems.run(&["stop", &name]).exits(5).fails_with("it does not run");
    systems.run(&["start", &name]).ok();
}

#[test]
fn an_init_that_does_not_hear_is_killed() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "init=/bin/sleep 1000"]).ok();
    systems.run(&["start", "@web"]).ok();
    let before = Instant::now();
    let ran = systems.run(&["stop", "--timeout", "1", "@web"]).ok();
    assert!(ran.stderr.contains("was killed"), "{ran:#?}");
    assert!(before.elapsed().as_secs() >= 1);
    assert_eq!(systems.status("@web")["last_exit"], "killed by signal 9");
}

#[test]
fn kill_does_not_wait() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["stop", "--kill", &name]).ok();
    assert_eq!(systems.status(&name)["last_exit"], "killed by signal 9");
}

#[test]
fn what_init_does_itself_counts() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let first = systems.status(&name)["pid"].clone();
    systems.run(&["exec", &name, "--", "reboot", "-f"]);
    let rebooted = integration_tests::wait_until(|| {
        let pid = systems.status(&name)["pid"].clone();
        !pid.is_null() && pid != first
    });
    assert!(rebooted, "a reboot starts it again");
    systems.run(&["exec", &name, "--", "poweroff", "-f"]);
    systems.wait_for(&name, "stopped");
}

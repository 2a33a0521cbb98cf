// SPDX-License-Identifier: Apache-2.0
//! Networks of systems. The manager of each test is in a network namespace of its own.

use integration_tests::{Systems, needs, wait_until};

// VZ-34, IN-09, DK-08
#[test]
fn a_system_reaches_the_host_and_another_one_by_name() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let (one, two) = (systems.running("one"), systems.running("two"));
    let gateway = "ip route | sed -n 's/default via //p' | cut -d' ' -f1";
    systems.run(&["exec", &one, "--", "sh", "-c", &format!("ping -c 1 -W 5 $({gateway})")]).ok();
    systems.run(&["exec", &one, "--", "ping", "-c", "1", "-W", "5", &two]).ok();
    let by_name = || systems.run(&["exec", &two, "--", "ping", "-6", "-c", "1", "-W", "5", &one]).code == 0;
    assert!(wait_until(by_name));
}

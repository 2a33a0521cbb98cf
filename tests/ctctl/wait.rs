// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs, wait_until};
use std::io::Read;
use std::process::Stdio;

#[test]
fn kill_and_wait_tell_how_it_ended() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "trap 'exit 7' HUP; echo up; while :; do sleep 0.1; done");
    assert_eq!(systems.run(&["wait", &web]).ok().stdout, "never started\n");
    systems.run(&["start", &web]).ok();
    assert!(wait_until(|| systems.run(&["logs", &web]).ok().stdout.contains("up")));
    systems.run(&["wait", &web, "--timeout", "1"]).exits(10).fails_with("it still runs");
    systems.run(&["kill", &web, "NOSUCH"]).exits(7).fails_with("NOSUCH");
    let mut waiting = systems.command(&["wait", &web]).stdout(Stdio::piped()).spawn().expect("ctctl runs");
    systems.run(&["kill", &web, "SIGHUP"]).ok();
    let mut said = String::new();
    waiting.stdout.take().expect("it is piped").read_to_string(&mut said).expect("it ends");
    assert!(waiting.wait().expect("it is ours").success());
    assert_eq!(said, "exited with 7\n");
    systems.run(&["kill", &web]).exits(5).fails_with("it does not run");
    systems.run(&["start", &web]).ok();
    systems.run(&["kill", &web]).ok();
    assert_eq!(systems.run(&["wait", &web]).ok().stdout, "killed by signal 9\n");
}

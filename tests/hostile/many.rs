// SPDX-License-Identifier: Apache-2.0
//! A thousand containers one after another and two hundred at once: nothing of them is left, and none fails.

use integration_tests::{Bundle, needs, wait_until};
use std::process::{Child, Stdio};

const IN_SEQUENCE: usize = 1000;
const AT_ONCE: usize = 200;

/// Each with a cgroup of its own name.
fn bundle() -> Bundle {
    Bundle::new().with(|c| drop(c["linux"].as_object_mut().unwrap().remove("cgroupsPath")))
}

fn quietly(ct: &Bundle, args: &[&str]) -> Child {
    let mut command = ct.command(args);
    if args[0] == "delete" {
        // Refused for as long as the program has not ended.
        command.stderr(Stdio::null());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

fn succeeds(ct: &Bundle, args: &[&str]) -> bool {
    quietly(ct, args).wait().unwrap().success()
}

/// A container whose program ends at once can be deleted as soon as it has.
fn delete(ct: &Bundle, id: &str) {
    assert!(wait_until(|| succeeds(ct, &["delete", id])), "{id} is not deleted");
}

// OC-03, OC-04, OC-08
#[test]
fn a_thousand_in_sequence_leave_nothing() {
    needs!(Root);
    let ct = bundle();
    for number in 0..IN_SEQUENCE {
        let id = format!("{}-{number}", ct.id);
        assert!(succeeds(&ct, &["create", &id]), "create {id}");
        assert!(succeeds(&ct, &["start", &id]), "start {id}");
        delete(&ct, &id);
    }
    assert_eq!(ct.left_behind(), Vec::<String>::new());
}

// OC-03, OC-04, OC-08, OC-21
#[test]
fn two_hundred_at_once_leave_nothing() {
    needs!(Root);
    let ct = bundle();
    let ids: Vec<String> = (0..AT_ONCE).map(|number| format!("{}-{number}", ct.id)).collect();
    for verb in ["create", "start"] {
        let children: Vec<Child> = ids.iter().map(|id| quietly(&ct, &[verb, id])).collect();
        for (id, mut child) in ids.iter().zip(children) {
            assert!(child.wait().unwrap().success(), "{verb} {id}");
        }
    }
    std::thread::scope(|scope| {
        for id in &ids {
            scope.spawn(|| delete(&ct, id));
        }
    });
    assert_eq!(ct.left_behind(), Vec::<String>::new());
}

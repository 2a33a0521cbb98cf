// SPDX-License-Identifier: Apache-2.0
//! `ctrun pause` (OC-12).

use integration_tests::{Bundle, needs, wait_until};

// OC-12, OC-09
#[test]
fn pause_stops_the_processes_and_the_state_says_so() {
    needs!(Root, Freezer);
    let ct = Bundle::sh("while :; do echo x; sleep 0.02; done");
    ct.create().ok();
    ct.start().ok();
    assert!(wait_until(|| ct.stdout().len() > 4));
    ct.ctrun(["pause", &ct.id]).ok();
    assert_eq!(ct.status(), "paused");
    let before = ct.stdout();
    std::thread::sleep(std::time::Duration::from_millis(150));
    assert_eq!(ct.stdout(), before);
    ct.ctrun(["resume", &ct.id]).ok();
    assert_eq!(ct.status(), "running");
    assert!(wait_until(|| ct.stdout().len() > before.len()));
    ct.delete_force().ok();
}

// OC-12
#[test]
fn pause_needs_a_running_container() {
    needs!(Root, Freezer);
    let ct = Bundle::new();
    ct.ctrun(["pause", &ct.id]).fails_with("does not exist");
    ct.create().ok();
    ct.start().ok();
    ct.wait_for("stopped");
    ct.ctrun(["pause", &ct.id]).fails();
    ct.delete().ok();
}

// OC-08: a paused container can be deleted by force, and a killed one is not left frozen.
#[test]
fn a_paused_container_can_be_deleted_by_force() {
    needs!(Root, Freezer);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    ct.ctrun(["pause", &ct.id]).ok();
    ct.delete_force().ok();
}

// OC-12: as in runc a second pause is an error, and so is a second resume; neither changes anything.
#[test]
fn pause_and_resume_are_not_said_twice() {
    needs!(Root, Freezer);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    let both = |frozen: &str, thawed: &str| {
        ct.ctrun(["pause", &ct.id]).ok();
        ct.ctrun(["pause", &ct.id]).fails_with("not running");
        assert_eq!(ct.status(), frozen);
        ct.ctrun(["resume", &ct.id]).ok();
        ct.ctrun(["resume", &ct.id]).fails_with("not paused");
        assert_eq!(ct.status(), thawed);
    };
    both("created", "created");
    ct.start().ok();
    both("paused", "running");
    both("paused", "running");
    ct.delete_force().ok();
}

// OC-12, OC-07, OC-08: what can be done with a paused container, as in runc.
#[test]
fn a_paused_container_is_looked_at_and_signalled_and_no_more() {
    needs!(Root, Freezer);
    let ct = Bundle::sh("trap 'exit 3' TERM; echo ready; while :; do sleep 0.02; done");
    ct.create().ok();
    ct.start().ok();
    assert!(wait_until(|| ct.stdout() == "ready\n"));
    ct.ctrun(["pause", &ct.id]).ok();
    ct.exec(["true"]).fails_with("paused");
    ct.start().fails();
    ct.delete().fails_with("not stopped: paused");
    assert!(ct.ctrun(["ps", &ct.id]).ok().stdout.contains("sh"));
    // It waits until somebody is there to take it.
    ct.kill("TERM").ok();
    assert_eq!(ct.status(), "paused");
    ct.ctrun(["resume", &ct.id]).ok();
    ct.wait_for("stopped");
    ct.ctrun(["pause", &ct.id]).fails_with("not running");
    ct.ctrun(["resume", &ct.id]).fails_with("not paused");
    ct.delete().ok();
}

// OC-12, OC-07: SIGKILL does not wait for a resume, with and without a pid namespace.
#[test]
fn a_paused_container_dies_of_sigkill() {
    needs!(Root, Freezer);
    for shares_pids in [false, true] {
        let ct = Bundle::sh("sleep 1000 & sleep 1000");
        if shares_pids {
            ct.change(|c| integration_tests::remove_namespace(c, "pid"));
        }
        ct.create().ok();
        ct.start().ok();
        ct.ctrun(["pause", &ct.id]).ok();
        ct.kill("KILL").ok();
        ct.wait_for("stopped");
        ct.delete().ok();
    }
}

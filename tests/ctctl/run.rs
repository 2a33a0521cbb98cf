// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, Terminal, needs, wait_until};
use std::process::{Command, Stdio};

// LX-05
#[test]
fn run_is_the_command() {
    needs!(Root);
    let systems = Systems::new();
    let ran = systems.run(&[
        "run",
        "--rm",
        "--name",
        "@a",
        "busybox",
        "--",
        "sh",
        "-c",
        "echo out; echo err >&2; exit 3",
    ]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (3, "out\n", "err\n"));
    let ran = systems.run_with_input(&["run", "--rm", "--name", "@b", "busybox", "--", "cat"], "typed\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "typed\n"), "{ran:#?}");
    let ran = systems.run(&[
        "run",
        "--rm",
        "--name",
        "@c",
        "-e",
        "A=b c",
        "busybox",
        "--",
        "sh",
        "-c",
        "echo $A; kill -9 1; kill -15 $$",
    ]);
    assert_eq!(ran.stdout, "b c\n");
    assert_eq!(systems.left_behind(), Vec::<String>::new());
    // Without --rm it can be started again, with its log.
    systems.run(&["run", "--name", "@d", "busybox", "--", "sh", "-c", "exit 0"]).ok();
    assert_eq!(systems.status("@d")["last_exit"], "exited with 0");
    systems.run(&["destroy", "@d"]).ok();
}

#[test]
fn what_cannot_run_leaves_nothing() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["run", "--name", "@a", "busybox", "--", "/no/such"]).exits(127).fails_with("/no/such");
    systems.run(&["run", "--name", "@a", "nothing", "--", "true"]).exits(6);
    systems
        .run(&["run", "--name", "@a", "--set", "memroy=1G", "busybox"])
        .exits(7)
        .fails_with("did you mean memory");
    systems.run(&["run", "--name", "@a", "-e", "x", "busybox"]).exits(2);
    assert_eq!(systems.left_behind(), Vec::<String>::new());
}

// LX-05: a zombie is reaped, a signal is handed on, the exit code comes back.
#[test]
fn an_init_of_ours_reaps_and_hands_on() {
    needs!(Root);
    let systems = Systems::new();
    // The inner shell's child becomes an orphan; process 1 takes it.
    let script = "trap 'exit 9' TERM; sh -c 'sleep 0.01 & exit'; echo ready; while :; do sleep 0.05; cat /proc/[0-9]*/status | grep -q zombie || echo none > /none; done";
    let mut command =
        systems.command(&["run", "--rm", "--init", "--name", "@a", "busybox", "--", "sh", "-c", script]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("ctctl can be run");
    assert!(wait_until(|| systems.run(&["exec", "@a", "--", "cat", "/none"]).code == 0), "a zombie stays");
    assert_eq!(systems.run(&["exec", "@a", "--", "cat", "/proc/1/comm"]).ok().stdout, "init\n");
    let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(kill.expect("kill is there").success());
    let output = child.wait_with_output().expect("our own child can be waited for");
    assert_eq!((output.status.code(), &*output.stdout), (Some(9), &b"ready\n"[..]));
    assert_eq!(systems.left_behind(), Vec::<String>::new());
    systems
        .run(&["run", "--rm", "--init", "--name", "@b", "busybox", "--", "/no/such"])
        .exits(127)
        .fails_with("/no/such");
}

#[test]
fn a_terminal_is_the_command_s() {
    needs!(Root);
    let systems = Systems::new();
    for init in ["", "--init"] {
        let name = systems.name("a");
        let line = format!(
            "ctctl run --rm {init} --name {name} busybox -- sh -c 'trap \"echo int; exit 5\" INT; tty; while :; do sleep 0.1; done'"
        );
        let mut terminal = Terminal::new(&systems, "run", &line);
        terminal.shows("/dev/");
        terminal.keys("\x03");
        let (code, shown) = terminal.end();
        assert_eq!(code, 5, "{init}: {shown}");
        assert!(shown.contains("int"), "{shown}");
    }
    assert_eq!(systems.left_behind(), Vec::<String>::new());
}

#[test]
fn run_in_the_background() {
    needs!(Root);
    let systems = Systems::new();
    let ran = systems
        .run(&["run", "-d", "--rm", "--name", "@a", "busybox", "--", "sh", "-c", "echo hello; read x"])
        .ok();
    assert_eq!(ran.stdout.trim_end(), systems.name("a"));
    assert!(wait_until(|| systems.run(&["logs", "@a"]).stdout.contains("hello")));
    let ran = systems.run_with_input(&["console", "@a"], "x\n");
    assert_eq!(ran.code, 0, "{ran:#?}");
    // Nobody waits for it: its monitor removes it.
    assert!(wait_until(|| systems.left_behind().is_empty()), "{:#?}", systems.left_behind());
    // A name is found for it.
    let ran = systems.run(&["run", "-d", "busybox", "--", "sleep", "100"]).ok();
    assert!(ran.stdout.starts_with("busybox-"), "{ran:#?}");
    systems.run(&["destroy", "--force", ran.stdout.trim_end()]).ok();
}

#[test]
fn an_ephemeral_system_goes_with_its_stop() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@a", "--template", "busybox", "ephemeral=yes"]).ok();
    systems.run(&["start", "@a"]).ok();
    systems.run(&["restart", "@a"]).ok();
    systems.run(&["stop", "@a"]).ok();
    assert!(wait_until(|| systems.left_behind().is_empty()), "{:#?}", systems.left_behind());
}

// SEC-26, SEC-30
#[test]
fn the_strict_profile_refuses_ways_out() {
    needs!(Root);
    let systems = Systems::new();
    let script = "for c in 'unshare -r true' 'unshare -n true' 'mount -t tmpfs none /mnt' 'chroot / true' \
        'mknod /x b 7 0' 'hostname x' 'date -s 0'; do $c 2> /dev/null && echo $c works; done; \
        grep CapBnd /proc/self/status; grep Seccomp: /proc/self/status; ip addr add 10.0.0.1/8 dev lo 2> /dev/null && echo ip works; exit 0";
    let ran = systems.run(&["run", "--rm", "--name", "@a", "busybox", "--", "sh", "-c", script]).ok();
    // chroot alone is what programs of an application may need.
    assert!(
        ran.stdout.starts_with("chroot / true works\nCapBnd:\t00000000a00405fb\nSeccomp:\t2\n"),
        "{ran:#?}"
    );
}

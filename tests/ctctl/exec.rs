// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn exec_has_the_commands_output_and_code() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let ran = systems.run(&["exec", &name, "--", "sh", "-c", "echo out; echo err >&2; exit 42"]).exits(42);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("out\n", "err\n"));
    systems.run(&["exec", &name, "--", "sh", "-c", "kill -9 $$"]).exits(137);
    systems.run(&["exec", &name, "--", "no-such-program"]).exits(127);
    systems.run(&["exec", &name, "--", "/etc/passwd"]).exits(126);
    assert_eq!(systems.run_with_input(&["exec", &name, "--", "cat"], "through\n").ok().stdout, "through\n");
}

#[test]
fn exec_takes_variables_and_a_directory() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let args =
        ["exec", "-e", "COLOUR=blue", "--cwd", "/etc", &name, "--", "sh", "-c", "echo $COLOUR $HOME; pwd"];
    assert_eq!(systems.run(&args).ok().stdout, "blue /root\n/etc\n");
}

#[test]
fn a_command_has_not_what_init_was_told() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox", "ready=notify"]).ok();
    systems.run(&["start", "@web"]).ok();
    let init = systems.run(&["exec", "@web", "--", "cat", "/proc/1/environ"]).ok().stdout;
    assert!(init.contains("NOTIFY_SOCKET=/run/host/notify"), "{init}");
    let own = systems.run(&["exec", "@web", "--", "env"]).ok().stdout;
    assert!(own.contains("container=ctctl") && !own.contains("NOTIFY_SOCKET"), "{own}");
}

#[test]
fn options_behind_the_command_are_its_own() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    assert_eq!(systems.run(&["exec", &name, "echo", "-e", "a", "--tty"]).ok().stdout, "a --tty\n");
}

#[test]
fn exec_in_a_stopped_system_is_refused() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    systems.run(&["exec", "@web", "--", "true"]).exits(5).fails_with("it does not run");
}

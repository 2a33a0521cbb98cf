// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};

#[test]
fn enter_is_a_login_shell_of_root() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let ran = systems.run_with_input(&["enter", &name], "id -un; pwd; hostname; exit 7\n");
    assert_eq!(ran.stdout, format!("root\n/root\n{name}\n"));
    ran.exits(7);
}

#[test]
fn enter_from_a_terminal_has_one_inside() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    // script(1) gives ctctl a terminal; what it types goes through it.
    let program = systems.command(&["enter", &name]).get_program().to_string_lossy().into_owned();
    let place = |folder: &str| systems.folder.join(folder).display().to_string();
    let line = format!(
        "{program} --config-dir {} --data-dir {} --run-dir {} --log-dir {} enter {name}",
        place("etc"),
        place("data"),
        place("run"),
        place("log")
    );
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).stdin(std::process::Stdio::piped());
    script.stdout(std::process::Stdio::piped());
    let mut child = script.spawn().expect("script is part of every Debian");
    let mut stdin = child.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut stdin, b"tty; exit 3\n").expect("it reads");
    let output = child.wait_with_output().expect("our own child can be waited for");
    drop(stdin);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("/dev/pts/"), "{text}");
    assert_eq!(output.status.code(), Some(3), "{text}");
}

#[test]
fn enter_a_stopped_system_says_how_to_start_it() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    systems.run(&["enter", "@web"]).exits(5).fails_with("hint: ctctl start");
}

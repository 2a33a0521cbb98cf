// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Ran, Systems, Terminal, needs, wait_until};
use std::fs::{self, File};
use std::io::Write;
use std::process::{Child, Command, Stdio};

/// A console without a terminal; its output goes to a file.
struct Watcher {
    child: Child,
    printed: std::path::PathBuf,
}

impl Watcher {
    fn new(systems: &Systems, name: &str, word: &str) -> Watcher {
        let printed = systems.folder.join(format!("watcher.{word}"));
        let file = File::create(&printed).expect("the folder is ours");
        let both = file.try_clone().expect("a file can be shared");
        let mut command = systems.command(&["console", name]);
        let child =
            command.stdin(Stdio::piped()).stdout(file).stderr(both).spawn().expect("ctctl can be run");
        Watcher { child, printed }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.printed).unwrap_or_default()).replace('\r', "")
    }

    fn code(mut self) -> i32 {
        self.child.wait().expect("our own child can be waited for").code().unwrap_or(-1)
    }

    fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(kill.expect("kill is there").success());
    }
}

fn waiting(systems: &Systems, name: &str) -> usize {
    let folder = fs::read_dir(systems.folder.join("run/systems").join(name)).into_iter().flatten().flatten();
    folder.filter(|entry| entry.file_name().to_string_lossy().starts_with("console.wait.")).count()
}

// LX-35
#[test]
fn consoles_from_before_a_start_show_everything_from_its_first_byte() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "echo first; seq 1 2000; echo last");
    let watchers = ["a", "b"].map(|word| Watcher::new(&systems, &web, word));
    assert!(wait_until(|| waiting(&systems, &web) == 2));
    systems.run(&["start", &web]).ok();
    let numbers: String = (1..=2000).map(|n| format!("{n}\n")).collect();
    for watcher in watchers {
        assert!(wait_until(|| watcher.text().contains("last")), "{}", watcher.text());
        assert_eq!(watcher.text(), format!("first\n{numbers}last\n"));
        assert_eq!(watcher.code(), 0);
    }
    assert!(wait_until(|| systems.monitors(&web).is_empty()));
    assert_eq!(waiting(&systems, &web), 0);
}

#[test]
fn who_comes_later_sees_what_was_printed_and_what_others_type() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "echo hello; read word; echo got $word; read word");
    systems.run(&["start", &web]).ok();
    let mut watchers = ["a", "b"].map(|word| Watcher::new(&systems, &web, word));
    for watcher in &watchers {
        assert!(wait_until(|| watcher.text().contains("hello")), "{}", watcher.text());
    }
    watchers[0].child.stdin.as_mut().expect("it is piped").write_all(b"one two\n").expect("it reads");
    for watcher in &watchers {
        assert!(wait_until(|| watcher.text().contains("got one two")), "{}", watcher.text());
    }
    // One that is ended by a signal takes nothing with it.
    let [first, second] = watchers;
    first.signal("-TERM");
    assert_eq!(first.code(), 128 + 15);
    assert_eq!(systems.status(&web)["status"], "running");
    systems.run(&["stop", "--kill", &web]).ok();
    assert_eq!(second.code(), 0);
}

#[test]
fn a_watcher_that_does_not_read_stops_nobody() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "echo begin; read word; seq 1 200000; echo end; read word");
    systems.run(&["start", &web]).ok();
    let mut slow = Watcher::new(&systems, &web, "slow");
    assert!(wait_until(|| slow.text().contains("begin")));
    slow.child.stdin.as_mut().expect("it is piped").write_all(b"\n").expect("it reads");
    assert!(wait_until(|| slow.text().contains("\n10\n")));
    slow.signal("-STOP");
    let quick = Watcher::new(&systems, &web, "quick");
    assert!(wait_until(|| quick.text().contains("end")), "the system waits for a watcher");
    slow.signal("-CONT");
    assert!(wait_until(|| slow.text().contains("end")));
    systems.run(&["stop", "--kill", &web]).ok();
    assert_eq!((slow.code(), quick.code()), (0, 0));
}

#[test]
fn the_terminal_is_as_before_whatever_ends_the_console() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let script = "echo hello; while read word; do stty size; [ $word = end ] && exit 3; done";
    let web = systems.scripted("web", script);
    // How it ends, and the exit code.
    for (way, expected) in [("key", 0), ("end", 0), ("signal", 143), ("monitor", 1)] {
        systems.run(&["start", &web]).ok();
        let line = format!(
            "stty rows 33 cols 99; stty -g > {0}/before; ctctl console {web}; code=$?; stty -g > {0}/after; exit $code",
            systems.folder.display()
        );
        let mut terminal = Terminal::new(&systems, way, &line);
        terminal.shows("hello");
        terminal.keys("go\n");
        terminal.shows("33 99");
        match way {
            "key" => terminal.keys("\x1d"),
            "end" => terminal.keys("end\n"),
            "signal" => kill("-TERM", &console_of(&web)),
            _ => kill("-9", &systems.monitors(&web)),
        }
        let (code, shown) = terminal.end();
        assert_eq!(code, expected, "{way}: {shown}");
        let saved = |file: &str| fs::read_to_string(systems.folder.join(file)).expect("stty wrote it");
        assert_eq!(saved("before"), saved("after"), "{way}");
        if way == "monitor" {
            assert!(shown.contains("its monitor was killed, and its console with it"), "{shown}");
        }
        // It may have ended.
        let _state: Ran = systems.run(&["stop", "--kill", &web]);
    }
}

fn console_of(name: &str) -> Vec<i32> {
    let output = Command::new("pgrep").args(["-f", &format!("ctctl console {name}$")]).output();
    let text = String::from_utf8_lossy(&output.expect("pgrep is there").stdout).into_owned();
    text.lines().filter_map(|line| line.parse().ok()).filter(|pid| is_ctctl(*pid)).collect()
}

fn is_ctctl(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "ctctl")
}

fn kill(signal: &str, pids: &[i32]) {
    assert_eq!(pids.len(), 1);
    let status = Command::new("kill").args([signal, &pids[0].to_string()]).status();
    assert!(status.expect("kill is there").success());
}

#[test]
fn a_console_that_is_gone_is_said_to_be() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    kill("-9", &systems.monitors(&name));
    assert!(wait_until(|| systems.monitors(&name).is_empty()));
    systems.run(&["console", &name]).exits(5).fails_with("its console ended when its monitor was killed");
    systems.run(&["console", "--escape", "x", &name]).exits(2).fails_with("expected ^ and a letter");
    systems.run(&["console", "@nobody"]).exits(3);
}

#[test]
fn a_console_of_a_system_that_is_destroyed_ends() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    let web = systems.name("web");
    let watcher = Watcher::new(&systems, &web, "a");
    assert!(wait_until(|| waiting(&systems, &web) == 1));
    systems.run(&["destroy", "@web"]).ok();
    assert!(wait_until(|| watcher.text().contains("it was destroyed")), "{}", watcher.text());
    assert_eq!(watcher.code(), 3);
}

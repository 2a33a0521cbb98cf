// SPDX-License-Identifier: Apache-2.0
//! What `exec` and `enter` say of a command: who runs it, with what, where, how long, and on which terminal.

use integration_tests::{Systems, needs, wait_until};
use rustix::pty::OpenptFlags;
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A shell's words in a system.
fn sh<'s>(systems: &'s Systems, name: &'s str) -> impl Fn(&[&str], &str) -> String + 's {
    move |options, line| {
        systems.run(&[&["exec"], options, &[name, "--", "sh", "-c", line]].concat()).ok().stdout
    }
}

// VZ-10
#[test]
fn a_command_runs_as_a_user_of_the_system() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let run = sh(&systems, &name);
    run(
        &[],
        "echo ann:x:1000:1001:Ann:/srv/ann:/bin/sh >> /etc/passwd; mkdir -p /srv/ann; \
         printf 'ann:x:1001:\nadm:x:4:ann\nweb:x:33:\n' >> /etc/group",
    );
    assert_eq!(run(&["-u", "ann"], "id -u; id -G; echo $HOME $USER"), "1000\n1001 4\n/srv/ann ann\n");
    assert_eq!(run(&["-u", "ann:web"], "id -u; id -G"), "1000\n33\n");
    assert_eq!(run(&["--user", "4711:12"], "id -u; id -G; echo $HOME:$USER"), "4711\n12\n/:\n");
    assert_eq!(run(&["-u", "ann"], "grep CapEff /proc/self/status"), "CapEff:\t0000000000000000\n");
    systems.run(&["exec", "-u", "eve", &name, "--", "true"]).exits(7).fails_with("no user \"eve\"");
    let shell = systems.run_with_input(&["enter", "-u", "ann", &name], "id -un; pwd\n").ok();
    assert_eq!(shell.stdout, "ann\n/srv/ann\n");
    assert_eq!(systems.run(&["enter", &name, "--exec", "echo $0; exit 5"]).exits(5).stdout, "/bin/sh\n");
}

// VZ-10: whoever works inside writes these files.
#[test]
fn users_are_read_from_the_systems_own_files_alone() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let run = sh(&systems, &name);
    let outside = systems.folder.join("outside");
    fs::write(&outside, "spy:x:1:1::/:/bin/sh\n").unwrap();
    let as_spy = ["exec", "-u", "spy", &name, "--", "true"];
    for (make, error) in [
        (format!("ln -sf {} /etc/passwd", outside.display()), "no user"),
        ("rm -f /etc/passwd; mkfifo /etc/passwd".to_owned(), "no regular file"),
        ("rm -f /etc/passwd; mkdir /etc/passwd".to_owned(), "no regular file"),
        ("rmdir /etc/passwd; ln -s /proc/1/root/etc/passwd /etc/passwd".to_owned(), "passwd"),
        ("rm /etc/passwd; dd if=/dev/zero of=/etc/passwd bs=1M count=5".to_owned(), "too large"),
        ("rm /etc/passwd; ln -s /dev/tty /etc/passwd".to_owned(), "no regular file"),
        ("rm /etc/passwd; printf 'spy:x:4294967295:0::/:\nspy:x:70000:0::/:\n' > /etc/passwd".to_owned(), ""),
    ] {
        run(&[], &make);
        systems.run(&as_spy).fails_with(error);
    }
    run(&[], "rm /etc/passwd; ln -s /usr/pw /etc/passwd; mkdir -p /usr; echo spy:x:9:9::/: > /usr/pw");
    assert_eq!(run(&["-u", "spy"], "id -u"), "9\n");
}

// VZ-10
#[test]
fn a_command_that_takes_too_long_is_killed_inside() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let began = Instant::now();
    let line = "trap '' TERM; sleep 4713 & sleep 4713";
    for options in [&["exec", "--timeout", "1"][..], &["exec", "-t", "--timeout", "1"]] {
        let ran = systems.run(&[options, &[&name, "--", "sh", "-c", line]].concat());
        ran.exits(10).fails_with("killed after 1 s");
    }
    assert!(began.elapsed() < Duration::from_secs(40));
    let gone = || !systems.run(&["exec", &name, "--", "ps"]).ok().stdout.contains("4713");
    assert!(wait_until(gone), "{:#?}", systems.run(&["exec", &name, "--", "ps"]));
    systems.run(&["exec", "--timeout", "50", &name, "--", "sh", "-c", "exit 4"]).exits(4);
    systems.run(&["exec", "--timeout", "50", &name, "--", "no-such"]).exits(127);
    systems.run(&["exec", "--timeout", "0", &name, "--", "true"]).exits(2);
}

// LX-06
#[test]
fn the_callers_variables_come_when_asked_for() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run(&["set", &name, "env=OF_SYSTEM=1 PATH=/sbin:/usr/bin:/bin"]).ok();
    let run = |options: &[&str]| {
        let mut command = systems.command(&[&["exec"], options, &[&name, "--", "env"]].concat());
        command.env("MINE", "a b").env("OTHER", "2").env("TERM", "vt100");
        integration_tests::run(&mut command, &systems.folder).ok().stdout
    };
    let has = |text: &str, line: &str| text.lines().any(|l| l == line);
    let plain = run(&[]);
    assert!(has(&plain, "OF_SYSTEM=1") && has(&plain, "TERM=vt100") && !plain.contains("MINE"), "{plain}");
    let one = run(&["--keep-var", "MINE", "--keep-var", "NOT_THERE"]);
    assert!(has(&one, "MINE=a b") && !one.contains("OTHER") && !one.contains("NOT_THERE"), "{one}");
    let all = run(&["--keep-env", "-e", "OTHER=3"]);
    assert!(has(&all, "MINE=a b") && has(&all, "OTHER=3") && has(&all, "HOME=/root"));
    let paths = all.lines().filter(|line| line.starts_with("PATH="));
    assert_eq!(paths.collect::<Vec<_>>(), ["PATH=/sbin:/usr/bin:/bin"]);
    let none = run(&["--clear-env"]);
    assert!(!none.contains("OF_SYSTEM") && has(&none, "container=ctctl"), "{none}");
}

// LX-06
#[test]
fn a_command_may_join_some_namespaces_alone() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let spaces = ["net", "uts", "ipc", "mnt", "pid", "user"];
    let paths: Vec<String> = spaces.iter().map(|kind| format!("/proc/self/ns/{kind}")).collect();
    let read = |options: &[&str]| {
        let line = format!("for path in {}; do readlink $path; done", paths.join(" "));
        let words = [&["exec"], options, &[name.as_str(), "--", "sh", "-c", &line]].concat();
        systems.run(&words).ok().stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let inside = read(&[]);
    let host: Vec<String> =
        paths.iter().map(|path| fs::read_link(path).unwrap().display().to_string()).collect();
    let joined = read(&["--ns", "net,uts"]);
    assert_eq!(joined[..2], inside[..2]);
    assert_eq!(joined[2..], host[2..]);
    // The host's program, and its exit code.
    systems.run(&["exec", "--ns", "net", &name, "--", "sh", "-c", "exit 6"]).exits(6);
    assert_eq!(read(&["--ns", "user,mount,pid,net,uts,ipc"]), inside);
    systems.run(&["exec", "--ns", "pid", &name, "--", "true"]).exits(2).fails_with("hint: name mount");
    systems.run(&["exec", "--ns", "net", "-u", "root", &name, "--", "true"]).exits(2).fails_with("--user");
}

// LX-06
#[test]
fn an_elevated_command_has_what_the_system_has_not() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let status = "grep -e CapEff -e ^Seccomp: /proc/self/status; cat /proc/self/cgroup";
    let plain = systems.run(&["exec", &name, "--", "sh", "-c", status]).ok().stdout;
    let raised = systems.run(&["exec", "--elevated", &name, "--", "sh", "-c", status]).ok().stdout;
    assert!(plain.contains("Seccomp:\t2") && raised.contains("Seccomp:\t0"), "{plain}{raised}");
    let set = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("CapEff:\t")).unwrap();
        u64::from_str_radix(line, 16).unwrap()
    };
    // CAP_SYS_TIME
    assert_eq!((set(&plain) >> 25 & 1, set(&raised) >> 25 & 1), (0, 1));
    // Seen from the system's own cgroup, another one is above it.
    assert!(!plain.contains("/..") && raised.contains("/.."), "{plain}{raised}");
}

// VZ-10
#[test]
fn standard_input_is_a_script_or_a_stream_that_ends() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let ran = systems.run_with_input(&["exec", &name, "-"], "echo $((6*7)); exit 9\n").exits(9);
    assert_eq!(ran.stdout, "42\n");
    // The writing side closes; the command goes on and answers.
    let args = ["exec", &name, "--", "sh", "-c", "wc -c; sleep 0.2; echo after"];
    assert_eq!(systems.run_with_input(&args, &"x".repeat(100_000)).ok().stdout, "100000\nafter\n");
    let tty = systems.run(&["exec", "-T", &name, "--", "sh", "-c", "tty"]);
    assert!(tty.stdout.contains("not a tty"), "{tty:#?}");
}

// VZ-10
#[test]
fn signals_reach_the_command() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let line = "trap 'echo got; exit 3' TERM; echo ready; while :; do sleep 0.1; done";
    let mut command = systems.command(&["exec", &name, "--", "sh", "-c", line]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut ready = [0; 6];
    out.read_exact(&mut ready).unwrap();
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!((child.wait().unwrap().code(), rest.as_str()), (Some(3), "got\n"));
}

// VZ-10
#[test]
fn fifty_at_once_have_each_their_own_output_and_code() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let children: Vec<_> = (0..50)
        .map(|number: i32| {
            let line = format!("echo out{number}; exit {number}");
            let mut command = systems.command(&["exec", &name, "--", "sh", "-c", &line]);
            (number, command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap())
        })
        .collect();
    for (number, child) in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!((output.status.code(), text), (Some(number), format!("out{number}\n")));
    }
}

/// A terminal: what a person holds, and what a program is given.
fn terminal() -> (File, File) {
    let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    rustix::pty::grantpt(&master).unwrap();
    rustix::pty::unlockpt(&master).unwrap();
    let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let theirs = OpenOptions::new().read(true).write(true).open(path).unwrap();
    (File::from(master), theirs)
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// Reads until the terminal has shown this.
fn shows(master: &mut File, shown: &mut String, text: &str) {
    let mut buffer = [0; 1024];
    while !shown.contains(text) {
        let count = master.read(&mut buffer).unwrap();
        shown.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}

// VZ-09, VZ-10
#[test]
fn a_terminal_keeps_its_size_and_comes_back_as_it_was() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    for verb in [&["exec", "-t", name.as_str(), "--", "sh"][..], &["enter", name.as_str()]] {
        let (mut master, theirs) = terminal();
        tcsetwinsize(&master, size(31, 91)).unwrap();
        let before = tcgetattr(&theirs).unwrap();
        let mut command = systems.command(verb);
        let copy = || Stdio::from(theirs.try_clone().unwrap());
        let mut child = command.stdin(copy()).stdout(copy()).stderr(copy()).spawn().unwrap();
        let mut shown = String::new();
        master.write_all(b"stty size\n").unwrap();
        shows(&mut master, &mut shown, "31 91");
        tcsetwinsize(&master, size(42, 101)).unwrap();
        Command::new("kill").args(["-WINCH", &child.id().to_string()]).status().unwrap();
        // The size comes with a signal, which may be later than what is typed.
        master.write_all(b"until stty size | grep '42 101'; do sleep 0.1; done\n").unwrap();
        shows(&mut master, &mut shown, "42 101\r\n");
        master.write_all(b"exit 8\n").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(8));
        let after = tcgetattr(&theirs).unwrap();
        assert_eq!((before.local_modes, before.input_modes), (after.local_modes, after.input_modes));
    }
}

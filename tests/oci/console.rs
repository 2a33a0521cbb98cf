// SPDX-License-Identifier: Apache-2.0
//! Terminals (SP-07, OC-03, OC-06): the console socket, its size, `run` and `exec -t`.

use std::fs::File;
use std::io::{IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use integration_tests::{Bundle, needs};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use serde_json::json;

/// The other end of a console socket: what containerd-shim and conmon are.
struct Receiver {
    listener: UnixListener,
}

impl Receiver {
    fn at(path: &Path) -> Self {
        Self { listener: UnixListener::bind(path).unwrap() }
    }

    /// The terminal's master, as it comes.
    fn terminal(&self) -> File {
        let (stream, _) = self.listener.accept().unwrap();
        File::from(descriptor(&stream).expect("the runtime sends a descriptor"))
    }
}

fn descriptor(stream: &UnixStream) -> Option<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; 256];
    recvmsg(stream, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, RecvFlags::CMSG_CLOEXEC).unwrap();
    ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    })
}

/// Everything until the terminal hangs up (EIO) or the text has come.
fn read_until(terminal: &mut File, text: &str) -> String {
    let mut all = String::new();
    let mut buffer = [0; 1024];
    while !all.contains(text) {
        match terminal.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => all.push_str(&String::from_utf8_lossy(&buffer[..n])),
        }
    }
    assert!(all.contains(text), "{text:?} in {all:?}");
    all
}

fn with_terminal(ct: Bundle) -> Bundle {
    ct.with(|c| c["process"]["terminal"] = json!(true))
}

// SP-07, OC-03
#[test]
fn create_sends_the_terminal_to_the_console_socket() {
    needs!(Root);
    let ct = with_terminal(Bundle::sh("tty; stat -c %F /dev/console; stty size; read line; echo got $line"))
        .with(|c| c["process"]["consoleSize"] = json!({ "height": 33, "width": 77 }));
    let receiver = Receiver::at(&ct.folder.join("console"));
    let create = std::thread::scope(|scope| {
        let create = scope.spawn(|| ct.create_with(["--console-socket", "console"]).ok());
        let terminal = receiver.terminal();
        drop(create.join().unwrap());
        terminal
    });
    let mut terminal = create;
    ct.start().ok();
    let text = read_until(&mut terminal, "33 77");
    assert!(text.contains("/dev/") && text.contains("character special file"), "{text}");
    terminal.write_all(b"hello\n").unwrap();
    read_until(&mut terminal, "got hello");
    ct.wait_for("stopped");
    ct.delete().ok();
}

// OC-03: the names of sockets end at 108 bytes; a long path is still met.
#[test]
fn a_console_socket_may_have_a_long_path() {
    needs!(Root);
    let ct = with_terminal(Bundle::sh("echo ready"));
    let deep = ct.folder.join("x".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    // Bound through its folder, since bind has the same limit.
    let folder = File::open(&deep).unwrap();
    let short = format!("/proc/self/fd/{}/s", std::os::fd::AsRawFd::as_raw_fd(&folder));
    let receiver = Receiver::at(Path::new(&short));
    let socket = deep.join("s");
    std::thread::scope(|scope| {
        let create = scope.spawn(|| ct.create_with([Path::new("--console-socket"), &socket]).ok());
        let _terminal = receiver.terminal();
        drop(create.join().unwrap());
    });
    ct.delete_force().ok();
}

// OC-03: a terminal without a place to send it to is an error, and so is the reverse.
#[test]
fn a_terminal_and_a_console_socket_belong_together() {
    needs!(Root);
    with_terminal(Bundle::new()).create().fails_with("console");
    let ct = Bundle::new();
    let _receiver = Receiver::at(&ct.folder.join("console"));
    ct.create_with(["--console-socket", "console"]).fails_with("console");
}

// OC-06
#[test]
fn exec_with_a_terminal() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    ct.create().ok();
    ct.start().ok();
    let receiver = Receiver::at(&ct.folder.join("console"));
    let mut terminal = std::thread::scope(|scope| {
        let words = [
            "exec",
            "--detach",
            "--tty",
            "--console-socket",
            "console",
            &ct.id,
            "sh",
            "-c",
            "tty; read x; echo got $x",
        ];
        let ct = &ct;
        let exec = scope.spawn(move || drop(ct.ctrun(words).ok()));
        let terminal = receiver.terminal();
        exec.join().unwrap();
        terminal
    });
    read_until(&mut terminal, "/dev/pts/");
    terminal.write_all(b"it\n").unwrap();
    read_until(&mut terminal, "got it");
    ct.delete_force().ok();
}

// OC-05, SP-07: `run` on a terminal of ours joins the two. The host's `script` is our terminal.
#[test]
fn run_on_a_terminal_joins_it_to_ours() {
    needs!(Root);
    let ct = with_terminal(Bundle::sh("tty; exit 3"));
    let run = ct.command(["run", &ct.id]);
    let words: Vec<String> = std::iter::once(run.get_program())
        .chain(run.get_args())
        .map(|w| w.to_string_lossy().into_owned())
        .collect();
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &words.join(" "), "/dev/null"]).current_dir(&ct.folder);
    let ran = ct.finish(&mut script).exits(3);
    assert!(ran.stdout.contains("/dev/"), "{ran:?}");
}

/// The process that a pidfd means.
// OC-05, SP-07: a payload may close its terminal and open it again, as often as it likes.
#[test]
fn run_goes_on_with_a_terminal_that_is_opened_again() {
    needs!(Root);
    let script =
        "exec </dev/null >/dev/null 2>&1; for i in $(seq 50); do seq 200 >/dev/console; done; exit 5";
    let ran = with_terminal(Bundle::sh(script)).run().exits(5);
    assert_eq!(ran.stdout.lines().count(), 50 * 200);
}

fn pid_of(pidfd: &OwnedFd) -> String {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd())).unwrap();
    info.lines().find_map(|line| line.strip_prefix("Pid:")).expect("it is a pidfd").trim().to_owned()
}

// OC-03, OC-05, OC-06
#[test]
fn a_pidfd_is_sent_to_its_socket() {
    needs!(Root);
    let ct = Bundle::running(["sleep", "1000"]);
    let socket = ct.folder.join("pidfd.sock");
    let receiver = Receiver::at(&socket);
    let path = socket.to_str().unwrap();
    let received = || {
        let (stream, _) = receiver.listener.accept().unwrap();
        descriptor(&stream).expect("the runtime sends a descriptor")
    };
    ct.create_with(["--pidfd-socket", path]).ok();
    assert_eq!(pid_of(&received()), ct.pid().to_string());
    ct.start().ok();
    let detached = ["exec", "--detach", "--pid-file", "pid", "--pidfd-socket", path, &ct.id, "sleep", "1000"];
    ct.ctrun(detached).ok();
    let pid = std::fs::read_to_string(ct.folder.join("pid")).unwrap();
    assert_eq!(pid_of(&received()), pid);
    ct.ctrun(["exec", "--pidfd-socket", path, &ct.id, "true"]).ok();
    drop(received());
    ct.delete_force().ok();
    ct.ctrun(["run", "--detach", "--pidfd-socket", path, &ct.id]).ok();
    assert_eq!(pid_of(&received()), ct.pid().to_string());
    ct.delete_force().ok();
}

// SP-07: a size without a terminal means nothing.
#[test]
fn a_console_size_without_a_terminal_is_left_alone() {
    needs!(Root);
    let ct = Bundle::sh("echo ok").with(|c| {
        c["process"]["consoleSize"] = json!({ "height": 10, "width": 20 });
    });
    assert_eq!(ct.run().ok().stdout, "ok\n");
}

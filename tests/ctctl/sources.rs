// SPDX-License-Identifier: Apache-2.0
//! Where templates come from, beside archives: addresses, and systems that are there.

use integration_tests::{Ran, Systems, needs, run};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

/// Answers requests on the loopback, each by its path, until the test's process ends.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback is up");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut lines = BufReader::new(stream.try_clone().expect("a descriptor")).lines();
            let first = lines.next().and_then(Result::ok).unwrap_or_default();
            let _headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            answer(first.split(' ').nth(1).unwrap_or_default(), &mut stream);
        }
    });
    format!("http://{address}")
}

fn respond(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8], length: usize) {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    // The client may be gone.
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn archive(systems: &Systems) -> (Vec<u8>, String) {
    let tree = systems.folder.join("tree/bin");
    fs::create_dir_all(&tree).expect("the folder is ours");
    fs::copy("/bin/busybox", tree.join("sh")).expect("busybox is installed");
    let file = systems.folder.join("tree.tar");
    let mut tar = Command::new("tar");
    tar.args(["--create", "--directory"]).arg(systems.folder.join("tree")).arg("--file").arg(&file).arg(".");
    run(&mut tar, &systems.folder).ok();
    let sum = run(Command::new("sha256sum").arg(&file), &systems.folder).ok().stdout;
    (fs::read(&file).expect("it was written"), sum.split(' ').next().unwrap_or_default().to_owned())
}

fn build(systems: &Systems, text: &str) -> Ran {
    let path = systems.folder.join("net.toml");
    fs::write(&path, text).expect("the folder is ours");
    let mut command = systems.command(&["template", "build", &path.display().to_string()]);
    // The loopback is reached without anybody's help.
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(variable);
    }
    run(&mut command, &systems.folder)
}

#[track_caller]
fn nothing_is_stored(systems: &Systems) {
    let layers = fs::read_dir(systems.folder.join("data/layers")).into_iter().flatten().flatten();
    let names: Vec<_> = layers.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(names.iter().all(|name| [".use", ".lock"].contains(&name.as_str())), "{names:?}");
    systems.run(&["template", "info", "net"]).exits(6);
}

// PK-04
#[test]
fn an_archive_comes_from_an_address_and_is_what_was_meant() {
    needs!(Root);
    let systems = Systems::empty();
    let (bytes, sha256) = archive(&systems);
    let content = bytes.clone();
    let address = serve(move |path, stream| match path {
        "/root.tar" => respond(stream, "200 OK", "", &content, content.len()),
        "/moved" => respond(stream, "302 Found", "Location: /root.tar\r\n", b"", 0),
        "/round" => respond(stream, "302 Found", "Location: /round\r\n", b"", 0),
        "/file" => respond(stream, "302 Found", "Location: file:///etc/passwd\r\n", b"", 0),
        "/cut" => respond(stream, "200 OK", "", &content[..content.len() / 2], content.len()),
        "/large" => respond(stream, "200 OK", "", b"", 100 << 30),
        _ => respond(stream, "404 Not Found", "", b"", 0),
    });
    let recipe = |path: &str, sha256: &str| {
        format!("[source.tar]\nurl = \"{address}{path}\"\nsha256 = \"{sha256}\"\n")
    };
    for (path, says) in [
        ("/none", "the server answers 404"),
        ("/round", "redirect"),
        ("/file", "/file"),
        ("/cut", "download"),
        ("/large", "more than"),
    ] {
        build(&systems, &recipe(path, &sha256)).exits(1).fails_with(says);
        nothing_is_stored(&systems);
    }
    let other = "0".repeat(64);
    build(&systems, &recipe("/root.tar", &other)).exits(1).fails_with("and the recipe expects 000");
    nothing_is_stored(&systems);
    build(&systems, &recipe("/moved", &sha256)).ok();
    systems.run(&["template", "verify", "net"]).ok();
    for (lines, says) in [
        ("url = \"http://x/y\"", "needs `sha256`"),
        ("url = \"ftp://x/y\"", "begins with https://"),
        ("path = \"x\"\nurl = \"http://x/y\"", "one of the keys `path` and `url`"),
        ("path = \"x\"\nsha256 = \"12\"", "64 hexadecimal digits"),
        ("ulr = \"http://x/y\"", "did you mean `url`?"),
    ] {
        build(&systems, &format!("[source.tar]\n{lines}\n")).exits(7).fails_with(says);
    }
}

#[test]
fn a_server_that_nobody_hears_is_an_error_with_its_address() {
    needs!(Root);
    let systems = Systems::empty();
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback is up");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let recipe = format!("[source.tar]\nurl = \"http://{address}/x\"\nsha256 = \"{}\"\n", "0".repeat(64));
    build(&systems, &recipe).exits(1).fails_with(&address.to_string());
    // Something that speaks no TLS.
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback is up");
    let plain = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The client may be gone.
            let _gone = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let recipe = recipe.replace("http://", "https://").replace(&address.to_string(), &plain);
    build(&systems, &recipe).exits(1).fails_with("https://127.0.0.1");
    nothing_is_stored(&systems);
}

// PK-04
#[test]
fn a_system_that_is_there_becomes_a_template() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let web = systems.running("web");
    let script =
        "echo mine > /etc/mine; rm /etc/hosts; mkdir -p /etc/ssh; echo secret > /etc/ssh/ssh_host_rsa_key";
    systems.run(&["exec", &web, "--", "sh", "-c", script]).ok();
    systems.run(&["set", &web, "memory=64M", "env=A=1"]).ok();
    let text = format!("[source.container]\nname = \"{web}\"\n[defaults]\npids = 50\n");
    build(&systems, &text).exits(5).fails_with("runs");
    systems.run(&["stop", "--kill", &web]).ok();
    build(&systems, &text).ok();
    assert!(!systems.folder.join("data/systems").join(&web).join("upper.copy").exists());
    let info = systems.run(&["template", "info", "net", "--json"]).ok().json();
    assert_eq!(info["defaults"]["env"][0], "A=1");
    assert_eq!(info["defaults"]["pids"], 50);
    assert!(info["defaults"]["memory"].is_null(), "a limit is the system's own: {info}");
    systems.run(&["create", "@two", "--template", "net"]).ok();
    systems.run(&["start", "@two"]).ok();
    let line = "cat /etc/mine /etc/hostname; ls /etc/hosts /etc/ssh";
    let ran = systems.run(&["exec", "@two", "--", "sh", "-c", line]);
    assert_eq!(ran.stdout, format!("mine\n{}\n/etc/ssh:\n", systems.name("two")), "{ran:#?}");
    let id = |name: &str| systems.run(&["exec", name, "--", "cat", "/etc/machine-id"]).ok().stdout;
    systems.run(&["start", &web]).ok();
    assert_ne!(id(&web), id(&systems.name("two")));
    assert_eq!(systems.run(&["exec", &web, "--", "cat", "/etc/mine"]).ok().stdout, "mine\n");
    build(&systems, "[source.container]\nname = \"none\"\n").exits(3).fails_with("no system");
}

#[test]
fn a_removed_template_s_systems_are_named() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    let ran = systems.run(&["template", "rm", "busybox"]).ok();
    assert!(ran.stderr.contains(&systems.name("web")), "{ran:#?}");
}

#[test]
fn the_first_program_has_the_user_of_the_template() {
    needs!(Root);
    let systems = Systems::empty();
    let text = "[source.busybox]\n[defaults]\nuser = \"33:34\"\ninit = [\"/bin/sh\", \"-c\", \"id -u; id -g; exec sleep 1000\"]\nhalt_signal = \"KILL\"\n";
    build(&systems, text).ok();
    systems.run(&["create", "@web", "--template", "net"]).ok();
    systems.run(&["start", "@web"]).ok();
    let status =
        systems.run(&["exec", "@web", "--", "grep", "-E", "^(Uid|Gid|CapEff)", "/proc/1/status"]).ok();
    let words: Vec<&str> = status.stdout.split_whitespace().collect();
    assert_eq!((words[1], words[6], words[11]), ("33", "34", "0000000000000000"), "{status:#?}");
}

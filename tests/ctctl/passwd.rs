// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs, processes_with};
use std::fs;
use std::process::Stdio;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB3RhK9Yz2VtYXJlbm90YXNlY3JldGtleWF0YWxs ann@desk";

/// The hash of a user's line in a system's shadow file.
fn hash(systems: &Systems, name: &str, user: &str) -> String {
    let shadow = systems.run(&["exec", name, "--", "cat", "/etc/shadow"]).ok().stdout;
    let line = shadow.lines().find(|line| line.starts_with(&format!("{user}:"))).unwrap_or_default();
    line.split(':').nth(1).unwrap_or_default().to_owned()
}

/// Whether a hash is that of a password, by crypt(3) of the host's perl.
fn is_of(hash: &str, password: &str) -> bool {
    let mut perl = std::process::Command::new("perl");
    perl.args(["-e", "print crypt($ARGV[0], $ARGV[1])", password, hash]);
    hash.starts_with("$6$") && String::from_utf8_lossy(&perl.output().unwrap().stdout) == hash
}

// VZ-42, VZ-71
#[test]
fn a_password_is_set_in_a_system_that_runs_and_in_one_that_does_not() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    systems.run_with_input(&["passwd", "@web"], "correct horse\n").ok();
    systems.run(&["start", "@web"]).ok();
    assert!(is_of(&hash(&systems, "@web", "root"), "correct horse"));
    systems.run_with_input(&["passwd", "@web", "root"], "other").ok();
    let new = hash(&systems, "@web", "root");
    assert!(is_of(&new, "other") && !is_of(&new, "correct horse"));
    // Owner and mode are as before, other lines too, and nothing of ours is left.
    let line = "stat -c %u:%g:%a /etc/shadow; grep nobody /etc/shadow; ls -A /etc | grep ctctl";
    let inside = systems.run(&["exec", "@web", "--", "sh", "-c", line]);
    assert_eq!(inside.stdout, "0:0:600\nnobody:*::0:99999:7:::\n");
    systems.run(&["restart", "@web"]).ok();
    assert!(is_of(&hash(&systems, "@web", "root"), "other"));
}

// VZ-42
#[test]
fn a_password_is_in_no_argument_log_or_configuration() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    for key in ["password=hunter2", "userpasswd=root:hunter2"] {
        systems.run(&["set", &name, key]).exits(2).fails_with("no part of a command line");
    }
    let mut command = systems.command(&["passwd", &name]);
    let child = command.stdin(Stdio::piped()).spawn().unwrap();
    {
        use std::io::Write;
        let mut stdin = child.stdin.as_ref().unwrap();
        stdin.write_all(b"hunter2\n").unwrap();
    }
    let seen = processes_with("hunter2");
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(seen.is_empty(), "{seen:?}");
    let config = fs::read_to_string(systems.folder.join(format!("etc/systems/{name}.toml"))).unwrap();
    let log = fs::read_to_string(systems.folder.join(format!("log/{name}.log"))).unwrap_or_default();
    assert!(!config.contains("hunter2") && !config.contains("$6$") && !log.contains("hunter2"));
}

// VZ-42
#[test]
fn a_user_is_made_when_asked_for() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run_with_input(&["passwd", &name, "ann"], "x\n").exits(7).fails_with("--create");
    systems.run_with_input(&["passwd", &name, "ann", "--create"], "secret\n").ok();
    assert!(is_of(&hash(&systems, &name, "ann"), "secret"));
    let ran =
        systems.run(&["exec", "-u", "ann", &name, "--", "sh", "-c", "id -u; id -gn; cd; stat -c %u:%a ."]);
    assert_eq!(ran.ok().stdout, "1000\nann\n1000:700\n");
    // The next one gets the next number; a name is a name.
    systems.run_with_input(&["passwd", &name, "bob", "--create"], "secret\n").ok();
    assert_eq!(systems.run(&["exec", "-u", "bob", &name, "--", "id", "-u"]).ok().stdout, "1001\n");
    for wrong in ["../x", "a:b", "Ann"] {
        systems.run_with_input(&["passwd", &name, wrong, "--create"], "x\n").exits(7).fails_with("no name");
    }
}

// VZ-42
#[test]
fn a_hash_is_taken_as_it_is_and_what_is_none_is_refused() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let made = "$6$abc$0123456789012345678901234567890123456789";
    systems.run_with_input(&["passwd", "--crypted", &name], made).ok();
    assert_eq!(hash(&systems, &name, "root"), made);
    for (args, input) in [
        (&["passwd", name.as_str()][..], "\n"),
        (&["passwd", &name], ""),
        (&["passwd", &name], "a\0b\n"),
        (&["passwd", "--crypted", &name], "secret\n"),
        (&["passwd", "--crypted", &name], "$6$a:b:cccccccccccccccccccccccccc\n"),
    ] {
        systems.run_with_input(args, input).exits(7);
    }
    systems.run_with_input(&["passwd", &name], &"x".repeat(5000)).exits(7).fails_with("more than 1024");
    assert_eq!(hash(&systems, &name, "root"), made);
}

// VZ-42: whoever works inside must not make us write elsewhere, or wait.
#[test]
fn files_that_are_none_are_refused_and_nothing_outside_is_touched() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let inside = |line: &str| systems.run(&["exec", &name, "--", "sh", "-c", line]).ok().stdout;
    let victim = systems.folder.join("victim");
    fs::write(&victim, "root:x:1:::::\n").unwrap();
    let set = || systems.run_with_input(&["passwd", &name], "secret\n");
    inside("cp /etc/shadow /etc/kept");
    for make in [
        format!("rm -rf /etc/shadow; ln -s {} /etc/shadow", victim.display()),
        "rm -rf /etc/shadow; ln -s kept /etc/shadow".to_owned(),
        "rm -rf /etc/shadow; mkfifo /etc/shadow".to_owned(),
        "rm -rf /etc/shadow; mkdir /etc/shadow".to_owned(),
        "rm -rf /etc/shadow; mknod /etc/shadow c 1 3 || mkdir /etc/shadow".to_owned(),
    ] {
        inside(&make);
        set().fails_with("no regular file");
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "root:x:1:::::\n");
    inside("rm -rf /etc/shadow; mv /etc /real; ln -s real /etc");
    set().fails_with("/etc");
    inside("rm /etc; mv /real /etc; mv /etc/kept /etc/shadow");
    // In the way of the new file: a link is not followed.
    inside(&format!("ln -s {} /etc/.shadow.ctctl", victim.display()));
    set().ok();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "root:x:1:::::\n");
    assert!(is_of(&hash(&systems, &name, "root"), "secret"));
    // Without a shadow file there will be one, and the line in passwd refers to it.
    inside("rm /etc/shadow; sed -i s/root:x:/root:old:/ /etc/passwd");
    set().ok();
    assert!(inside("cat /etc/passwd").starts_with("root:x:0"));
    assert_eq!(inside("stat -c %u:%a /etc/shadow"), "0:600\n");
}

// VZ-42
#[test]
fn a_public_key_may_log_in() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let file = systems.folder.join("key.pub");
    fs::write(&file, format!("# mine\n{KEY}\n")).unwrap();
    let file = file.display().to_string();
    let add = || systems.run(&["passwd", &name, "ann", "--create", "--ssh-key", &file]);
    add().ok();
    add().ok();
    let inside = |line: &str| systems.run(&["exec", "-u", "ann", &name, "--", "sh", "-c", line]).ok().stdout;
    assert_eq!(inside("cd; cat .ssh/authorized_keys"), format!("{KEY}\n"));
    assert_eq!(inside("cd; stat -c %u:%g:%a .ssh .ssh/authorized_keys"), "1000:1000:700\n1000:1000:600\n");
    assert_eq!(hash(&systems, &name, "ann"), "!");
    // A user's link leads the system's root nowhere.
    inside("cd; rm -r .ssh; ln -s / .ssh");
    add().fails_with(".ssh");
    fs::write(&file, "-----BEGIN OPENSSH PRIVATE KEY-----\n").unwrap();
    systems.run(&["passwd", &name, "--ssh-key", &file]).exits(7).fails_with("private key");
    fs::write(&file, "").unwrap();
    systems.run(&["passwd", &name, "--ssh-key", &file]).exits(7).fails_with("no key");
}

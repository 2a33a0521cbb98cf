// SPDX-License-Identifier: Apache-2.0

use crate::push::{Swapper, inside, rounds, victim};
use integration_tests::{Systems, needs, run};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};

/// What tells one tree from another: names, kinds, modes, owners, sizes, times, links.
fn shape(systems: &Systems, folder: &str) -> String {
    let mut find = Command::new("sh");
    let line = format!(
        "cd {folder} && find . -printf '%p %y %m %U:%G %T@ %n %l %s\\n' | sed 's/ d \\(.*\\) [0-9]*$/ d \\1/' | sort"
    );
    find.args(["-c", &line]);
    run(&mut find, &systems.folder).ok().stdout
}

// IN-11: a tree goes in and comes out as it was, in a running system and in a stopped one.
#[test]
fn a_tree_comes_back_as_it_went() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let tree = systems.folder.join("tree");
    let line = format!(
        "mkdir -p {0}/sub/empty && cd {0} && echo one > one && ln one sub/two && ln -s ../nowhere sub/link \
         && truncate -s 64M hole && printf x | dd of=hole bs=1 seek=40000000 conv=notrunc 2>&1 \
         && chown -R 12:34 sub && chmod 2750 sub && chmod 600 one && python3 -c \
         'import os; os.setxattr(\"one\", \"user.colour\", b\"blue\")' \
         && touch -h -d 2001-02-03T04:05:06.789 sub/link one hole && touch -d 1999-01-01 sub/empty sub .",
        tree.display()
    );
    run(Command::new("sh").args(["-ec", &line]), &systems.folder).ok();
    let tree = tree.display().to_string();
    for round in ["running", "stopped"] {
        systems.run(&["push", "-r", &name, &tree, &format!("/etc/{round}")]).ok();
        let back = systems.folder.join(round).display().to_string();
        systems.run(&["pull", "-r", &name, &format!("/etc/{round}"), &back]).ok();
        assert_eq!(shape(&systems, &tree), shape(&systems, &back));
        let hole = fs::metadata(format!("{back}/hole")).unwrap();
        assert!(hole.blocks() * 512 < 1 << 20, "{} blocks of a file with a hole", hole.blocks());
        let show = "import os, sys; print(os.getxattr(sys.argv[1], 'user.colour'))";
        let ran = run(Command::new("python3").args(["-c", show, &format!("{back}/one")]), &systems.folder);
        assert_eq!(ran.ok().stdout, "b'blue'\n");
        if round == "running" {
            assert_eq!(inside(&systems, &name, "stat -c %u:%g /etc/running/sub"), "12:34\n");
            systems.run(&["stop", &name]).ok();
        }
    }
}

// IN-11
#[test]
fn a_file_goes_to_standard_output() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    inside(&systems, &name, "echo text > /etc/real; ln -s /etc/real /etc/link");
    assert_eq!(systems.run(&["pull", &name, "/etc/link", "-"]).ok().stdout, "text\n");
    systems.run(&["pull", &name, "/etc", "-"]).exits(7).fails_with("-r copies it");
    systems.run(&["pull", &name, "/nothing", "-"]).exits(1).fails_with("/nothing: no such file");
    systems.run(&["pull", "-r", &name, "/etc", "-"]).exits(2);
}

// IN-11: what would give rights on the host comes without them.
#[test]
fn set_user_id_bits_stay_behind() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    inside(&systems, &name, "echo x > /etc/su; chmod 6755 /etc/su");
    let mode = |file: &str| fs::metadata(systems.folder.join(file)).unwrap().permissions().mode() & 0o7777;
    let folder = |file: &str| systems.folder.join(file).display().to_string();
    systems.run(&["pull", &name, "/etc/su", &folder("a")]).ok();
    systems.run(&["pull", "-r", &name, "/etc/su", &folder("b")]).ok();
    systems.run(&["pull", "--set-id", &name, "/etc/su", &folder("c")]).ok();
    assert_eq!([mode("a"), mode("b"), mode("c")], [0o755, 0o755, 0o6755]);
}

// IN-11: devices, FIFOs and sockets are named and left where they are, and never opened.
#[test]
fn what_is_no_file_is_left_out() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    inside(&systems, &name, "mkdir /etc/t; mkfifo /etc/t/pipe; echo x > /etc/t/file");
    let out = systems.folder.join("t");
    let ran = systems.run(&["pull", "-r", &name, "/etc/t", out.to_str().unwrap()]).exits(1);
    assert!(ran.stderr.contains("left out t/pipe: a device, FIFO or socket"), "{ran:#?}");
    assert!(out.join("file").exists() && !out.join("pipe").exists());
    systems.run(&["pull", &name, "/etc/t/pipe", "-"]).exits(7).fails_with("never opened");
    systems.run(&["pull", &name, "/dev/null", "-"]).exits(7).fails_with("never opened");
}

// IN-11: somebody inside swaps what we read for links to the host's files, and for a FIFO that nobody writes to.
#[test]
fn a_swap_while_files_are_pulled_does_not_lead_out() {
    needs!(Root, Gcc);
    let systems = Systems::new();
    let name = systems.running("web");
    let victim = victim(&systems);
    let line = format!(
        "mkdir -p /a/d; echo own > /a/file; echo own > /a/d/file; ln -s {0} /b; ln -s {0} /a/c; mkfifo /a/pipe",
        victim.display()
    );
    inside(&systems, &name, &line);
    let swapper = Swapper::start(&systems, &name, &["/a", "/b", "/a/d", "/a/c", "/a/file", "/a/pipe"]);
    for round in 0..rounds() {
        let out = systems.folder.join(format!("out{round}"));
        systems.run(&["pull", "-r", &name, "/a", out.to_str().unwrap()]);
        let ran = systems.run(&["pull", &name, "/a/d/file", "-"]);
        assert!(!ran.stdout.contains("host"), "{ran:#?}");
        systems.run(&["pull", &name, "/a/file", "-"]);
        let mut find = Command::new("find");
        let found =
            run(find.arg(&out).args(["-type", "f", "-exec", "grep", "host", "{}", "+"]), &systems.folder);
        assert_eq!(found.stdout, "");
    }
    drop(swapper);
}

// IN-11: a link that one copy brought is not the way out for the next.
#[test]
fn a_pulled_link_is_replaced_and_not_followed() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let victim = victim(&systems);
    inside(&systems, &name, &format!("ln -s {} /a", victim.display()));
    let out = systems.folder.join("out");
    let out = out.to_str().unwrap();
    systems.run(&["pull", "-r", &name, "/a", out]).ok();
    inside(&systems, &name, "rm /a; mkdir /a; echo own > /a/file; echo own > /a/new");
    systems.run(&["pull", "-r", &name, "/a", out]).fails();
    systems.run(&["pull", &name, "/a/file", out]).ok();
    assert_eq!(fs::read_to_string(out).unwrap(), "own\n");
    assert_eq!(fs::read_dir(&victim).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(victim.join("file")).unwrap(), "host");
}

// IN-11: a system that stops while it is copied from does not get a second mount of its files beside the copy's.
#[test]
fn a_system_waits_for_a_copy_of_its_files() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    inside(&systems, &name, "dd if=/dev/zero of=/etc/large bs=1M count=4 2>/dev/null");
    let mut pull =
        systems.command(&["pull", &name, "/etc/large", "-"]).stdout(Stdio::piped()).spawn().unwrap();
    // It has begun, and is stuck as long as nobody reads on.
    pull.stdout.as_mut().unwrap().read_exact(&mut [0; 1]).unwrap();
    systems.run(&["stop", &name]).ok();
    systems.run(&["start", &name]).exits(5).fails_with("being copied");
    systems.run(&["mount", &name]).exits(5).fails_with("being copied");
    let mut rest = Vec::new();
    pull.stdout.as_mut().unwrap().read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len() + 1, 4 << 20);
    assert!(pull.wait().unwrap().success());
    systems.run(&["start", &name]).ok();
}

// IN-11: whichever side fails, the other does not wait for it.
#[test]
fn a_copy_that_fails_ends() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    inside(&systems, &name, "dd if=/dev/zero of=/etc/large bs=1M count=4 2>/dev/null");
    let mut pull = systems.command(&["pull", &name, "/etc/large", "-"]);
    let mut pull = pull.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    pull.stdout.take().unwrap().read_exact(&mut [0; 1]).unwrap();
    assert!(integration_tests::wait_until(|| pull.try_wait().unwrap().is_some()));
    let deep = systems.folder.join("deep");
    fs::create_dir_all(deep.join("d/".repeat(300))).unwrap();
    let ran = systems.run(&["push", "-r", &name, deep.to_str().unwrap(), "/etc/"]);
    ran.exits(1).fails_with("deeper than 256 folders");
    systems.run(&["pull", &name, "/etc/large", "/proc/self/x"]).exits(7);
}

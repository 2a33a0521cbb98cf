// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, build_program, mounts_below, needs, wait_until};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Child, Stdio};

/// A shell line in a system.
pub(crate) fn inside(systems: &Systems, name: &str, line: &str) -> String {
    systems.run(&["exec", name, "--", "sh", "-c", line]).ok().stdout
}

/// A program in a system that exchanges the names of pairs until it is dropped.
pub(crate) struct Swapper(Child);

impl Swapper {
    pub(crate) fn start(systems: &Systems, name: &str, pairs: &[&str]) -> Swapper {
        let program = systems.folder.join("swap");
        if !program.exists() {
            build_program("hostile/swap", &program);
        }
        systems.run(&["push", name, program.to_str().unwrap(), "/swap"]).ok();
        let args = [&["exec", name, "--", "/swap"], pairs].concat();
        let mut child = systems.command(&args).stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "swaps\n");
        Swapper(child)
    }
}

impl Drop for Swapper {
    fn drop(&mut self) {
        // What runs inside ends with the system.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Rounds of a race: more of them with `CTCTL_TEST_ROUNDS`.
pub(crate) fn rounds() -> u32 {
    std::env::var("CTCTL_TEST_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30)
}

/// A folder of the host with a file that nobody inside may see or change.
pub(crate) fn victim(systems: &Systems) -> PathBuf {
    let victim = systems.folder.join("victim");
    fs::create_dir_all(&victim).unwrap();
    fs::write(victim.join("file"), "host").unwrap();
    // Rights would keep a process with the system's ids away; links must not lead here even so.
    fs::set_permissions(&victim, Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(victim.join("file"), Permissions::from_mode(0o666)).unwrap();
    victim
}

// IN-11: running or not, a file belongs to the system's own root, or to whom the caller says.
#[test]
fn a_pushed_file_belongs_to_the_system() {
    needs!(Root);
    let systems = Systems::new();
    let file = systems.folder.join("note");
    fs::write(&file, "hello\n").unwrap();
    let file = file.to_str().unwrap();
    systems.run(&["create", "@web", "--template", "busybox"]).ok();
    systems.run(&["push", "@web", file, "/etc/"]).ok();
    systems.run(&["push", "@web", file, "/etc/other", "--owner", "5:6", "--mode", "4711"]).ok();
    systems.run(&["start", "@web"]).ok();
    systems.run(&["push", "@web", file, "/srv/new/folder/live", "-p", "--owner", "7"]).ok();
    let stat =
        "cat /etc/note; cd /; stat -c %n:%u:%g:%a /etc/note /etc/other /srv/new/folder /srv/new/folder/live";
    let shown = inside(&systems, "@web", stat);
    assert_eq!(
        shown,
        "hello\n/etc/note:0:0:644\n/etc/other:5:6:4711\n/srv/new/folder:0:0:755\n/srv/new/folder/live:7:7:644\n"
    );
    assert!(mounts_below(&systems.folder).is_empty());
    systems.run(&["push", "@web", file, "/no/such/file"]).exits(1).fails_with("-p makes");
    systems.run(&["push", "@web", file, "/etc/x", "--owner", "70000"]).exits(1).fails_with("--owner UID:GID");
    assert!(!inside(&systems, "@web", "ls -a /etc").contains("ctctl-copy"));
}

// IN-11
#[test]
fn standard_input_becomes_a_file() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    systems.run_with_input(&["push", &name, "-", "/etc/typed", "--mode", "600"], "by hand\n").ok();
    assert_eq!(inside(&systems, &name, "cat /etc/typed; stat -c %a /etc/typed"), "by hand\n600\n");
    systems.run_with_input(&["push", &name, "-", "/etc"], "x").exits(2).fails_with("has none");
}

// IN-11: a link at the destination is replaced; above it links mean what they mean inside.
#[test]
fn links_of_a_system_do_not_lead_out() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let victim = victim(&systems);
    let file = systems.folder.join("note");
    fs::write(&file, "pushed").unwrap();
    let file = file.to_str().unwrap();
    inside(&systems, &name, &format!("ln -s {0} /folder; ln -s {0}/file /name", victim.display()));
    systems.run(&["push", &name, file, "/name"]).ok();
    systems.run(&["push", &name, file, "/folder/file"]).fails();
    inside(&systems, &name, &format!("mkdir -p {}", victim.display()));
    systems.run(&["push", &name, file, "/folder/file"]).ok();
    let shown = inside(&systems, &name, &format!("cat /name {}/file", victim.display()));
    assert_eq!(shown, "pushedpushed");
    assert_eq!(fs::read_to_string(victim.join("file")).unwrap(), "host");
}

// IN-11: the files of proc and sys are the kernel's, and the host's root could write what the system may not.
#[test]
fn nothing_is_written_to_the_kernels_own_files() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let file = systems.folder.join("note");
    fs::write(&file, "0").unwrap();
    let file = file.to_str().unwrap();
    inside(&systems, &name, "ln -s /proc/sys/kernel /k");
    for path in ["/proc/sys/vm/swappiness", "/k/hostname", "/sys/kernel/mm/x"] {
        systems.run(&["push", &name, file, path]).exits(7).fails_with("holds no files to copy");
    }
    systems.run(&["pull", &name, "/proc/meminfo", "-"]).exits(7).fails_with("is on proc");
}

// IN-11: somebody inside swaps folders and names for links to the host's files while we write.
#[test]
fn a_swap_while_files_are_pushed_does_not_lead_out() {
    needs!(Root, Gcc);
    let systems = Systems::new();
    let name = systems.running("web");
    let victim = victim(&systems);
    let tree = systems.folder.join("tree");
    fs::create_dir_all(tree.join("deep")).unwrap();
    for file in ["file", "new", "deep/file"] {
        fs::write(tree.join(file), "pushed").unwrap();
    }
    symlink("file", tree.join("link")).unwrap();
    let tree = format!("{}/.", tree.display());
    let line = format!("mkdir -p /a/tree/deep; ln -s {0} /b; ln -s {0} /a/b", victim.display());
    inside(&systems, &name, &line);
    let swapper = Swapper::start(&systems, &name, &["/a", "/b", "/a/tree", "/a/b"]);
    let mut came = 0;
    for _ in 0..rounds() {
        let ran = systems.run(&["push", "-r", &name, tree.trim_end_matches("/."), "/a"]);
        came += u32::from(ran.code == 0);
        systems.run(&["push", &name, "/etc/hostname", "/a/tree/file"]);
    }
    drop(swapper);
    let left: Vec<_> = fs::read_dir(&victim).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["file"], "{came} pushes came through");
    assert_eq!(fs::read_to_string(victim.join("file")).unwrap(), "host");
}

// IN-11: who works inside ends with the push, however that ends, and leaves no half of a file.
#[test]
fn a_killed_push_leaves_nothing_at_work() {
    needs!(Root);
    let systems = Systems::new();
    let name = systems.running("web");
    let mut push = systems.command(&["push", &name, "-", "/etc/half"]);
    let mut push = push.stdin(Stdio::piped()).spawn().unwrap();
    let begun = || inside(&systems, &name, "ls -a /etc").contains(".ctctl-copy");
    std::io::Write::write_all(push.stdin.as_mut().unwrap(), &vec![0; 1 << 20]).unwrap();
    assert!(wait_until(begun));
    push.kill().unwrap();
    push.wait().unwrap();
    assert!(wait_until(|| !begun()));
    assert!(!inside(&systems, &name, "ls /etc").contains("half"));
    systems.run(&["restart", &name]).ok();
}

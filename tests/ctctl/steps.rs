// SPDX-License-Identifier: Apache-2.0
//! Steps of recipes.

use integration_tests::{Ran, Systems, cgroup_folders, needs, wait_until};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Child, Stdio};

/// A recipe over busybox with these lines, in a file whose name is the test's own.
fn recipe(systems: &Systems, lines: &str) -> String {
    let path = systems.folder.join(format!("{}app.toml", systems.prefix));
    fs::write(&path, format!("[source.busybox]\n{lines}\n")).expect("the folder is ours");
    path.display().to_string()
}

fn build(systems: &Systems, lines: &str) -> Ran {
    systems.run(&["template", "build", &recipe(systems, lines)])
}

fn info(systems: &Systems) -> serde_json::Value {
    systems.run(&["template", "info", "@app", "--json"]).ok().json()
}

/// The topmost layer's folder.
fn top(systems: &Systems) -> PathBuf {
    let info = info(systems);
    let layer = info["layers"].as_array().and_then(|all| all.last()).and_then(|one| one.as_str());
    systems.folder.join("data/layers").join(layer.expect("it has a layer"))
}

#[track_caller]
fn nothing_is_left(systems: &Systems) {
    assert_eq!(systems.left_behind(), Vec::<String>::new());
    let layers = fs::read_dir(systems.folder.join("data/layers")).into_iter().flatten().flatten();
    let names: Vec<_> = layers.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(!names.iter().any(|name| name.starts_with(".tmp-")), "{names:?}");
}

// PK-01, PK-03
#[test]
fn what_steps_change_is_a_layer_and_their_variables_are_the_systems() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    fs::create_dir(systems.folder.join("site")).expect("the folder is ours");
    fs::write(systems.folder.join("site/index"), "page\n").expect("the folder is ours");
    fs::write(systems.folder.join("setup"), "#!/bin/sh\necho $1 $GREETING > /etc/said\n")
        .expect("it is ours");
    let lines = r#"
[[steps]]
env = { GREETING = "hello you", LANG = "C" }
[[steps]]
run = "rm /etc/hosts; touch /srv; chown 33:44 /srv; chmod 2755 /srv; ln /srv /srv2; id -u > /uid"
[[steps]]
run = ["/bin/rm", "-r", "/var/log"]
[[steps]]
script = "setup"
args = ["one"]
[[steps]]
copy = "site"
to = "/web/site"
owner = "33:34"
[[steps]]
copy = "site/index"
to = "/etc/"
mode = "0600"
[[steps]]
run = "mkdir /var/log; touch /var/log/new""#;
    build(&systems, lines).ok();
    let layer = top(&systems);
    let stat = |path: &str| fs::symlink_metadata(layer.join(path)).expect(path);
    let srv = stat("srv");
    assert_eq!((srv.uid(), srv.gid(), srv.mode() & 0o7777, srv.nlink()), (33, 44, 0o2755, 2));
    assert_eq!((stat("web/site/index").uid(), stat("web/site/index").gid()), (33, 34));
    assert_eq!((stat("etc/index").uid(), stat("etc/index").mode() & 0o7777), (0, 0o600));
    assert_eq!(stat("etc/hosts").rdev(), 0, "a removed name");
    for none in ["etc/machine-id", "etc/hostname", "run/host"] {
        assert!(!layer.join(none).exists(), "{none}");
    }
    systems.run(&["create", "@web", "--template", "@app"]).ok();
    systems.run(&["start", "@web"]).ok();
    let line =
        "cat /uid /etc/said /web/site/index; ls /etc/hosts; ls /var/log; stat -c %u:%g:%a /srv; echo $LANG";
    let ran = systems.run(&["exec", "@web", "--", "sh", "-c", line]);
    assert_eq!(ran.stdout, "0\none hello you\npage\nnew\n33:44:2755\nC\n", "{ran:#?}");
    assert!(ran.stderr.contains("/etc/hosts"), "{ran:#?}");
    let env = systems.run(&["exec", "@web", "--", "sh", "-c", "echo $GREETING"]).ok().stdout;
    assert_eq!(env, "hello you\n");
}

#[test]
fn the_same_steps_make_the_same_layer_and_the_hash_is_of_their_files_too() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    fs::write(systems.folder.join("file"), "one").expect("the folder is ours");
    let lines =
        "[[steps]]\ncopy = \"file\"\nto = \"/file\"\n[[steps]]\nrun = \"date > /dev/null; touch /now\"";
    build(&systems, lines).ok();
    let first = info(&systems);
    build(&systems, lines).ok();
    assert_eq!(info(&systems)["layers"], first["layers"]);
    assert_eq!(info(&systems)["recipe"], first["recipe"]);
    fs::write(systems.folder.join("file"), "two").expect("the folder is ours");
    build(&systems, lines).ok();
    assert_ne!(info(&systems)["layers"], first["layers"]);
    assert_ne!(info(&systems)["recipe"], first["recipe"]);
}

#[test]
fn steps_that_change_nothing_add_no_layer() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    build(&systems, "[[steps]]\nrun = \"true\"").ok();
    assert_eq!(info(&systems)["layers"].as_array().map(Vec::len), Some(1));
}

// PK-03
#[test]
fn a_failing_step_shows_its_output_and_leaves_nothing() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let lines =
        "[[steps]]\nrun = \"touch /made\"\n[[steps]]\nrun = \"echo to out; echo to err >&2; exit 42\"";
    let ran = build(&systems, lines).exits(1).fails_with("step 2/2: run echo to out");
    for words in ["\nto out\n", "\nto err\n", "it exited with 42", "--on-error keep"] {
        assert!(ran.stderr.contains(words), "{words}: {ran:#?}");
    }
    nothing_is_left(&systems);
    systems.run(&["template", "info", "@app"]).exits(6);
    build(&systems, "[[steps]]\nrun = [\"/bin/none\"]").exits(1).fails_with("/bin/none");
    nothing_is_left(&systems);
}

// PK-03
#[test]
fn a_failed_build_may_be_kept_and_looked_at() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let path = recipe(&systems, "[[steps]]\nrun = \"echo here > /made; false\"");
    systems
        .run(&["template", "build", "--on-error", "keep", &path])
        .exits(1)
        .fails_with("ctctl enter build-");
    let name = format!("build-{}app", systems.prefix);
    // Neither the next build nor a prune takes it for one that was killed.
    build(&systems, "[[steps]]\nrun = \"true\"").ok();
    systems.run(&["template", "prune"]).ok();
    systems.run(&["start", &name]).ok();
    assert_eq!(systems.run(&["exec", &name, "--", "cat", "/made"]).ok().stdout, "here\n");
    systems.run(&["stop", &name]).ok();
    systems.run(&["destroy", &name]).ok();
    systems.run(&["template", "build", "--on-error", "shell", &path]).exits(2).fails_with("needs a terminal");
    nothing_is_left(&systems);
}

// SEC-62: what an earlier step left does not lead a copy out of the root.
#[test]
fn a_copy_stays_in_the_root_whatever_a_step_left_there() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let outside = systems.folder.join("outside");
    fs::create_dir(&outside).expect("the folder is ours");
    fs::write(systems.folder.join("file"), "one").expect("the folder is ours");
    let target = outside.display();
    let lines = format!(
        "[[steps]]\nrun = \"ln -s ../../../../../../{target} /rel; mkdir -p {target}; ln -s {target}/new /last\"\n\
         [[steps]]\ncopy = \"file\"\nto = \"/rel/file\"\n\
         [[steps]]\ncopy = \"file\"\nto = \"/last\"\n"
    );
    build(&systems, &lines).ok();
    assert_eq!(fs::read_dir(&outside).expect("it is ours").count(), 0);
    let layer = top(&systems);
    let inside = layer.join(outside.strip_prefix("/").expect("it is absolute")).join("file");
    assert_eq!(fs::read_to_string(inside).expect("it was copied"), "one");
    assert!(fs::symlink_metadata(layer.join("last")).expect("it was copied").is_file());
    // And what a recipe names lies beside it.
    std::os::unix::fs::symlink("/etc/shadow", systems.folder.join("link")).expect("the folder is ours");
    for (from, says) in
        [("../x", "out of the recipe's folder"), ("link", "link in"), ("/dev/null", "neither")]
    {
        let lines = format!("[[steps]]\ncopy = \"{from}\"\nto = \"/x\"\n");
        build(&systems, &lines).exits(7).fails_with(says);
    }
    let other = systems.folder.join("other");
    fs::write(&other, "x").expect("the folder is ours");
    std::os::unix::fs::chown(&other, Some(1000), None).expect("we are root");
    let lines = format!("[[steps]]\ncopy = \"{}\"\nto = \"/x\"\n", other.display());
    build(&systems, &lines).exits(7).fails_with("belongs to the user 1000");
    nothing_is_left(&systems);
}

#[test]
fn a_step_reaches_the_host_s_network_only_when_the_recipe_says_so() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let step =
        "[[steps]]\nrun = \"readlink /proc/self/ns/net > /net; cat /etc/resolv.conf > /servers || true\"";
    let host = fs::read_link("/proc/self/ns/net").expect("proc is there").display().to_string();
    build(&systems, step).ok();
    let read = |name: &str| fs::read_to_string(top(&systems).join(name)).expect("the step wrote it");
    assert_ne!(read("net").trim(), host);
    build(&systems, &format!("[build]\nnetwork = \"host\"\n{step}")).ok();
    assert_eq!(read("net").trim(), host);
    if let Ok(servers) = fs::read_to_string("/etc/resolv.conf") {
        assert_eq!(read("servers"), servers);
    }
    assert!(!top(&systems).join("etc/resolv.conf").exists());
    build(&systems, "[build]\nnetwork = \"hots\"\n").exits(7).fails_with("did you mean `host`?");
}

/// A build whose last step waits, when that has begun.
fn waiting(systems: &Systems) -> Child {
    let path = recipe(systems, "[[steps]]\nrun = \"touch /made; echo begun; exec sleep 1000\"");
    let log = fs::File::create(systems.folder.join("printed")).expect("the folder is ours");
    let mut command = systems.command(&["template", "build", &path]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("it runs");
    let has_begun =
        || fs::read_to_string(systems.folder.join("printed")).is_ok_and(|text| text.contains("\nbegun\n"));
    assert!(wait_until(has_begun), "{:?}", fs::read_to_string(systems.folder.join("printed")));
    child
}

fn send(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill").args([signal, &pid]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

#[test]
fn a_build_that_is_told_to_end_leaves_nothing() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    for signal in ["-INT", "-TERM"] {
        let mut child = waiting(&systems);
        // Others see it, and leave it alone.
        let name = format!("build-{}app", systems.prefix);
        systems.run(&["destroy", "--force", &name]).exits(5).fails_with("a build is at work in");
        systems.run(&["template", "prune"]).ok();
        send(&child, signal);
        let status = child.wait().expect("our own child can be waited for");
        assert_eq!(status.code(), Some(130));
        nothing_is_left(&systems);
    }
}

fn is_pruned(systems: &Systems, what: &str) {
    let is_clean =
        wait_until(|| systems.run(&["template", "prune"]).code == 0 && systems.left_behind().is_empty());
    let pruned = systems.run(&["template", "prune"]);
    assert!(is_clean, "{what}: {pruned:#?}, left: {:#?}", systems.left_behind());
    nothing_is_left(systems);
}

#[test]
fn a_build_that_is_killed_leaves_nothing_to_the_next_one() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let name = format!("build-{}app", systems.prefix);
    let mut child = waiting(&systems);
    send(&child, "-KILL");
    child.wait().expect("our own child can be waited for");
    // The step ends with the build, by itself; until who saw to it has ended too, the system is not to be pruned.
    assert!(wait_until(|| cgroup_folders(&name).is_empty()), "{:?}", systems.left_behind());
    is_pruned(&systems, "a killed build");
    for step in 0..24 {
        let path =
            recipe(&systems, "[[steps]]\nrun = \"touch /made\"\n[[steps]]\ncopy = \"file\"\nto = \"/x\"");
        fs::write(systems.folder.join("file"), "one").expect("the folder is ours");
        let mut command = systems.command(&["template", "build", &path]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it runs");
        std::thread::sleep(std::time::Duration::from_millis(step * 12));
        // It may have ended already.
        let _gone = child.kill();
        child.wait().expect("our own child can be waited for");
        systems.run(&["list"]).ok();
        if step % 2 == 0 {
            build(&systems, "[[steps]]\nrun = \"true\"").ok();
        } else {
            is_pruned(&systems, &format!("step {step}"));
        }
    }
}

#[test]
fn two_builds_at_once_do_not_meet() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let path = recipe(&systems, "[[steps]]\nrun = \"touch /made\"");
    let start = || {
        let mut command = systems.command(&["template", "build", &path]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs")
    };
    let children: Vec<Child> = (0..4).map(|_| start()).collect();
    for mut child in children {
        assert!(child.wait().expect("our own child can be waited for").success());
    }
    nothing_is_left(&systems);
    assert!(top(&systems).join("made").exists());
    let mode = fs::metadata(top(&systems).join("made")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

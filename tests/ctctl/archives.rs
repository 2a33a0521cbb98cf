// SPDX-License-Identifier: Apache-2.0
//! Templates from archives and images that other programs made (PK-04, DK-02, SEC-62, SEC-63).

use integration_tests::{Systems, needs};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a program of the host's to its end.
fn host(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output().expect("the tests' packages are installed");
    assert!(done.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the tests' paths are plain")
}

/// The unpacked files of the busybox template.
fn busybox_root(systems: &Systems) -> PathBuf {
    let info = systems.run(&["template", "info", "busybox", "--json"]).ok().json();
    systems.folder.join("data/layers").join(info["layers"][0].as_str().expect("it has a layer"))
}

fn info(systems: &Systems, template: &str) -> Value {
    systems.run(&["template", "info", template, "--json"]).ok().json()
}

// PK-04
#[test]
fn a_root_in_an_archive_becomes_a_system() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let root = busybox_root(&systems);
    let archive = systems.folder.join("web.tar.gz");
    host("tar", &["--create", "--gzip", "--directory", text(&root), "--file", text(&archive), "."]);
    systems.run(&["template", "import", text(&archive)]).ok();
    systems.run(&["create", "@a", "--template", "web", "init=/sbin/init", "halt_signal=USR1"]).ok();
    systems.run(&["start", "@a"]).ok();
    assert_eq!(systems.run(&["exec", "@a", "--", "stat", "-c", "%U %a", "/tmp"]).ok().stdout, "root 1777\n");
    // The same by a recipe, which may name the digest.
    let sum = Command::new("sha256sum").arg(&archive).output().expect("coreutils are there").stdout;
    let sum = String::from_utf8_lossy(&sum[..64]).into_owned();
    let recipe = systems.folder.join("named.toml");
    let build = |sum: &str| {
        fs::write(&recipe, format!("[source.tar]\npath = \"web.tar.gz\"\nsha256 = \"{sum}\"\n"))
            .expect("ours");
        systems.run(&["template", "build", text(&recipe)])
    };
    build(&"0".repeat(64)).fails_with(&sum);
    systems.run(&["template", "info", "named"]).exits(6);
    build(&sum).ok();
    assert_eq!(info(&systems, "named")["layers"], info(&systems, "web")["layers"]);
    // A template of a template has its layers.
    fs::write(&recipe, "[source.template]\nname = \"web\"\n[defaults]\npids = 5\n").expect("ours");
    systems.run(&["template", "build", text(&recipe)]).ok();
    assert_eq!(info(&systems, "named")["layers"], info(&systems, "web")["layers"]);
    assert_eq!(info(&systems, "named")["defaults"]["pids"], 5);
}

/// An image of two layers, by umoci: busybox, and one that removes, replaces and hides.
fn image(systems: &Systems, hides: bool) -> PathBuf {
    let layout = systems.folder.join("layout");
    let named = format!("{}:web", text(&layout));
    let root = busybox_root(systems);
    host("umoci", &["init", "--layout", text(&layout)]);
    host("umoci", &["new", "--image", &named]);
    for part in ["bin", "etc", "sbin", "root", "tmp", "usr", "var"] {
        host("umoci", &["insert", "--image", &named, text(&root.join(part)), &format!("/{part}")]);
    }
    let own = systems.folder.join("own");
    fs::create_dir(&own).expect("ours");
    fs::write(own.join("mine"), "mine\n").expect("ours");
    host("umoci", &["insert", "--image", &named, "--whiteout", "/etc/profile"]);
    let hiding: &[&str] = if hides { &["--opaque"] } else { &[] };
    host("umoci", &[&["insert", "--image", &named], hiding, &[text(&own), "/var"]].concat());
    host(
        "umoci",
        &[
            "config",
            "--image",
            &named,
            "--config.env",
            "WORD=two words",
            "--config.workingdir",
            "/tmp",
            "--config.entrypoint",
            "/sbin/init",
            "--config.stopsignal",
            "SIGUSR1",
        ],
    );
    layout
}

fn seen_inside(expected: &str, run: impl Fn(&[&str]) -> integration_tests::Ran) {
    run(&["create", "@web", "--template", "web"]).ok();
    run(&["start", "@web"]).ok();
    let line = "ls /etc/profile 2>/dev/null || echo gone; cat /var/mine; ls -d /var/log 2>/dev/null; echo $WORD; tr '\\0' '\\n' < /proc/1/environ | grep WORD";
    assert_eq!(run(&["exec", "@web", "--", "sh", "-c", line]).ok().stdout, expected);
    run(&["destroy", "--force", "@web"]).ok();
}

// DK-02, PK-04: the same image as a layout, in an archive and as docker save writes it has the same layers.
#[test]
fn an_image_of_another_program_becomes_a_system() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let layout = image(&systems, true);
    systems.run(&["template", "import", text(&layout), "--name", "web"]).ok();
    let first = info(&systems, "web");
    assert_eq!(first["layers"].as_array().map(Vec::len), Some(9));
    assert_eq!(first["defaults"]["halt_signal"], "USR1");
    assert_eq!(first["defaults"]["env"], serde_json::json!(["WORD=two words"]));
    assert_eq!(first["defaults"]["cwd"], "/tmp");
    seen_inside("gone\nmine\ntwo words\nWORD=two words\n", |arguments| systems.run(arguments));
    let from = format!("oci:{}:web", text(&layout));
    for (kind, name) in [("oci-archive", "one.tar"), ("docker-archive", "two.tar")] {
        let archive = systems.folder.join(name);
        let to = format!("{kind}:{}:example.test/web:1", text(&archive));
        host("skopeo", &["--insecure-policy", "copy", "--quiet", &from, &to]);
        systems.run(&["template", "import", text(&archive)]).ok();
        let imported = info(&systems, &name[..3]);
        assert_eq!(
            (&imported["layers"], &imported["defaults"]),
            (&first["layers"], &first["defaults"]),
            "{kind}"
        );
    }
    let archive = systems.folder.join("two.tar");
    let ran = systems.run(&["template", "import", text(&archive), "--image", "example.test/other:1"]);
    ran.fails_with("example.test/web:1");
    for name in ["web", "one", "two", "busybox"] {
        systems.run(&["template", "rm", name]).ok();
    }
    let left = fs::read_dir(systems.folder.join("data/layers")).expect("it is there");
    assert_eq!(left.flatten().filter(|e| !e.file_name().to_string_lossy().starts_with('.')).count(), 0);
}

// DK-02: where the file system takes no id maps, the copy has what the layers together show.
#[test]
fn an_image_is_copied_as_its_layers_show() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    // No id maps, and none of the attributes that hide what is below; removed names it can hold.
    let layout = image(&systems, false);
    let data = systems.folder.join("ramfs");
    fs::create_dir(&data).expect("ours");
    host("mount", &["-t", "ramfs", "ramfs", text(&data)]);
    let run = |arguments: &[&str]| systems.run(&[&["--data-dir", text(&data)], arguments].concat());
    let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(&["template", "import", text(&layout), "--name", "web"]).ok();
        seen_inside("gone\nmine\n/var/log\ntwo words\nWORD=two words\n", run);
    }));
    host("umount", &[text(&data)]);
    assert!(seen.is_ok(), "see above");
}

// SEC-63: an image names no file outside its own folder.
#[test]
fn an_image_that_is_not_what_it_says_is_refused() {
    needs!(Root);
    let systems = Systems::empty();
    let layout = systems.folder.join("layout");
    fs::create_dir_all(layout.join("blobs/sha256")).expect("ours");
    fs::write(systems.folder.join("secret"), "{}").expect("ours");
    let import = || systems.run(&["template", "import", text(&layout), "--name", "web"]);
    let index = |digest: &str| {
        let text = format!("{{\"manifests\": [{{\"digest\": \"{digest}\"}}]}}");
        fs::write(layout.join("index.json"), text).expect("ours");
    };
    import().fails_with("index.json");
    index("sha256:../../../secret");
    import().fails_with("expected sha256:HEX");
    let digest = "a".repeat(64);
    index(&format!("sha256:{digest}"));
    import().fails_with("no such file");
    let blob = layout.join("blobs/sha256").join(&digest);
    fs::write(&blob, "{\"config\": {\"digest\": \"x\"}, \"layers\": []}").expect("ours");
    import().fails_with("damaged");
    fs::remove_file(&blob).expect("ours");
    std::os::unix::fs::symlink(systems.folder.join("secret"), &blob).expect("ours");
    import().fails_with("no such file");
    fs::remove_file(&blob).expect("ours");
    host("mkfifo", &[text(&blob)]);
    import().fails_with("is no file");
    let deep = "[".repeat(100_000);
    fs::write(layout.join("index.json"), deep).expect("ours");
    import().fails_with("index.json");
    systems.run(&["template", "info", "web"]).exits(6);
}

// SEC-62, by the way a user goes: nothing of it is left, and nothing outside is touched.
#[test]
fn a_hostile_archive_leaves_nothing() {
    needs!(Root);
    let systems = Systems::empty();
    let victim = systems.folder.join("victim");
    fs::write(&victim, "mine").expect("ours");
    let make = "import sys, tarfile, io
t = tarfile.open(sys.argv[1], 'w')
def add(name, kind, link=''):
    i = tarfile.TarInfo(name); i.type = kind; i.linkname = link; t.addfile(i)
add('l', tarfile.SYMTYPE, sys.argv[2])
add('l', tarfile.REGTYPE)
add('etc', tarfile.SYMTYPE, '/')
add(sys.argv[3], tarfile.REGTYPE)
t.close()";
    let archive = systems.folder.join("bad.tar");
    for (name, good) in [("../../../../victim", false), ("etc/l", true)] {
        host("python3", &["-c", make, text(&archive), text(&victim), name]);
        let ran = systems.run(&["template", "import", text(&archive)]);
        if good {
            ran.ok();
        } else {
            ran.fails_with("leads out");
            let layers = fs::read_dir(systems.folder.join("data/layers")).expect("it was made");
            let left: Vec<_> = layers.flatten().map(|entry| entry.file_name()).collect();
            assert!(left.iter().all(|name| [".lock", ".use"].contains(&text(Path::new(name)))), "{left:?}");
        }
        assert_eq!(fs::read_to_string(&victim).expect("it is there"), "mine");
    }
}

// A system's root may hold trees deeper than any descriptor limit; they go with it.
#[test]
fn a_system_with_a_tree_of_great_depth_is_destroyed() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let web = systems.running("web");
    systems.run(&["exec", &web, "--", "touch", "/mnt/mine"]).ok();
    systems.run(&["stop", "--kill", &web]).ok();
    // As a program inside would: one folder after the other, each its working directory.
    let make = "import os, sys, glob
os.chdir(glob.glob(sys.argv[1] + '/*/mnt/mine')[0][:-5])
for i in range(3000): os.mkdir('d'); os.chdir('d')";
    host("python3", &["-c", make, text(&systems.folder.join("data/systems").join(&web))]);
    systems.run(&["destroy", "--force", &web]).ok();
    assert!(!systems.folder.join("data/systems").join(&web).exists());
}

// A device in an archive is one in the layer; what lies below its dev is not there.
#[test]
fn devices_of_an_archive_are_devices() {
    needs!(Root);
    let systems = Systems::empty();
    let root = systems.folder.join("root");
    fs::create_dir_all(root.join("dev")).expect("ours");
    host("mknod", &[text(&root.join("dev/null")), "c", "1", "3"]);
    host("mknod", &[text(&root.join("zero")), "c", "1", "5"]);
    let archive = systems.folder.join("a.tar");
    host("tar", &["--create", "--directory", text(&root), "--file", text(&archive), "."]);
    systems.run(&["template", "import", text(&archive)]).ok();
    let layer =
        systems.folder.join("data/layers").join(info(&systems, "a")["layers"][0].as_str().expect("one"));
    let zero = fs::symlink_metadata(layer.join("zero")).expect("it was in the archive");
    assert!(zero.file_type().is_char_device() && zero.rdev() == 0x105);
    assert!(layer.join("dev").is_dir() && !layer.join("dev/null").exists());
}

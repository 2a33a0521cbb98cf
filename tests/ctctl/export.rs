// SPDX-License-Identifier: Apache-2.0
//! Templates that leave the store and come back, and other programs' view of them.

use integration_tests::{Ran, Systems, needs, run};
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

fn program(systems: &Systems, words: &[&str]) -> Ran {
    run(Command::new(words[0]).args(&words[1..]), &systems.folder)
}

fn path(systems: &Systems, name: &str) -> String {
    systems.folder.join(name).display().to_string()
}

/// A template `@app` of two layers with everything that an archive may hold.
fn template(systems: &Systems) {
    let lines = "[source.busybox]\n[defaults]\ninit = [\"/bin/sh\", \"-c\", \"exec sleep 100\"]\ncwd = \"/srv\"\n\
        user = \"33:34\"\nhalt_signal = \"USR2\"\n[[steps]]\nenv = { A = \"b c\" }\n[[steps]]\nrun = '''\n\
        rm /etc/hosts; rm -r /var/log; mkdir /var/log; touch /var/log/new; ln -s /etc/passwd /link\n\
        mkfifo /fifo; cp /bin/busybox /su; chmod 4755 /su; ln /su /su2; chown 33:44 /var/tmp\n\
        mkdir -p /long/$(printf '%0120d' 0)/$(printf '%0120d' 1); touch \"/a file\"\n\
        dd if=/dev/zero of=/sparse bs=1 count=1 seek=2000000\n'''\n";
    let file = systems.folder.join(format!("{}app.toml", systems.prefix));
    fs::write(&file, lines).expect("the folder is ours");
    systems.run(&["template", "build", &file.display().to_string()]).ok();
}

fn layers(systems: &Systems, name: &str) -> Vec<String> {
    let info = systems.run(&["template", "info", name, "--json"]).ok().json();
    let all = info["layers"].as_array().expect("it has layers").iter();
    all.map(|layer| layer.as_str().expect("a text").to_owned()).collect()
}

/// What is in a folder, but for times, by GNU find.
fn listed(folder: &Path) -> String {
    let mut find = Command::new("find");
    find.current_dir(folder).args([".", "-printf", "%p %y %m %U:%G %l %n\n"]);
    let output = find.output().expect("find can be run");
    let mut lines: Vec<&str> =
        std::str::from_utf8(&output.stdout).expect("names are ASCII").lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

// DK-02
#[test]
fn an_image_leaves_and_comes_back_the_same() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    template(&systems);
    let (first, second, archive) =
        (path(&systems, "first"), path(&systems, "second"), path(&systems, "x.oci"));
    systems.run(&["template", "export", "@app", &first]).ok();
    systems.run(&["template", "import", &first, "--name", "back"]).ok();
    // A layer comes back under the digest of what was written, and is written again as the same bytes.
    systems.run(&["template", "export", "back", &second]).ok();
    let blobs = |folder: &str| {
        let names = fs::read_dir(Path::new(folder).join("blobs/sha256")).expect("a layout").flatten();
        let mut names: Vec<_> = names.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(blobs(&first), blobs(&second));
    let diff_ids: Vec<String> =
        layers(&systems, "back").iter().map(|l| l["sha256-".len()..].to_owned()).collect();
    assert!(diff_ids.iter().all(|id| blobs(&first).iter().any(|name| name == id.as_str())));
    let store = systems.folder.join("data/layers");
    for (ours, back) in layers(&systems, "@app").iter().zip(layers(&systems, "back")) {
        assert_eq!(listed(&store.join(ours)), listed(&store.join(back)));
    }
    let defaults =
        |name: &str| systems.run(&["template", "info", name, "--json"]).ok().json()["defaults"].clone();
    assert_eq!(defaults("back"), defaults("@app"));
    systems.run(&["template", "export", "@app", &archive]).ok();
    systems.run(&["template", "import", &archive, "--name", "again"]).ok();
    assert_eq!(layers(&systems, "again"), layers(&systems, "back"));
    systems.run(&["template", "export", "@app", &first]).exits(4).fails_with("is there already");
    assert!(!fs::read_dir(&systems.folder).expect("ours").flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with(".first") || name.starts_with(".x.oci")
    }));
}

// DK-02: images that others read, and digests that they count again.
#[test]
fn other_programs_read_an_exported_image() {
    needs!(Root, Overlay, ImageTools);
    let systems = Systems::empty();
    template(&systems);
    let (layout, archive) = (path(&systems, "layout"), path(&systems, "image.oci"));
    systems.run(&["template", "export", "@app", &layout]).ok();
    systems.run(&["template", "export", "@app", &archive, "--format", "oci-archive"]).ok();
    let image = format!("oci:{layout}:{}app", systems.prefix);
    let inspected = program(&systems, &["skopeo", "inspect", "--config", &image]).ok().json();
    assert_eq!(inspected["config"]["Entrypoint"][0], "/bin/sh");
    assert_eq!(inspected["config"]["User"], "33:34");
    assert_eq!(inspected["config"]["Env"][0], "A=b c");
    // skopeo checks each blob against its digest when it copies it.
    let copied = format!("dir:{}", path(&systems, "copied"));
    program(&systems, &["skopeo", "--insecure-policy", "copy", &image, &copied]).ok();
    let of_archive = format!("oci-archive:{archive}");
    let also = format!("dir:{}", path(&systems, "also"));
    program(&systems, &["skopeo", "--insecure-policy", "copy", &of_archive, &also]).ok();
    let digest = |image: &str| program(&systems, &["skopeo", "inspect", image]).ok().json()["Digest"].clone();
    assert_eq!(digest(&image), digest(&of_archive));
    let (tagged, bundle) = (format!("{layout}:{}app", systems.prefix), path(&systems, "bundle"));
    program(&systems, &["umoci", "unpack", "--image", &tagged, &bundle]).ok();
    let root = PathBuf::from(&bundle).join("rootfs");
    assert!(!root.join("etc/hosts").exists() && root.join("var/log/new").exists());
    let su = fs::metadata(root.join("su")).expect("it was unpacked");
    assert_eq!((su.mode() & 0o7777, su.nlink()), (0o4755, 2));
}

#[test]
fn a_root_file_system_leaves_as_one_archive() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    template(&systems);
    for ending in ["tar", "tar.gz", "tar.zst"] {
        let file = path(&systems, &format!("root.{ending}"));
        systems.run(&["template", "export", "@app", &file]).ok();
        let names = format!("back-{}", ending.replace('.', "-"));
        systems.run(&["template", "import", &file, "--name", &names]).ok();
    }
    assert_eq!(layers(&systems, "back-tar"), layers(&systems, "back-tar-gz"));
    assert_eq!(layers(&systems, "back-tar"), layers(&systems, "back-tar-zst"));
    let listed =
        program(&systems, &["tar", "--list", "--verbose", "--file", &path(&systems, "root.tar")]).ok();
    assert!(listed.stderr.is_empty(), "{listed:#?}");
    assert!(!listed.stdout.contains("etc/hosts") && !listed.stdout.contains(".wh."), "{}", listed.stdout);
    for line in ["./link -> /etc/passwd", "su2 link to su", "a file"] {
        assert!(listed.stdout.contains(line.trim_start_matches("./")), "{line}: {}", listed.stdout);
    }
    // A template of one layer is no overlay.
    systems.run(&["template", "export", "back-tar", &path(&systems, "one.tar")]).ok();
    let bytes = |name: &str| fs::read(systems.folder.join(name)).expect("it was written");
    assert_eq!(bytes("one.tar"), bytes("root.tar"));
}

#[test]
fn an_export_that_fails_leaves_nothing() {
    needs!(Root);
    let systems = Systems::new();
    let none = path(&systems, "none/file.tar");
    systems.run(&["template", "export", "busybox", &none]).exits(1).fails_with("No such file");
    systems.run(&["template", "export", "bussybox", &path(&systems, "x")]).exits(6).fails_with("busybox");
    // A name that an image's layer would take for a whiteout.
    let tree = systems.folder.join("tree");
    fs::create_dir(&tree).expect("the folder is ours");
    fs::write(tree.join(".wh.x"), "").expect("the folder is ours");
    symlink("x", tree.join("link")).expect("the folder is ours");
    let file = path(&systems, "wh.tar");
    program(&systems, &["tar", "--create", "--directory", &tree.display().to_string(), "--file", &file, "."])
        .ok();
    systems.run(&["template", "import", &file]).ok();
    let before = fs::read_dir(&systems.folder).expect("ours").count();
    let layout = path(&systems, "layout");
    systems.run(&["template", "export", "wh", &layout]).fails_with("another meaning for this name");
    let outputs = |entry: &fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("out.") || name.starts_with("err.")
    };
    let after =
        fs::read_dir(&systems.folder).expect("ours").flatten().filter(|entry| !outputs(entry)).count();
    let printed = fs::read_dir(&systems.folder).expect("ours").flatten().filter(outputs).count();
    assert_eq!(after + printed - 2, before, "something was left");
}

// PK-02: what verify is for.
#[test]
fn verify_says_what_differs() {
    needs!(Root);
    let systems = Systems::new();
    systems.run(&["template", "verify", "busybox"]).ok();
    let layer = systems.folder.join("data/layers").join(&layers(&systems, "busybox")[0]);
    let shown = |name: &str| format!("{}/{name}", layer.file_name().expect("a name").to_string_lossy());
    fs::write(layer.join("etc/hosts"), "6.6.6.6 localhost\n").expect("we are root");
    fs::remove_file(layer.join("bin/cat")).expect("we are root");
    fs::write(layer.join("bin/mine"), "").expect("we are root");
    let ran = systems.run(&["template", "verify", "busybox"]).exits(1).fails_with("differences");
    for line in [shown("etc/hosts: time"), shown("bin/cat: missing"), shown("bin/mine: not of it")] {
        assert!(ran.stdout.contains(&line), "{line}: {ran:#?}");
    }
    assert!(ran.stdout.contains("its content"), "{ran:#?}");
    let json = systems.run(&["template", "verify", "--json", "busybox"]).exits(1).json();
    assert!(json["layers"][0]["differences"].as_array().is_some_and(|all| all.len() >= 3));
    fs::remove_dir_all(&layer).expect("we are root");
    systems.run(&["template", "verify", "busybox"]).exits(1).fails_with(&shown("")[..70]);
}

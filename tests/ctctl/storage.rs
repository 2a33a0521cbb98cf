// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

/// Unmounts when the systems on it are gone.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _not_mounted = Command::new("umount").arg(&self.0).status();
        let _stays = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_system_without_id_maps_gets_a_copy() {
    needs!(Root, Overlay);
    let place = PathBuf::from(format!("/var/tmp/ctctl-copy-{}", std::process::id()));
    let data = place.join("data");
    for folder in ["lower", "upper", "work", "data"] {
        fs::create_dir_all(place.join(folder)).expect("/var/tmp can be written");
    }
    // An overlay takes no id maps itself.
    let at = |name: &str| place.join(name).display().to_string();
    let options = format!("lowerdir={},upperdir={},workdir={}", at("lower"), at("upper"), at("work"));
    let mut mount = Command::new("mount");
    mount.args(["-t", "overlay", "overlay", "-o", &options]).arg(&data);
    assert!(mount.status().expect("mount can be run").success());
    let outer = Mounted(place.clone());
    let inner = Mounted(data.clone());
    let systems = Systems::empty();
    let data = data.display().to_string();
    let run = |args: &[&str]| systems.run(&[&["--data-dir", &data], args].concat());
    run(&["template", "build", "busybox"]).ok();
    run(&["create", "@web", "--template", "busybox", "--idmap", "3000000:65536", "hostname=copy"]).ok();
    run(&["start", "@web"]).ok();
    let line =
        "touch /etc/mine; hostname; cat /etc/hostname; stat -c %u /etc/mine /etc/hostname /bin/busybox /";
    assert_eq!(run(&["exec", "@web", "--", "sh", "-c", line]).ok().stdout, "copy\ncopy\n0\n0\n0\n0\n");
    run(&["restart", "@web"]).ok();
    run(&["exec", "@web", "--", "test", "-e", "/etc/mine"]).ok();
    let root = PathBuf::from(&data).join("systems").join(systems.name("web")).join("root");
    assert_eq!(fs::metadata(root.join("bin/busybox")).expect("it was copied").uid(), 3_000_000);
    // What a template is made of there would have the ids of this one system.
    let recipe = systems.folder.join(format!("{}steps.toml", systems.prefix));
    let path = recipe.display().to_string();
    fs::write(&recipe, "[source.busybox]\n[[steps]]\nrun = \"true\"\n").expect("the folder is ours");
    run(&["template", "build", &path]).exits(9).fails_with("takes no id maps, which steps need");
    run(&["stop", "--kill", "@web"]).ok();
    let web = systems.name("web");
    fs::write(&recipe, format!("[source.container]\nname = \"{web}\"\n")).expect("the folder is ours");
    run(&["template", "build", &path]).exits(9).fails_with("has a copy of its template");
    run(&["destroy", "--force", "@web"]).ok();
    assert!(!root.exists());
    drop(systems);
    drop(inner);
    drop(outer);
}

// SEC-28: a set-user-id file of a system is root's on the disk, as ids are mapped by its mounts: nobody but root may
// come near it on the host. The layers below are shared by all systems and change for none.
#[test]
fn a_setuid_file_of_a_system_is_out_of_reach_on_the_host() {
    needs!(Root, Overlay);
    let systems = Systems::new();
    let (web, other) = (systems.running("web"), systems.running("other"));
    let script = "chmod u+s /bin/busybox && cp /bin/busybox /tmp/su && chmod 4755 /tmp/su";
    systems.run(&["exec", &web, "--", "sh", "-c", script]).ok();
    let data = systems.folder.join("data");
    let is_closed = |folder: &std::path::Path| {
        let stat = fs::metadata(folder).expect("a file was found in it");
        stat.uid() == 0 && stat.mode() & 0o077 == 0
    };
    let mut seen = 0;
    for path in files_below(&data.join("systems")) {
        let stat = fs::symlink_metadata(&path).expect("it was listed");
        if stat.is_file() && stat.mode() & 0o6000 != 0 {
            let mut above = path.ancestors().skip(1).take_while(|folder| *folder != data);
            assert!(above.any(is_closed), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 2, "{seen} files with the set-user-id bit");
    let mode = systems.run(&["exec", &other, "--", "stat", "-c", "%a", "/bin/busybox"]).ok().stdout;
    assert_eq!(mode, "755\n", "the layer is shared");
}

fn files_below(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Data on a file system of this size, which goes when the test ends.
fn small_disk(name: &str, megabytes: u32) -> Mounted {
    let place = PathBuf::from(format!("/var/tmp/ctctl-{name}-{}", std::process::id()));
    fs::create_dir_all(&place).expect("/var/tmp can be written");
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=700"), "tmpfs"]).arg(&place);
    assert!(mount.status().expect("mount can be run").success());
    Mounted(place)
}

/// Names in the store that belong to nothing whole.
fn remains(data: &std::path::Path) -> Vec<String> {
    let layers = fs::read_dir(data.join("layers")).into_iter().flatten().flatten();
    let names = layers.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let manifests = fs::read_dir(data.join("templates")).into_iter().flatten().flatten();
    let all = names.chain(manifests.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    all.filter(|name| {
        name.starts_with('.') && !name.starts_with(".list-") && ![".use", ".lock"].contains(&&**name)
    })
    .collect()
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    needs!(Root);
    let disk = small_disk("full", 4);
    let systems = Systems::empty();
    let data = disk.0.display().to_string();
    let run = |args: &[&str]| systems.run(&[&["--data-dir", &data], args].concat());
    let tree = systems.folder.join("tree");
    fs::create_dir(&tree).expect("the folder is ours");
    fs::write(tree.join("large"), vec![7; 8 << 20]).expect("the folder is ours");
    let archive = systems.folder.join("tree.tar").display().to_string();
    let mut tar = Command::new("tar");
    tar.args(["--create", "--file", &archive, "--directory"]).arg(&tree).arg(".");
    assert!(tar.status().expect("tar can be run").success());
    run(&["template", "import", &archive]).exits(1).fails_with("No space left");
    assert_eq!(remains(&disk.0), Vec::<String>::new());
    run(&["template", "info", "tree"]).exits(6);
    // What is smaller fits; a step that fills the disk fails, and takes its files with it.
    run(&["template", "build", "busybox"]).ok();
    let recipe = systems.folder.join(format!("{}fill.toml", systems.prefix));
    fs::write(&recipe, "[source.busybox]\n[[steps]]\nrun = \"cat /dev/zero > /fill\"\n")
        .expect("the folder is ours");
    run(&["template", "build", &recipe.display().to_string()]).exits(1).fails_with("No space left");
    assert_eq!(run(&["list", "--json"]).ok().json().as_array().map(Vec::len), Some(0));
    assert_eq!(remains(&disk.0), Vec::<String>::new());
    run(&["template", "verify", "busybox"]).ok();
    run(&["template", "rm", "busybox"]).ok();
    // Not a byte for the list or the manifest of a layer that was unpacked.
    fs::write(disk.0.join("ballast"), vec![0; 2 << 20]).expect("it fits");
    for room in [0, 4096, 8192, 65_536, 131_072, 262_144] {
        let free = free_bytes(&disk.0);
        let filling = free.saturating_sub(2_000_000 + room);
        fs::write(disk.0.join("more"), vec![0; usize::try_from(filling).expect("it is small")])
            .expect("it fits");
        let built = run(&["template", "build", "busybox"]);
        assert!(built.code == 0 || built.stderr.contains("No space left"), "{built:#?}");
        assert_eq!(remains(&disk.0), Vec::<String>::new());
        if built.code == 0 {
            run(&["template", "verify", "busybox"]).ok();
            run(&["template", "rm", "busybox"]).ok();
        }
    }
    drop(systems);
}

fn free_bytes(path: &std::path::Path) -> u64 {
    let output =
        Command::new("stat").args(["--file-system", "--format=%a %S"]).arg(path).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(|word| word.parse::<u64>().expect("a number"));
    numbers.next().unwrap_or(0) * numbers.next().unwrap_or(0)
}

#[test]
fn an_import_may_be_killed_at_any_moment_and_done_twice_at_once() {
    needs!(Root);
    let systems = Systems::new();
    let tree = systems.folder.join("tree");
    fs::create_dir(&tree).expect("the folder is ours");
    for number in 0..300 {
        fs::write(tree.join(number.to_string()), vec![7; 3000]).expect("the folder is ours");
    }
    let archive = systems.folder.join("tree.tar").display().to_string();
    let mut tar = Command::new("tar");
    tar.args(["--create", "--file", &archive, "--directory"]).arg(&tree).arg(".");
    assert!(tar.status().expect("tar can be run").success());
    let data = systems.folder.join("data");
    let start = || {
        let mut command = systems.command(&["template", "import", &archive]);
        command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it runs")
    };
    for step in 0..20 {
        let mut child = start();
        std::thread::sleep(std::time::Duration::from_millis(step * 6));
        // It may have ended already.
        let _gone = child.kill();
        child.wait().expect("our own child can be waited for");
        systems.run(&["template", "prune"]).ok();
        assert_eq!(remains(&data), Vec::<String>::new());
        // Either there is no such template, or all of it.
        let verified = systems.run(&["template", "verify", "tree"]);
        assert!(verified.code == 0 || verified.code == 6, "{verified:#?}");
        if verified.code == 0 {
            systems.run(&["template", "rm", "tree"]).ok();
        }
    }
    let children: Vec<_> = (0..6).map(|_| start()).collect();
    for mut child in children {
        assert!(child.wait().expect("our own child can be waited for").success());
    }
    systems.run(&["template", "verify", "tree"]).ok();
    assert_eq!(remains(&data), Vec::<String>::new());
}

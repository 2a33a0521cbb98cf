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

// SPDX-License-Identifier: Apache-2.0
//! Mounts whose ids are mapped (SP-05).

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use integration_tests::{Bundle, add_mount, map_users, needs};
use serde_json::{Value, json};

/// A folder of the host beside the root, with a file that belongs to 1000:1001, and a place to mount it.
fn host_folder(ct: &Bundle, name: &str) -> PathBuf {
    let folder = ct.folder.join(name);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("file"), "").unwrap();
    chown(folder.join("file"), Some(1000), Some(1001)).unwrap();
    let place = ct.rootfs().join(name);
    fs::create_dir(place).unwrap();
    folder
}

/// Mounts the folder at its own name, with mappings `(inside, outside, size)` of both sorts of ids.
fn add_mapped(c: &mut Value, folder: &Path, option: Option<&str>, maps: &[(u32, u32, u32)]) {
    let name = format!("/{}", folder.file_name().unwrap().to_str().unwrap());
    let options: Vec<&str> = ["rbind"].into_iter().chain(option).collect();
    add_mount(c, &name, "bind", folder.to_str().unwrap(), &options);
    let maps: Vec<Value> = maps
        .iter()
        .map(|(inside, outside, size)| json!({ "containerID": inside, "hostID": outside, "size": size }))
        .collect();
    let mount = c["mounts"].as_array_mut().unwrap().last_mut().unwrap();
    mount["uidMappings"] = json!(maps);
    mount["gidMappings"] = json!(maps);
}

// SP-05: several in one container, each with mappings of its own, of one line and of more; without the option too.
#[test]
fn each_mount_has_its_own_mappings() {
    needs!(Root);
    let ct = Bundle::sh("stat -c '%u %g' /one/file /two/file /three/file /plain/file");
    let [one, two, three, plain] = ["one", "two", "three", "plain"].map(|name| host_folder(&ct, name));
    ct.change(|c| {
        map_users(c, 100_000);
        add_mapped(c, &one, Some("idmap"), &[(1000, 100_007, 2)]);
        add_mapped(c, &two, Some("ridmap"), &[(0, 100_500, 1), (1001, 100_009, 1), (1000, 100_020, 1)]);
        add_mapped(c, &three, None, &[(900, 100_000, 200)]);
        add_mount(c, "/plain", "bind", plain.to_str().unwrap(), &["bind"]);
    });
    // What no mapping names is nobody's.
    assert_eq!(ct.run().ok().stdout, "7 8\n20 9\n100 101\n65534 65534\n");
}

// SP-05: mappings do not need a user namespace of the container's; what is written goes the other way.
#[test]
fn a_mount_is_mapped_without_a_user_namespace() {
    needs!(Root);
    let ct = Bundle::sh("stat -c '%u %g' /one/file && : > /one/new").with(|c| {
        c["process"]["user"] = json!({ "uid": 5, "gid": 6 });
    });
    let one = host_folder(&ct, "one");
    chown(&one, Some(1000), Some(1001)).unwrap();
    ct.change(|c| add_mapped(c, &one, Some("idmap"), &[(1000, 5, 2)]));
    assert_eq!(ct.run().ok().stdout, "5 6\n");
    let new = fs::metadata(one.join("new")).unwrap();
    assert_eq!((new.uid(), new.gid()), (1000, 1001));
}

// SP-05: the one mount or all that is mounted in it.
#[test]
fn the_tree_is_mapped_with_ridmap_alone() {
    needs!(Root);
    for (option, inside) in [("idmap", "5 6\n1000 1001\n"), ("ridmap", "5 6\n5 6\n")] {
        let ct = Bundle::sh("stat -c '%u %g' /one/file /one/below/file");
        let (one, other) = (host_folder(&ct, "one"), host_folder(&ct, "other"));
        let below = one.join("below");
        fs::create_dir(&below).unwrap();
        let mount = Command::new("mount").arg("--bind").args([&other, &below]).status().unwrap();
        assert!(mount.success());
        ct.change(|c| add_mapped(c, &one, Some(option), &[(1000, 5, 2)]));
        let ran = ct.run();
        assert!(Command::new("umount").arg(&below).status().unwrap().success());
        assert_eq!(ran.ok().stdout, inside, "{option}");
    }
}

// SP-05: nothing to map by, or nothing that can be mapped, is an error that names the mount, for validate too.
#[test]
fn mappings_that_cannot_be_are_refused() {
    needs!(Root);
    let line = json!([{ "containerID": 0, "hostID": 5, "size": 1 }]);
    for (what, kind, options, maps) in [
        ("no mappings", "bind", &["bind", "idmap"][..], json!({})),
        ("no mappings, all", "bind", &["rbind", "ridmap"], json!({})),
        ("no users", "bind", &["bind"], json!({ "gidMappings": line })),
        ("no groups", "bind", &["bind", "idmap"], json!({ "uidMappings": line })),
        ("a new file system", "tmpfs", &["idmap"], json!({ "uidMappings": line, "gidMappings": line })),
        ("a new file system, no option", "tmpfs", &[], json!({ "uidMappings": line, "gidMappings": line })),
    ] {
        let ct = Bundle::new();
        let one = host_folder(&ct, "one");
        ct.change(|c| {
            add_mount(c, "/one", kind, one.to_str().unwrap(), options);
            let mount = c["mounts"].as_array_mut().unwrap().last_mut().unwrap().as_object_mut().unwrap();
            mount.extend(maps.as_object().unwrap().clone());
        });
        let place = format!("/mounts/{}", mounts(&ct) - 1);
        let ran = ct.create();
        assert!(ran.code != 0 && ran.stderr.contains(&place), "{what}: {ran:?}");
        let ran = ct.ctrun(["validate"]);
        assert!(ran.code != 0 && ran.stderr.contains(&place), "{what}: {ran:?}");
    }
    for maps in [&[(0, 5, 0)][..], &[(0, 5, 10), (5, 50, 10)], &[(0, 5, 10), (20, 14, 10)]] {
        let ct = Bundle::new();
        let one = host_folder(&ct, "one");
        ct.change(|c| add_mapped(c, &one, Some("idmap"), maps));
        ct.create().fails();
        assert!(ct.left_behind().is_empty(), "{maps:?}: {:?}", ct.left_behind());
    }
}

fn mounts(ct: &Bundle) -> usize {
    let config: Value = serde_json::from_slice(&fs::read(ct.folder.join("config.json")).unwrap()).unwrap();
    config["mounts"].as_array().unwrap().len()
}

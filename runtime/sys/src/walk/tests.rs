// SPDX-License-Identifier: Apache-2.0
//! The walk against openat2(2) itself, where the host has it, and against somebody who swaps names.

use super::*;
use rustix::fs::{CWD, RenameFlags, ResolveFlags, renameat_with};
use std::ffi::CString;
use std::format;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::string::String;
use std::sync::atomic::{AtomicBool, Ordering};
use std::vec::Vec;

/// A folder with `root` and `outside` in it, removed when it is dropped.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("walk-{name}-{}", std::process::id()));
        for path in ["root/folder/deep", "outside/deep"] {
            fs::create_dir_all(folder.join(path)).unwrap();
        }
        for path in ["folder/mark", "folder/deep/file", "file"] {
            fs::write(folder.join("root").join(path), "in").unwrap();
        }
        for path in ["mark", "deep/file", "file"] {
            fs::write(folder.join("outside").join(path), "out").unwrap();
        }
        Self(folder)
    }

    fn root(&self) -> OwnedFd {
        fs::File::open(self.0.join("root")).unwrap().into()
    }

    fn link(&self, target: impl AsRef<Path>, name: &str) {
        symlink(target, self.0.join("root").join(name)).unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn walk(root: &OwnedFd, path: &str, flags: OFlags, links: Links) -> Result<OwnedFd> {
    open_in_root(root.as_fd(), &CString::new(path).unwrap(), flags, links)
}

/// What openat2 answers; nothing where there is none.
fn kernel(root: &OwnedFd, path: &str, flags: OFlags, links: Links) -> Option<Result<OwnedFd>> {
    let mut resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    if links == Links::None {
        resolve |= ResolveFlags::NO_SYMLINKS;
    }
    let path = if path.is_empty() { "." } else { path };
    loop {
        match rustix::fs::openat2(root, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
            // A rename anywhere on the host, as other tests make them, raced with a `..` of the path.
            Err(Errno::AGAIN) => {}
            Err(Errno::NOSYS | Errno::PERM) => return None,
            other => return Some(other),
        }
    }
}

/// Which file it is, and how it was opened.
fn what(file: Result<OwnedFd>) -> Result<(u64, u64, OFlags)> {
    let file = file?;
    let stat = rustix::fs::fstat(&file)?;
    assert!(rustix::io::fcntl_getfd(&file)?.contains(rustix::io::FdFlags::CLOEXEC));
    // The walk needs it, and it says nothing of an open file.
    let flags = rustix::fs::fcntl_getfl(&file)? - OFlags::NOFOLLOW;
    Ok((stat.st_dev, stat.st_ino, flags))
}

fn content(file: OwnedFd) -> String {
    let mut text = String::new();
    fs::File::from(file).read_to_string(&mut text).unwrap();
    text
}

const FLAGS: &[OFlags] = &[
    OFlags::PATH,
    PLACE,
    OFlags::PATH.union(OFlags::DIRECTORY),
    PLACE.union(OFlags::DIRECTORY),
    OFlags::RDONLY,
    OFlags::RDONLY.union(OFlags::NOFOLLOW),
    OFlags::RDONLY.union(OFlags::DIRECTORY),
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW),
    OFlags::RDWR,
];

/// Paths below the root of [`with_links`].
fn paths() -> Vec<String> {
    let names = [
        "",
        ".",
        "..",
        "/",
        "//",
        "folder",
        "folder/deep",
        "folder/deep/file",
        "file",
        "none",
        "none/file",
        "file/x",
        "file/..",
        "file/.",
        "in",
        "in/deep",
        "absolute",
        "up",
        "up/file",
        "above",
        "outside",
        "outside/file",
        "dangling",
        "dangling/x",
        "loop",
        "loop/x",
        "one",
        "self",
        "chain",
        "slash",
        "dots",
        "../../../folder",
        "folder/../..",
        "folder/../../file",
        "in/../file",
        "folder//deep/./../mark",
    ];
    let mut paths: Vec<String> =
        names.iter().flat_map(|name| [String::from(*name), format!("{name}/")]).collect();
    paths.extend(names.iter().map(|name| format!("/../{name}")));
    paths.push("x".repeat(255));
    paths.push("x".repeat(256));
    paths.push("folder/../".repeat(400));
    paths.push(format!("{}file", "./".repeat(2045)));
    paths.push(format!("{}file", "./".repeat(2046)));
    paths
}

fn with_links(name: &str) -> Place {
    let place = Place::new(name);
    let outside = place.0.join("outside");
    let links: [(PathBuf, &str); 13] = [
        ("folder".into(), "in"),
        ("/folder/deep".into(), "absolute"),
        ("../../../../folder/deep".into(), "up"),
        ("..".into(), "above"),
        (outside, "outside"),
        ("nowhere".into(), "dangling"),
        ("pool".into(), "loop"),
        ("loop".into(), "pool"),
        ("one".into(), "one"),
        (".".into(), "self"),
        ("in/deep/../../absolute/file".into(), "chain"),
        ("folder/".into(), "slash"),
        ("./folder/./..".into(), "dots"),
    ];
    for (target, link) in links {
        place.link(target, link);
    }
    place
}

fn assert_same(root: &OwnedFd, paths: &[String]) {
    for path in paths {
        for (flags, links) in FLAGS.iter().flat_map(|flags| [(*flags, Links::InRoot), (*flags, Links::None)])
        {
            let Some(expected) = kernel(root, path, flags, links) else { return };
            let walked = what(walk(root, path, flags, links));
            assert_eq!(walked, what(expected), "{path:?}, {flags:?}, {links:?}");
        }
    }
}

// SEC-04, SEC-05, SEC-16, SEC-19
#[test]
fn a_walk_ends_where_openat2_does() {
    let place = with_links("same");
    assert_same(&place.root(), &paths());
}

// SEC-04, SEC-16, SEC-19: of the links in proc those are followed that have a text; the host's own root has one.
#[test]
fn a_walk_in_proc_ends_where_openat2_does() {
    let names = [
        "self",
        "self/exe",
        "self/root",
        "self/root/etc",
        "self/cwd",
        "self/cwd/x",
        "self/fd/0",
        "self/fd/0/x",
        "self/ns/mnt",
        "thread-self/comm",
        "mounts",
        "self/../version",
        "self/../../version",
        "net/dev",
    ];
    let below =
        |before: &str| -> Vec<String> { names.iter().map(|name| format!("{before}{name}")).collect() };
    assert_same(&fs::File::open("/proc").unwrap().into(), &below(""));
    assert_same(&fs::File::open("/").unwrap().into(), &below("/proc/"));
}

#[test]
fn nothing_is_above_the_root() {
    let place = with_links("above");
    let root = place.root();
    let top = what(walk(&root, ".", OFlags::PATH, Links::None)).unwrap();
    for path in ["..", "../..", "/..", "folder/../../..", "above", "above/above", "folder/deep/../../.."] {
        assert_eq!(what(walk(&root, path, OFlags::PATH, Links::InRoot)).unwrap(), top, "{path}");
    }
    for path in ["../outside/file", "outside/file", "above/outside/file", "folder/../../outside/file"] {
        assert_eq!(what(walk(&root, path, OFlags::PATH, Links::InRoot)), Err(Errno::NOENT), "{path}");
    }
}

#[test]
fn links_are_as_if_the_root_were_the_hosts() {
    let place = with_links("links");
    let root = place.root();
    for path in ["in/deep/file", "absolute/file", "up/file", "chain", "slash/deep/file", "dots/chain"] {
        let file = walk(&root, path, OFlags::RDONLY, Links::InRoot).unwrap();
        assert_eq!(content(file), "in", "{path}");
        assert_eq!(what(walk(&root, path, OFlags::RDONLY, Links::None)), Err(Errno::LOOP), "{path}");
    }
    for (path, errno) in [("dangling", Errno::NOENT), ("loop", Errno::LOOP), ("one/x", Errno::LOOP)] {
        assert_eq!(what(walk(&root, path, OFlags::PATH, Links::InRoot)), Err(errno), "{path}");
    }
    let link = walk(&root, "dangling", PLACE, Links::None).unwrap();
    assert_eq!(kind(&link), Ok(FileType::Symlink));
}

#[test]
fn as_many_links_are_followed_as_the_kernel_follows() {
    let place = Place::new("forty");
    place.link("file", "link1");
    for number in 2..=41 {
        place.link(format!("link{}", number - 1), &format!("link{number}"));
    }
    let root = place.root();
    assert_eq!(content(walk(&root, "link40", OFlags::RDONLY, Links::InRoot).unwrap()), "in");
    assert_eq!(what(walk(&root, "link41", OFlags::RDONLY, Links::InRoot)), Err(Errno::LOOP));
}

#[test]
fn a_deep_path_is_walked_and_left_as_far_as_is_kept() {
    let place = Place::new("deep");
    let deep = "d/".repeat(100);
    fs::create_dir_all(place.0.join("root").join(&deep)).unwrap();
    fs::write(place.0.join("root").join(&deep).join("file"), "deep").unwrap();
    let root = place.root();
    let open = |path: &str| walk(&root, path, OFlags::RDONLY, Links::InRoot);
    assert_eq!(content(open(&format!("{deep}file")).unwrap()), "deep");
    assert_eq!(content(open(&format!("{deep}../../d/d/file")).unwrap()), "deep");
    let back = "../".repeat(KEPT - 1);
    assert_eq!(content(open(&format!("{deep}{back}{}file", "d/".repeat(KEPT - 1))).unwrap()), "deep");
    assert_eq!(what(open(&format!("{deep}../{back}d"))), Err(Errno::NAMETOOLONG));
    place.link(format!("{}x", "x/".repeat(2000)), "long");
    assert_eq!(what(open(&format!("long/{}", "y/".repeat(100)))), Err(Errno::NAMETOOLONG));
}

/// Swaps two names for 1,000 rounds; nothing else than what lies inside may ever be reached.
fn while_swapped(place: &Place, names: [&str; 2], path: &str) {
    let [a, b] = names.map(|name| place.0.join(name));
    let stop = AtomicBool::new(false);
    let mut good = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                // Twice: when it is over all is as it was.
                renameat_with(CWD, &a, CWD, &b, RenameFlags::EXCHANGE).unwrap();
                renameat_with(CWD, &a, CWD, &b, RenameFlags::EXCHANGE).unwrap();
            }
        });
        let root = place.root();
        let mut rounds = 0;
        // Some more when the swapper was never on the right side.
        while rounds < 1000 || (good == 0 && rounds < 100_000) {
            rounds += 1;
            for links in [Links::InRoot, Links::None] {
                match walk(&root, path, OFlags::RDONLY, links) {
                    Ok(file) => {
                        let text = content(file);
                        if text != "in" {
                            stop.store(true, Ordering::Relaxed);
                        }
                        assert_eq!(text, "in", "{path}, {links:?}");
                        good += 1;
                    }
                    Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                    Err(errno) => {
                        stop.store(true, Ordering::Relaxed);
                        panic!("{path}: {errno}");
                    }
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(good > 0, "{path} was never reached");
}

// SEC-05, SEC-06, SEC-11: a folder or a file becomes a link that leads out, and back.
#[test]
fn a_swap_for_a_link_does_not_lead_out() {
    let place = Place::new("swap");
    let outside = place.0.join("outside");
    place.link(&outside, "folder.swap");
    place.link("../../outside/file", "folder/mark.swap");
    place.link(outside.join("file"), "file.swap");
    while_swapped(&place, ["root/folder", "root/folder.swap"], "folder/deep/../mark");
    while_swapped(&place, ["root/folder/mark", "root/folder/mark.swap"], "folder/mark");
    while_swapped(&place, ["root/file", "root/file.swap"], "folder/../file");
}

// SEC-05, SEC-06: a folder that the walk is in goes out of the root: `..` is not the one above it there.
#[test]
fn a_folder_that_is_moved_out_does_not_lead_out() {
    let place = Place::new("moved");
    while_swapped(&place, ["root/folder/deep", "outside/deep"], "folder/deep/../mark");
    while_swapped(&place, ["root/folder/deep", "outside/deep"], "folder/deep/../../file");
}

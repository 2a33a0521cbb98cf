// SPDX-License-Identifier: Apache-2.0
//! What lies outside of a container's root and must stay as it is, the ways for a link to name it, and somebody in
//! another container who swaps names.

use crate::denied::{is_again, is_denied};
use integration_tests::{Bundle, Ran, add_mount, behind, build_program, wait_until};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// A folder of the host that a container must not touch.
pub(crate) fn outside(ct: &Bundle) -> PathBuf {
    let folder = ct.folder.join("outside");
    fs::create_dir_all(folder.join("inner")).unwrap();
    fs::write(folder.join("file"), "host").unwrap();
    fs::write(folder.join("inner/file"), "host").unwrap();
    for name in ["file", "inner/file"] {
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o640)).unwrap();
    }
    folder
}

/// What can be seen of everything below a folder: kind and mode, owner, content.
fn look(folder: &Path) -> BTreeMap<String, (u32, u32, Vec<u8>)> {
    let mut seen = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap().flatten() {
            let path = entry.path();
            let metadata = entry.metadata().unwrap();
            let content = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            seen.insert(name, (metadata.mode(), metadata.uid(), content));
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
    seen
}

#[track_caller]
pub(crate) fn assert_untouched(folder: &Path) {
    let file = (0o10_0640, 0, b"host".to_vec());
    let inner = (0o4_0755, 0, Vec::new());
    let expected = [("file", file.clone()), ("inner", inner), ("inner/file", file)];
    let expected = expected.into_iter().map(|(name, what)| (name.to_owned(), what)).collect();
    assert_eq!(look(folder), expected, "{}", folder.display());
}

/// Ways for a link in the root to name a folder outside of it.
pub(crate) fn links_to(folder: &Path) -> Vec<String> {
    let up = "../".repeat(24);
    let whole = folder.display().to_string();
    vec![whole.clone(), format!("{up}{}", whole.trim_start_matches('/')), format!("/proc/self/root{whole}")]
}

/// Puts a link at a place of the root where there is something else.
pub(crate) fn link(target: &str, place: &Path) {
    let _absent = fs::remove_dir_all(place).or_else(|_| fs::remove_file(place));
    symlink(target, place).unwrap();
}

/// Fails the test unless it was refused with these words; where calls are denied, with any.
#[track_caller]
pub(crate) fn refused(ran: Ran, words: &str) {
    if is_denied() {
        ran.fails();
    } else {
        ran.fails_with(words);
    }
}

/// What it printed; nothing when the calls that it needs are denied and it said so.
#[track_caller]
pub(crate) fn printed(ran: Ran) -> Option<String> {
    if is_denied() && ran.code != 0 {
        assert!(!ran.stderr.is_empty(), "{ran:?}");
        return None;
    }
    Some(ran.ok().stdout)
}

/// A container that has this folder of the host at /volume and swaps names in it until it is dropped.
#[derive(Debug)]
pub(crate) struct Swapper(Bundle);

impl Swapper {
    #[track_caller]
    pub(crate) fn start(volume: &Path, pairs: &[(&str, &str)]) -> Self {
        // It is not the one whose calls are denied.
        let ct = behind(&[], Bundle::new);
        let names = pairs.iter().flat_map(|(a, b)| [format!("/volume/{a}"), format!("/volume/{b}")]);
        let args: Vec<String> = ["/bin/swap".to_owned()].into_iter().chain(names).collect();
        ct.change(|c| {
            c["process"]["args"] = json!(args);
            add_mount(c, "/volume", "bind", volume.to_str().unwrap(), &["rbind", "rw"]);
        });
        build_program("hostile/swap", &ct.rootfs().join("bin/swap"));
        ct.create().ok();
        ct.start().ok();
        assert!(wait_until(|| ct.stdout().starts_with("swaps")), "{}", ct.stderr());
        Self(ct)
    }
}

impl Drop for Swapper {
    fn drop(&mut self) {
        self.0.delete_force();
    }
}

/// `CTCTL_TEST_ROUNDS` asks for more than `make test` has the time for.
pub(crate) fn rounds() -> u32 {
    let usual = match (is_denied(), is_again()) {
        (true, _) => 5,
        (false, true) => 30,
        (false, false) => 100,
    };
    std::env::var("CTCTL_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

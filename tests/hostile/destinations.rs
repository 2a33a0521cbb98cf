// SPDX-License-Identifier: Apache-2.0
//! Every sort of thing that is put at a path of the root, at paths that lead out of it.

use crate::denied::{is_again, is_denied};
use crate::outside::{assert_untouched, link, links_to, outside};
use integration_tests::{Bundle, add_mount, needs};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Puts something at a path.
type Put = fn(&mut Value, &str);

const SORTS: &[(&str, Put)] = &[
    ("tmpfs", |c, path| add_mount(c, path, "tmpfs", "tmpfs", &[])),
    ("read-only tmpfs", |c, path| add_mount(c, path, "tmpfs", "tmpfs", &["ro"])),
    ("tmpcopyup", |c, path| add_mount(c, path, "tmpfs", "tmpfs", &["tmpcopyup"])),
    ("directory", |c, path| add_mount(c, path, "bind", "/etc", &["bind"])),
    ("tree", |c, path| add_mount(c, path, "bind", "/etc", &["rbind", "rro"])),
    ("file", |c, path| add_mount(c, path, "bind", "/etc/hostname", &["bind", "ro"])),
    ("mqueue", |c, path| add_mount(c, path, "mqueue", "mqueue", &[])),
    ("devpts", |c, path| add_mount(c, path, "devpts", "devpts", &["newinstance"])),
    ("proc", |c, path| add_mount(c, path, "proc", "proc", &[])),
    ("sysfs", |c, path| add_mount(c, path, "sysfs", "sysfs", &["ro"])),
    ("cgroup", |c, path| add_mount(c, path, "cgroup", "cgroup", &["ro"])),
    ("remount", |c, path| add_mount(c, path, "none", "none", &["remount", "ro"])),
    ("node", |c, path| {
        let node =
            json!({ "path": path, "type": "c", "major": 1, "minor": 3, "uid": 1000, "fileMode": 0o666 });
        c["linux"]["devices"] = json!([node]);
    }),
    ("FIFO", |c, path| c["linux"]["devices"] = json!([{ "path": path, "type": "p", "uid": 1000 }])),
    ("masked", |c, path| c["linux"]["maskedPaths"] = json!([path])),
    ("read-only", |c, path| c["linux"]["readonlyPaths"] = json!([path])),
    ("working directory", |c, path| c["process"]["cwd"] = json!(path)),
];

/// Paths that lead to the folder outside, were they followed, and links that have to be in the root for that.
fn ways(outside: &Path) -> Vec<(Vec<(&'static str, String)>, String)> {
    let whole = outside.display();
    let up = "../".repeat(24);
    let mut ways = Vec::new();
    for target in links_to(outside) {
        ways.push((vec![("link", target.clone())], "/link/made".to_owned()));
        ways.push((vec![("link", target.clone())], "/link/inner".to_owned()));
        ways.push((vec![("link", target.clone())], "/link/file".to_owned()));
        ways.push((vec![("link", format!("{target}/new"))], "/link".to_owned()));
        ways.push((vec![("link", "second".to_owned()), ("second", target)], "/link/deep/made".to_owned()));
    }
    for path in [
        format!("/etc/{up}{whole}/made"),
        format!("/proc/self/root{whole}/made"),
        format!("/proc/1/root{whole}/made"),
        format!("/proc/self/cwd/{up}{whole}/made"),
        "/proc/self/cwd/../outside/made".to_owned(),
    ] {
        ways.push((Vec::new(), path));
    }
    // Some of what the runtime holds open while it makes the mounts.
    for number in [3, 5, 8, 9] {
        let path = format!("/proc/self/fd/{number}/{up}{whole}/made");
        ways.push((vec![("link", format!("/proc/self/fd/{number}"))], format!("/link/{up}{whole}/made")));
        ways.push((Vec::new(), path));
    }
    ways
}

// SEC-05: whatever is put there, it may work, inside the root, or be refused; it may not reach the host.
#[test]
pub(crate) fn nothing_is_put_outside_of_the_root() {
    needs!(Root);
    let mut worked = 0usize;
    // Without a call that it needs the runtime is nearly always at its end before the path matters.
    let step = if is_again() { 7 } else { 1 };
    for (sort, put) in SORTS {
        let ct = Bundle::sh("true").with(|c| c["root"]["readonly"] = json!(false));
        let outside = outside(&ct);
        let config = fs::read(ct.folder.join("config.json")).unwrap();
        for (links, path) in ways(&outside).into_iter().step_by(step) {
            for (name, target) in &links {
                link(target, &ct.rootfs().join(name));
            }
            fs::write(ct.folder.join("config.json"), &config).unwrap();
            ct.change(|c| put(c, &path));
            worked += usize::from(ct.run().code == 0);
            assert_untouched(&outside);
            // What was made inside the root is in the way of the next.
            for name in ["link", "second", "tmp"] {
                let place = ct.rootfs().join(name);
                let _absent = fs::remove_dir_all(&place).or_else(|_| fs::remove_file(&place));
            }
        }
        assert_eq!(integration_tests::mounts_below(&ct.folder), [] as [&str; 0], "{sort}");
    }
    // Refusing all of them would prove nothing of those that images have.
    assert!(is_denied() || worked > 100 / step, "only {worked} worked");
}

// SPDX-License-Identifier: Apache-2.0
//! What a container may leave behind: mounts, cgroups, processes, files below the runtime's root.

use std::fs;
use std::path::{Path, PathBuf};

/// Mount points of this process's namespace at or below a folder.
#[must_use]
pub fn mounts_below(folder: &Path) -> Vec<String> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(|l| l.split(' ').nth(4));
    points.filter(|p| Path::new(p).starts_with(folder)).map(ToOwned::to_owned).collect()
}

/// cgroups, on any hierarchy, with this word in their names.
#[must_use]
pub fn cgroup_folders(word: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    search(Path::new("/sys/fs/cgroup"), word, 0, &mut found);
    found
}

/// v1's hierarchies are one level down, and some of them have another name through a link.
fn search(folder: &Path, word: &str, depth: u32, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|e| e.file_type().is_ok_and(|t| t.is_dir())) {
        let path = entry.path();
        if entry.file_name().to_string_lossy().contains(word) {
            found.push(path);
        } else if depth < 4 {
            search(&path, word, depth + 1, found);
        }
    }
}

/// Processes (not zombies) that have this word in their arguments or environment, and stages of the runtime that work
/// for whoever has it in their name.
pub fn processes_with(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_string_lossy().into_owned();
        if !pid.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let folder = entry.path();
        let holds = |file: &str| {
            let text = fs::read(folder.join(file)).unwrap_or_default();
            text.windows(word.len()).any(|w| w == word.as_bytes())
        };
        let is_stage = is_stage(&folder);
        let files: &[&str] = if is_stage { OF_A_STAGE } else { &["cmdline", "environ"] };
        let stands =
            || fs::read_link(folder.join("cwd")).is_ok_and(|cwd| cwd.to_string_lossy().contains(word));
        if files.iter().any(|file| holds(file)) || is_stage && stands() {
            let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
            found.push(format!("{pid} ({})", name.trim()));
        }
    }
    found
}

/// Where a stage shows whose it is: it has neither the caller's arguments nor an environment, but its root is mounted
/// from the bundle, its cgroup has the container's name, and before either it stands where its caller stood.
const OF_A_STAGE: &[&str] = &["mountinfo", "cgroup"];

/// A process between the runtime's clone and the payload's execve, by its program in memory and by its name.
fn is_stage(process: &Path) -> bool {
    // A zombie has none.
    let Ok(program) = fs::read_link(process.join("exe")) else { return false };
    let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
    program.to_string_lossy().starts_with("/memfd:ctrun") || name.starts_with("ctrun:[")
}

/// Everything of the container `id` that is still there, one line each. Names beginning with a dot are the runtime's own.
pub(crate) fn left_behind(id: &str, folder: &Path, runtime_root: &Path) -> Vec<String> {
    let mut left: Vec<String> = mounts_below(folder).into_iter().map(|m| format!("mount {m}")).collect();
    left.extend(cgroup_folders(id).into_iter().map(|c| format!("cgroup {}", c.display())));
    left.extend(processes_with(id).into_iter().map(|p| format!("process {p}")));
    for entry in fs::read_dir(runtime_root).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with('.') {
            left.push(format!("state {}", entry.path().display()));
        }
    }
    left
}

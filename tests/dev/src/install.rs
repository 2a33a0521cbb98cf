// SPDX-License-Identifier: Apache-2.0
//! `make install`: the built tree, manual pages, completions and the unit of the host's boot under DESTDIR and PREFIX.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build::{build, place};
use crate::command::{Result, at, say, top};

pub(crate) fn install(destdir: &str, prefix: &str) -> Result<()> {
    let built = build()?;
    let to = PathBuf::from(format!("{destdir}{prefix}"));
    copy_all(&built, &to, 0o755)?;
    for page in files(&top().join("docs/manual"))? {
        // ctrun.1 belongs into man1.
        if let Some(section) = page.extension().filter(|e| e.to_string_lossy().parse::<u8>().is_ok()) {
            let name = page.file_name().unwrap_or_default();
            let folder = format!("share/man/man{}", section.to_string_lossy());
            place(&page, &to.join(folder).join(name), 0o644)?;
        }
    }
    let completions = top().join("docs/completions");
    for (from, folder) in [
        ("bash", "bash-completion/completions"),
        ("zsh", "zsh/site-functions"),
        ("fish", "fish/vendor_completions.d"),
    ] {
        copy_all(&completions.join(from), &to.join("share").join(folder), 0o644)?;
    }
    let unit = top().join("ctctl/units/ctctl.service");
    let text = at(&unit, fs::read_to_string(&unit))?.replace("@BIN@", &format!("{prefix}/bin"));
    let ours = built.join("ctctl.service");
    at(&ours, fs::write(&ours, text))?;
    place(&ours, &to.join("lib/systemd/system/ctctl.service"), 0o644)?;
    at(&ours, fs::remove_file(&ours))?;
    say(&format!("installed in {}", to.display()));
    Ok(())
}

/// The files directly in a folder; none if it is not there.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = at(folder, fs::read_dir(folder))?;
    Ok(entries.flatten().map(|e| e.path()).collect())
}

fn copy_all(from: &Path, to: &Path, mode: u32) -> Result<()> {
    for path in files(from)? {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            copy_all(&path, &to.join(name), mode)?;
        } else {
            place(&path, &to.join(name), mode)?;
        }
    }
    Ok(())
}

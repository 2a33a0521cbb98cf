// SPDX-License-Identifier: Apache-2.0
//! Debian packages: what a target needs is listed in tests/packages, and installed if it is missing.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::{Failed, Result, at, is_root, program, say, show, top};

/// The packages in these sections of tests/packages.
fn listed(text: &str, sections: &[&str]) -> Vec<String> {
    let mut wanted = false;
    let mut names = Vec::new();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            wanted = sections.contains(&section);
        } else if wanted {
            names.extend(line.split_whitespace().map(ToOwned::to_owned));
        }
    }
    names
}

/// Those of `names` that dpkg does not have.
fn missing(names: Vec<String>) -> Result<Vec<String>> {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f", "${db:Status-Status} ${Package}\n"]).args(&names).stderr(Stdio::null());
    let out = query.output().map_err(|_| Failed::new("no dpkg here: the set-up knows Debian 12 only"))?;
    let have = String::from_utf8_lossy(&out.stdout).into_owned();
    let is_installed = |name: &String| have.lines().any(|l| l.strip_prefix("installed ") == Some(name));
    Ok(names.into_iter().filter(|n| !is_installed(n)).collect())
}

/// Installs what these sections list and the machine lacks.
pub(crate) fn install(sections: &[&str]) -> Result<()> {
    let list = top().join("tests/packages");
    let missing = missing(listed(&at(&list, fs::read_to_string(&list))?, sections))?;
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_root() {
        return Err(Failed::new(format!("packages are missing: as root, apt-get install {names}")));
    }
    say(&format!("installing {names}"));
    let apt = |verb: &[&str]| {
        let mut apt = program("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=600"]);
        apt.args(verb).env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    let has_lists = Path::new("/var/lib/apt/lists").read_dir().is_ok_and(|mut d| {
        d.any(|e| {
            e.is_ok_and(|e| {
                e.file_name().to_string_lossy().ends_with("_Packages")
                    || e.file_name().to_string_lossy().ends_with(".lz4")
            })
        })
    });
    let install = |apt: &dyn Fn(&[&str]) -> Command| {
        show(apt(&["install", "-y", "--no-install-recommends"]).args(&missing))
    };
    // Lists that are there may be too old for the mirror: then the first try fails.
    if has_lists && install(&apt).is_ok() {
        return Ok(());
    }
    show(&mut apt(&["update"]))?;
    install(&apt)
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn sections_are_read() {
        let text = "# a\n[build]\ngcc make\n[test]\n# b\nbats\n";
        assert_eq!(listed(text, &["build"]), ["gcc", "make"]);
        assert_eq!(listed(text, &["test", "build"]), ["gcc", "make", "bats"]);
        assert!(listed(text, &["demo"]).is_empty());
    }
}

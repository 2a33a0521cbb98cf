// SPDX-License-Identifier: Apache-2.0
//! A system around the host's static busybox.

use crate::recipe::{Busybox, hex};
use crate::store::Staging;
use crate::{Context, Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const USUAL_PLACES: &[&str] = &["/bin/busybox", "/usr/bin/busybox", "/usr/lib/busybox/busybox-static"];

const FOLDERS: &[(&str, u32)] = &[
    ("bin", 0o755),
    ("dev", 0o755),
    ("etc", 0o755),
    ("etc/init.d", 0o755),
    ("mnt", 0o755),
    ("proc", 0o755),
    ("root", 0o700),
    ("run", 0o755),
    ("sbin", 0o755),
    ("sys", 0o755),
    ("tmp", 0o1777),
    ("usr", 0o755),
    ("usr/bin", 0o755),
    ("usr/sbin", 0o755),
    ("var", 0o755),
    ("var/log", 0o755),
    ("var/tmp", 0o1777),
];

const FILES: &[(&str, u32, &str)] = &[
    ("etc/group", 0o644, "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"),
    ("etc/hosts", 0o644, "127.0.0.1 localhost\n::1 localhost\n"),
    (
        "etc/inittab",
        0o644,
        "::sysinit:/etc/init.d/rcS\n::respawn:-/bin/sh\n::ctrlaltdel:/sbin/reboot\n::shutdown:/bin/sync\n",
    ),
    ("etc/init.d/rcS", 0o755, "#!/bin/sh\nifconfig lo 127.0.0.1 up\n"),
    ("etc/machine-id", 0o444, ""),
    ("etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    ("etc/profile", 0o644, "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"),
    ("etc/shadow", 0o600, "root:*::0:99999:7:::\nnobody:*::0:99999:7:::\n"),
];

pub(crate) fn fill(source: &Busybox, staging: &Staging) -> Result<String> {
    let program = find(source)?;
    let bytes = fs::read(&program).context(|| format!("read {}", program.display()))?;
    if !is_static(&bytes) {
        return Err(Error::invalid(format!("{} is not a static program", program.display())));
    }
    let applets = applets(&program)?;
    write_tree(&staging.root(), &bytes, &applets)?;
    Ok(digest(&bytes, &applets))
}

fn find(source: &Busybox) -> Result<PathBuf> {
    let places: Vec<PathBuf> = match &source.path {
        Some(path) => vec![path.clone()],
        None => USUAL_PLACES.iter().map(PathBuf::from).collect(),
    };
    let found = places.iter().find(|path| path.is_file());
    found.cloned().ok_or_else(|| Error::new(ErrorKind::Unsupported, "this host has no busybox"))
}

/// Whether an ELF program needs no loader: it has no program header of type PT_INTERP.
fn is_static(elf: &[u8]) -> bool {
    let number = |at: usize, length: usize| {
        let bytes = elf.get(at..at + length)?;
        let value = bytes.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        usize::try_from(value).ok()
    };
    let headers = || {
        if elf.get(..5)? != b"\x7fELF\x02" {
            return None;
        }
        let (start, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        (0..count).map(|i| number(start.checked_add(i * size)?, 4)).collect::<Option<Vec<usize>>>()
    };
    headers().is_some_and(|types| !types.contains(&3))
}

/// Paths of the program's commands, such as `bin/ls`, as it names them itself.
fn applets(program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program)
        .arg("--list-full")
        .output()
        .context(|| format!("run {} --list-full", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let is_plain = |path: &&str| !path.split('/').any(|part| part.is_empty() || part == "..");
    Ok(text.lines().filter(is_plain).filter(|path| *path != "bin/busybox").map(str::to_owned).collect())
}

fn write_tree(root: &Path, program: &[u8], applets: &[String]) -> Result<()> {
    let set_mode = |path: &Path, mode: u32| fs::set_permissions(path, Permissions::from_mode(mode));
    let write = || -> std::io::Result<()> {
        set_mode(root, 0o755)?;
        for (name, mode) in FOLDERS {
            fs::create_dir(root.join(name))?;
            set_mode(&root.join(name), *mode)?;
        }
        let files = FILES.iter().map(|(name, mode, text)| (*name, *mode, text.as_bytes()));
        for (name, mode, text) in files.chain([("bin/busybox", 0o755, program)]) {
            fs::write(root.join(name), text)?;
            set_mode(&root.join(name), mode)?;
        }
        for name in applets {
            let path = root.join(name);
            let has_folder = path.parent().is_some_and(Path::is_dir);
            if has_folder && path.symlink_metadata().is_err() {
                symlink("/bin/busybox", path)?;
            }
        }
        Ok(())
    };
    write().context(|| format!("write the busybox tree to {}", root.display()))
}

/// The digest of everything that determines the tree.
fn digest(program: &[u8], applets: &[String]) -> String {
    let mut hash = Sha256::new();
    hash.update(program);
    for name in applets {
        hash.update(name);
        hash.update([0]);
    }
    for (name, mode) in FOLDERS {
        hash.update(format!("{name} {mode:o}\n"));
    }
    for (name, mode, text) in FILES {
        hash.update(format!("{name} {mode:o} {text}\n"));
    }
    format!("sha256-{}", hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(segment: u8) -> Vec<u8> {
        let mut elf = vec![0; 64 + 56];
        elf[..5].copy_from_slice(b"\x7fELF\x02");
        (elf[32], elf[54], elf[56], elf[64]) = (64, 56, 1, segment);
        elf
    }

    #[test]
    fn a_program_with_a_loader_is_not_static() {
        assert!(is_static(&elf(1)));
        assert!(!is_static(&elf(3)));
        assert!(!is_static(b"#!/bin/sh\n"));
        let mut cut = elf(1);
        cut.truncate(65);
        assert!(!is_static(&cut));
    }
}

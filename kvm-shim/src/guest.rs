// SPDX-License-Identifier: Apache-2.0
//! From a `VmSpec` to a guest that runs its process: the initramfs, the devices, the machine, the link.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path};
use std::sync::mpsc;

use vm_api::VmSpec;
use vm_api::guest::{LINK_PORT, STREAM_PORT};

use crate::boot::initramfs::Archive;
use crate::devices::virtio::Device;
use crate::devices::virtio::rng::Rng;
use crate::devices::virtio::vsock::{Muxer, Vsock};
use crate::error::{Error, Result, Step};
use crate::link::{Link, Ports};
use crate::machine::{Config, Machine, Outcome, entropy};
use crate::vcpu::Exits;

/// A guest's own number; each has its own muxer, so all have the same.
const GUEST_CID: u32 = 3;

/// Quiet, and a panic is a reset, which ends the VM.
const COMMAND_LINE: &str = "quiet panic=-1 reboot=k";

/// Runs one VM to its end; returns the exit code of its process.
///
/// # Errors
/// What building it answers, a guest that died, or one that ended without saying how its process did.
pub fn run(spec: VmSpec) -> Result<u8> {
    let (to_links, links) = mpsc::channel();
    let (to_streams, streams) = mpsc::channel();
    let mut muxer = Muxer::new(GUEST_CID, &spec.socket)?;
    muxer.inside(LINK_PORT, to_links);
    muxer.inside(STREAM_PORT, to_streams);
    let machine = Machine::build(Config {
        command_line: command_line(&spec),
        initramfs: initramfs(&spec)?,
        memory_mib: spec.memory_mib,
        processors: spec.processors,
        serial: serial(spec.console.as_deref())?,
        devices: vec![Device::Vsock(Vsock::new(muxer)), Device::Rng(Rng::new(entropy()?))],
        kernel: spec.kernel,
    })?;
    let link = Link::start(Ports { links, streams }, spec.process, machine.stopper()?)?;
    let (outcome, exits) = machine.run()?;
    if let Some(path) = &spec.report {
        report(path, outcome, &exits)?;
    }
    link.exit_code()
}

fn command_line(spec: &VmSpec) -> String {
    let console = if spec.console.is_some() { "console=ttyS0" } else { "" };
    let words = [COMMAND_LINE, console, &spec.command_line];
    words.iter().filter(|w| !w.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

fn serial(path: Option<&Path>) -> Result<Box<dyn Write + Send>> {
    let Some(path) = path else { return Ok(Box::new(std::io::sink())) };
    let file = File::options().create(true).append(true).open(path);
    let file = file.step(|| format!("open the console's file {}", path.display()))?;
    Ok(Box::new(Bounded { file, left: MOST_CONSOLE }))
}

/// The most of a console that is kept; what the guest writes beyond it is lost.
const MOST_CONSOLE: u64 = 16 << 20;

/// A file that a guest cannot fill a disk with.
struct Bounded {
    file: File,
    left: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else { return Ok(bytes.len()) };
        self.left = left;
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// guest-init comes last: nothing of a user's own initramfs can stand in its place.
fn initramfs(spec: &VmSpec) -> Result<Vec<u8>> {
    let first = spec.initramfs.as_deref().map(|path| read(path, "the initramfs")).transpose()?;
    let mut archive = first.map_or_else(Archive::default, Archive::after);
    archive.folder("dev", 0o755);
    archive.character_device("dev/console", 0o600, (5, 1));
    archive.character_device("dev/null", 0o666, (1, 3));
    let mut folders = BTreeSet::from(["dev".to_owned()]);
    for file in &spec.files {
        add_folders(&mut archive, &mut folders, &file.to)?;
        let mode = fs::metadata(&file.from)
            .step(|| format!("look at {}", file.from.display()))?
            .permissions()
            .mode();
        archive.file(&file.to, mode & 0o7777, &read(&file.from, "a file for the guest")?);
    }
    if !spec.modules.is_empty() {
        archive.folder("modules", 0o755);
    }
    for (number, module) in spec.modules.iter().enumerate() {
        archive.file(&format!("modules/{number:03}"), 0o600, &read(module, "a module")?);
    }
    archive.file("init", 0o755, &read(&spec.guest_init, "guest-init")?);
    Ok(archive.finish())
}

/// The kernel unpacks a file only into a folder that is there.
fn add_folders(archive: &mut Archive, made: &mut BTreeSet<String>, path: &str) -> Result<()> {
    let plain = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
    if !plain || path.is_empty() {
        return Err(Error::new(format!(
            "files: {path:?}: write a path in the guest without / at its beginning and .."
        )));
    }
    for (at, _) in path.match_indices('/') {
        if made.insert(path[..at].to_owned()) {
            archive.folder(&path[..at], 0o755);
        }
    }
    Ok(())
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>> {
    fs::read(path).step(|| format!("read {what} {}", path.display()))
}

fn report(path: &Path, outcome: Outcome, exits: &Exits) -> Result<()> {
    let text = serde_json::json!({ "outcome": outcome.name(), "exits": exits, "total": exits.total() });
    fs::write(path, format!("{text}\n")).step(|| format!("write the report {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(change: &str) -> VmSpec {
        let text = r#"{"kernel":"/k","guestInit":"/etc/hostname","memoryMib":64,"processors":1,"socket":"/s","process":{"args":["x"]}"#;
        serde_json::from_str(&format!("{text}{change}}}")).unwrap()
    }

    fn names(archive: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(archive);
        let entries = text.split("070701").skip(1);
        entries.map(|e| e[104..].split('\0').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn folders_come_before_their_files_and_guest_init_last() {
        let files = r#","files":[{"from":"/etc/hostname","to":"rootfs/bin/a"},{"from":"/etc/hostname","to":"rootfs/bin/b"}]"#;
        let archive = initramfs(&spec(files)).unwrap();
        let expected = "dev dev/console dev/null rootfs rootfs/bin rootfs/bin/a rootfs/bin/b init TRAILER!!!";
        assert_eq!(names(&archive).join(" "), expected);
    }

    #[test]
    fn paths_that_leave_the_initramfs_are_refused() {
        for path in ["/etc/x", "../x", "a/../b", ""] {
            let files = format!(r#","files":[{{"from":"/etc/hostname","to":"{path}"}}]"#);
            let error = initramfs(&spec(&files)).unwrap_err().to_string();
            assert!(error.contains("write a path in the guest"), "{path}: {error}");
        }
    }

    #[test]
    fn the_users_words_come_last() {
        assert_eq!(command_line(&spec("")), COMMAND_LINE);
        let words = command_line(&spec(r#","console":"/c","commandLine":"loglevel=7""#));
        assert!(words.ends_with("console=ttyS0 loglevel=7"), "{words}");
    }
}

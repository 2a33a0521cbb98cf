// SPDX-License-Identifier: Apache-2.0
//! The test machine: a plain Debian (systemd, cgroup v2, engines) that is built once and booted under QEMU.
//!
//! `CTCTL_TEST_MACHINE_DIR` says where its image is kept; the recipe is in tests/test-machine.
//! Every boot begins with the image as built: what a run writes goes with QEMU's own temporary file.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{
    Failed, Result, at, free_gib, is_root, output, program, run, say, succeeds, target_folder, top,
};
use crate::packages;

const RECIPE: &[&str] = &["tests/test-machine/packages", "tests/test-machine/customize"];

/// What an image and its build take, in GiB.
const DISK_GIB: u64 = 5;

pub(crate) fn machine(words: &[&str]) -> Result<()> {
    let machine = Machine::here();
    match words {
        ["build"] => machine.build(),
        ["up"] => {
            machine.up()?;
            let state = if machine.is_up() { "is up" } else { "does not answer" };
            say(&format!(
                "the test machine {state}: tests/dev/run machine ssh COMMAND; machine down ends it"
            ));
            Ok(())
        }
        ["ssh", command @ ..] => run(machine.ssh(&command.join(" "))?.stdin(Stdio::inherit())),
        ["put", folder, to] => machine.put(Path::new(folder), to),
        ["down"] => machine.down(),
        _ => Err(Failed::new("machine build | up | ssh COMMAND | put FOLDER TO | down")),
    }
}

/// The machine of one folder.
pub(crate) struct Machine {
    folder: PathBuf,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let folder = std::env::var_os("CTCTL_TEST_MACHINE_DIR");
        Self { folder: folder.map_or_else(|| target_folder().join("test-machine"), PathBuf::from) }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes the image, unless the one there was made by the same recipe.
    pub(crate) fn build(&self) -> Result<()> {
        let mut recipe = String::new();
        for file in RECIPE {
            let path = top().join(file);
            recipe.push_str(&at(&path, fs::read_to_string(&path))?);
        }
        if fs::read_to_string(self.file("recipe")).is_ok_and(|made| made == recipe) {
            return Ok(());
        }
        if !is_root() {
            return Err(Failed::new("the test machine's image needs root to build: run as root"));
        }
        packages::install(&["machine"])?;
        at(&self.folder, fs::create_dir_all(&self.folder))?;
        let free = free_gib(&self.folder);
        if free < DISK_GIB {
            let at = self.folder.display();
            return Err(Failed::new(format!(
                "{free} GiB free at {at}, {DISK_GIB} needed: set CTCTL_TEST_MACHINE_DIR"
            )));
        }
        let began = Instant::now();
        say("building the test machine's image (once)");
        let root = self.file("root");
        let made = self.bootstrap(&root).and_then(|()| self.pack(&root));
        at(&root, fs::remove_dir_all(&root))?;
        made?;
        at(&self.file("recipe"), fs::write(self.file("recipe"), recipe))?;
        say(&format!("built the test machine's image in {} s", began.elapsed().as_secs()));
        Ok(())
    }

    fn bootstrap(&self, root: &Path) -> Result<()> {
        if root.exists() {
            at(root, fs::remove_dir_all(root))?;
        }
        let key = self.file("key");
        if !key.exists() {
            run(program("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key))?;
        }
        let list = top().join("tests/test-machine/packages");
        let text = at(&list, fs::read_to_string(&list))?;
        let names: Vec<&str> =
            text.lines().filter(|l| !l.starts_with('#')).flat_map(str::split_whitespace).collect();
        let mut mmdebstrap = program("mmdebstrap", ["--quiet", "--variant=minbase"]);
        mmdebstrap.arg(format!("--include={}", names.join(",")));
        mmdebstrap.arg("--aptopt=Apt::Install-Recommends \"false\"");
        mmdebstrap
            .arg(format!("--customize-hook={} \"$1\"", top().join("tests/test-machine/customize").display()));
        run(mmdebstrap.arg("bookworm").arg(root).env("KEY", self.file("key.pub")))
    }

    /// The tree as a disk, and the kernel beside it: QEMU loads that itself.
    fn pack(&self, root: &Path) -> Result<()> {
        let boot = root.join("boot");
        for entry in at(&boot, fs::read_dir(&boot))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            for (prefix, to) in [("vmlinuz-", "kernel"), ("initrd.img-", "initrd")] {
                if name.starts_with(prefix) {
                    at(&entry.path(), fs::copy(entry.path(), self.file(to)))?;
                }
            }
        }
        let disk = self.file("disk");
        at(&disk, fs::File::create(&disk).and_then(|f| f.set_len(12 << 30)))?;
        run(program("mkfs.ext4", ["-q", "-F", "-d"]).arg(root).arg(&disk))
    }

    /// Boots it, if it is not up, and waits until it answers.
    pub(crate) fn up(&self) -> Result<()> {
        self.build()?;
        packages::install(&["machine"])?;
        if self.is_up() {
            return Ok(());
        }
        let began = Instant::now();
        let by = if has_virtualisation() && self.boot(true).is_ok() {
            "KVM"
        } else {
            self.boot(false)?;
            "TCG"
        };
        say(&format!("booted the test machine by {by} in {} s", began.elapsed().as_secs()));
        Ok(())
    }

    fn boot(&self, kvm: bool) -> Result<()> {
        self.down()?;
        let listener = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
        let port = listener.map_err(|e| Failed::new(format!("no free port: {e}")))?.port();
        let mut qemu =
            program("qemu-system-x86_64", ["-M", "q35", "-display", "none", "-no-reboot", "-daemonize"]);
        if kvm {
            qemu.args(["-accel", "kvm", "-cpu", "host"]);
        } else {
            // An AMD processor with SVM: /dev/kvm inside is a real kvm_amd.
            qemu.args(["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "EPYC-v3,+svm,+npt,-xsaves"]);
        }
        qemu.args(["-smp", "2", "-m", "4096", "-kernel"])
            .arg(self.file("kernel"))
            .arg("-initrd")
            .arg(self.file("initrd"));
        qemu.args([
            "-append",
            "root=/dev/vda rw console=ttyS0 reboot=t panic=-1 quiet mitigations=off no_timer_check",
        ]);
        let disk = self.file("disk");
        qemu.arg("-drive")
            .arg(format!("file={},if=virtio,format=raw,cache=unsafe,snapshot=on", disk.display()));
        qemu.arg("-nic").arg(format!("user,model=virtio,hostfwd=tcp:127.0.0.1:{port}-:22"));
        qemu.arg("-serial").arg(format!("file:{}", self.file("console").display()));
        qemu.arg("-pidfile").arg(self.file("pid"));
        let log = at(&self.file("qemu.log"), fs::File::create(self.file("qemu.log")))?;
        // The disk's changes go to a temporary file of QEMU: beside the image, where there is room.
        run(qemu.stderr(log).env("TMPDIR", &self.folder))?;
        at(&self.file("port"), fs::write(self.file("port"), port.to_string()))?;
        let deadline = Instant::now() + Duration::from_secs(if kvm { 60 } else { 240 });
        while Instant::now() < deadline {
            if self.is_up() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        self.down()?;
        Err(Failed::new(format!(
            "the test machine does not answer; its console: {}",
            self.file("console").display()
        )))
    }

    pub(crate) fn is_up(&self) -> bool {
        self.pid().is_some() && self.ssh("true").is_ok_and(|mut s| succeeds(&mut s))
    }

    /// QEMU's process, if it is there and is still QEMU.
    fn pid(&self) -> Option<String> {
        let pid = fs::read_to_string(self.file("pid")).ok()?.trim().to_owned();
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        name.starts_with("qemu-system").then_some(pid)
    }

    /// A command there, as root.
    pub(crate) fn ssh(&self, command: &str) -> Result<Command> {
        let port = self.file("port");
        let port = at(&port, fs::read_to_string(&port))?;
        let mut ssh =
            program("ssh", ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]);
        ssh.args(["-o", "LogLevel=ERROR", "-o", "ConnectTimeout=5", "-o", "BatchMode=yes", "-i"])
            .arg(self.file("key"));
        ssh.args(["-p", port.trim(), "root@127.0.0.1", command]);
        Ok(ssh)
    }

    /// The files of a folder, into a folder there.
    pub(crate) fn put(&self, folder: &Path, to: &str) -> Result<()> {
        let mut tar = program("tar", ["-C"]);
        let mut tar = tar.arg(folder).args(["-cf", "-", "."]).stdout(Stdio::piped()).spawn();
        let tar = tar.as_mut().map_err(|e| Failed::new(format!("tar: {e}")))?;
        let stream = tar.stdout.take().ok_or_else(|| Failed::new("tar: no output"))?;
        let mut ssh = self.ssh(&format!("mkdir -p {to} && tar -C {to} --no-same-owner -xf -"))?;
        let status = ssh.stdin(stream).status().map_err(|e| Failed::new(format!("ssh: {e}")))?;
        let sent = tar.wait().is_ok_and(|s| s.success());
        if status.success() && sent {
            Ok(())
        } else {
            Err(Failed::new(format!("could not copy {} there", folder.display())))
        }
    }

    /// Ends it at once: nothing on its disk is kept anyway.
    pub(crate) fn down(&self) -> Result<()> {
        if let Some(pid) = self.pid() {
            run(&mut program("kill", [&pid]))?;
            let gone = Instant::now() + Duration::from_secs(10);
            while self.pid().is_some() && Instant::now() < gone {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(())
    }
}

/// Whether the processor says that it can. A /dev/kvm alone proves nothing: some are emulated and boot no stock kernel.
fn has_virtualisation() -> bool {
    let flags = output(&mut program("grep", ["-m1", "^flags", "/proc/cpuinfo"])).unwrap_or_default();
    Path::new("/dev/kvm").exists() && flags.split_whitespace().any(|f| f == "svm" || f == "vmx")
}

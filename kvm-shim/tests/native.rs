// SPDX-License-Identifier: Apache-2.0
//! Whole machines on this host's /dev/kvm, each with a payload of a few instructions: also where KVM only emulates.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use kvm_shim::devices::virtio::Device;
use kvm_shim::devices::virtio::rng::Rng;
use kvm_shim::machine::entropy;
use kvm_shim::{Config, Exits, Machine, Outcome};

/// What the serial line said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no test panics here").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// payload.c as an ELF file at 1 MiB, compiled once.
fn payload() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("payload-{}", std::process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payload.c");
        let plain =
            ["-Os", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-mgeneral-regs-only"];
        let safe = [
            "-fno-stack-protector",
            "-fcf-protection=none",
            "-fno-asynchronous-unwind-tables",
            "-Wall",
            "-Werror",
        ];
        let link = [
            "-Wl,-Ttext=0x100000",
            "-Wl,-z,noexecstack",
            "-Wl,--build-id=none",
            "-Wl,-N",
            "-Wl,--no-warn-rwx-segments",
        ];
        let mut gcc = Command::new("gcc");
        assert!(
            gcc.args(plain)
                .args(safe)
                .args(link)
                .arg("-o")
                .arg(&to)
                .arg(source)
                .status()
                .expect("gcc is one of the build's packages")
                .success()
        );
        to
    })
}

fn config(line: &str) -> (Config, Said) {
    let said = Said::default();
    let config = Config {
        kernel: payload().to_owned(),
        command_line: line.into(),
        initramfs: Vec::new(),
        memory_mib: 16,
        processors: 1,
        serial: Box::new(said.clone()),
        devices: vec![Device::Rng(Rng::new(entropy().expect("every host has it")))],
    };
    (config, said)
}

fn text(said: &Said) -> String {
    String::from_utf8(said.0.lock().expect("no test panics here").clone()).expect("ASCII")
}

fn run(line: &str) -> (Outcome, Exits, String) {
    let (config, said) = config(line);
    let (outcome, exits) = Machine::build(config).and_then(Machine::run).expect("a payload that ends well");
    (outcome, exits, text(&said))
}

// KV-01: the payload is entered in 64-bit mode with its command line, and powers off.
#[test]
fn a_payload_runs_speaks_and_powers_off() {
    let (outcome, exits, said) = run("hello");
    assert_eq!((outcome, said.as_str()), (Outcome::PowerOff, "hello"));
    assert_eq!((exits.of("io-out"), exits.total()), (6, 6), "five letters and the power-off");
}

#[test]
fn addresses_and_ports_that_nobody_has_read_as_ones() {
    let (_, exits, said) = run("memory");
    assert_eq!(said.trim(), "ffffffff");
    assert_eq!((exits.of("mmio-read"), exits.of("mmio-write")), (1, 1));
    let (_, exits, said) = run("io");
    assert_eq!((said.trim(), exits.of("io-in")), ("000000ff", 1));
}

// KV-04: a queue in guest memory, told by ioeventfd (no exit), answered by irqfd through the I/O APIC.
#[test]
fn a_virtio_device_serves_a_queue_by_interrupt() {
    let (outcome, exits, said) = run("entropy");
    assert_eq!(outcome, Outcome::PowerOff);
    let words: Vec<&str> = said.split_whitespace().collect();
    assert_eq!(words, ["74726976", "00000004", "00000001", "00000040", "00000001", "00000001"], "{said}");
    assert_eq!(exits.of("mmio-read"), 3, "magic, id, and the interrupt's reason");
    assert_eq!(exits.of("mmio-write"), 15, "the set-up, without the notification");
}

// SEC-35: a queue that points nowhere stops the device, and nothing else.
#[test]
fn a_hostile_queue_stops_its_device_alone() {
    let (outcome, _, said) = run("x");
    assert_eq!((outcome, said.trim()), (Outcome::PowerOff, "00000002 00000000"));
}

#[test]
fn the_keyboards_reset_ends_the_machine() {
    assert_eq!(run("reset").0, Outcome::Reset);
}

#[test]
fn a_triple_fault_is_an_error_that_says_where() {
    let (config, _) = config("triple");
    let error = Machine::build(config).unwrap().run().unwrap_err().to_string();
    assert!(error.contains("the guest died") && error.contains("processor 0"), "{error}");
    assert!(error.contains("triple fault") || error.contains("KVM could not run"), "{error}");
}

#[test]
fn a_guest_that_never_ends_is_stopped_from_outside() {
    let (config, _) = config("loop");
    let machine = Machine::build(config).unwrap();
    let stopper = machine.stopper().unwrap();
    let running = std::thread::spawn(|| machine.run());
    stopper.stop();
    assert_eq!(running.join().unwrap().unwrap().0, Outcome::Stopped);
}

#[test]
fn waiting_processors_do_not_hold_the_machine() {
    let (mut config, _) = config("hi");
    config.processors = 3;
    assert_eq!(Machine::build(config).unwrap().run().unwrap().0, Outcome::PowerOff);
}

#[test]
fn what_cannot_be_built_is_refused() {
    let refused = |change: fn(&mut Config)| {
        let (mut config, _) = config("hi");
        change(&mut config);
        Machine::build(config).unwrap_err().to_string()
    };
    assert!(refused(|c| c.processors = 0).contains("choose 1 to 64"));
    assert!(refused(|c| c.memory_mib = 1).contains("choose 2 to"));
    assert!(refused(|c| c.kernel = "/etc/hostname".into()).contains("load kernel /etc/hostname: neither"));
    let rng = || Device::Rng(Rng::new(entropy().unwrap()));
    let (mut many, _) = config("hi");
    many.devices = (0..20).map(|_| rng()).collect();
    assert!(Machine::build(many).unwrap_err().to_string().contains("interrupts for 19"));
}

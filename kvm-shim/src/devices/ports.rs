// SPDX-License-Identifier: Apache-2.0
//! I/O ports: the serial line for early output and panics, power-off and reset.

use std::fmt;
use std::io::Write;

use vm_superio::{Serial, Trigger};
use vmm_sys_util::eventfd::EventFd;

/// ACPI's sleep registers and reset register, at ports that no PC has.
pub const SLEEP_CONTROL: u16 = 0x600;
/// Reads as zero: awake.
pub const SLEEP_STATUS: u16 = 0x601;
/// Any value resets.
pub const RESET: u16 = 0x602;
const SERIAL: u16 = 0x3f8;
const KEYBOARD_COMMAND: u16 = 0x64;
/// "Pulse the reset line", as `reboot=k` asks the keyboard's controller.
const KEYBOARD_RESET: u8 = 0xfe;
/// SLP_EN, and SLP_TYP as `\_S5` has it.
const POWER_OFF: u8 = 1 << 5 | 5 << 2;

/// What a write to a port may ask of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Power off.
    PowerOff,
    /// Reset, which ends this VM as well.
    Reset,
}

/// The interrupt line of the serial port.
struct Line(EventFd);

impl Trigger for Line {
    type E = std::io::Error;

    fn trigger(&self) -> std::io::Result<()> {
        self.0.write(1)
    }
}

/// All ports of the machine.
pub struct Ports {
    serial: Serial<Line, vm_superio::serial::NoEvents, Box<dyn Write + Send>>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

impl Ports {
    /// The serial line writes to `out`.
    pub fn new(serial_irq: EventFd, out: Box<dyn Write + Send>) -> Self {
        Ports { serial: Serial::new(Line(serial_irq), out) }
    }

    /// A read; what nobody answers reads as ones.
    pub fn read(&mut self, port: u16, data: &mut [u8]) {
        data.fill(0xff);
        match (port, data) {
            (SERIAL..=0x3ff, [byte]) => *byte = self.serial.read((port - SERIAL).to_le_bytes()[0]),
            (KEYBOARD_COMMAND | SLEEP_CONTROL | SLEEP_STATUS, [byte]) => *byte = 0,
            _ => {}
        }
    }

    /// A write, and what it asks for.
    pub fn write(&mut self, port: u16, data: &[u8]) -> Option<Request> {
        match (port, data) {
            (SERIAL..=0x3ff, [byte]) => {
                // Output that cannot be written is lost, as on a line that nobody listens to; the guest goes on.
                let _lost = self.serial.write((port - SERIAL).to_le_bytes()[0], *byte);
                None
            }
            (KEYBOARD_COMMAND, [KEYBOARD_RESET]) | (RESET, _) => Some(Request::Reset),
            (SLEEP_CONTROL, [POWER_OFF]) => Some(Request::PowerOff),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    struct Sent(mpsc::Sender<u8>);

    impl Write for Sent {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            bytes.iter().for_each(|b| self.0.send(*b).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn ports_say_what_is_asked_and_nothing_else() {
        let (to, from) = mpsc::channel();
        let mut ports = Ports::new(EventFd::new(0).unwrap(), Box::new(Sent(to)));
        assert_eq!(ports.write(KEYBOARD_COMMAND, &[0xfe]), Some(Request::Reset));
        assert_eq!(ports.write(KEYBOARD_COMMAND, &[0xd1]), None);
        assert_eq!(ports.write(SLEEP_CONTROL, &[0x34]), Some(Request::PowerOff));
        assert_eq!(ports.write(SLEEP_CONTROL, &[0x35]), None);
        assert_eq!(ports.write(SERIAL, b"a"), None);
        assert_eq!(from.try_recv(), Ok(b'a'));
        let mut data = [7; 4];
        ports.read(0x70, &mut data);
        assert_eq!(data, [0xff; 4], "no clock");
        ports.read(SERIAL, &mut data);
        assert_eq!(data, [0xff; 4], "the serial line answers single bytes");
        ports.read(KEYBOARD_COMMAND, &mut data[..1]);
        assert_eq!(data[0], 0);
    }
}

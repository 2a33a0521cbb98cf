// SPDX-License-Identifier: Apache-2.0
//! virtio-console with one port: output to a stream of the host, input from one.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use super::rings::{Broken, Rings};

const RECEIVE: usize = 0;
const TRANSMIT: usize = 1;
/// The most output of one chain; a guest that overlaps buffers to make more loses the rest.
const MOST_OUTPUT: usize = 1 << 20;
/// The most input that waits for the guest.
const MOST_INPUT: usize = 4096;

/// The device.
pub struct Console {
    output: Box<dyn Write + Send>,
    input: Option<File>,
    pending: VecDeque<u8>,
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

impl Console {
    /// One that writes to `output` and reads from `input`.
    #[must_use]
    pub fn new(output: Box<dyn Write + Send>, input: Option<File>) -> Self {
        Console { output, input, pending: VecDeque::new() }
    }

    pub(super) fn queue_event(&mut self, queue: usize, rings: &mut Rings<'_>) -> Result<(), Broken> {
        match queue {
            TRANSMIT => self.transmit(rings),
            _ => self.receive(rings),
        }
    }

    pub(super) fn host_event(&mut self, rings: &mut Rings<'_>) -> Result<(), Broken> {
        let room = MOST_INPUT.saturating_sub(self.pending.len());
        let mut bytes = vec![0; room];
        if let Some(input) = self.input.as_mut().filter(|_| room > 0) {
            match input.read(&mut bytes) {
                Ok(length) if length > 0 => self.pending.extend(&bytes[..length]),
                Err(e)
                    if matches!(
                        e.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted
                    ) => {}
                // The end of the input; the guest's console stays, silent.
                _ => self.input = None,
            }
        }
        self.receive(rings)
    }

    pub(super) fn watch(&self) -> Option<BorrowedFd<'_>> {
        self.input.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn wants_more(&self) -> bool {
        self.input.is_some() && self.pending.len() < MOST_INPUT
    }

    pub(super) fn pending(&self) -> Vec<u8> {
        self.pending.iter().copied().collect()
    }

    pub(super) fn restore(&mut self, input: &[u8]) -> bool {
        self.pending = input.iter().copied().collect();
        input.len() <= MOST_INPUT
    }

    fn transmit(&mut self, rings: &mut Rings<'_>) -> Result<(), Broken> {
        while let Some(chain) = rings.pop(TRANSMIT)? {
            let reader = rings.reader(&chain)?;
            let mut bytes = Vec::new();
            reader.take(MOST_OUTPUT as u64).read_to_end(&mut bytes)?;
            // As with the serial line: output that cannot be written is lost, and the guest goes on.
            let _lost = self.output.write_all(&bytes).and_then(|()| self.output.flush());
            rings.give_back(TRANSMIT, &chain, 0)?;
        }
        Ok(())
    }

    fn receive(&mut self, rings: &mut Rings<'_>) -> Result<(), Broken> {
        while !self.pending.is_empty() {
            let Some(chain) = rings.pop(RECEIVE)? else { break };
            let mut writer = rings.writer(&chain)?;
            let length = writer.available_bytes().min(self.pending.len());
            let bytes: Vec<u8> = self.pending.drain(..length).collect();
            writer.write_all(&bytes)?;
            rings.give_back(RECEIVE, &chain, length)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::super::testing::Driver;
    use super::*;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    /// A console and the host's ends of its output and input.
    fn driver() -> (Driver, UnixStream, UnixStream) {
        let (output, theirs) = UnixStream::pair().unwrap();
        let (input, ours) = UnixStream::pair().unwrap();
        input.set_nonblocking(true).unwrap();
        let console = Console::new(Box::new(output), Some(File::from(OwnedFd::from(input))));
        (Driver::new(Device::Console(console)), theirs, ours)
    }

    #[test]
    fn output_of_several_buffers_arrives_in_order() {
        let (mut driver, mut output, _input) = driver();
        let (one, two) = (driver.put(b"hello "), driver.put(b"world"));
        driver.offer(TRANSMIT, &[(one, 6, false), (two, 5, false)]);
        assert_eq!(driver.notify(TRANSMIT), [0]);
        let mut bytes = [0; 11];
        output.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"hello world");
    }

    #[test]
    fn input_waits_for_a_buffer() {
        let (mut driver, _output, mut input) = driver();
        input.write_all(b"typed").unwrap();
        assert_eq!(driver.host_event(), [0u32; 0]);
        let at = driver.buffer(3);
        driver.offer(RECEIVE, &[(at, 3, true)]);
        assert_eq!(driver.notify(RECEIVE), [3]);
        assert_eq!(driver.read(at, 3), b"typ");
        let saved = driver.transport.state();
        assert_eq!(saved.device, super::super::DeviceState::Console { input: b"ed".to_vec() });
    }

    #[test]
    fn the_end_of_the_input_is_not_asked_for_again() {
        let (mut driver, _output, input) = driver();
        drop(input);
        driver.host_event();
        assert!(!driver.transport.wants_more());
    }

    #[test]
    fn input_that_nobody_takes_is_bounded() {
        let (mut driver, _output, mut input) = driver();
        input.write_all(&[b'x'; 3 * MOST_INPUT]).unwrap();
        driver.host_event();
        driver.host_event();
        assert!(!driver.transport.wants_more());
    }
}

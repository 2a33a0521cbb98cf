// SPDX-License-Identifier: Apache-2.0
//! virtio-rng: the host's entropy.

use std::fs::File;
use std::io::{Read, Write};

use super::rings::{Broken, Rings};

/// The most for one request, however long its buffers are.
const MOST: usize = 64 << 10;

/// The device.
#[derive(Debug)]
pub struct Rng {
    source: File,
}

impl Rng {
    /// One that reads from `source`, which is the host's /dev/urandom.
    #[must_use]
    pub fn new(source: File) -> Self {
        Rng { source }
    }

    pub(super) fn fill(&mut self, rings: &mut Rings<'_>) -> Result<(), Broken> {
        while let Some(chain) = rings.pop(0)? {
            let mut writer = rings.writer(&chain)?;
            let mut bytes = vec![0; writer.available_bytes().min(MOST)];
            self.source.read_exact(&mut bytes)?;
            writer.write_all(&bytes)?;
            rings.give_back(0, &chain, bytes.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::super::testing::Driver;
    use super::*;

    fn driver() -> Driver {
        Driver::new(Device::Rng(Rng::new(File::open("/dev/urandom").unwrap())))
    }

    #[test]
    fn a_buffer_is_filled() {
        let mut driver = driver();
        let at = driver.buffer(4096);
        driver.offer(0, &[(at, 4096, true)]);
        assert_eq!(driver.notify(0), [4096]);
        let bytes = driver.read(at, 4096);
        assert!(bytes.iter().filter(|b| **b == 0).count() < 200, "4096 bytes that are hardly zeros");
    }

    #[test]
    fn a_request_has_a_bound() {
        let mut driver = driver();
        // Overlapping buffers: more than all memory in one request.
        driver.offer(0, &[(0, 4 << 20, true), (0x20_0000, 2 << 20, true)]);
        driver.keep_rings_out_of(0..(4 << 20));
        assert_eq!(driver.notify(0), [u32::try_from(MOST).unwrap()]);
    }

    #[test]
    fn buffers_that_only_the_device_may_read_get_nothing() {
        let mut driver = driver();
        let at = driver.buffer(64);
        driver.offer(0, &[(at, 64, false)]);
        assert_eq!(driver.notify(0), [0]);
        assert_eq!(driver.read(at, 64), [0; 64]);
    }

    #[test]
    fn buffers_outside_of_memory_break_the_device_until_its_reset() {
        for (at, length) in [(u64::MAX - 8, 64), (1 << 40, 64), (0x10_0000, u32::MAX)] {
            let mut driver = driver();
            driver.offer(0, &[(at, length, true)]);
            assert_eq!(driver.notify(0), [0u32; 0], "{at:#x}");
            assert!(driver.is_broken(), "{at:#x}");
            driver.set_up();
            let at = driver.buffer(16);
            driver.offer(0, &[(at, 16, true)]);
            assert_eq!(driver.notify(0), [16]);
        }
    }
}

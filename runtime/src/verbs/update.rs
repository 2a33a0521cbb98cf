// SPDX-License-Identifier: Apache-2.0
//! `update`: other limits while the container lives. What is not named stays as it is.

use crate::cgroup::Cgroup;
use crate::error::{Error, Result};
use crate::spec::resources::{BlockIo, Cpu, Memory, Pids, Resources};
use crate::state::{Root, Status};

/// Limits as runc's options name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateOptions {
    pub blkio_weight: Option<u16>,
    pub cpu_period: Option<u64>,
    pub cpu_quota: Option<i64>,
    pub cpu_burst: Option<u64>,
    pub cpu_share: Option<u64>,
    pub cpu_rt_period: Option<u64>,
    pub cpu_rt_runtime: Option<i64>,
    pub cpu_idle: Option<i64>,
    pub cpuset_cpus: Option<String>,
    pub cpuset_mems: Option<String>,
    /// In bytes, as the next two; -1 is no limit.
    pub memory: Option<i64>,
    pub memory_reservation: Option<i64>,
    /// Memory and swap together.
    pub memory_swap: Option<i64>,
    pub pids_limit: Option<i64>,
}

impl UpdateOptions {
    /// The same as `linux.resources`.
    #[must_use]
    pub fn resources(&self) -> Resources<'_> {
        let cpu = Cpu {
            shares: self.cpu_share,
            quota: self.cpu_quota,
            burst: self.cpu_burst,
            period: self.cpu_period,
            realtime_runtime: self.cpu_rt_runtime,
            realtime_period: self.cpu_rt_period,
            cpus: self.cpuset_cpus.as_deref().map(Into::into),
            mems: self.cpuset_mems.as_deref().map(Into::into),
            idle: self.cpu_idle,
        };
        let memory = Memory {
            limit: self.memory,
            reservation: self.memory_reservation,
            swap: self.memory_swap,
            ..Memory::default()
        };
        let given = |limit: Option<u16>| limit.map(|_| BlockIo { weight: limit, ..BlockIo::default() });
        Resources {
            cpu: (cpu != Cpu::default()).then_some(cpu),
            memory: (memory != Memory::default()).then_some(memory),
            pids: self.pids_limit.map(|limit| Pids { limit: Some(limit) }),
            block_io: given(self.blkio_weight),
            ..Resources::default()
        }
    }
}

/// Reads the document of `--resources`.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for what is no `linux.resources`.
pub fn parse(document: &[u8]) -> Result<Resources<'_>> {
    crate::spec::document::read("--resources", document)
}

/// Reads a size as runc's options have it: bytes, or with a suffix of `k`, `m`, `g`, `t` in powers of 1024.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] for what is no size.
pub fn parse_size(text: &str) -> Result<i64> {
    let bad = || Error::invalid(format!("{text:?} is no size: give bytes, or a number with k, m, g or t"));
    if text == "-1" {
        return Ok(-1);
    }
    let lower = text.to_ascii_lowercase();
    let plain = lower.strip_suffix('b').unwrap_or(&lower);
    let plain = plain.strip_suffix('i').unwrap_or(plain);
    let units = [('k', 10), ('m', 20), ('g', 30), ('t', 40), ('p', 50)];
    let unit = units.iter().find_map(|(letter, shift)| Some((plain.strip_suffix(*letter)?, *shift)));
    let (digits, shift) = unit.unwrap_or((plain, 0));
    let number: i64 = digits.trim().parse().map_err(|_| bad())?;
    if number < 0 {
        return Err(bad());
    }
    number.checked_mul(1 << shift).ok_or_else(bad)
}

/// Changes the limits of a container that lives.
///
/// # Errors
/// [`crate::ErrorKind::State`] for one that does not; the key, file and value that the kernel did not take.
pub fn update(root: &Root, id: &str, resources: &Resources<'_>) -> Result<()> {
    let container = root.container(id)?;
    let state = container.state()?;
    match container.status(&state)? {
        Status::Stopped | Status::Creating => Err(Error::state(format!("container not running: {id}"))),
        _ => Cgroup::open(&state.cgroup).update(resources),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // OC-13
    #[test]
    fn sizes_have_suffixes() {
        for (text, bytes) in [
            ("-1", -1),
            ("0", 0),
            ("4096", 4096),
            ("4k", 4096),
            ("64M", 64 << 20),
            ("1gb", 1 << 30),
            ("1GiB", 1 << 30),
            ("2t", 2 << 40),
        ] {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "-2", "k", "x", "1x", "9999999999g"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    // OC-13: what is not asked for is not there, so it stays unchanged.
    #[test]
    fn only_what_is_named_is_a_limit() {
        assert_eq!(UpdateOptions::default().resources(), Resources::default());
        let options = UpdateOptions { pids_limit: Some(-1), cpu_idle: Some(0), ..UpdateOptions::default() };
        let resources = options.resources();
        assert_eq!(resources.pids, Some(Pids { limit: Some(-1) }));
        assert_eq!(resources.cpu, Some(Cpu { idle: Some(0), ..Cpu::default() }));
        assert!(resources.memory.is_none() && resources.block_io.is_none());
    }
}

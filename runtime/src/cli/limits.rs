// SPDX-License-Identifier: Apache-2.0
//! The options of `update` and `events`.

use super::Call;
use super::flags::Read;
use crate::error::{Context, Error, Result};
use crate::verbs::events::{EventsOptions, parse_interval};
use crate::verbs::update::{UpdateOptions, parse_size};
use std::io::Read as _;
use std::str::FromStr;

/// More than any list of limits needs.
const LARGEST_DOCUMENT: u64 = 1 << 20;

fn number<T: FromStr>(read: &Read, flag: &str) -> Result<Option<T>> {
    let parse =
        |text: &str| text.parse().map_err(|_| Error::invalid(format!("--{flag}: {text:?} does not fit")));
    given(read, flag).map(parse).transpose()
}

fn size(read: &Read, flag: &str) -> Result<Option<i64>> {
    given(read, flag).map(|text| parse_size(text).context(|| format!("--{flag}"))).transpose()
}

/// As runc: an empty value is one that is not given.
fn given<'r>(read: &'r Read, flag: &str) -> Option<&'r str> {
    read.last(flag).filter(|text| !text.is_empty())
}

impl Call {
    /// The limits that `update` is told one by one.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] for numbers that are none; options that are refused.
    pub fn update_options(&self) -> Result<UpdateOptions> {
        let read = &self.read;
        for flag in ["l3-cache-schema", "mem-bw-schema"] {
            if given(read, flag).is_some() {
                return Err(Error::unsupported(format!("--{flag}: Intel RDT is not supported")));
            }
        }
        for flag in ["kernel-memory", "kernel-memory-tcp"] {
            if given(read, flag).is_some() {
                log::warn!("--{flag} is ignored: the kernel has no such limit");
            }
        }
        Ok(UpdateOptions {
            blkio_weight: number(read, "blkio-weight")?,
            cpu_period: number(read, "cpu-period")?,
            cpu_quota: number(read, "cpu-quota")?,
            cpu_burst: number(read, "cpu-burst")?,
            cpu_share: number(read, "cpu-share")?,
            cpu_rt_period: number(read, "cpu-rt-period")?,
            cpu_rt_runtime: number(read, "cpu-rt-runtime")?,
            cpu_idle: number(read, "cpu-idle")?,
            cpuset_cpus: given(read, "cpuset-cpus").map(str::to_owned),
            cpuset_mems: given(read, "cpuset-mems").map(str::to_owned),
            memory: size(read, "memory")?,
            memory_reservation: size(read, "memory-reservation")?,
            memory_swap: size(read, "memory-swap")?,
            pids_limit: number(read, "pids-limit")?,
        })
    }

    /// The document that `update --resources` names; `-` is standard input.
    ///
    /// # Errors
    /// ENOENT; one that is too large.
    pub fn resources_document(&self) -> Result<Option<Vec<u8>>> {
        let Some(name) = given(&self.read, "resources") else { return Ok(None) };
        let what = || format!("--resources: read {name}");
        let mut document = Vec::new();
        if name == "-" {
            std::io::stdin().take(LARGEST_DOCUMENT + 1).read_to_end(&mut document).context(what)?;
        } else {
            let file = std::fs::File::open(name).context(what)?;
            file.take(LARGEST_DOCUMENT + 1).read_to_end(&mut document).context(what)?;
        }
        if document.len() as u64 > LARGEST_DOCUMENT {
            return Err(Error::invalid(format!("--resources: {name} is larger than 1 MiB")));
        }
        Ok(Some(document))
    }

    /// Options of `events`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] for an interval that is none.
    pub fn events_options(&self) -> Result<EventsOptions> {
        let interval = given(&self.read, "interval").map(parse_interval).transpose()?;
        let default = EventsOptions::default();
        Ok(EventsOptions {
            interval: interval.unwrap_or(default.interval),
            stats_once: self.read.has("stats"),
        })
    }
}

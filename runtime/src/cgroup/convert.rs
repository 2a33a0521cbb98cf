// SPDX-License-Identifier: Apache-2.0
//! From the numbers of the runtime-spec, which are cgroup v1's, to those of cgroup v2.

use crate::error::{Error, Result};

/// The most that v1's `cpu.shares` can be.
const MOST_SHARES: u64 = 262_144;

/// `cpu.shares` (2 to 262144, 1024 by default) as `cpu.weight` (1 to 10000, 100 by default).
///
/// The curve through the two ends and the two defaults that runc 1.3.2 and crun 1.23 use: the straight line of
/// older runtimes gave the default of 1024 a weight of 39. 0 is unset.
#[expect(clippy::cast_precision_loss, reason = "shares are below 2^18 here")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the curve lies between 1 and 10000"
)]
pub(super) fn cpu_weight(shares: u64) -> Option<u64> {
    match shares {
        0 => None,
        1..=2 => Some(1),
        MOST_SHARES.. => Some(10_000),
        _ => {
            let log = (shares as f64).log2();
            let exponent = (log * log + 125.0 * log) / 612.0 - 7.0 / 34.0;
            Some(10f64.powf(exponent).ceil() as u64)
        }
    }
}

/// `blkio.weight` (10 to 1000) as `io.weight` (1 to 10000), along a straight line. 0 is unset.
pub(super) fn io_weight(weight: u16) -> Option<u64> {
    let above = u64::from(weight).saturating_sub(10);
    (weight != 0).then(|| 1 + above * 9999 / 990)
}

/// What `memory.swap.max` becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swap {
    Unchanged,
    Unlimited,
    Bytes(i64),
}

/// Memory and swap together, as v1 counts, to swap alone, as v2 does. `None` and 0 are unset, -1 is unlimited.
///
/// # Errors
/// A total without the memory limit to take from it, or below it.
pub(super) fn swap(total: Option<i64>, memory: Option<i64>) -> Result<Swap> {
    match (total.unwrap_or(0), memory.unwrap_or(0)) {
        // v1 cannot have a total below the memory: unlimited memory takes the total with it.
        (0, -1) | (-1, _) => Ok(Swap::Unlimited),
        (0, _) => Ok(Swap::Unchanged),
        (total, -1) => Ok(Swap::Bytes(total)),
        (_, 0) => Err(Error::invalid("unable to set swap limit without memory limit")),
        (_, memory) if memory < 0 => Err(Error::invalid(format!("invalid memory value: {memory}"))),
        (total, memory) if total < memory => {
            Err(Error::invalid("memory+swap limit should be >= memory limit"))
        }
        (total, memory) => Ok(Swap::Bytes(total - memory)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // SP-27: the values that runc's and crun's own tests name.
    #[test]
    fn shares_follow_the_curve() {
        for (shares, weight) in
            [(0, None), (1, Some(1)), (2, Some(1)), (3, Some(2)), (1024, Some(100)), (262_144, Some(10_000))]
        {
            assert_eq!(cpu_weight(shares), weight, "{shares}");
        }
        assert_eq!(cpu_weight(512), Some(59));
        assert_eq!(cpu_weight(u64::MAX), Some(10_000));
    }

    #[test]
    fn more_shares_are_never_less_weight() {
        let weights: Vec<u64> = (1..=MOST_SHARES).filter_map(cpu_weight).collect();
        assert!(weights.is_sorted() && weights.iter().all(|w| (1..=10_000).contains(w)));
    }

    // SP-28
    #[test]
    fn block_weights_follow_the_line() {
        for (weight, expected) in
            [(0, None), (10, Some(1)), (100, Some(910)), (500, Some(4950)), (1000, Some(10_000))]
        {
            assert_eq!(io_weight(weight), expected, "{weight}");
        }
    }

    // SP-26
    #[test]
    fn swap_is_what_the_total_has_above_memory() {
        for (total, memory, expected) in [
            (None, None, Swap::Unchanged),
            (None, Some(5), Swap::Unchanged),
            (Some(0), Some(5), Swap::Unchanged),
            (None, Some(-1), Swap::Unlimited),
            (Some(-1), Some(5), Swap::Unlimited),
            (Some(-1), None, Swap::Unlimited),
            (Some(7), Some(-1), Swap::Bytes(7)),
            (Some(8), Some(5), Swap::Bytes(3)),
            (Some(5), Some(5), Swap::Bytes(0)),
        ] {
            assert_eq!(swap(total, memory).unwrap(), expected, "{total:?} {memory:?}");
        }
        for (total, memory, word) in [
            (Some(8), None, "without memory limit"),
            (Some(8), Some(-2), "invalid memory value"),
            (Some(4), Some(5), "should be >= memory limit"),
        ] {
            let error = swap(total, memory).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}

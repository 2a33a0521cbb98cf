// SPDX-License-Identifier: Apache-2.0
//! Ranges of host ids, one per system, that never overlap.

use std::fmt;
use std::str::FromStr;

/// Host ids of a system's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdMap {
    /// The host's own: no user namespace.
    Host,
    /// `0..size` inside are `base..base + size` on the host.
    Range {
        /// The first host id.
        base: u32,
        /// How many.
        size: u32,
    },
}

/// How many ids a system gets, and what its base is a multiple of.
pub const SIZE: u32 = 65_536;

/// The first range that is given where no line in /etc/subuid says otherwise.
const FIRST: u32 = 16 * SIZE;
/// The last id that may be given; above are ids that some programs take for negative.
const LAST: u32 = 0x7fff_ffff;

impl fmt::Display for IdMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdMap::Host => f.write_str("host"),
            IdMap::Range { base, size } => write!(f, "{base}:{size}"),
        }
    }
}

impl FromStr for IdMap {
    type Err = String;

    fn from_str(text: &str) -> Result<IdMap, String> {
        if text == "host" {
            return Ok(IdMap::Host);
        }
        let wrong = || format!("{text:?} is not BASE:SIZE or host");
        let (base, size) = text.split_once(':').ok_or_else(wrong)?;
        let (base, size): (u32, u32) =
            (base.parse().map_err(|_| wrong())?, size.parse().map_err(|_| wrong())?);
        if base == 0 || size == 0 || base.checked_add(size).is_none() {
            return Err(format!("{text:?}: base and size are above 0 and end below 2^32"));
        }
        Ok(IdMap::Range { base, size })
    }
}

/// A range of host ids: first, and first behind.
type Span = (u32, u32);

impl IdMap {
    fn span(self) -> Option<Span> {
        match self {
            IdMap::Host => None,
            IdMap::Range { base, size } => Some((base, base.saturating_add(size))),
        }
    }
}

/// Whether two systems would share ids: each could then act as the other's users.
#[must_use]
pub fn overlap(one: IdMap, other: IdMap) -> bool {
    match (one.span(), other.span()) {
        (Some((first, behind)), Some((other_first, other_behind))) => {
            first < other_behind && other_first < behind
        }
        _ => false,
    }
}

/// Takes a free range: from the lines of owner `ctctl` if there are any, else the first that is clear of every line.
///
/// `subuid` and `subgid` are the texts of those files; `taken` are the maps of all other systems. `None` when
/// nothing is free.
#[must_use]
pub fn allocate(subuid: &str, subgid: &str, taken: &[IdMap]) -> Option<IdMap> {
    let taken: Vec<Span> = taken.iter().filter_map(|map| map.span()).collect();
    let is_free = |base: u32, others: &[Span]| {
        let end = base.saturating_add(SIZE);
        taken.iter().chain(others).all(|(first, behind)| end <= *first || base >= *behind)
    };
    let (uids, gids) = (lines(subuid), lines(subgid));
    let own = |lines: &[(String, Span)]| -> Vec<Span> {
        lines.iter().filter(|(owner, _)| owner == "ctctl").map(|(_, span)| *span).collect()
    };
    let (own_uids, own_gids) = (own(&uids), own(&gids));
    let base = if own_uids.is_empty() {
        let listed: Vec<Span> = uids.iter().chain(&gids).map(|(_, span)| *span).collect();
        (FIRST..=LAST - SIZE).step_by(SIZE as usize).find(|base| is_free(*base, &listed))
    } else {
        let within = |base: u32, spans: &[Span]| {
            spans.iter().any(|(first, behind)| base >= *first && base.saturating_add(SIZE) <= *behind)
        };
        let candidates = own_uids
            .iter()
            .flat_map(|(first, behind)| (*first..behind.saturating_sub(SIZE - 1)).step_by(SIZE as usize));
        candidates.into_iter().find(|base| within(*base, &own_gids) && is_free(*base, &[]))
    };
    base.map(|base| IdMap::Range { base, size: SIZE })
}

/// `owner:first:count` lines; others are skipped, as shadow's programs do.
fn lines(text: &str) -> Vec<(String, Span)> {
    let line = |line: &str| {
        let mut fields = line.trim().split(':');
        let owner = fields.next()?.to_owned();
        let first: u32 = fields.next()?.parse().ok()?;
        let count: u32 = fields.next()?.parse().ok()?;
        Some((owner, (first, first.saturating_add(count))))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(base: u32) -> IdMap {
        IdMap::Range { base, size: SIZE }
    }

    #[test]
    fn without_a_line_ranges_are_clear_of_every_line() {
        assert_eq!(allocate("", "", &[]), Some(range(1_048_576)));
        assert_eq!(allocate("", "", &[range(1_048_576)]), Some(range(1_114_112)));
        let subuid = "joe:1000000:65536\n# x\n";
        assert_eq!(allocate(subuid, "ann:1114112:1\n", &[]), Some(range(1_179_648)));
    }

    #[test]
    fn lines_of_ours_are_kept_to() {
        let file = "joe:100000:65536\nctctl:200000:131072\n";
        assert_eq!(allocate(file, file, &[]), Some(range(200_000)));
        assert_eq!(allocate(file, file, &[range(200_000)]), Some(range(265_536)));
        assert_eq!(allocate(file, file, &[range(200_000), range(265_536)]), None);
        assert_eq!(allocate(file, "ctctl:265536:65536\n", &[]), Some(range(265_536)));
        assert_eq!(allocate(file, "", &[]), None);
    }

    #[test]
    fn ranges_that_touch_do_not_overlap() {
        assert!(!overlap(range(65_536), range(131_072)));
        assert!(overlap(range(65_536), range(131_071)));
        assert!(!overlap(range(65_536), IdMap::Host));
    }

    #[test]
    fn maps_are_read_and_shown() {
        for text in ["host", "100000:65536"] {
            assert_eq!(text.parse::<IdMap>().unwrap().to_string(), text);
        }
        for wrong in ["", "1", "0:65536", "1:0", "4294967295:2", "a:b"] {
            assert!(wrong.parse::<IdMap>().is_err(), "{wrong}");
        }
    }
}

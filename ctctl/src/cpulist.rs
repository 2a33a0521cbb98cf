// SPDX-License-Identifier: Apache-2.0
//! Lists of processors and memory nodes, as the kernel writes them: `0-3,5`.

/// More numbers than any machine has.
const MOST: u32 = 8192;

/// The numbers of a list, in order and each once; nothing for what is no list, or an empty one.
#[must_use]
pub fn parse(text: &str) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (digits(first)?, digits(last)?);
        if first > last || last >= MOST {
            return None;
        }
        numbers.extend(first..=last);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

/// Signs and spaces would pass `parse`, and are no part of a list.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The shortest list of numbers that are in order.
#[must_use]
pub fn print(numbers: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => parts.push((*number, *number)),
        }
    }
    let part = |(first, last): (u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    parts.into_iter().map(part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written() {
        for (text, written) in [("0", "0"), ("0-3,5", "0-3,5"), ("5,1,0", "0-1,5"), ("2-2,2", "2")] {
            assert_eq!(print(&parse(text).unwrap()), written);
        }
        for wrong in ["", "a", "3-1", "1,", "-1", "1-", "99999", "+1", "1-2-3", "0-4294967295"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}

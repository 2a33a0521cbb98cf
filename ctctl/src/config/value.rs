// SPDX-License-Identifier: Apache-2.0
//! Values of keys: what a person types, what the file holds, what is shown.

use toml_edit::{Array, Item, Value as Toml};

/// A value, whatever its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number in the kind's unit.
    Number(u64),
    /// A word or a sentence.
    Text(String),
    /// Words.
    List(Vec<String>),
}

impl Value {
    /// The same as JSON: numbers, strings, arrays of strings.
    #[must_use]
    pub fn to_json(self) -> serde_json::Value {
        match self {
            Value::Number(number) => number.into(),
            Value::Text(text) => text.into(),
            Value::List(words) => words.into(),
        }
    }
}

/// What sort of value a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes, typed with a binary suffix: `512M`.
    Size,
    /// The same, or a share of this host's memory: `50%`. `P` counts pages, as vzctl has it.
    Memory,
    /// Bytes a second; 0 is no limit.
    Rate,
    /// A number of things; 0 is no limit.
    Limit,
    /// Percent of one processor: `150` or `150%`, or time in time, `25ms/100ms`.
    Percent,
    /// A number of things.
    Count,
    /// A number that may be 0.
    Number,
    /// Seconds.
    Seconds,
    /// Text.
    Text,
    /// Words, typed with spaces between them.
    Words,
    /// One of these.
    Choice(&'static [&'static str]),
}

const UNITS: &[(&str, u32)] = &[("K", 10), ("M", 20), ("G", 30), ("T", 40), ("P", 50)];

impl Kind {
    /// How the manual shows a value.
    #[must_use]
    pub fn placeholder(self) -> String {
        match self {
            Kind::Size => "SIZE[K|M|G|T]".to_owned(),
            Kind::Memory => "SIZE[K|M|G|T|%]".to_owned(),
            Kind::Rate => "BYTES[K|M|G]".to_owned(),
            Kind::Limit => "NUMBER".to_owned(),
            Kind::Percent => "PERCENT".to_owned(),
            Kind::Count | Kind::Number => "NUMBER".to_owned(),
            Kind::Seconds => "SECONDS".to_owned(),
            Kind::Text => "TEXT".to_owned(),
            Kind::Words => "WORDS".to_owned(),
            Kind::Choice(words) => words.join("|"),
        }
    }

    /// Reads what a person typed. `None` takes the key back to its default; for a limit, that is none.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn parse(self, text: &str) -> Result<Option<Value>, String> {
        let text = text.trim();
        let is_rate = matches!(self, Kind::Rate | Kind::Limit);
        let is_limit = is_rate || matches!(self, Kind::Size | Kind::Memory | Kind::Percent | Kind::Count);
        if text.is_empty() || (is_limit && ["unlimited", "max"].contains(&text)) {
            return Ok(None);
        }
        let value = match self {
            Kind::Size => Value::Number(size(text)?),
            Kind::Memory => Value::Number(memory(text)?),
            Kind::Rate | Kind::Limit if text == "0" => return Ok(None),
            Kind::Rate => Value::Number(size(text)?),
            Kind::Limit => Value::Number(number(text, "a number, or unlimited")?),
            Kind::Percent => Value::Number(percent(text)?),
            Kind::Count => Value::Number(positive(text, "a number above 0, or unlimited")?),
            Kind::Number => Value::Number(number(text, "a number")?),
            Kind::Seconds => Value::Number(number(text.trim_end_matches('s'), "a number of seconds")?),
            Kind::Text => Value::Text(text.to_owned()),
            Kind::Words => Value::List(text.split_whitespace().map(str::to_owned).collect()),
            Kind::Choice(words) if words.contains(&text) => Value::Text(text.to_owned()),
            Kind::Choice(words) => return Err(format!("{text:?} is none of {}", words.join(", "))),
        };
        Ok(Some(value))
    }

    /// Reads what the file holds.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn from_toml(self, item: &Item) -> Result<Option<Value>, String> {
        match (self, item.as_value()) {
            (_, Some(Toml::Integer(number))) => self.parse(&number.value().to_string()),
            (Kind::Words, Some(Toml::Array(array))) => {
                let words = array.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
                words
                    .map(|words| Some(Value::List(words)))
                    .ok_or_else(|| "expected a list of strings".to_owned())
            }
            (_, Some(Toml::String(text))) => self.parse(text.value()),
            _ => Err(format!("expected {}", self.placeholder())),
        }
    }

    /// What the file is to hold.
    #[must_use]
    pub fn to_toml(self, value: &Value) -> Toml {
        match (self, value) {
            (Kind::Count | Kind::Limit | Kind::Number | Kind::Seconds, Value::Number(number)) => {
                match i64::try_from(*number) {
                    Ok(number) => number.into(),
                    Err(_) => number.to_string().into(),
                }
            }
            (_, Value::List(words)) => words.iter().collect::<Array>().into(),
            (_, value) => self.print(value).into(),
        }
    }

    /// What a person is shown, and can type.
    #[must_use]
    pub fn print(self, value: &Value) -> String {
        match (self, value) {
            (Kind::Size | Kind::Memory | Kind::Rate, Value::Number(bytes)) => print_size(*bytes),
            (Kind::Percent, Value::Number(percent)) => format!("{percent}%"),
            (_, Value::Number(number)) => number.to_string(),
            (_, Value::Text(text)) => text.clone(),
            (_, Value::List(words)) => words.join(" "),
        }
    }
}

fn number(text: &str, expected: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is not {expected}"))
}

fn positive(text: &str, expected: &str) -> Result<u64, String> {
    number(text, expected)
        .and_then(|n| if n == 0 { Err(format!("{text:?} is not {expected}")) } else { Ok(n) })
}

/// Percent of one processor.
fn percent(text: &str) -> Result<u64, String> {
    const EXPECTED: &str = "a percentage such as 50 or 150%, or a time in a time such as 25ms/100ms";
    let Some((quota, period)) = text.split_once('/') else {
        return positive(text.trim_end_matches('%'), EXPECTED);
    };
    let time = |text: &str| positive(text.trim_end_matches("ms"), EXPECTED);
    let (quota, period) = (time(quota)?, time(period)?);
    let hundredfold = quota.checked_mul(100).ok_or_else(|| format!("{text:?} is not {EXPECTED}"))?;
    if hundredfold % period != 0 {
        return Err(format!("{text:?} is no whole percentage"));
    }
    Ok(hundredfold / period)
}

/// What a page of memory has.
const PAGE: u64 = 4096;

/// A size, none at all, a share of this host's memory, or pages.
fn memory(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    if let Some(pages) = text.strip_suffix(['P', 'p']) {
        let pages = number(pages, "a number of pages")?;
        return pages.checked_mul(PAGE).ok_or_else(|| format!("{text:?} is more than there can be"));
    }
    let Some(share) = text.strip_suffix('%') else { return size(text) };
    let share = number(share, "a share of this host's memory such as 50%")?;
    if share == 0 || share > 100 {
        return Err(format!("{text:?} is not between 1% and 100%"));
    }
    let total =
        total_memory().ok_or_else(|| "/proc/meminfo does not tell how much memory there is".to_owned())?;
    // Whole pages are what the kernel counts.
    Ok(total / 100 * share / PAGE * PAGE)
}

fn total_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a size such as 512M or 2G, or unlimited");
    let upper = text.to_ascii_uppercase();
    let plain = upper.trim_end_matches("IB").trim_end_matches('B');
    let (digits, shift) = UNITS
        .iter()
        .find_map(|(unit, shift)| Some((plain.strip_suffix(unit)?, *shift)))
        .unwrap_or((plain, 0));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let mut bytes = whole.checked_mul(1 << shift).ok_or_else(wrong)?;
    if !fraction.is_empty() {
        let length = u32::try_from(fraction.len()).ok().filter(|n| *n <= 6).ok_or_else(wrong)?;
        let part: u64 = fraction.parse().map_err(|_| wrong())?;
        bytes += (part << shift) / 10_u64.pow(length);
    }
    if bytes == 0 { Err(wrong()) } else { Ok(bytes) }
}

/// The largest unit that shows a size exactly. Above tera is no letter that all kinds read as the same.
#[must_use]
pub fn print_size(bytes: u64) -> String {
    let exact = UNITS[..4].iter().rev().find(|(_, shift)| bytes != 0 && bytes.trailing_zeros() >= *shift);
    exact.map_or_else(|| bytes.to_string(), |(unit, shift)| format!("{}{unit}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes, shown) in [
            ("512M", 512 << 20, "512M"),
            ("1.5g", 3 << 29, "1536M"),
            ("64KiB", 65536, "64K"),
            ("1000", 1000, "1000"),
        ] {
            assert_eq!(Kind::Size.parse(text), Ok(Some(Value::Number(bytes))), "{text}");
            assert_eq!(print_size(bytes), shown);
        }
        for wrong in ["", "M", "-1M", "12X", "0", "99999999999P", "1.2.3M"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Kind::Size.parse("unlimited"), Ok(None));
    }

    // VZ-21, VZ-30, IN-04
    #[test]
    fn limits_are_typed_as_other_tools_have_them() {
        let is = |kind: Kind, text: &str, number| {
            assert_eq!(kind.parse(text), Ok(Some(Value::Number(number))), "{text}");
        };
        is(Kind::Memory, "0", 0);
        is(Kind::Memory, "256P", 1 << 20);
        is(Kind::Memory, "64m", 64 << 20);
        is(Kind::Percent, "25ms/100ms", 25);
        is(Kind::Percent, "50", 50);
        let half = Kind::Memory.parse("50%").unwrap().unwrap();
        let Value::Number(half) = half else { panic!("{half:?}") };
        let total = total_memory().unwrap();
        assert!(half > total / 3 && half < total * 2 / 3);
        for kind in [Kind::Rate, Kind::Limit] {
            assert_eq!(kind.parse("0"), Ok(None));
        }
        for (kind, text) in [
            (Kind::Memory, "0%"),
            (Kind::Memory, "101%"),
            (Kind::Percent, "1ms/0ms"),
            (Kind::Percent, "1ms/3ms"),
            (Kind::Limit, "-1"),
        ] {
            assert!(kind.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let values = [
            (Kind::Size, "512M"),
            (Kind::Percent, "150%"),
            (Kind::Count, "100"),
            (Kind::Seconds, "0"),
            (Kind::Text, "a \"b\""),
            (Kind::Words, "/bin/sh -c true"),
            (Kind::Choice(&["a", "b"]), "b"),
        ];
        for (kind, text) in values {
            let value = kind.parse(text).unwrap().unwrap();
            assert_eq!(kind.print(&value), text);
            assert_eq!(kind.from_toml(&Item::Value(kind.to_toml(&value))), Ok(Some(value)));
        }
        assert!(Kind::Choice(&["a", "b"]).parse("c").unwrap_err().contains("a, b"));
    }
}

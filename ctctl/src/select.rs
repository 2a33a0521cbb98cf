// SPDX-License-Identifier: Apache-2.0
//! Which systems a verb is for: names, numbers, beginnings, patterns, labels, or all; and one verb on several of them.

use crate::container::state::{self, State};
use crate::error::{Error, Exit, Result, nearest};
use crate::host::Host;
use crate::{output, store};

/// Groups of systems on a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Groups {
    /// Every system
    #[arg(long)]
    pub all: bool,
    /// Every system with this label; given again, with all of them
    #[arg(short = 'l', long = "label", value_name = "KEY[=VALUE]")]
    pub labels: Vec<String>,
}

impl Groups {
    /// Whether none was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.all && self.labels.is_empty()
    }
}

/// The systems that a command line names.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Selection {
    /// Systems: names, numbers, beginnings of names, or patterns such as 'web*'
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "labels"])]
    pub names: Vec<String>,
    #[command(flatten)]
    pub groups: Groups,
}

/// How a system came to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It was meant and no other: a verb that does not fit its state fails.
    Name,
    /// It is one of many: those that a verb does not fit are passed over.
    Group,
}

/// The systems that a command line means.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Each once, in the order of the command line.
    pub systems: Vec<(String, By)>,
    /// Words that mean none.
    pub unknown: Vec<Error>,
}

impl Chosen {
    fn add(&mut self, name: String, by: By) {
        match self.systems.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if by == By::Name => *known = By::Name,
            Some(_) => {}
            None => self.systems.push((name, by)),
        }
    }

    /// Whether some came by a pattern, a label or `--all`: more may be meant than the person thinks of.
    #[must_use]
    pub fn has_group(&self) -> bool {
        self.systems.iter().any(|(_, by)| *by == By::Group)
    }

    /// Does something with each system. One that fails keeps none of the others from it.
    ///
    /// # Errors
    /// For a single system, what went wrong with it. For several every failure is printed; the code is that of all
    /// failures when they have the same, else that of a failure without a code of its own.
    pub fn each(self, mut act: impl FnMut(&str, By) -> Result<u8>) -> Result<u8> {
        if let ([], [_]) = (self.systems.as_slice(), self.unknown.as_slice()) {
            return self.unknown.into_iter().next().map_or(Ok(0), Err);
        }
        if let ([(name, by)], []) = (self.systems.as_slice(), self.unknown.as_slice()) {
            return act(name, *by);
        }
        let mut codes = Vec::new();
        for error in &self.unknown {
            output::error(error);
            codes.push(error.exit() as u8);
        }
        for (name, by) in &self.systems {
            match act(name, *by) {
                Ok(0) => {}
                Ok(code) => codes.push(code),
                Err(error) => {
                    output::error(&error);
                    codes.push(error.exit() as u8);
                }
            }
        }
        Ok(common(&codes))
    }

    /// The same for a verb that needs a certain state: of a group, it is for the systems that are in it.
    ///
    /// # Errors
    /// As [`Chosen::each`].
    pub fn each_that(
        self,
        host: &Host,
        fits: fn(State) -> bool,
        mut act: impl FnMut(&str) -> Result<u8>,
    ) -> Result<u8> {
        self.each(|name, by| {
            if by == By::Group && !fits(state::state(host, name)?) {
                return Ok(0);
            }
            act(name)
        })
    }
}

fn common(codes: &[u8]) -> u8 {
    match codes {
        [] => 0,
        [first, rest @ ..] if rest.iter().all(|code| code == first) => *first,
        _ => Exit::Failure as u8,
    }
}

impl Selection {
    /// Finds the systems.
    ///
    /// # Errors
    /// `Value` for a label that is none; `NoSystem` for labels that no system has.
    pub fn choose(&self, host: &Host) -> Result<Chosen> {
        choose(host, &self.names, &self.groups)
    }
}

/// Finds the systems of these words and groups.
///
/// # Errors
/// As [`Selection::choose`].
pub fn choose(host: &Host, words: &[String], groups: &Groups) -> Result<Chosen> {
    let mut chosen = Chosen::default();
    let names = store::names(host);
    for word in words {
        if !is_pattern(word) {
            match store::resolve(host, word) {
                Ok(name) => chosen.add(name, By::Name),
                Err(error) => chosen.unknown.push(error),
            }
            continue;
        }
        let mut matching = names.iter().filter(|name| matches(word, name)).peekable();
        if matching.peek().is_none() {
            let error = Error::new(Exit::NoSystem, format!("no system is like {word:?}"));
            chosen.unknown.push(error.hint("ctctl list shows all systems"));
        }
        matching.for_each(|name| chosen.add(name.clone(), By::Group));
    }
    if groups.all {
        names.iter().for_each(|name| chosen.add(name.clone(), By::Group));
    }
    if !groups.labels.is_empty() {
        by_labels(host, &names, &groups.labels)?.into_iter().for_each(|name| chosen.add(name, By::Group));
    }
    Ok(chosen)
}

fn by_labels(host: &Host, names: &[String], wanted: &[String]) -> Result<Vec<String>> {
    let mut known = Vec::new();
    let mut found = Vec::new();
    for name in names {
        match store::read(host, name) {
            Ok(config) => {
                if wanted.iter().all(|label| has_label(&config.labels, label)) {
                    found.push(name.clone());
                }
                known.extend(config.labels);
            }
            Err(error) => output::progress(&format!("labels of {name} cannot be read: {error}")),
        }
    }
    if found.is_empty() {
        let error = Error::new(Exit::NoSystem, format!("no system has the label {}", wanted.join(", ")));
        let near =
            wanted.iter().find_map(|label| nearest(label, known.iter().flat_map(|known| words_of(known))));
        return Err(match near.filter(|near| !wanted.iter().any(|label| label == near)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint("ctctl list -o name,labels shows the labels of all systems"),
        });
    }
    Ok(found)
}

/// What a label can be found by.
fn words_of(label: &str) -> impl Iterator<Item = &str> {
    label.split_once('=').map(|(key, _)| key).into_iter().chain([label])
}

/// Whether labels have `KEY`, with any value, or `KEY=VALUE`.
#[must_use]
pub fn has_label(labels: &[String], wanted: &str) -> bool {
    labels.iter().any(|label| label == wanted || label.split_once('=').is_some_and(|(key, _)| key == wanted))
}

/// Whether a word stands for many names: no name has these signs.
#[must_use]
pub fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '['])
}

/// Whether a text is like a shell's pattern: `*` is anything, `?` one sign, `[a-c]` one of these, `[!a-c]` none of them.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // The last star, and how much of the text it stands for so far: one that goes wrong is tried with one sign more.
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, read));
            at += 1;
        } else if let Some(length) = one(&pattern[at..], text[read]) {
            at += length;
            read += 1;
        } else if let Some((star_at, from)) = star {
            star = Some((star_at, from + 1));
            (at, read) = (star_at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

/// The length of the pattern's next sign, if it stands for this one.
fn one(pattern: &[char], sign: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => {
            let Some(end) = pattern.iter().skip(2).position(|c| *c == ']').map(|at| at + 2) else {
                return (sign == '[').then_some(1);
            };
            let (is_not, set) = match pattern[1] {
                '!' | '^' if end > 2 => (true, &pattern[2..end]),
                _ => (false, &pattern[1..end]),
            };
            (in_set(set, sign) != is_not).then_some(end + 1)
        }
        own => (*own == sign).then_some(1),
    }
}

fn in_set(set: &[char], sign: char) -> bool {
    let mut rest = set;
    loop {
        match rest {
            [from, '-', to, ..] => {
                if (*from..=*to).contains(&sign) {
                    return true;
                }
                rest = &rest[3..];
            }
            [one, ..] if *one == sign => return true,
            [_, ..] => rest = &rest[1..],
            [] => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_a_shells() {
        for (pattern, text, is_match) in [
            ("web*", "web", true),
            ("web*", "web-1", true),
            ("*b*1", "web-b-11", true),
            ("web?", "web", false),
            ("web-[0-9]", "web-7", true),
            ("web-[!0-9]", "web-7", false),
            ("[ab]*", "c", false),
            ("*", "", true),
            ("a*b*c", "abcbd", false),
            ("[", "[", true),
        ] {
            assert_eq!(matches(pattern, text), is_match, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_ends_soon() {
        let pattern = "a*".repeat(30) + "b";
        assert!(!matches(&pattern, &"a".repeat(200)));
    }

    #[test]
    fn a_label_is_its_key_or_all_of_it() {
        let labels = ["tier=web".to_owned(), "prod".to_owned()];
        for (wanted, is_there) in
            [("tier", true), ("tier=web", true), ("tier=db", false), ("prod", true), ("ti", false)]
        {
            assert_eq!(has_label(&labels, wanted), is_there, "{wanted}");
        }
    }

    #[test]
    fn one_code_stands_for_all_failures() {
        assert_eq!((common(&[]), common(&[5, 5]), common(&[5, 3])), (0, 5, 1));
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Code for calls whose verdict depends on their arguments.

use super::program::{Ask, MOST_INSTRUCTIONS, Program, Target, lower_half};
use super::rules::{Condition, Rule};
use super::table::Abi;
use super::words::Operator;

/// The first rule that holds decides, else `default`. An ABI of 32 bits is asked for the lower halves alone: what
/// the registers' upper halves hold there is no argument.
pub(super) fn emit(program: &mut Program, rules: &[&Rule], abi: &Abi, default: Target) -> Target {
    // Each rule takes an instruction: what is left out here does not fit.
    let rules = ordered(&rules[..rules.len().min(2 * MOST_INSTRUCTIONS)], abi);
    let mut next = default;
    let mut end = rules.len();
    while end > 0 {
        let start = end - group(&rules[..end], abi);
        next = match &rules[start..end] {
            [rule] => all(program, rule, abi, next),
            group => any_equal(program, group, abi, next),
        };
        end = start;
    }
    next
}

/// Rules of one action are alternatives, in any order. Of different actions, libseccomp's order decides.
fn ordered<'r>(rules: &[&'r Rule], abi: &Abi) -> Vec<&'r Rule> {
    if rules.iter().all(|rule| rule.action == rules[0].action) {
        return rules.to_vec();
    }
    let mut ordered = Vec::with_capacity(rules.len());
    for rule in rules {
        let place = place(&ordered, rule, 0, abi);
        ordered.insert(place, *rule);
    }
    ordered
}

/// Where libseccomp would put a rule, which holds a tree with a level for each condition: into the node that asks the
/// same (or the opposite), else before the first node that it [`comes_before`].
fn place(rules: &[&Rule], rule: &Rule, level: usize, abi: &Abi) -> usize {
    let Some(condition) = rule.conditions.get(level) else { return rules.len() };
    let same_as = |asked: &Condition, rule: &Rule| {
        rule.conditions.get(level).is_some_and(|condition| asks_the_same(asked, condition, abi))
    };
    let mut at = 0;
    while at < rules.len() {
        let Some(first) = rules[at].conditions.get(level) else {
            at += 1;
            continue;
        };
        let node = rules[at..].iter().take_while(|rule| same_as(first, rule)).count();
        if asks_the_same(first, condition, abi) {
            return at + place(&rules[at..at + node], rule, level + 1, abi);
        }
        if comes_before(condition, first, abi) {
            return at;
        }
        at += node;
    }
    rules.len()
}

/// The part of a value that this ABI shows.
fn shown(value: u64, abi: &Abi) -> u64 {
    if abi.is_64_bit { value } else { value & 0xffff_ffff }
}

fn asks_the_same(a: &Condition, b: &Condition, abi: &Abi) -> bool {
    let question = |operator| match operator {
        Operator::Equal | Operator::NotEqual => Operator::Equal,
        Operator::Greater | Operator::LessEqual => Operator::Greater,
        Operator::GreaterEqual | Operator::Less => Operator::GreaterEqual,
        Operator::MaskedEqual => Operator::MaskedEqual,
    };
    a.argument == b.argument
        && question(a.operator) == question(b.operator)
        && shown(a.mask, abi) == shown(b.mask, abi)
        && shown(a.value, abi) == shown(b.value, abi)
}

/// The higher argument comes first, then equality before upper bounds before lower ones, then the tighter bound.
fn comes_before(a: &Condition, b: &Condition, abi: &Abi) -> bool {
    let class = |operator| match operator {
        Operator::MaskedEqual | Operator::Equal | Operator::NotEqual => 3,
        Operator::LessEqual | Operator::Less => 2,
        Operator::GreaterEqual | Operator::Greater => 1,
    };
    let value = |condition: &Condition| {
        let value = shown(condition.value, abi);
        if class(condition.operator) == 2 { !value } else { value }
    };
    let key = |condition: &Condition| (condition.argument, class(condition.operator), value(condition));
    key(a) > key(b)
}

/// A rule that asks one argument for one whole value, and the half of it that others may share.
fn lone_equality(rule: &Rule, abi: &Abi) -> Option<(u8, u32)> {
    match rule.conditions[..] {
        [Condition { argument, operator: Operator::Equal, value, .. }] => {
            Some((argument, if abi.is_64_bit { upper(value) } else { 0 }))
        }
        _ => None,
    }
}

/// How many of the last rules can share their loads.
fn group(rules: &[&Rule], abi: &Abi) -> usize {
    let kind = rules.last().and_then(|rule| lone_equality(rule, abi));
    if kind.is_none() {
        return 1;
    }
    rules.iter().rev().take_while(|rule| lone_equality(rule, abi) == kind).count()
}

fn any_equal(program: &mut Program, rules: &[&Rule], abi: &Abi, otherwise: Target) -> Target {
    let mut next = otherwise;
    for rule in rules.iter().rev() {
        let value = lower(rule.conditions[0].value);
        next = program.branch(Ask::Equal, value, Target::Return(rule.action), next);
    }
    let Condition { argument, value, .. } = rules[0].conditions[0];
    next = program.load(lower_half(argument), next);
    if abi.is_64_bit {
        next = program.branch(Ask::Equal, upper(value), next, otherwise);
        next = program.load(lower_half(argument) + 4, next);
    }
    next
}

fn all(program: &mut Program, rule: &Rule, abi: &Abi, otherwise: Target) -> Target {
    let mut next = Target::Return(rule.action);
    for condition in rule.conditions.iter().rev() {
        next = one(program, condition, abi, next, otherwise);
    }
    next
}

fn one(program: &mut Program, condition: &Condition, abi: &Abi, yes: Target, no: Target) -> Target {
    let Condition { argument, operator, mask, value } = *condition;
    let (ask, yes, no) = match operator {
        Operator::Equal | Operator::MaskedEqual => (Ask::Equal, yes, no),
        Operator::NotEqual => (Ask::Equal, no, yes),
        Operator::Greater => (Ask::Greater, yes, no),
        Operator::LessEqual => (Ask::Greater, no, yes),
        Operator::GreaterEqual => (Ask::GreaterEqual, yes, no),
        Operator::Less => (Ask::GreaterEqual, no, yes),
    };
    let mut next = half(program, lower_half(argument), ask, (lower(mask), lower(value)), yes, no);
    if abi.is_64_bit {
        let place = lower_half(argument) + 4;
        if ask == Ask::Equal {
            next = half(program, place, ask, (upper(mask), upper(value)), next, no);
        } else {
            next = program.branch(Ask::Equal, upper(value), next, no);
            next = program.branch(Ask::Greater, upper(value), yes, next);
            next = program.load(place, next);
        }
    }
    next
}

/// Asks one half for its bits under a mask.
fn half(
    program: &mut Program,
    place: u32,
    ask: Ask,
    (mask, value): (u32, u32),
    yes: Target,
    no: Target,
) -> Target {
    if mask == 0 {
        return yes;
    }
    let mut next = program.branch(ask, value & mask, yes, no);
    if mask != u32::MAX {
        next = program.mask(mask, next);
    }
    program.load(place, next)
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn lower(value: u64) -> u32 {
    value as u32
}

fn upper(value: u64) -> u32 {
    lower(value >> 32)
}

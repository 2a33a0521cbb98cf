// SPDX-License-Identifier: Apache-2.0
//! Code for calls whose verdict depends on their arguments.

use super::program::{Ask, Program, Target, lower_half};
use super::rules::{Condition, Rule};
use super::table::Abi;
use super::words::Operator;
use std::cmp::Ordering;

/// The first rule that holds decides, else `default`. An ABI of 32 bits is asked for the lower halves alone: what
/// the registers' upper halves hold there is no argument.
pub(super) fn emit(program: &mut Program, rules: &[&Rule], abi: &Abi, default: Target) -> Target {
    let rules = ordered(rules, abi);
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

/// Rules of one action are alternatives, in any order. Of different actions, libseccomp asks for the higher first
/// argument first, then for equality before order and order before its opposite, then for the narrower bound; and
/// for the rule with more conditions when one begins like another.
fn ordered<'r>(rules: &[&'r Rule], abi: &Abi) -> Vec<&'r Rule> {
    let mut rules = rules.to_vec();
    if rules.iter().any(|rule| rule.action != rules[0].action) {
        rules.sort_by(|a, b| precedence(a, b, abi));
    }
    rules
}

fn precedence(a: &Rule, b: &Rule, abi: &Abi) -> Ordering {
    let class = |operator| match operator {
        Operator::MaskedEqual | Operator::Equal | Operator::NotEqual => 3,
        Operator::LessEqual | Operator::Less => 2,
        Operator::GreaterEqual | Operator::Greater => 1,
    };
    for (a, b) in a.conditions.iter().zip(&b.conditions) {
        let (width, upper) = if abi.is_64_bit { (u64::MAX, 32) } else { (0xffff_ffff, 0) };
        let (left, right) = (a.value & a.mask & width, b.value & b.mask & width);
        let (left_mask, right_mask) = (a.mask & width, b.mask & width);
        let order = (b.argument.cmp(&a.argument))
            .then(class(b.operator).cmp(&class(a.operator)))
            .then((right >> upper).cmp(&(left >> upper)))
            .then(if left_mask >> upper == right_mask >> upper { right.cmp(&left) } else { Ordering::Equal });
        let falls = matches!(a.operator, Operator::LessEqual | Operator::Less);
        if order != Ordering::Equal {
            let same_kind = a.argument == b.argument && class(a.operator) == class(b.operator);
            return if falls && same_kind { order.reverse() } else { order };
        }
        if a != b {
            return Ordering::Equal;
        }
    }
    b.conditions.len().cmp(&a.conditions.len())
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

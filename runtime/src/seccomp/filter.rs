// SPDX-License-Identifier: Apache-2.0
//! From rules to a program: the architecture is asked first, then a tree of comparisons finds the run of numbers
//! that a call lies in, and calls with conditions go on to a chain.

use super::chain;
use super::program::{ARCHITECTURE, Ask, NUMBER, Program, Target};
use super::rules::{AbiRules, Outcome, Rules};
use super::table::X32_BIT;
use super::words::{ENOSYS, ERRNO, KILL_THREAD};

/// What calls get that no rule names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    pub action: u32,
    /// Calls above the highest that the profile names get ENOSYS: they are younger than the profile, and programs
    /// fall back on older ones when they hear that, not when they hear EPERM.
    pub unknown_are_enosys: bool,
}

/// Numbers from here up to the next run's start.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u32,
    target: Target,
    /// How many calls there are, about.
    weight: u32,
}

/// A run, but for single numbers in it.
#[derive(Debug, Clone, Copy)]
struct Cell {
    run: Run,
    hole: Option<(u32, Target)>,
}

/// The whole filter; none when it is longer than the kernel takes.
pub(super) fn compile(rules: &Rules, defaults: Defaults) -> Option<Vec<u8>> {
    let mut program = Program::default();
    let mut emitted = Emitted::default();
    let mut next = Target::Return(KILL_THREAD);
    // Written first is asked last: the native architecture is asked first.
    for (at, first) in rules.abis.iter().enumerate().rev() {
        if rules.abis[..at].iter().any(|other| other.abi.audit == first.abi.audit) {
            continue;
        }
        let second = rules.abis[at + 1..].iter().find(|other| other.abi.audit == first.abi.audit);
        let runs = runs(&mut program, &mut emitted, rules, first, second, defaults);
        let tree = tree(&mut program, &cells(&runs));
        let tree = program.load(NUMBER, tree);
        next = program.branch(Ask::Equal, first.abi.audit, tree, next);
    }
    let start = program.load(ARCHITECTURE, next);
    program.finish(start)
}

/// Chains that were written, by the rules in them and whether they read whole arguments.
#[derive(Debug, Default)]
struct Emitted(Vec<(Vec<usize>, bool, Target)>);

impl Emitted {
    fn chain(
        &mut self,
        program: &mut Program,
        rules: &Rules,
        abi: &AbiRules,
        places: &[usize],
        default: u32,
    ) -> Target {
        let width = abi.abi.is_64_bit;
        if let Some((.., target)) = self.0.iter().find(|(known, wide, _)| known == places && *wide == width) {
            return *target;
        }
        let chain: Vec<_> = places.iter().map(|place| rules.rule(*place)).collect();
        let target = chain::emit(program, &chain, abi.abi, Target::Return(default));
        self.0.push((places.to_vec(), width, target));
        target
    }
}

/// All numbers of one architecture as runs; adjacent ones differ.
fn runs(
    program: &mut Program,
    emitted: &mut Emitted,
    rules: &Rules,
    first: &AbiRules,
    second: Option<&AbiRules>,
    defaults: Defaults,
) -> Vec<Run> {
    let mut line = Line { runs: Vec::with_capacity(128) };
    let below = slots(&mut line, program, emitted, rules, first, defaults);
    if first.abi.name == "SCMP_ARCH_X86_64" {
        upper_numbers(&mut line, program, emitted, rules, below, second, defaults);
    }
    line.runs
}

/// Numbers with x32's bit, and those above all. The kernel knows none of the latter; what they get is what comes of
/// libseccomp's checks, which ask for the bit or for numbers from it on, and spare -1, which tracers use.
fn upper_numbers(
    line: &mut Line,
    program: &mut Program,
    emitted: &mut Emitted,
    rules: &Rules,
    below: Option<Target>,
    second: Option<&AbiRules>,
    defaults: Defaults,
) {
    let default = Target::Return(defaults.action);
    let foreign = Target::Return(KILL_THREAD);
    let (with_bit, unasked) = match second {
        Some(x32) => (slots(line, program, emitted, rules, x32, defaults).unwrap_or(default), default),
        None => (foreign, foreign),
    };
    if second.is_none() {
        line.add(X32_BIT, foreign, 1);
    }
    line.add(2 * X32_BIT, below.unwrap_or(unasked), 1);
    line.add(3 * X32_BIT, with_bit, 1);
    if second.is_none() {
        line.add(u32::MAX, default, 1);
    }
}

/// Adds the runs of one ABI's slots and what comes above them; that is returned if it is not the default.
fn slots(
    line: &mut Line,
    program: &mut Program,
    emitted: &mut Emitted,
    rules: &Rules,
    abi: &AbiRules,
    defaults: Defaults,
) -> Option<Target> {
    let default = Target::Return(defaults.action);
    let highest = abi.last.filter(|last| abi.abi.number(*last) > 0 && defaults.unknown_are_enosys);
    let above = highest.map(|_| Target::Return(ERRNO | ENOSYS));
    let verdicts = rules.verdicts(abi);
    let known = highest.map_or(verdicts.len(), |last| last + 1);
    let mut slot = 0;
    // What is too long gets no longer: whoever writes the profile does not choose how much memory we take.
    while slot < known && !program.is_too_long() {
        let alike = verdicts[slot..known].iter().take_while(|verdict| **verdict == verdicts[slot]).count();
        let target = match rules.outcome(abi, slot) {
            Outcome::Default => default,
            Outcome::Action(action) => Target::Return(action),
            Outcome::Chain(places) => emitted.chain(program, rules, abi, places, defaults.action),
        };
        line.add(abi.abi.number(slot), target, u32::try_from(alike).unwrap_or(1));
        slot += alike;
    }
    line.add(abi.abi.number(known), above.unwrap_or(default), 1);
    above
}

/// Runs by rising start.
#[derive(Debug)]
struct Line {
    runs: Vec<Run>,
}

impl Line {
    fn add(&mut self, start: u32, target: Target, weight: u32) {
        match self.runs.last_mut() {
            Some(last) if last.target == target => last.weight += weight,
            Some(last) if last.start == start => *last = Run { start, target, weight },
            _ => self.runs.push(Run { start, target, weight }),
        }
    }
}

/// One instruction finds a single number in a run; taking it for a run of its own would cost two.
fn cells(runs: &[Run]) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(runs.len());
    let mut at = 0;
    while at < runs.len() {
        let mut cell = Cell { run: runs[at], hole: None };
        at += 1;
        if let [hole, rest, ..] = runs[at..]
            && hole.start + 1 == rest.start
            && rest.target == cell.run.target
        {
            cell.hole = Some((hole.start, hole.target));
            cell.run.weight += hole.weight + rest.weight;
            at += 2;
        }
        cells.push(cell);
    }
    cells
}

/// Half of the calls lie on either side of a comparison: at load time the kernel walks through the program for each.
fn tree(program: &mut Program, cells: &[Cell]) -> Target {
    if let [cell] = cells {
        return match cell.hole {
            Some((number, target)) => program.branch(Ask::Equal, number, target, cell.run.target),
            None => cell.run.target,
        };
    }
    let all: u32 = cells.iter().map(|cell| cell.run.weight).sum();
    let mut left = 0;
    let split = cells.iter().position(|cell| {
        left += cell.run.weight;
        left * 2 >= all
    });
    let split = split.map_or(1, |middle| middle + 1).min(cells.len() - 1);
    let (low, high) = cells.split_at(split);
    let above = tree(program, high);
    let below = tree(program, low);
    program.branch(Ask::GreaterEqual, high[0].run.start, above, below)
}

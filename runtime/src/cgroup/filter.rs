// SPDX-License-Identifier: Apache-2.0
//! The device filter of cgroup v2: its rules as an eBPF program.
//!
//! The program walks the rules from the last to the first and keeps the accesses that no rule has decided yet in a
//! register. A matching rule that allows takes its accesses out, and allows the use when none is left; one that
//! denies an access still undecided denies the use. Neighbours with the same verdict commute, so they are sorted
//! to share the tests of kind and major number.
//!
//! ```text
//! r1 context   r2 kind   r3 major   r4 minor   r5 accesses not decided yet
//! ```

use super::devices::{ALL, Kind, Rule};
use crate::error::{Error, Result};
use runtime_sys::bpf::Instruction;

// Codes of the instructions used, by their names in the kernel's documentation.
const LDX_W: u8 = 0x61;
const MOV_K: u8 = 0xb7;
const MOV_X: u8 = 0xbf;
const RSH_K: u8 = 0x77;
const AND_K: u8 = 0x57;
const JA: u8 = 0x05;
const JEQ_K: u8 = 0x15;
const JNE_K: u8 = 0x55;
const JSET_K: u8 = 0x45;
const EXIT: u8 = 0x95;

/// `BPF_DEVCG_DEV_BLOCK` and `BPF_DEVCG_DEV_CHAR`.
const BLOCK: i32 = 1;
const CHARACTER: i32 = 2;

const R0: u8 = 0;
const CONTEXT: u8 = 1;
const KIND: u8 = 2;
const MAJOR: u8 = 3;
const MINOR: u8 = 4;
const PENDING: u8 = 5;

/// A jump's offset has 16 bits; a filter that long is a mistake anyway.
const MOST_INSTRUCTIONS: usize = 16_000;

/// Where a jump goes, before the places are known.
type Label = usize;

struct Assembler {
    code: Vec<Instruction>,
    jumps: Vec<(usize, Label)>,
    places: Vec<usize>,
}

impl Assembler {
    fn emit(&mut self, code: u8, to: u8, offset: i16, immediate: i32) {
        self.code.push(Instruction { code, registers: to, offset, immediate });
    }

    fn label(&mut self) -> Label {
        self.places.push(usize::MAX);
        self.places.len() - 1
    }

    fn place(&mut self, label: Label) {
        self.places[label] = self.code.len();
    }

    fn jump(&mut self, code: u8, register: u8, immediate: i32, label: Label) {
        self.jumps.push((self.code.len(), label));
        self.emit(code, register, 0, immediate);
    }

    fn link(mut self) -> Result<Vec<Instruction>> {
        if self.code.len() > MOST_INSTRUCTIONS {
            let why = format!("/linux/resources/devices: {} instructions are too many", self.code.len());
            return Err(Error::unsupported(why));
        }
        for (at, label) in &self.jumps {
            let distance = self.places[*label].wrapping_sub(at + 1);
            self.code[*at].offset = i16::try_from(distance).unwrap_or(i16::MAX);
        }
        Ok(self.code)
    }
}

/// Translates checked rules.
///
/// # Errors
/// More rules than a program can hold.
pub(super) fn program(rules: &[Rule]) -> Result<Vec<Instruction>> {
    let mut out = Assembler { code: Vec::with_capacity(32), jumps: Vec::new(), places: Vec::new() };
    let (yes, no) = (out.label(), out.label());
    // struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }: accesses above 16 bits, kind below.
    out.emit(LDX_W, KIND | CONTEXT << 4, 0, 0);
    out.emit(LDX_W, MAJOR | CONTEXT << 4, 4, 0);
    out.emit(LDX_W, MINOR | CONTEXT << 4, 8, 0);
    out.emit(MOV_X, PENDING | KIND << 4, 0, 0);
    out.emit(RSH_K, PENDING, 0, 16);
    out.emit(AND_K, KIND, 0, 0xffff);

    let (relevant, otherwise) = undecided(rules);
    let mut rest = relevant;
    while let Some(last) = rest.last() {
        let start = rest.iter().rposition(|rule| rule.allow != last.allow).map_or(0, |at| at + 1);
        run(&mut out, &rest[start..], if last.allow { yes } else { no });
        rest = &rest[..start];
    }
    // The verifier refuses instructions that nothing leads to, so the other answer is there only if asked for.
    let (here, there) = if otherwise { (yes, no) } else { (no, yes) };
    answer(&mut out, here, otherwise);
    if out.jumps.iter().any(|(_, label)| *label == there) {
        answer(&mut out, there, !otherwise);
    }
    out.link()
}

/// Whether the rules forbid nothing, so that no program is needed.
pub(super) fn allows_everything(rules: &[Rule]) -> bool {
    let (relevant, otherwise) = undecided(rules);
    otherwise && relevant.is_empty()
}

/// The rules that matter and the answer where none matches: what stands before a rule about everything is
/// forgotten, and so are the first rules behind it that only repeat its verdict.
fn undecided(rules: &[Rule]) -> (&[Rule], bool) {
    let everything = rules.iter().rposition(|rule| rule.is_everything());
    let otherwise = everything.is_some_and(|at| rules[at].allow);
    let behind = everything.map_or(rules, |at| &rules[at + 1..]);
    let first = behind.iter().position(|rule| rule.allow != otherwise).unwrap_or(behind.len());
    (&behind[first..], otherwise)
}

fn answer(out: &mut Assembler, label: Label, allow: bool) {
    out.place(label);
    out.emit(MOV_K, R0, 0, i32::from(allow));
    out.emit(EXIT, 0, 0, 0);
}

/// Neighbours with one verdict: a part for each set of accesses, the complete one first.
fn run(out: &mut Assembler, rules: &[Rule], verdict: Label) {
    for access in (1..=ALL).rev() {
        let part = distinct(rules.iter().copied().filter(|rule| rule.access == access).collect());
        let Some(first) = part.first() else { continue };
        if access == ALL {
            tests(out, &part, verdict);
            continue;
        }
        let (hit, past) = (out.label(), out.label());
        if first.kind != Kind::Any || first.major.is_some() || first.minor.is_some() {
            tests(out, &part, hit);
            out.jump(JA, 0, 0, past);
        }
        out.place(hit);
        if first.allow {
            out.emit(AND_K, PENDING, 0, i32::from(ALL & !access));
            out.jump(JEQ_K, PENDING, 0, verdict);
        } else {
            out.jump(JSET_K, PENDING, i32::from(access), verdict);
        }
        out.place(past);
    }
}

/// Sorted, without those that another one includes.
fn distinct(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_unstable_by_key(|rule| (rule.kind, rule.major, rule.minor));
    rules.dedup();
    let wider = |rule: &Rule| rules.iter().any(|other| other != rule && other.covers(*rule));
    rules.iter().copied().filter(|rule| !wider(rule)).collect()
}

/// Jumps to `hit` when one of the rules matches and falls through when none does.
fn tests(out: &mut Assembler, rules: &[Rule], hit: Label) {
    for kind in rules.chunk_by(|a, b| a.kind == b.kind) {
        let next_kind = out.label();
        match kind[0].kind {
            Kind::Any => {}
            Kind::Block => out.jump(JNE_K, KIND, BLOCK, next_kind),
            Kind::Character => out.jump(JNE_K, KIND, CHARACTER, next_kind),
        }
        for major in kind.chunk_by(|a, b| a.major == b.major) {
            minors(out, major, hit);
        }
        out.place(next_kind);
    }
}

/// Rules of one kind and one major number; one about any minor stands alone.
fn minors(out: &mut Assembler, rules: &[Rule], hit: Label) {
    let other = out.label();
    match (rules[0].major, rules[0].minor) {
        (None, None) => return out.jump(JA, 0, 0, hit),
        (Some(major), None) => return out.jump(JEQ_K, MAJOR, major.cast_signed(), hit),
        (Some(major), Some(_)) => out.jump(JNE_K, MAJOR, major.cast_signed(), other),
        (None, Some(_)) => {}
    }
    for rule in rules {
        out.jump(JEQ_K, MINOR, rule.minor.unwrap_or_default().cast_signed(), hit);
    }
    out.place(other);
}

#[cfg(test)]
mod tests_against_the_rules {
    use super::super::devices::{self, DEFAULTS, MAKE, READ, Use, WRITE, allowed};
    use super::*;

    /// The few instructions of the generator, as the kernel's documentation defines them.
    fn execute(program: &[Instruction], used: Use) -> bool {
        let kind = if used.block { BLOCK } else { CHARACTER };
        let context = [u32::from(used.access) << 16 | kind.cast_unsigned(), used.major, used.minor];
        let mut r = [0u64; 11];
        let mut at = 0;
        loop {
            let Instruction { code, registers, offset, immediate } = program[at];
            let (to, from) = (usize::from(registers & 15), usize::from(registers >> 4));
            let constant = i64::from(immediate).cast_unsigned();
            at += 1;
            let jumps = match code {
                LDX_W => {
                    assert_eq!(from, 1);
                    r[to] = u64::from(context[usize::try_from(offset).unwrap() / 4]);
                    false
                }
                MOV_K => {
                    r[to] = constant;
                    false
                }
                MOV_X => {
                    r[to] = r[from];
                    false
                }
                RSH_K => {
                    r[to] >>= constant;
                    false
                }
                AND_K => {
                    r[to] &= constant;
                    false
                }
                JA => true,
                JEQ_K => r[to] == constant,
                JNE_K => r[to] != constant,
                JSET_K => r[to] & constant != 0,
                EXIT => return r[0] == 1,
                other => panic!("{other:#x} is not generated"),
            };
            if jumps {
                at = at.checked_add_signed(isize::from(offset)).unwrap();
            }
        }
    }

    /// What the verifier checks first: every instruction can be reached and every jump stays inside.
    fn assert_reachable(program: &[Instruction]) {
        let mut reached = vec![false; program.len()];
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut reached[at], true) {
                continue;
            }
            let Instruction { code, offset, .. } = program[at];
            if code & 7 == 5 && code != EXIT {
                open.push((at + 1).checked_add_signed(isize::from(offset)).unwrap());
            }
            if code != EXIT && code != JA {
                open.push(at + 1);
            }
        }
        assert!(reached.iter().all(|r| *r), "unreachable: {program:?}");
    }

    fn uses() -> impl Iterator<Item = Use> {
        let numbers = || 0..4u32;
        [false, true].into_iter().flat_map(move |block| {
            numbers().flat_map(move |major| {
                numbers()
                    .flat_map(move |minor| (1..=ALL).map(move |access| Use { block, major, minor, access }))
            })
        })
    }

    fn assert_same(rules: &[Rule]) {
        let program = program(rules).unwrap();
        assert_reachable(&program);
        for used in uses() {
            assert_eq!(execute(&program, used), allowed(rules, used), "{used:?} under {rules:?}");
        }
    }

    fn every_rule() -> Vec<Rule> {
        let mut rules = Vec::new();
        let numbers = [None, Some(1), Some(2)];
        for (allow, kind) in [true, false]
            .into_iter()
            .flat_map(|a| [Kind::Any, Kind::Block, Kind::Character].into_iter().map(move |k| (a, k)))
        {
            for (major, minor) in numbers.into_iter().flat_map(|a| numbers.into_iter().map(move |b| (a, b))) {
                rules.extend((1..=ALL).map(|access| Rule { allow, kind, major, minor, access }));
            }
        }
        rules
    }

    // SP-24: every single rule there is.
    #[test]
    fn the_program_says_what_one_rule_says() {
        assert_same(&[]);
        every_rule().into_iter().for_each(|rule| assert_same(&[rule]));
    }

    // SP-24: lists of up to ten random rules; the generator is a fixed linear congruence, so a failure repeats.
    #[test]
    fn the_program_says_what_random_lists_say() {
        let all = every_rule();
        let mut state = 0x2545_f491_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for _ in 0..500 {
            let length = 1 + next(10);
            let rules: Vec<Rule> = (0..length).map(|_| all[next(all.len())]).collect();
            assert_same(&rules);
        }
    }

    #[test]
    fn the_usual_rules_make_a_short_program() {
        let rules = devices::rules(&[crate::spec::resources::DeviceRule::default()]).unwrap();
        let program = program(&rules).unwrap();
        assert!(program.len() <= 25, "{} instructions", program.len());
        let used = |block, major, minor, access| execute(&program, Use { block, major, minor, access });
        assert!(used(false, 1, 3, READ | WRITE) && used(false, 136, 77, READ) && used(true, 8, 0, MAKE));
        assert!(!used(true, 8, 0, READ) && !used(false, 1, 1, READ) && !used(false, 5, 1, MAKE | WRITE));
    }

    #[test]
    fn rules_without_a_denial_need_no_program() {
        let everything = Rule { allow: true, kind: Kind::Any, major: None, minor: None, access: ALL };
        let rules: Vec<Rule> = [&[everything], DEFAULTS].concat();
        assert!(allows_everything(&rules));
        assert_same(&rules);
        assert!(!allows_everything(DEFAULTS));
        let one = Rule { allow: false, major: Some(1), ..everything };
        assert!(!allows_everything(&[everything, one]));
    }
}

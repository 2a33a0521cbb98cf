// SPDX-License-Identifier: Apache-2.0
//! The verdict of each call of each ABI, from the rules in their order.

use super::table::{Abi, COLUMNS, Call, Machine, NO};
use super::words::Operator;

/// A test of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Condition {
    pub argument: u8,
    pub operator: Operator,
    pub mask: u64,
    pub value: u64,
}

impl Condition {
    /// Whether it holds for every value that this ABI can show.
    pub(super) fn always_holds(&self, abi: &Abi) -> bool {
        let mask = if abi.is_64_bit { self.mask } else { self.mask & 0xffff_ffff };
        self.operator == Operator::MaskedEqual && mask == 0
    }
}

/// An action and what must hold for it, by rising argument; no argument occurs twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub action: u32,
    pub conditions: Vec<Condition>,
}

/// What is known of a call: 0 nothing, else an action by its place, or with [`CHAIN`] rules with conditions.
type Verdict = u32;
const CHAIN: Verdict = 1 << 31;

/// The rules that one ABI's calls have.
#[derive(Debug)]
pub(super) struct AbiRules {
    pub abi: &'static Abi,
    column: usize,
    verdicts: Vec<Verdict>,
    /// The highest slot that any rule names, even one that says what the default says.
    pub last: Option<usize>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Rules {
    pub machine: &'static Machine,
    pub abis: Vec<AbiRules>,
    actions: Vec<u32>,
    rules: Vec<Rule>,
    chains: Vec<Vec<usize>>,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome<'a> {
    Default,
    Action(u32),
    /// The first rule whose conditions hold, or the default; these are places of [`Rules::rule`].
    Chain(&'a [usize]),
}

impl Rules {
    /// No rules for the ABIs of these columns.
    pub(super) fn new(machine: &'static Machine, columns: [bool; COLUMNS]) -> Self {
        let abis = machine.abis.iter().enumerate().filter(|(column, _)| columns[*column]);
        let abis =
            abis.map(|(column, abi)| AbiRules { abi, column, verdicts: vec![0; abi.slots], last: None });
        Rules { machine, abis: abis.collect(), actions: Vec::new(), rules: Vec::new(), chains: Vec::new() }
    }

    /// Notes that the profile knows this call.
    pub(super) fn mention(&mut self, call: &Call) {
        for abi in &mut self.abis {
            let slot = call.slots[abi.column];
            if slot != NO {
                abi.last = abi.last.max(Some(usize::from(slot)));
            }
        }
    }

    /// An action without conditions for this call.
    pub(super) fn always(&mut self, call: &Call, action: u32) {
        let verdict = self.action(action);
        for abi in 0..self.abis.len() {
            self.set(abi, call.slots[self.abis[abi].column], verdict);
            if let (true, Some((carrier, sub))) = (self.abis[abi].abi.multiplexed, call.carried) {
                self.add_carried(abi, carrier, sub, Rule { action, conditions: Vec::new() });
            }
        }
    }

    /// A rule for this call. The kernel sees the arguments of a carried call in memory, which a filter cannot read:
    /// as in libseccomp, its conditions are kept but for the one on the first argument, which names the call.
    pub(super) fn when(&mut self, call: &Call, rule: &Rule) {
        for abi in 0..self.abis.len() {
            self.add(abi, call.slots[self.abis[abi].column], rule);
        }
        for abi in 0..self.abis.len() {
            if let (true, Some((carrier, sub))) = (self.abis[abi].abi.multiplexed, call.carried) {
                self.add_carried(abi, carrier, sub, rule.clone());
            }
        }
    }

    fn add_carried(&mut self, abi: usize, carrier: &str, sub: u8, mut rule: Rule) {
        let Some(carrier) = self.machine.call(carrier) else { return };
        let names_the_call =
            Condition { argument: 0, operator: Operator::Equal, mask: u64::MAX, value: u64::from(sub) };
        rule.conditions.retain(|condition| condition.argument != 0);
        rule.conditions.insert(0, names_the_call);
        self.add(abi, carrier.slots[self.abis[abi].column], &rule);
    }

    fn action(&mut self, action: u32) -> Verdict {
        let place = self.actions.iter().position(|known| *known == action);
        let place = place.unwrap_or_else(|| {
            self.actions.push(action);
            self.actions.len() - 1
        });
        Verdict::try_from(place + 1).unwrap_or(CHAIN - 1)
    }

    /// The first rule without conditions wins over all that have some, whether they come before or after it.
    fn set(&mut self, abi: usize, slot: u16, verdict: Verdict) {
        if slot == NO {
            return;
        }
        let known = &mut self.abis[abi].verdicts[usize::from(slot)];
        if *known == 0 || *known & CHAIN != 0 {
            *known = verdict;
        }
    }

    fn add(&mut self, abi: usize, slot: u16, rule: &Rule) {
        if slot == NO {
            return;
        }
        let kind = self.abis[abi].abi;
        if rule.conditions.iter().all(|condition| condition.always_holds(kind)) {
            let verdict = self.action(rule.action);
            return self.set(abi, slot, verdict);
        }
        if self.rules.last() != Some(rule) {
            self.rules.push(rule.clone());
        }
        let place = self.rules.len() - 1;
        let known = &mut self.abis[abi].verdicts[usize::from(slot)];
        if *known & CHAIN != 0 {
            self.chains[(*known & !CHAIN) as usize].push(place);
        } else if *known == 0 {
            *known = CHAIN | Verdict::try_from(self.chains.len()).unwrap_or(CHAIN - 1);
            self.chains.push(vec![place]);
        }
    }

    /// What the rules say about a slot.
    pub(super) fn outcome(&self, abi: &AbiRules, slot: usize) -> Outcome<'_> {
        match abi.verdicts[slot] {
            0 => Outcome::Default,
            chain if chain & CHAIN != 0 => Outcome::Chain(&self.chains[(chain & !CHAIN) as usize]),
            action => Outcome::Action(self.actions[action as usize - 1]),
        }
    }

    /// Each slot's verdict: equal numbers are equal outcomes.
    pub(super) fn verdicts<'r>(&self, abi: &'r AbiRules) -> &'r [Verdict] {
        &abi.verdicts
    }

    /// One of a chain's rules.
    pub(super) fn rule(&self, place: usize) -> &Rule {
        &self.rules[place]
    }
}

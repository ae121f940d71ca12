//! Examines each rule in turn.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::cover::{Cover, CoverSearch};
use super::formula::{CubeSum, WantedResult};
use super::set::{ClassSet, Cube};
use super::space::{Space, Variable};
use super::{ConditionPart, Finding, FindingKind, InconclusiveReason, Witness};
use crate::decision::Outcome3;
use crate::rules::code::{Node, Operation};
use crate::rules::eval::EvalContext;
use crate::rules::rule_set::{Rule, RuleSet};

/// The maximum number of constant parts reported for one rule; fixing them reveals the rest.
const IDLE: usize = 20;

/// Returns all findings about a rule set.
pub(super) fn examine(rules: &RuleSet, lists: &BTreeMap<String, usize>) -> Vec<Finding> {
    let space = Space::of(rules);
    let mut examiner = Examiner {
        rules,
        cover: Cover::new(&space.sizes),
        space,
        known: HashMap::new(),
        steps_before: 0,
        findings: Vec::new(),
    };
    for (index, rule) in rules.rules().iter().enumerate() {
        examiner.space.budget.begin(rules.rules().len() - index);
        examiner.empty_lists(index, rule, lists);
        let truth = examiner.rule(index, rule);
        examiner.idle_parts(index, rule, &truth);
        examiner.steps_before += rule.steps();
    }
    examiner.space.budget.begin(0);
    examiner.gap();
    // Findings about parts of a rule come before findings about the whole rule.
    let is_whole = |finding: &Finding| {
        !matches!(finding.kind, FindingKind::OutOfRange { .. } | FindingKind::EmptyList { .. })
    };
    examiner.findings.sort_by_key(|finding| (finding.rule.unwrap_or(usize::MAX), is_whole(finding)));
    examiner.findings
}

/// The properties that make two conditions equivalent: where they are true, where they are false, and the
/// confidence with which they read their fields.
type Meaning = (Vec<Cube>, Vec<Cube>, Vec<(u16, u64)>, bool);

struct Examiner<'a> {
    rules: &'a RuleSet,
    space: Space,
    cover: Cover,
    known: HashMap<Meaning, usize>,
    /// The steps needed to evaluate the previous rules.
    steps_before: u64,
    findings: Vec<Finding>,
}

impl Rule {
    /// Returns the steps needed to evaluate the condition for one lead.
    fn steps(&self) -> u64 {
        let step = |node: &Node| match &node.kind {
            Operation::General(program) => program.steps(),
            _ => 4,
        };
        self.code.iter().map(step).fold(8, u64::saturating_add)
    }
}

impl Examiner<'_> {
    /// Examines a rule and returns where it is true.
    fn rule(&mut self, index: usize, rule: &Rule) -> CubeSum {
        let truth = self.space.sum(&rule.code, WantedResult::True);
        let earlier = self.same_before(index, rule, &truth);
        if truth.cubes.is_empty() {
            match truth.is_whole {
                true => self.unsatisfiable(index, rule),
                false => self.not_decided(index, rule, InconclusiveReason::TooManyCases),
            }
        } else if let Some(earlier) = earlier {
            let first = &self.rules.rules()[earlier];
            let kind = if first.act == rule.act {
                FindingKind::Duplicate { of: first.id.clone() }
            } else {
                FindingKind::Contradicting { with: first.id.clone() }
            };
            let witness = self.lead_in(&truth.cubes, rule);
            self.tell(index, rule, kind, witness);
        } else {
            self.reach(index, rule, &truth);
        }
        // Rules that only tag do not end the scan.
        if rule.act.is_some() {
            let taken = self.space.sum(&rule.code, WantedResult::NotFalse);
            self.cover.is_whole &= taken.is_whole;
            for cube in taken.cubes {
                self.cover.add(index, cube);
            }
        }
        truth
    }

    /// Returns an earlier rule of the same kind with an equivalent condition.
    fn same_before(&mut self, index: usize, rule: &Rule, truth: &CubeSum) -> Option<usize> {
        let falsehood = self.space.sum(&rule.code, WantedResult::False);
        if !truth.is_whole || !falsehood.is_whole {
            return None;
        }
        let mut reads: Vec<(u16, u64)> =
            rule.reads.iter().map(|read| (read.slot, read.needed.to_bits())).collect();
        reads.sort_unstable();
        let meaning = (truth.cubes.clone(), falsehood.cubes, reads, rule.act.is_some());
        // Two rules that only tag add two tags, so they are not duplicates.
        match self.known.get(&meaning) {
            Some(earlier) if rule.act.is_some() || self.rules.rules()[*earlier].tags == rule.tags => {
                Some(*earlier)
            }
            Some(_) => None,
            None => {
                self.known.insert(meaning, index);
                None
            }
        }
    }

    /// Determines whether any lead reaches this rule and matches it.
    fn reach(&mut self, index: usize, rule: &Rule, truth: &CubeSum) {
        let mut by = BTreeSet::new();
        let mut open = (!truth.is_whole).then_some(InconclusiveReason::TooManyCases);
        for cube in &truth.cubes {
            match self.cover.outside(cube, &self.space.budget) {
                CoverSearch::Found(domain) => match self.reaches(index, rule, &domain) {
                    Some(true) => return,
                    Some(false) => open = open.or(Some(InconclusiveReason::NotLookedInto)),
                    None => open = open.or(Some(InconclusiveReason::TooManySteps)),
                },
                CoverSearch::Covered(rules) => by.extend(rules),
                CoverSearch::GaveUp => open = open.or(Some(InconclusiveReason::TooManySteps)),
            }
        }
        if let Some(reason) = open {
            return self.not_decided(index, rule, reason);
        }
        let by = by.into_iter().map(|earlier| self.rules.rules()[earlier].id.clone()).collect();
        let witness = self.lead_in(&truth.cubes, rule);
        self.tell(index, rule, FindingKind::Unreachable { by }, witness);
    }

    /// Returns whether a lead of these classes reaches the rule and matches it; `None` when the limit is
    /// reached. If the conditions use only single fields and lists, every class contains a lead.
    fn reaches(&self, index: usize, rule: &Rule, domain: &[Rc<ClassSet>]) -> Option<bool> {
        let is_plain =
            self.space.variables.iter().zip(domain).zip(&self.space.sizes).all(|((variable, set), size)| {
                !matches!(variable, Variable::Order { .. } | Variable::Opaque(_)) || set.count() == *size
            });
        if is_plain && self.cover.is_whole {
            return Some(true);
        }
        if !self.space.budget.take(self.space.weight() + self.steps_before + rule.steps()) {
            return None;
        }
        let witness = Witness::of(&self.space, self.rules, domain);
        let loaded = self.rules.load(&witness.inputs());
        let mut comes_to = None;
        self.rules.scan(&loaded.row(), |scanned, outcome| {
            if scanned == index {
                comes_to = Some(outcome);
            }
        });
        Some(comes_to == Some(Outcome3::True))
    }

    /// Returns a lead that matches a rule, wherever its scan stops; it is verified by a decision.
    fn lead_in(&self, cubes: &[Cube], rule: &Rule) -> Option<Witness> {
        self.lead(cubes, rule, |machine| machine.outcome(&rule.code) == Outcome3::True)
    }

    /// Returns a lead from boxes that satisfies `is_so`.
    fn lead(&self, cubes: &[Cube], rule: &Rule, is_so: impl Fn(EvalContext<'_>) -> bool) -> Option<Witness> {
        let steps = self.space.weight() + rule.steps();
        cubes.iter().take_while(|_| self.space.budget.take(steps)).find_map(|cube| {
            let witness = Witness::of(&self.space, self.rules, &self.cover.domain(cube));
            let loaded = self.rules.load(&witness.inputs());
            let row = loaded.row();
            is_so(self.rules.machine(&row)).then_some(witness)
        })
    }

    /// Finds the first parts that contradict each other, such that without any one of them a lead remains.
    fn unsatisfiable(&mut self, index: usize, rule: &Rule) {
        let parts = rule.conjuncts();
        let budget = &self.space.budget;
        let sums: Vec<CubeSum> =
            parts.iter().map(|part| self.space.sum(part.code, WantedResult::True)).collect();
        // The first part that leaves nothing is one of them; together with it the next one is found, and so on.
        let mut kept: Vec<usize> = Vec::new();
        loop {
            let mut all: Option<CubeSum> = None;
            let mut last = None;
            for at in kept.iter().copied().chain((0..parts.len()).filter(|at| !kept.contains(at))) {
                all = Some(match all {
                    None => sums[at].clone(),
                    Some(sum) => sum.and(&sums[at], budget),
                });
                if all.as_ref().is_some_and(CubeSum::is_none) {
                    last = Some(at);
                    break;
                }
            }
            match last {
                Some(at) if !kept.contains(&at) => kept.push(at),
                Some(_) => break,
                // There were too many cases or steps, so any of the remaining parts could be needed.
                None => {
                    kept = (0..parts.len()).collect();
                    break;
                }
            }
        }
        kept.sort_unstable();
        // The closest lead satisfies all of them except the last.
        let others = || kept.iter().rev().skip(1).rev();
        let witness = others().map(|at| sums[*at].clone()).reduce(|a, b| a.and(&b, budget)).and_then(|sum| {
            let holds =
                |machine: EvalContext<'_>, at: &usize| machine.outcome(parts[*at].code) == Outcome3::True;
            self.lead(&sum.cubes, rule, |machine| others().all(|at| holds(machine, at)))
        });
        let parts = kept.iter().map(|at| ConditionPart::of(parts[*at].expr)).collect();
        self.tell(index, rule, FindingKind::Unsatisfiable { parts }, witness);
    }

    /// Finds parts whose result is the same for every value of the field.
    fn idle_parts(&mut self, index: usize, rule: &Rule, truth: &CubeSum) {
        let questions = rule.questions();
        let mut asked: HashMap<u16, usize> = HashMap::new();
        for read in questions.iter().flat_map(|(_, kind)| kind.reads()) {
            *asked.entry(read.slot).or_default() += 1;
        }
        let mut found = 0;
        for (expr, kind) in questions {
            if found == IDLE || self.space.budget.is_spent() {
                break;
            }
            if matches!(kind, Operation::Has(_) | Operation::Flag(_)) {
                continue;
            }
            let Some((slot, yes, no)) = self.space.atom(kind) else { continue };
            let holds = no.is_empty();
            // In `0..49`, the lower end documents the range, although no value is below it.
            let is_one_end =
                kind.reads().any(|read| usize::from(read.slot) == slot && asked.get(&read.slot) > Some(&1));
            if holds != yes.is_empty() && !(holds && is_one_end) {
                found += 1;
                let part = ConditionPart::of(expr);
                let span = Some(part.span);
                // A lead that the rule matches, or that it does not match because of this part.
                let witness = match holds {
                    true => self.lead_in(&truth.cubes, rule),
                    false => self.lead(&[Cube(vec![(slot, no)])], rule, |_| true),
                };
                self.findings.push(Finding {
                    rule: Some(index),
                    rule_id: Some(rule.id.clone()),
                    span,
                    kind: FindingKind::OutOfRange { part, holds },
                    witness,
                    leads: None,
                });
            }
        }
    }

    fn empty_lists(&mut self, index: usize, rule: &Rule, lists: &BTreeMap<String, usize>) {
        let mut seen = BTreeSet::new();
        for (expr, kind) in rule.questions() {
            let Operation::Listed { question, .. } = kind else { continue };
            let answer = self.space.answer(*question);
            let Some(question) = self.rules.questions().get(*question as usize) else { continue };
            if lists.get(&question.list) == Some(&0) && seen.insert(&question.list) {
                self.findings.push(Finding {
                    rule: Some(index),
                    rule_id: Some(rule.id.clone()),
                    span: Some(expr.span),
                    kind: FindingKind::EmptyList { list: question.list.clone() },
                    witness: self.lead(
                        &[Cube(vec![(answer, ClassSet::of(2, |class| class == 0))])],
                        rule,
                        |_| true,
                    ),
                    leads: None,
                });
            }
        }
    }

    /// Finds a lead with all fields known that no rule decides.
    fn gap(&mut self) {
        let steps = self.space.weight() + self.steps_before;
        let (kind, witness) = match self.cover.outside(&Cube::default(), &self.space.budget) {
            CoverSearch::Covered(_) => return,
            CoverSearch::Found(domain) if self.space.budget.take(steps) => {
                let witness = Witness::of(&self.space, self.rules, &domain);
                let verdict = witness.decide(self.rules);
                match verdict.rule.is_none() && verdict.held_by.is_none() {
                    true => (FindingKind::Gap, Some(witness)),
                    false => (FindingKind::NotDecided(InconclusiveReason::NotLookedInto), None),
                }
            }
            CoverSearch::Found(_) | CoverSearch::GaveUp => {
                (FindingKind::NotDecided(InconclusiveReason::TooManySteps), None)
            }
        };
        self.findings.push(Finding { rule: None, rule_id: None, span: None, kind, witness, leads: None });
    }

    /// Records that a rule could not be analysed, for this reason or because the limit was reached.
    fn not_decided(&mut self, index: usize, rule: &Rule, reason: InconclusiveReason) {
        let reason = if self.space.budget.is_spent() { InconclusiveReason::TooManySteps } else { reason };
        self.tell(index, rule, FindingKind::NotDecided(reason), None);
    }

    fn tell(&mut self, index: usize, rule: &Rule, kind: FindingKind, witness: Option<Witness>) {
        let span = match &kind {
            FindingKind::Unsatisfiable { parts } => parts.iter().map(|part| part.span).reduce(|a, b| a.to(b)),
            _ => None,
        };
        let rule_id = Some(rule.id.clone());
        self.findings.push(Finding { rule: Some(index), rule_id, span, kind, witness, leads: None });
    }
}
